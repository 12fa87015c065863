"""What Slack told us: stored before it is answered, handled afterwards, each thing once.

Slack repeats an event that it believes lost, with the same id, so each thing is stored under a
unique key and a repeat adds nothing. Handlers run in one transaction with the mark that they are
done: after a crash both are gone, and the row is handled from the start.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import Error, IntegrityError, connection, transaction
from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from response import telemetry
from response.delivery import bell, clock, debts, holders
from response.delivery.errors import AskFirst
from response.delivery.models import Inbox
from response.transactions import DATABASE_TROUBLE, atomic, atomic_within

logger = logging.getLogger(__name__)

State = Inbox.State

# How long one process may take over a row before another tries it.
CLAIM = timedelta(seconds=60)

_endings = [holders.Endings(CLAIM)]

# How long its handlers may keep everybody else from writing, where the database is SQLite.
HANDLING = timedelta(seconds=20)

MOST_ATTEMPTS = 8
BATCH = 200
LOOK_AHEAD = 50

# When the database does not take what a row leads to, that is not an attempt of the row's, unless
# it goes on for so long, from the first time, that the row may be the cause.
DATABASE_PAUSE = timedelta(seconds=5)
DATABASE_PATIENCE = timedelta(hours=1)
# So long the rows behind it wait for it all the same: they would come into the same trouble.
ORDER_PATIENCE = timedelta(minutes=1)

# Something a handler does, under the name by which the row keeps that it is done.
Step = tuple[str, Callable[[], None]]
Steps = Callable[[Inbox], Iterable[Step]]
BatchHandler = Callable[[Sequence[Inbox]], None]
OnFailure = Callable[[Inbox, str], None]


@dataclass(frozen=True)
class Handlers:
    """What is done with rows.

    ``steps`` names the handlers of a row; each runs in a savepoint of its own, and one that
    raises is tried again later without the others. One that raises AskFirst is run again at once,
    when that was done, outside the transaction. ``on_failure`` is called, in the same
    transaction, the first time that one does, with an id that stands in the log. Rows of the
    kinds in ``batches`` are handled many at a time and in no order. Rows of ``urgent`` kinds go
    before the others.
    """

    steps: Steps
    on_failure: OnFailure
    batches: Mapping[str, BatchHandler] = field(default_factory=dict)
    urgent: frozenset[str] = frozenset()


_in_use: list[Handlers] = []

# The rows that this process is at.
_at_work: set[int] = set()


def use_handlers(handlers: Handlers) -> list[Handlers]:
    """Say what is done with rows; once, where the parts of Response are put together.

    Returns those that were in use, for tests that put them back.
    """
    former = _in_use.copy()
    _in_use[:] = [handlers]
    return former


def use_endings(endings: holders.Endings) -> holders.Endings:
    """Say when a claim is over; returns what said so before. For tests, which let time pass."""
    former = _endings[0]
    _endings[:] = [endings]
    return former


def _handlers() -> Handlers:
    return _in_use[0]


# Storing


def receive(key: str, kind: str, *, lane: str = "", payload: Any = None) -> bool:
    """Store something that Slack told us; False where it is stored already.

    Raises DatabaseError where it cannot be stored: then Slack must not be told that it was.
    """
    return _create(key=key, kind=kind, lane=lane, payload=payload)


def accept(key: str, kind: str) -> bool:
    """Note, in the transaction that acts on it, a request that is acted on at once.

    False where that was done before: then nothing may be done.
    """
    return _create(key=key, kind=kind, state=State.DONE)


def _create(**values: Any) -> bool:
    # Not bulk_create(ignore_conflicts=True): on SQLite that also swallows other failures, and
    # Slack would be told yes with nothing stored.
    try:
        with atomic():
            Inbox.objects.create(**values)
    except IntegrityError:
        if not Inbox.objects.filter(key=values["key"]).exists():
            raise
        return False
    # What is handled in batches is worth waiting for: the sweep finds it, a second's worth at once.
    if values.get("state") != State.DONE and values["kind"] not in _handlers().batches:
        bell.ring()
    return True


def move_lane(old: str, new: str) -> None:
    """Have what waits in the lane of one channel handled as what came from another."""
    Inbox.objects.filter(lane=old, state=State.WAITING).update(lane=new)


def keys_under(start: str) -> Iterable[str]:
    """The keys that begin with ``start``, found by an index, whatever else there is."""
    rows = Inbox.objects.filter(key__startswith=start)
    if connection.vendor == "sqlite":
        # Its LIKE takes no index; in the order of its keys, which is that of their characters, the
        # same rows follow each other. PostgreSQL may have another order, and an index for LIKE.
        rows = rows.filter(key__gte=start, key__lt=start[:-1] + chr(ord(start[-1]) + 1))
    return rows.values_list("key", flat=True)


# Handling


def handle_next() -> bool:
    """Handle one row, or one batch; False where there is nothing to do now."""
    row = _claim_next()
    if row is not None:
        try:
            with telemetry.about(row.key):
                _handle(row)
        finally:
            _at_work.discard(row.pk)
        return True
    return any(_handle_batch(kind) for kind in _handlers().batches)


def waiting() -> QuerySet[Inbox]:
    """The rows that could be handled now."""
    present = clock.now()
    return Inbox.objects.filter(
        Q(not_before=None) | Q(not_before__lte=present),
        Q(claimed_until=None) | Q(claimed_until__lte=present),
        state=State.WAITING,
    )


def free_claims_of_the_gone() -> None:
    """Let others take up at once what processes that ended were at, and this one what it had to
    leave when the database went away.

    Once is bad luck. What a process was at twice may be what ended it: it waits, and the others
    pass it by.
    """
    claimed = Inbox.objects.filter(state=State.WAITING, claimed_until__gt=clock.now())
    for holder in set(claimed.values_list("claimed_by", flat=True)):
        if not holders.is_gone(holder) and holder != holders.me():
            continue
        for row in claimed.filter(claimed_by=holder).exclude(pk__in=_at_work.copy()):
            waits = clock.now() + debts.back_off(row.attempts) if row.attempts > 1 else None
            claimed.filter(pk=row.pk, claimed_by=holder).update(
                claimed_until=None, not_before=waits
            )


def _claim_next() -> Inbox | None:
    present = clock.now()
    for key, attempts in _in_turn(present):
        with atomic():
            row = _locked(
                Inbox.objects.filter(pk=key, state=State.WAITING, attempts=attempts)
            ).first()
            if row is None:
                continue
            # The attempt is counted before it is made: a row that kills its process is known by it.
            row.attempts += 1
            row.claimed_until = present + CLAIM
            row.claimed_by = holders.me()
            _at_work.add(row.pk)
            row.save(update_fields=["attempts", "claimed_until", "claimed_by"])
        return row
    return None


def _in_turn(present: datetime) -> Iterator[tuple[int, int]]:
    """The rows that may be handled now, one by one: their keys, and their attempts so far."""
    alone = Inbox.objects.filter(state=State.WAITING).exclude(kind__in=_handlers().batches)
    urgent = _handlers().urgent
    oldest = _oldest_of(alone)
    if len(oldest) < LOOK_AHEAD:
        first: Iterable[Any] = [row for row in oldest if row.kind in urgent]
    else:
        first = _oldest_of(alone.filter(kind__in=urgent))
    yield from _in_turn_of(first, present)
    rest = (row for row in _and_the_younger(oldest, alone) if row.kind not in urgent)
    yield from _in_turn_of(rest, present)


def _in_turn_of(rows: Iterable[Any], present: datetime) -> Iterator[tuple[int, int]]:
    # Not in the query: for each row that would go through all the older ones.
    busy_lanes: set[str] = set()
    for row in rows:
        is_due = row.not_before is None or row.not_before <= present
        is_claimed = row.claimed_until is not None and row.claimed_until > present
        if is_due and not is_claimed and row.lane not in busy_lanes:
            yield row.pk, row.attempts
        # A row waits for the older ones of its lane, except for those that failed and wait
        # themselves, or hang: nothing may hold up a channel for long.
        is_in_trouble = (
            row.attempts == 0
            and row.in_trouble_since is not None
            and row.in_trouble_since > present - ORDER_PATIENCE
        )
        hangs = row.claimed_until is not None and _endings[0].is_over(
            row.pk, row.claimed_by, row.claimed_until, present
        )
        if row.lane and (is_due or is_in_trouble) and not hangs:
            busy_lanes.add(row.lane)


def _oldest_of(rows: QuerySet[Inbox]) -> list[Any]:
    """Of the oldest of these, what decides when each is handled."""
    looked_at = rows.order_by("pk").values_list(
        *("pk", "kind", "lane", "attempts", "not_before", "in_trouble_since"),
        *("claimed_until", "claimed_by"),
        named=True,
    )
    return list(looked_at[:LOOK_AHEAD])


def _and_the_younger(page: list[Any], rows: QuerySet[Inbox]) -> Iterator[Any]:
    yield from page
    while len(page) == LOOK_AHEAD:
        page = _oldest_of(rows.filter(pk__gt=page[-1].pk))
        yield from page


_Row = TypeVar("_Row", bound=Model)


def _locked(rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Without those that somebody is at; SQLite has nobody else writing in a transaction."""
    return rows.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)


