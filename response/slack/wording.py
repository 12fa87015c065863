"""Instants as messages say them, on the clocks of the site."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def day(instant: datetime) -> str:
    """ "Friday 27 November"."""
    there = local(instant)
    return f"{there:%A} {there.day} {there:%B}"


def time_of_day(instant: datetime) -> str:
    """ "14:05"."""
    return f"{local(instant):%H:%M}"


def local(instant: datetime) -> datetime:
    """The instant in the site's time zone."""
    return timezone.localtime(instant) if timezone.is_aware(instant) else instant
