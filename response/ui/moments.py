"""Instants as a page shows them: in the reader's time zone, which is always named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone, translation
from django.utils.dateformat import format as written


@dataclass(frozen=True)
class Moment:
    """An instant in words, for ``<time datetime="{{ iso }}">``.

    ``iso`` carries the offset; ``day`` is like "Saturday 31 January 2026", ``date`` like
    "31 Jan 2026", ``clock`` like "14:05", and ``zone`` like "GMT" or "UTC+03".
    """

    iso: str
    day: str
    date: str
    clock: str
    zone: str

    def __str__(self) -> str:
        return f"{self.date}, {self.clock} {self.zone}"


def moment(instant: datetime | None) -> Moment | None:
    """An instant (aware, or naive in the site's zone) in the current time zone; None for None."""
    if instant is None:
        return None
    local = _local(instant)
    zone = local.tzname() or ""
    # The pages are in English, whatever language the host has switched on.
    with translation.override("en"):
        return Moment(
            iso=local.isoformat(timespec="seconds"),
            day=written(local, "l j F Y"),
            date=written(local, "j M Y"),
            clock=f"{local:%H:%M}",
            zone=f"UTC{zone}" if zone[:1] in {"+", "-"} else zone,
        )


def _local(instant: datetime) -> datetime:
    try:
        if timezone.is_naive(instant):
            instant = timezone.make_aware(instant, timezone.get_default_timezone())
        return timezone.localtime(instant)
    except OverflowError:
        # The first and the last hours of the calendar do not exist in every zone.
        return instant
