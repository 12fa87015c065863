"""What time it is for delivery, and what has to happen every minute and every day."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.utils import timezone

from response.delivery.models import Heartbeat
from response.transactions import atomic

logger = logging.getLogger(__name__)

Job = Callable[[], None]

MINUTE, DAY, WORKER, SOCKET = "minute", "day", "worker", "socket"

_INTERVALS = {MINUTE: timedelta(minutes=1), DAY: timedelta(days=1)}
_jobs: dict[str, list[Job]] = {MINUTE: [], DAY: []}


def now() -> datetime:
    """The present instant, as the host's Django stores instants."""
    return timezone.now()


def each_minute(job: Job) -> Job:
    """Have ``job`` done about once a minute, by one of the processes that there are."""
    _jobs[MINUTE].append(job)
    return job


def each_day(job: Job) -> Job:
    """Have ``job`` done about once a day, by one of the processes that there are."""
    _jobs[DAY].append(job)
    return job


def tick() -> None:
    """Do what is due. Any process may call it, as often as it likes."""
    for name, interval in _INTERVALS.items():
        if is_due(name, interval):
            _do_all(name)


def strike(name: str) -> None:
    """Do the jobs of each MINUTE, or each DAY, now: a clock of the host's says that it is time.

    Such a clock is a little early at times, so it is not asked whether they are due.
    """
    beat(name)
    _do_all(name)


def beat(name: str) -> None:
    """Keep that what happens regularly under this name just did."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now()})


def last_beat(name: str) -> datetime | None:
    """When that last happened; None where it never did."""
    return Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()


def is_due(name: str, interval: timedelta) -> bool:
    """Whether ``name`` last happened at least ``interval`` ago; then it is the caller's to do.

    Of many processes that ask at once, one is told yes.
    """
    last = last_beat(name)
    present = now()
    if last is None:
        try:
            with atomic():
                Heartbeat.objects.create(name=name, beat_at=present)
        except IntegrityError:
            return False
        return True
    # A beat far in the future is left from a clock that was put back: it must not stop ours. One
    # that is a little ahead was made just now, by a machine whose clock is.
    if abs(present - last) < interval:
        return False
    return Heartbeat.objects.filter(name=name, beat_at=last).update(beat_at=present) == 1


def _do_all(name: str) -> None:
    for job in _jobs[name]:
        try:
            job()
        except Exception:
            logger.exception("A regular job failed: %s.%s", job.__module__, job.__qualname__)
