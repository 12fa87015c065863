"""Finding people and channels by what a caller calls them."""

from __future__ import annotations

from .models import Channel, Membership, Message, Person
from .refusals import Refusal
from .seed import BOT, SLACKBOT


def bot() -> Person:
    return Person.objects.get(user_id=BOT)


def slackbot() -> Person:
    return Person.objects.get(user_id=SLACKBOT)


def humans() -> list[Person]:
    return [one for one in Person.objects.filter(deleted=False) if not one.is_bot]


def person_called(name: str) -> Person | None:
    """Return the person with this id, handle, first name or full name, in any case."""
    wanted = name.strip().lstrip("@").casefold()
    for one in Person.objects.all():
        names = (one.user_id, one.handle, one.display_name, one.full_name)
        if wanted in (each.casefold() for each in names):
            return one
    return None


def channel_called(name: str) -> Channel | None:
    """Return the channel with this id or name."""
    plain = name.strip().lstrip("#")
    return Channel.objects.filter(channel_id=plain).first() or (
        Channel.objects.filter(name=plain.lower()).first()
    )


def dm_with(person: Person, created: int) -> Channel:
    """Return the direct message between the bot and a person, opened now if there was none."""
    channel = Channel.objects.filter(dm_with=person).first()
    if channel is None:
        ours = bot()
        channel = Channel.objects.create(
            channel_id=f"D{person.user_id[1:]}", dm_with=person, creator=ours, created=created
        )
        for one in (person, ours):
            Membership.objects.create(channel=channel, person=one)
    return channel


def message_at(channel: Channel, ts: str, *, seen_by: Person | None = None) -> Message:
    """Return a message.

    Raises:
        Refusal: message_not_found, also for what only another person can see.
    """
    message = channel.messages.filter(ts=ts).select_related("author", "channel").first()
    if message is None or (message.only_for and message.only_for != seen_by):
        raise Refusal("message_not_found")
    return message
