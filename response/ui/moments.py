"""Instants as a page shows them: in the reader's time zone, which is always named."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from response.core.instants import local, zone_of

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

_HTML = (
    '<time class="response-moment" datetime="{}" title="{}">{}, {} '
    '<span class="response-zone">{}</span></time>'
)


class Moment(NamedTuple):
    """An instant in words; ``html`` is how a page shows it.

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

    @property
    def html(self) -> SafeString:
        # Not a template of its own: a page shows hundreds.
        return format_html(_HTML, self.iso, self.iso, self.date, self.clock, self.zone)


def moment(instant: datetime | None) -> Moment | None:
    """An instant (aware, or naive in the site's zone) in the current time zone; None for None."""
    if instant is None:
        return None
    there = local(instant)
    # The pages are in English, whatever language the host has switched on.
    date = f"{there.day} {MONTHS[there.month - 1][:3]} {there.year}"
    day = f"{DAYS[there.weekday()]} {there.day} {MONTHS[there.month - 1]} {there.year}"
    iso, zone = there.isoformat(timespec="seconds"), zone_of(there)
    return Moment(iso=iso, day=day, date=date, clock=iso[11:16], zone=zone)
