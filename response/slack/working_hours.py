"""When people may be reminded: RESPONSE_WORKING_HOURS, in somebody's time zone.

Hours are what a wall clock shows there; instants go in and come out aware. Where clocks are
changed inside the hours' edges, the hours are the shorter ones, so that nobody is reminded at a
time that their clock calls too early or too late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.core.exceptions import ImproperlyConfigured

from response.conf import SETTINGS, conf

_DAY = 24 * 60  # minutes
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


@dataclass(frozen=True)
class WorkingHours:
    """On ``days`` (Monday is 0) from ``opens`` to before ``closes``, in minutes of the day."""

    days: frozenset[int]
    opens: int
    closes: int
    zone: ZoneInfo

    def in_zone(self, name: str) -> WorkingHours:
        """The same hours where somebody lives; where that is no time zone, those that they are."""
        zone = _zone(name) if name else None
        return self if zone is None else replace(self, zone=zone)

    def are_at(self, instant: datetime) -> bool:
        """Whether it is within the hours."""
        return self.next_open(instant) == instant

    def next_open(self, instant: datetime) -> datetime:
        """The first instant within the hours that is not before ``instant``."""
        for opening, closing in self._from(self._day_of(instant)):
            if instant < closing:
                return max(instant, opening)
        raise AssertionError("a week has a working day")

    def opening_of_day(self, instant: datetime) -> datetime:
        """When the working day began in which ``instant`` is; it has to be within the hours."""
        opening, _closing = next(self._from(self._day_of(instant)))
        return opening

    def opening_after_day(self, instant: datetime) -> datetime:
        """When the first working day begins that is not the day of ``instant``."""
        opening, _closing = next(self._from(self._day_of(instant) + timedelta(days=1)))
        return opening

    def _day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def _from(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        """The hours of the days of two weeks, some of which a change of clocks may swallow."""
        days = (first + timedelta(days=number) for number in range(15))
        for day in days:
            if day.weekday() in self.days:
                opening, closing = max(self._at(day, self.opens)), min(self._at(day, self.closes))
                if opening < closing:
                    yield opening, closing

    def _at(self, day: date, minutes: int) -> tuple[datetime, datetime]:
        """When the clock shows it: two instants, where it is put back or forward over it."""
        days, minutes = divmod(minutes, _DAY)
        shown = datetime.combine(day + timedelta(days=days), time(*divmod(minutes, 60)), self.zone)
        return shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)


def current() -> WorkingHours:
    """What RESPONSE_WORKING_HOURS says; its default where that makes no sense (see ``check``)."""
    try:
        return of(conf.RESPONSE_WORKING_HOURS)
    except ImproperlyConfigured:
        return of({})


def of(setting: Any) -> WorkingHours:
    """What a value of RESPONSE_WORKING_HOURS means; what it leaves out is as in the default.

    Raises ImproperlyConfigured, saying what is wrong with it.
    """
    if not isinstance(setting, Mapping):
        raise ImproperlyConfigured("it is no dictionary")
    default = SETTINGS["RESPONSE_WORKING_HOURS"].default
    if unknown := set(setting) - set(default):
        raise ImproperlyConfigured(f"it has no {', '.join(sorted(map(repr, unknown)))}")
    said = {**default, **setting}
    opens, closes = _minutes("from", said["from"]), _minutes("to", said["to"])
    if opens >= closes:
        raise ImproperlyConfigured("its 'from' is not before its 'to'")
    name = said["time_zone"] or settings.TIME_ZONE
    zone = _zone(name)
    if zone is None:
        raise ImproperlyConfigured(f"its 'time_zone' {name!r} is none")
    return WorkingHours(_days(said["days"]), opens, closes, zone)


@register()
def check(app_configs: object, **_kwargs: Any) -> Sequence[CheckMessage]:
    """Say where RESPONSE_WORKING_HOURS makes no sense."""
    try:
        of(conf.RESPONSE_WORKING_HOURS)
    except ImproperlyConfigured as error:
        return [
            Warning(
                f"RESPONSE_WORKING_HOURS is not understood: {error}. Its default is used.",
                hint='Write it as in {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "18:00", '
                '"time_zone": "Europe/Amsterdam"}, where Monday is 0.',
                id="response.W020",
            )
        ]
    return []


def _days(said: Any) -> frozenset[int]:
    is_several = isinstance(said, (list, tuple, set, frozenset)) and bool(said)
    if not is_several or any(day not in range(7) for day in said):
        raise ImproperlyConfigured("its 'days' are no numbers from 0 (Monday) to 6 (Sunday)")
    return frozenset(said)


def _minutes(name: str, said: Any) -> int:
    if not isinstance(said, str) or not _CLOCK.fullmatch(said):
        raise ImproperlyConfigured(f"its {name!r} is no time such as '09:00'")
    hours, minutes = said.split(":")
    return int(hours) * 60 + int(minutes)


def _zone(name: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, TypeError, ValueError):
        # ZoneInfoNotFoundError is a KeyError; a name that is a folder, or none at all, is others.
        return None
