"""Paying what Slack is owed: one holder a lane at a time, in order, a lane in trouble alone."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import IntegrityError

from response import doors
from response.delivery import calls, clock, holders, mirrors, outbox
from response.delivery.errors import LaneLost
from response.delivery.models import Lane, Mirror, OutboxMessage
from response.transactions import atomic

logger = logging.getLogger(__name__)

# Renewed before each call, so it has to last for one call only, which the client's time-outs
# bound. A holder that dies on another machine holds its lane up no longer than this.
LEASE = timedelta(seconds=30)
RENEW_AFTER = timedelta(seconds=5)

# After this long a lane is let go, so that a busy one does not keep the others waiting.
TURN = timedelta(seconds=5)

_endings = holders.Endings(LEASE)

# So many lanes are looked for at once, however many owe something.
LOOK_AHEAD = 20


def ready() -> list[str]:
    """Lanes that have something to pay now and that nobody holds; none where there are none."""
    present = clock.now()
    held = Lane.objects.filter(lease_until__gt=present).values("name")
    owing = (mirrors.lanes_behind(present), outbox.lanes_owing(present))
    # By turns: neither how things look nor what is said is to wait for all of the other.
    pairs = itertools.zip_longest(*(lanes.exclude(lane__in=held)[:LOOK_AHEAD] for lanes in owing))
    found = list(dict.fromkeys(lane for pair in pairs for lane in pair if lane is not None))
    if not found or calls.everything_paused():
        return []
    ended = Lane.objects.filter(name__in=found).exclude(lease_until=None)
    kept = {lane.name for lane in ended if not _is_over(lane, present)}
    return [lane for lane in found if lane not in kept]


def pay_next() -> bool:
    """Pay what one lane owes; False where no lane could be had."""
    return any(pay_lane(name) for name in ready())


def pay_lane(name: str) -> bool:
    """Pay what this lane owes, if nobody else is at it; False where somebody is."""
    # With the thread's name: another one of this process may have it once the lease ended.
    holder = f"{holders.me()}:{threading.get_ident()}"[:80]
    since = clock.now()
    if not _take(name, holder, since):
        return False
    turn = _Turn(name, holder, since)
    try:
        with calls.checking(turn.keep):
            for debt in _owed_in(name):
                if turn.is_over():
                    break
                turn.keep()
                if isinstance(debt, Mirror):
                    mirrors.pay(debt)
                else:
                    outbox.pay(debt)
                if debt.not_before is not None and calls.everything_paused():
                    break
                doors.let_go_first()
    except LaneLost:
        logger.warning("Somebody else took over the lane %s; we were too slow.", name)
    finally:
        turn.end()
    return True


class _Turn:
    """A holder's time with a lane, from the instant that its lease counts from: the database may
    have taken its time since then."""

    def __init__(self, name: str, holder: str, since: datetime) -> None:
        self._mine = Lane.objects.filter(name=name, holder=holder)
        self._begun_at = self._renewed_at = since

    def keep(self) -> None:
        """Renew the lease, where some of it is used up. Raises LaneLost."""
        if _is_within(RENEW_AFTER, self._renewed_at):
            return
        self._renewed_at = clock.now()
        if not self._mine.update(lease_until=self._renewed_at + LEASE):
            raise LaneLost

    def is_over(self) -> bool:
        return not _is_within(TURN, self._begun_at)

    def end(self) -> None:
        self._mine.update(holder="", lease_until=None)


def _is_within(length: timedelta, start: datetime) -> bool:
    # Not before the start either: the clock may have been put back.
    return start <= clock.now() < start + length


def free_lanes_of_the_gone() -> None:
    """Let others take up at once what processes that ended were paying."""
    held = Lane.objects.filter(lease_until__gt=clock.now())
    for holder in set(held.values_list("holder", flat=True)):
        if holders.is_gone(holder):
            held.filter(holder=holder).update(holder="", lease_until=None)


def _owed_in(lane: str) -> Iterator[Mirror | OutboxMessage]:
    """What a lane owes, each as it is when its turn comes: first how things look, then what is
    said. What is owed anew meanwhile may be for another turn."""
    while (mirror := mirrors.first_behind(lane, clock.now())) is not None:
        yield mirror
    while (message := outbox.first_owed(lane, clock.now())) is not None:
        yield message


def _take(name: str, holder: str, present: datetime) -> bool:
    taken = {"holder": holder, "lease_until": present + LEASE}
    lane = Lane.objects.filter(name=name)
    if lane.filter(lease_until=None).update(**taken):
        return True
    held = lane.first()
    if held is not None:
        ended = lane.filter(lease_until=held.lease_until)
        return bool(_is_over(held, present) and ended.update(**taken))
    try:
        with atomic():
            Lane.objects.create(name=name, **taken)
    except IntegrityError:
        return False
    return True


def _is_over(lane: Lane, present: datetime) -> bool:
    """Whether a lane may be taken from who holds it. One that was let go since it was not to be had
    is for those who look again."""
    until = lane.lease_until
    return until is not None and _endings.is_over(lane.name, lane.holder, until, present)
