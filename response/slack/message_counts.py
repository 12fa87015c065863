"""Who says how much in the comms channels, counted many messages at a time."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F

from response.delivery.models import Inbox
from response.slack import people
from response.slack.models import CommsChannel, UserStats
from response.slack.timestamps import instant_of


def count_messages(rows: Sequence[Inbox]) -> None:
    """Count a batch of messages: one write for each person in each channel."""
    channels = {
        channel.channel_id: channel
        for channel in CommsChannel.objects.filter(channel_id__in={row.lane for row in rows})
    }
    said: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        payload: dict[str, str] = row.payload or {}
        said.setdefault((row.lane, payload["user"]), []).append(payload["ts"])
    for (lane, user_id), stamps in sorted(said.items()):
        if lane in channels:
            _count(channels[lane].incident_id, user_id, stamps)


def _count(incident_id: int, user_id: str, stamps: list[str]) -> None:
    user = people.person(user_id)
    counted = UserStats.objects.filter(incident_id=incident_id, user=user)
    more = {"message_count": F("message_count") + len(stamps)}
    if counted.update(**more):
        return
    try:
        with transaction.atomic():
            UserStats.objects.create(
                incident_id=incident_id,
                user=user,
                join_time=instant_of(min(stamps)),
                message_count=len(stamps),
            )
    except IntegrityError:
        # Somebody else counted their first message at the same moment.
        counted.update(**more)
