"""Instants as programs write them in addresses and bodies."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

EXAMPLE = "2026-01-31T14:05:00+00:00"


def parse_instant(text: str) -> datetime:
    """The instant that ISO 8601 ``text`` names, as the database expects it (aware or naive).

    Without an offset it is in the current time zone; without a time it is the start of the day.
    Raises ValueError for anything else, and for what no time zone could express.
    """
    # An unescaped "+" of an address arrives as a space: 2026-01-31T14:05:00 00:00
    date_and_time, space, offset = text.rpartition(" ")
    if space and "T" in date_and_time and ":" in offset:
        text = f"{date_and_time}+{offset}"
    instant = parse_datetime(text)
    if instant is None:
        raise ValueError("This is no date and time.")
    try:
        if settings.USE_TZ:
            if timezone.is_naive(instant):
                instant = timezone.make_aware(instant)
            # Databases keep UTC, and answers are in the current time zone.
            instant.astimezone(timezone.get_current_timezone())
            return instant.astimezone(timezone.get_fixed_timezone(0))
        if timezone.is_aware(instant):
            return timezone.make_naive(instant, timezone.get_default_timezone())
    except OverflowError:
        raise ValueError("This is at the edge of the calendar.") from None
    return instant
