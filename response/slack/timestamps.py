"""Slack's ts: an id of a message in its channel, which begins with the seconds since 1970.

It is kept as the string it is; a number would lose its last digits.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone


def instant_of(ts: str) -> datetime:
    """When it happened, as the host's Django stores instants; now, where ``ts`` says nothing."""
    now = timezone.now()
    try:
        instant = datetime.fromtimestamp(float(ts), tz=UTC)
    except (OverflowError, OSError, ValueError):
        return now
    return instant if timezone.is_aware(now) else timezone.make_naive(instant)
