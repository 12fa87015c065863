"""The three queues: what waits in each, what was given up, what is done; and how a row of one is
tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Model, Q, QuerySet, Value

from response.delivery import bell
from response.delivery.models import Inbox, Mirror, OutboxMessage


@dataclass(frozen=True)
class Pile:
    """So many things, the first of them since an instant (None where there are none)."""

    number: int
    since: datetime | None


@dataclass(frozen=True)
class Queue:
    """Rows that are ``waiting`` to be worked on, ``failed``, or ``done``.

    ``given_up`` are those that failed, as long as nobody has seen it. ``since`` is the field that
    says how old a row is, and ``again`` what one is set to that is to be tried again.
    """

    name: str
    model: type[Model]
    since: str
    waiting: Q
    failed: Q
    given_up: Q
    done: Q
    again: Mapping[str, Any]

    def rows(self, condition: Q) -> QuerySet[Any]:
        return self.model._default_manager.filter(condition)

    def try_again(self, rows: QuerySet[Any]) -> int:
        """Have those of ``rows`` that are not done worked on at once; says how many they are."""
        again = rows.exclude(self.done).update(**self.again, attempts=0, not_before=None)
        bell.ring()
        return again


def _of_states(name: str, model: type[Inbox] | type[OutboxMessage], since: str, done: int) -> Queue:
    return Queue(
        name,
        model,
        since,
        waiting=Q(state=model.State.WAITING),
        failed=Q(state=model.State.DEAD),
        given_up=Q(state=model.State.DEAD, seen_at=None),
        done=Q(state=done),
        again={"state": model.State.WAITING, "seen_at": None},
    )


INBOX = _of_states("inbox", Inbox, "received_at", Inbox.State.DONE)
OUTBOX = _of_states("outbox", OutboxMessage, "created_at", OutboxMessage.State.SENT)
_REFUSED = Q(want__gt=F("have"), stuck=True)
MIRRORS = Queue(
    "mirrors",
    Mirror,
    "behind_since",
    waiting=Q(want__gt=F("have"), stuck=False),
    failed=_REFUSED,
    given_up=_REFUSED,
    done=Q(want__lte=F("have")),
    again={"stuck": False},
)
EVERY_QUEUE = (INBOX, OUTBOX, MIRRORS)


@dataclass(frozen=True)
class Depth:
    """What waits in a queue, and what was given up and nobody has seen."""

    waiting: Pile
    given_up: Pile


def depths() -> dict[str, Depth]:
    """How much there is in each queue, by its name; in one query, of which each part has an index
    of its own."""
    parts = [
        _counted(queue, name, condition)
        for queue in EVERY_QUEUE
        for name, condition in (("waiting", queue.waiting), ("given up", queue.given_up))
    ]
    counted = {
        (row["queue"], row["what"]): Pile(row["number"], row["first"])
        for row in parts[0].union(*parts[1:], all=True)
    }
    return {
        queue.name: Depth(counted[queue.name, "waiting"], counted[queue.name, "given up"])
        for queue in EVERY_QUEUE
    }


def _counted(queue: Queue, what: str, condition: Q) -> QuerySet[Any]:
    named = queue.rows(condition).order_by().values(queue=Value(queue.name), what=Value(what))
    counted: QuerySet[Any] = named.annotate(number=Count("pk"), first=Min(queue.since))
    return counted
