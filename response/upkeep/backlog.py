"""How much there is still to do, and since when: what to look at when something is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from response.delivery import clock
from response.delivery.models import Heartbeat, Lane, Pause
from response.upkeep import queues
from response.upkeep.queues import MIRRORS, OUTBOX, Pile


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
    """The backlog at this moment, in five queries."""
    present = clock.now()
    depth = queues.depths()
    inbox, mirrors, outbox = depth["inbox"], depth["mirrors"], depth["outbox"]
    owed = MIRRORS.rows(MIRRORS.waiting).values_list("lane")
    round_made = Heartbeat.objects.filter(name=clock.MINUTE).values_list("beat_at", flat=True)
    return Backlog(
        to_handle=inbox.waiting,
        given_up=inbox.given_up,
        behind=mirrors.waiting,
        refused=mirrors.given_up,
        to_send=outbox.waiting,
        not_sent=outbox.given_up,
        lanes_behind=owed.union(OUTBOX.rows(OUTBOX.waiting).values_list("lane")).count(),
        lanes_held=Lane.objects.filter(lease_until__gt=present).count(),
        paused_until=Pause.objects.filter(until__gt=present).aggregate(until=Max("until"))["until"],
        last_round=round_made.first(),
    )