def _handle(row: Inbox) -> None:
    if row.attempts > MOST_ATTEMPTS:
        _put_off(row, row.error or "Handling it ended the process, again and again.")
        return
    mine = Inbox.objects.filter(pk=row.pk, state=State.WAITING, attempts=row.attempts)
    try:
        steps, failed = list(_handlers().steps(row)), set[str]()
        while question := _take_steps(row, steps, failed, mine):
            question.ask()
    except DATABASE_TROUBLE:
        logger.warning("The database did not take what %s leads to; it is tried again.", row)
        present = clock.now()
        is_new = present - (row.in_trouble_since or present) < DATABASE_PATIENCE
        mine.update(
            attempts=F("attempts") - (1 if is_new else 0),
            in_trouble_since=Coalesce("in_trouble_since", Value(present)),
            claimed_until=None,
            not_before=present + DATABASE_PAUSE,
        )
    except Exception as error:  # noqa: BLE001 - a host's; it is logged
        _put_off(row, _logged(row.kind, error, _new_id()))


def _put_off(row: Inbox, error: str) -> None:
    """Keep, of a row of which nothing else was kept, what is wrong with it."""
    is_dead = row.attempts >= MOST_ATTEMPTS
    if is_dead:
        logger.error("Request %s is given up: %s", row, error)
    Inbox.objects.filter(pk=row.pk, state=State.WAITING, attempts=row.attempts).update(
        state=State.DEAD if is_dead else State.WAITING,
        error=error,
        claimed_until=None,
        not_before=clock.now() + debts.back_off(row.attempts),
    )


