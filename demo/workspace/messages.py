"""What people and the bot do with messages. Each takes the change it is part of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import events, shapes
from .change import Change, new_id
from .models import Channel, File, Membership, Message, Person, Pin, Reaction
from .refusals import Refusal

Json = dict[str, Any]
MOST_TEXT = 40_000


@dataclass(frozen=True)
class Upload:
    """A picture that a person puts on a message."""

    name: str
    mimetype: str
    content: bytes
    alt_text: str = ""


def post(
    change: Change,
    channel: Channel,
    author: Person,
    text: str,
    *,
    blocks: list[Json] | None = None,
    attachments: list[Json] | None = None,
    metadata: Json | None = None,
    thread_ts: str = "",
    broadcast: bool = False,
    subtype: str = "",
    uploads: Iterable[Upload] = (),
) -> Message:
    """Post a message in wire form; more than 40,000 characters of text are cut, as Slack does.

    Raises:
        Refusal: is_archived, or thread_not_found where ``thread_ts`` names no message.
    """
    if channel.is_archived and not subtype:
        raise Refusal("is_archived")
    if thread_ts:
        root = channel.messages.filter(ts=thread_ts, only_for=None).first()
        if root is None:
            raise Refusal("thread_not_found")
        # An answer to an answer belongs to the same thread.
        thread_ts = root.thread_ts or root.ts
        if root.is_reply:
            root = channel.messages.get(ts=thread_ts)
        root.thread_ts = root.ts
        change.touch(root)
    message = Message.objects.create(
        channel=channel,
        ts=change.ts(),
        author=author,
        text=text[:MOST_TEXT],
        blocks=blocks or [],
        attachments=attachments or [],
        metadata=metadata,
        thread_ts=thread_ts,
        broadcast=broadcast and bool(thread_ts),
        subtype=subtype,
        client_msg_id="" if author.is_bot or subtype else str(uuid.uuid4()),
        revision=change.revision,
    )
    for upload in uploads:
        File.objects.create(
            file_id=new_id("F"),
            message=message,
            name=upload.name,
            alt_text=upload.alt_text,
            mimetype=upload.mimetype,
            created=int(float(message.ts)),
            content=upload.content,
        )
    if not author.is_bot:
        Membership.objects.filter(channel=channel, person=author).update(last_read=message.ts)
    events.message_posted(change, message)
    return message


def whisper(
    change: Change,
    channel: Channel,
    author: Person,
    to: Person,
    text: str,
    *,
    blocks: list[Json] | None = None,
    attachments: list[Json] | None = None,
    thread_ts: str = "",
) -> Message:
    """Show an ephemeral message to one person; no history keeps it and no event tells of it."""
    return Message.objects.create(
        channel=channel,
        ts=change.ts(),
        author=author,
        text=text[:MOST_TEXT],
        blocks=blocks or [],
        attachments=attachments or [],
        thread_ts=thread_ts,
        only_for=to,
        revision=change.revision,
    )


def edit(change: Change, message: Message, by: Person, **fields: Any) -> Message:
    """Set some of text, blocks, attachments and metadata; nothing happens if nothing differs."""
    if message.channel.is_archived:
        raise Refusal("is_inactive")
    if all(getattr(message, name) == value for name, value in fields.items()):
        return message
    before = shapes.message(message, change.workspace)
    for name, value in fields.items():
        setattr(message, name, value)
    message.edited_by = by
    message.edited_ts = f"{change.ts()[:-7]}.000000"
    change.touch(message)
    if message.only_for is None:
        events.message_changed(change, message, before)
    return message


def delete(change: Change, message: Message) -> None:
    before = shapes.message(message, change.workspace)
    channel = message.channel
    gone_silently = message.only_for is not None
    message.delete()
    if not gone_silently:
        events.message_deleted(change, channel, before)


def react(change: Change, message: Message, person: Person, name: str) -> None:
    """Add a reaction by its name without colons. Raises already_reacted, is_archived."""
    if message.channel.is_archived:
        raise Refusal("is_archived")
    _, added = Reaction.objects.get_or_create(message=message, person=person, name=name)
    if not added:
        raise Refusal("already_reacted")
    change.touch(message)
    events.reaction(change, message, person, name, added=True)


def unreact(change: Change, message: Message, person: Person, name: str) -> None:
    """Take one's own reaction back. Raises no_reaction, is_archived."""
    if message.channel.is_archived:
        raise Refusal("is_archived")
    removed, _ = Reaction.objects.filter(message=message, person=person, name=name).delete()
    if not removed:
        raise Refusal("no_reaction")
    change.touch(message)
    events.reaction(change, message, person, name, added=False)


def pin(change: Change, message: Message, person: Person) -> None:
    """Pin a message for everyone. Raises already_pinned, is_archived, not_pinnable."""
    if message.channel.is_archived:
        raise Refusal("is_archived")
    if message.subtype:
        raise Refusal("not_pinnable")
    if Pin.objects.filter(message=message).exists():
        raise Refusal("already_pinned")
    pinned_at = int(float(change.ts()))
    message.pin = Pin.objects.create(message=message, person=person, created=pinned_at)
    change.touch(message)
    events.pin(change, message, person, pinned_at, added=True)
    if not message.channel.is_dm:
        text = f"<@{person.user_id}> pinned a message to this channel."
        post(change, message.channel, person, text, subtype="pinned_item")


def unpin(change: Change, message: Message, person: Person) -> None:
    """Take the pin away, whoever put it there. Raises no_pin, is_archived."""
    if message.channel.is_archived:
        raise Refusal("is_archived")
    pin = Pin.objects.filter(message=message).first()
    if pin is None:
        raise Refusal("no_pin")
    pinned_at = pin.created
    pin.delete()
    fresh = Message.objects.get(pk=message.pk)
    change.touch(fresh)
    events.pin(change, fresh, person, pinned_at, added=False)
