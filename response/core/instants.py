"""Instants in the time zone of whoever reads them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone


def local(instant: datetime) -> datetime:
    """An instant (aware, or naive in the site's zone) in the current time zone, aware.

    The first and the last hours of the calendar do not exist in every zone; they stay as they are.
    """
    try:
        if timezone.is_naive(instant):
            instant = timezone.make_aware(instant, timezone.get_default_timezone())
        return timezone.localtime(instant)
    except OverflowError:
        return instant


def is_before(one: datetime, other: datetime) -> bool:
    """Whether an instant is earlier than another; each aware, or naive in the site's zone.

    In the hour that comes twice a year the clock alone does not say so.
    """
    if timezone.is_naive(one) and timezone.is_naive(other):
        return one < other
    try:
        return local(one).astimezone(UTC) < local(other).astimezone(UTC)
    except OverflowError:
        return one.replace(tzinfo=None) < other.replace(tzinfo=None)


def zone_of(instant: datetime) -> str:
    """The name of an instant's zone, like "GMT" or "UTC+03"; "" for a naive one."""
    name = instant.tzname() or ""
    return f"UTC{name}" if name[:1] in {"+", "-"} else name


def in_words(instant: datetime) -> str:
    """ "2026-01-31 14:05 GMT" """
    there = local(instant)
    return f"{there.isoformat(sep=' ')[:16]} {zone_of(there)}".rstrip()
