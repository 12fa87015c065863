"""What the page shows of a channel, ready for the templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from ..models import Channel, File, Membership, Message, Person, Shortcut, View
from ..mrkdwn import emoji_text

#: Messages of one person that follow each other within so many seconds are drawn as one group.
_GROUPED = 300
_SHOWN = 200


@dataclass
class ShownReaction:
    name: str
    emoji: str
    people: list[str]
    mine: bool


@dataclass
class ShownMessage:
    """One message as one person sees it."""

    message: Message
    at: datetime
    mine: bool
    continues: bool = False
    first_of_day: bool = False
    first_unread: bool = False
    reactions: list[ShownReaction] = field(default_factory=list)
    replies: int = 0
    last_reply: datetime | None = None
    shortcuts: list[Shortcut] = field(default_factory=list)

    @property
    def is_notice(self) -> bool:
        """Whether it only says that somebody came, went or changed the channel."""
        return bool(self.message.subtype)

    @property
    def pinned_by(self) -> Person | None:
        pin = getattr(self.message, "pin", None)
        return pin.person if pin else None


@dataclass
class ShownChannel:
    channel: Channel
    unread: bool
    mentions: int
    current: bool


def instant(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC).astimezone(timezone.get_current_timezone())


def messages_for(
    person: Person, channel: Channel, *, thread_ts: str = "", unread_after: str = ""
) -> list[ShownMessage]:
    """Return the latest messages of a channel, or all of a thread, the oldest first."""
    found = channel.messages.select_related("author", "channel", "only_for", "pin__person")
    found = found.prefetch_related(
        "reactions__person", Prefetch("files", File.objects.defer("content"))
    )
    if thread_ts:
        chosen = list(found.filter(thread_ts=thread_ts) or found.filter(ts=thread_ts))
    else:
        latest = found.order_by("-ts")[:_SHOWN]
        chosen = [one for one in reversed(latest) if not one.is_reply or one.broadcast]
    chosen = [one for one in chosen if one.only_for in (None, person)]
    replies = _replies(channel)
    shortcuts = list(Shortcut.objects.all())
    shown: list[ShownMessage] = []
    unread_marked = not unread_after
    for message in chosen:
        one = ShownMessage(
            message, instant(message.ts), message.author == person, shortcuts=shortcuts
        )
        before = shown[-1] if shown else None
        one.first_of_day = before is None or before.at.date() != one.at.date()
        if not unread_marked and message.ts > unread_after and not one.mine:
            one.first_unread = unread_marked = True
        one.continues = bool(
            before
            and not one.first_of_day
            and not one.first_unread
            and not (before.is_notice or one.is_notice)
            and before.message.author == message.author
            and before.message.only_for == message.only_for
            and (one.at - before.at).total_seconds() < _GROUPED
        )
        one.reactions = _reactions(message, person)
        if not thread_ts and message.ts in replies:
            one.replies, one.last_reply = replies[message.ts]
        shown.append(one)
    return shown


def _replies(channel: Channel) -> dict[str, tuple[int, datetime]]:
    counted: dict[str, tuple[int, datetime]] = {}
    threads = channel.messages.exclude(thread_ts="").filter(only_for=None)
    for root, ts in threads.values_list("thread_ts", "ts"):
        if root != ts:
            counted[root] = (counted.get(root, (0, None))[0] + 1, instant(ts))
    return counted


def _reactions(message: Message, person: Person) -> list[ShownReaction]:
    by_name: dict[str, ShownReaction] = {}
    for reaction in message.reactions.all():
        one = by_name.setdefault(
            reaction.name,
            ShownReaction(reaction.name, emoji_text(f":{reaction.name}:"), [], False),
        )
        one.people.append(reaction.person.display_name)
        one.mine = one.mine or reaction.person == person
    return list(by_name.values())


def channels_for(person: Person, current: Channel) -> list[ShownChannel]:
    """Return the channels a person is in, with what is new there."""
    memberships = Membership.objects.filter(person=person, channel__dm_with=None)
    memberships = memberships.filter(channel__is_archived=False)
    memberships = memberships.select_related("channel").order_by("channel__name")
    return [_shown_channel(one, person, current) for one in memberships]


def dm_for(person: Person, current: Channel) -> ShownChannel | None:
    """Return the person's conversation with the bot, if it was ever opened."""
    membership = Membership.objects.filter(person=person, channel__dm_with=person).first()
    return _shown_channel(membership, person, current) if membership else None


def _shown_channel(membership: Membership, person: Person, current: Channel) -> ShownChannel:
    channel = membership.channel
    unread = [
        one
        for one in _new_in(channel, membership.last_read)
        if one.author_id != person.pk and one.only_for_id in (None, person.pk)
    ]
    is_current = channel == current
    named = [one for one in unread if channel.is_dm or f"<@{person.user_id}>" in one.text]
    return ShownChannel(
        channel,
        unread=bool(unread) and not is_current,
        mentions=0 if is_current else len(named),
        current=is_current,
    )


def _new_in(channel: Channel, last_read: str) -> Iterable[Message]:
    return channel.messages.filter(ts__gt=last_read, subtype="", thread_ts="")


def home_of(person: Person) -> list[dict[str, Any]]:
    """Return the blocks of the app's Home for a person, if it published any."""
    view = View.objects.filter(person=person, content__type="home").first()
    return view.content["blocks"] if view else []
