"""What people and the bot do with channels. Each takes the change it is part of."""

from __future__ import annotations

import re
import time

from . import events, messages
from .change import Change, new_id
from .models import Channel, Membership, Person
from .refusals import Refusal

LONGEST_NAME = 80
LONGEST_TOPIC = 250


def check_name(name: str) -> str:
    """Return the name for a new channel.

    ``conversations.create`` checks names and changes nothing. Raises:
        Refusal: invalid_name_required, _maxlength, _punctuation, _specials, invalid_name.
    """
    name = name.removeprefix("#")
    if not name.strip():
        raise Refusal("invalid_name_required")
    if len(name) > LONGEST_NAME:
        raise Refusal("invalid_name_maxlength")
    if not re.search(r"[^\W_]", name):
        raise Refusal("invalid_name_punctuation")
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise Refusal("invalid_name_specials")
    return name


def fit_name(name: str) -> str:
    """Return the name as ``conversations.rename`` makes it fit: it rewrites instead of refusing."""
    fitted = re.sub(r"[^a-z0-9_-]+", "-", name.removeprefix("#").strip().lower())[:LONGEST_NAME]
    if not fitted.strip("-_"):
        raise Refusal("invalid_name" if name.strip() else "invalid_name_required")
    return fitted


def create(change: Change, name: str, creator: Person, *, private: bool = False) -> Channel:
    """Make a channel with its creator as the only member.

    Raises:
        Refusal: what check_name raises, and name_taken.
    """
    name = check_name(name)
    if Channel.objects.filter(name=name).exists():
        raise Refusal("name_taken")
    channel = Channel.objects.create(
        channel_id=new_id("C"),
        name=name,
        is_private=private,
        creator=creator,
        created=int(time.time()),
    )
    _enter(change, channel, creator)
    return channel


def _enter(change: Change, channel: Channel, person: Person, inviter: Person | None = None) -> None:
    Membership.objects.create(channel=channel, person=person, last_read=change.ts())
    text = f"<@{person.user_id}> has joined the channel"
    messages.post(change, channel, person, text, subtype="channel_join")
    events.membership(change, channel, person, inviter, joined=True)


def join(change: Change, channel: Channel, person: Person) -> bool:
    """Let a person into a public channel; return whether they were outside before."""
    if channel.is_dm:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    if channel.has(person):
        return False
    _enter(change, channel, person)
    return True


def invite(change: Change, channel: Channel, person: Person, inviter: Person) -> None:
    """Bring one person in. Raises already_in_channel, cant_invite_self."""
    if person == inviter:
        raise Refusal("cant_invite_self")
    if channel.has(person):
        raise Refusal("already_in_channel")
    _enter(change, channel, person, inviter)


def leave(change: Change, channel: Channel, person: Person, *, kicked: bool = False) -> bool:
    """Take a person out; return whether they were in."""
    if channel.is_dm:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.name == "general":
        raise Refusal("cant_kick_from_general" if kicked else "cant_leave_general")
    if not channel.has(person):
        return False
    text = f"<@{person.user_id}> has left the channel"
    messages.post(change, channel, person, text, subtype="channel_leave")
    # Told before the membership goes, so that the bot hears of its own leaving.
    events.membership(change, channel, person, None, joined=False)
    Membership.objects.filter(channel=channel, person=person).delete()
    return True


def rename(change: Change, channel: Channel, name: str, person: Person) -> None:
    """Rename, fitting the name. Raises name_taken, is_archived, invalid_name."""
    name = fit_name(name)
    if channel.is_archived:
        raise Refusal("is_archived")
    if Channel.objects.filter(name=name).exclude(pk=channel.pk).exists():
        raise Refusal("name_taken")
    if channel.name == name:
        return
    old, channel.name = channel.name, name
    channel.save()
    text = f'<@{person.user_id}> has renamed the channel from "{old}" to "{name}"'
    messages.post(change, channel, person, text, subtype="channel_name")
    events.channel_renamed(change, channel)


def set_topic(change: Change, channel: Channel, topic: str, person: Person) -> None:
    """Set the topic (wire form). Raises too_long over 250 characters."""
    if len(topic) > LONGEST_TOPIC:
        raise Refusal("too_long")
    if channel.topic == topic:
        return
    channel.topic, channel.topic_by = topic, person
    channel.save()
    text = f"<@{person.user_id}> set the channel topic: {topic}"
    messages.post(change, channel, person, text, subtype="channel_topic")


def set_purpose(change: Change, channel: Channel, purpose: str, person: Person) -> None:
    """Set the description. Raises too_long over 250 characters."""
    if len(purpose) > LONGEST_TOPIC:
        raise Refusal("too_long")
    if channel.purpose == purpose:
        return
    channel.purpose = purpose
    channel.save()
    text = f"<@{person.user_id}> set the channel description: {purpose}"
    messages.post(change, channel, person, text, subtype="channel_purpose")


def archive(change: Change, channel: Channel, person: Person) -> None:
    """Close a channel for good until it is opened again. Raises already_archived."""
    if channel.name == "general":
        raise Refusal("cant_archive_general")
    if channel.is_archived:
        raise Refusal("already_archived")
    text = f"<@{person.user_id}> archived the channel"
    messages.post(change, channel, person, text, subtype="channel_archive")
    channel.is_archived = True
    channel.save()
    events.channel_archived(change, channel, person, archived=True)


def unarchive(change: Change, channel: Channel, person: Person) -> None:
    """Open an archived channel again. Raises not_archived."""
    if not channel.is_archived:
        raise Refusal("not_archived")
    channel.is_archived = False
    channel.save()
    text = f"<@{person.user_id}> un-archived the channel"
    messages.post(change, channel, person, text, subtype="channel_unarchive")
    events.channel_archived(change, channel, person, archived=False)


def change_id(change: Change, channel: Channel) -> str:
    """Give the channel another id, as Slack does when one is shared; return the new id."""
    old = channel.channel_id
    channel.channel_id = new_id("C")
    channel.save()
    events.channel_id_changed(change, channel, old)
    return channel.channel_id