@atomic_within(HANDLING)
def _take_steps(
    row: Inbox, steps: Iterable[Step], failed: set[str], mine: QuerySet[Inbox]
) -> AskFirst | None:
    """Take the steps that are neither finished nor ``failed``; up to one that has to ask first,
    if there is one: then what was done is kept, and the others come afterwards."""
    if not _locked(mine).exists():
        return None
    for name, step in steps:
        if name in row.finished or name in failed:
            continue
        try:
            with transaction.atomic():
                step()
        except AskFirst as question:
            row.save(update_fields=["finished", "error"])
            return question
        except Exception as error:
            if isinstance(error, Error) and not connection.is_usable():
                raise
            failed.add(name)
            _note_failure(row, name, error)
        else:
            row.finished.append(name)
    if not failed:
        row.state = State.DONE
        row.payload = None
        row.error = ""
    elif row.attempts >= MOST_ATTEMPTS:
        row.state = State.DEAD
    else:
        row.not_before = clock.now() + debts.back_off(row.attempts)
    row.claimed_until = None
    row.save()
    return None


def _note_failure(row: Inbox, name: str, error: Exception) -> None:
    is_first, error_id = not row.error, _new_id()
    row.error = _logged(name, error, error_id)
    if is_first:
        _handlers().on_failure(row, error_id)


def _new_id() -> str:
    return uuid.uuid4().hex[:8]


def _logged(name: str, error: Exception, error_id: str) -> str:
    """Log an error that nobody expected; returns what the row says of it."""
    logger.error("Handler %s failed (error %s)", name, error_id, exc_info=error)
    return f"{name}: {type(error).__name__} (error {error_id}, see the log)"


def _handle_batch(kind: str) -> bool:
    batch = waiting().filter(kind=kind).order_by("pk")
    if not batch.exists():
        return False
    try:
        return _handle_together(batch) > 0
    except DATABASE_TROUBLE:
        logger.warning("The database did not take a batch of %s; it is tried again.", kind)
        return False
    except Exception:
        logger.exception("A batch of %s could not be handled; its rows are tried alone.", kind)
    for key in list(batch.values_list("pk", flat=True)[:BATCH]):
        _handle_alone(key)
    return True


def _handle_together(rows: QuerySet[Inbox]) -> int:
    """Handle up to a batch of these, all of one kind; returns how many."""
    with atomic():
        mine = list(_locked(rows)[:BATCH])
        if mine:
            _handlers().batches[mine[0].kind](mine)
            keys = [row.pk for row in mine]
            Inbox.objects.filter(pk__in=keys).update(state=State.DONE, payload=None)
    return len(mine)


def _handle_alone(key: int) -> None:
    try:
        _handle_together(waiting().filter(pk=key))
    except DATABASE_TROUBLE:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        row = Inbox.objects.get(pk=key)
        row.attempts += 1
        row.save(update_fields=["attempts"])
        _put_off(row, _logged(row.kind, error, _new_id()))
