"""How much there is still to do, and since when: what to look at when something is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, QuerySet

from response.delivery import clock
from response.delivery.models import Heartbeat, Inbox, Lane, Mirror, OutboxMessage, Pause


@dataclass(frozen=True)
class Pile:
    """So many things, the first of them since an instant (None where there are none)."""

    number: int
    since: datetime | None


@dataclass(frozen=True)
class Backlog:
    """What is to be done, and what was given up or refused and nobody has seen yet.

    ``lanes_behind``: the channels that are owed something; ``lanes_held``: those that somebody
    is paying now. ``paused_until``: how long something has to wait at Slack's wish, or because it
    cannot be reached. ``last_round``: when a process last did what is due each minute.
    """

    to_handle: Pile
    given_up: Pile
    behind: Pile
    refused: Pile
    to_send: Pile
    not_sent: Pile
    lanes_behind: int
    lanes_held: int
    paused_until: datetime | None
    last_round: datetime | None


def backlog() -> Backlog:
    """The backlog at this moment, in ten queries."""
    present = clock.now()
    missing = Mirror.objects.filter(want__gt=F("have"))
    waiting = OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING)
    owed = missing.filter(stuck=False).values_list("lane")
    round_made = Heartbeat.objects.filter(name=clock.MINUTE).values_list("beat_at", flat=True)
    return Backlog(
        to_handle=_pile(Inbox.objects.filter(state=Inbox.State.WAITING), "received_at"),
        given_up=_pile(Inbox.objects.filter(state=Inbox.State.DEAD, seen_at=None), "received_at"),
        behind=_pile(missing.filter(stuck=False), "behind_since"),
        refused=_pile(missing.filter(stuck=True), "behind_since"),
        to_send=_pile(waiting, "created_at"),
        not_sent=_pile(
            OutboxMessage.objects.filter(state=OutboxMessage.State.DEAD, seen_at=None),
            "created_at",
        ),
        lanes_behind=owed.union(waiting.values_list("lane")).count(),
        lanes_held=Lane.objects.filter(lease_until__gt=present).count(),
        paused_until=Pause.objects.filter(until__gt=present).aggregate(until=Max("until"))["until"],
        last_round=round_made.first(),
    )


def _pile(rows: QuerySet[Any], since: str) -> Pile:
    found = rows.aggregate(number=Count("pk"), since=Min(since))
    return Pile(found["number"], found["since"])
