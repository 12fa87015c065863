"""Instants as a page shows them: in the reader's time zone, which is always named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.dateformat import format as written

from response.core.instants import local, zone_of


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
    there = local(instant)
    # The pages are in English, whatever language the host has switched on.
    with translation.override("en"):
        return Moment(
            iso=there.isoformat(timespec="seconds"),
            day=written(there, "l j F Y"),
            date=written(there, "j M Y"),
            clock=f"{there:%H:%M}",
            zone=zone_of(there),
        )
