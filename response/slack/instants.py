"""Instants as the host's Django stores them, and in UTC, in which they are reckoned with.

With ``USE_TZ = False`` an instant is stored as the wall clock showed it in ``TIME_ZONE``, and
between two of those an hour may be missing, or be there twice.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from response.delivery import clock


def now() -> datetime:
    """The present instant, in UTC."""
    return in_utc(clock.now())


def in_utc(stored: datetime, present: datetime | None = None) -> datetime:
    """A stored instant, in UTC.

    What the wall clock showed twice, when it was put back, is the later of the two that is not
    after ``present``.
    """
    if timezone.is_aware(stored):
        return stored.astimezone(UTC)
    zone = timezone.get_default_timezone()
    instant = stored.replace(tzinfo=zone).astimezone(UTC)
    if present is not None:
        second = stored.replace(tzinfo=zone, fold=1).astimezone(UTC)
        if instant < second <= present:
            return second
    return instant


def as_stored(instant: datetime) -> datetime:
    """An aware instant, as the host's Django stores instants."""
    if timezone.is_aware(clock.now()):
        return instant
    return timezone.make_naive(instant, timezone.get_default_timezone())
