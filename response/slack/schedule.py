"""Which reminder is due when. Pure: from what is stored, and what time it is, to an instant.

Instants are aware. A due time follows from the incident's start and from the due time of the last
reminder, never from when anybody looked: whoever looks finds the same one. One that falls outside
working hours moves to when they begin. Where several were missed, the latest is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from response.slack.registry import Reminder
from response.slack.working_hours import WorkingHours

# A reminder that had nothing to say, or failed, is asked again after this long, if not before.
AGAIN = timedelta(minutes=5)

SNOOZE = timedelta(minutes=30)


@dataclass(frozen=True)
class History:
    """What became of a reminder so far.

    ``sent``: how often it was sent; ``last``: when the last one was due. ``used_up``: that all
    there may be were sent. ``snoozed_until`` and ``stopped``: what somebody asked for.
    """

    sent: int = 0
    last: datetime | None = None
    used_up: bool = False
    snoozed_until: datetime | None = None
    stopped: bool = False

    @property
    def is_snoozed(self) -> bool:
        """Whether the next one is the one that somebody put off."""
        return self.snoozed_until is not None and (
            self.last is None or self.snoozed_until > self.last
        )


def next_due(
    reminder: Reminder,
    since: datetime,
    history: History,
    present: datetime,
    hours: WorkingHours | None = None,
) -> datetime | None:
    """When a reminder of an incident that runs ``since`` then is due: the latest that was missed,
    if any was, else the next. None where none will come.

    ``hours``: outside which it waits.
    """
    step = reminder.interval or AGAIN
    if history.stopped:
        return None
    if history.is_snoozed and history.snoozed_until is not None:
        first = history.snoozed_until
    elif history.used_up or history.sent >= reminder.most:
        return None
    else:
        first = since + reminder.first_after if history.last is None else history.last + step
    if first > present:
        return hours.next_open(first) if hours else first
    if hours and not hours.are_at(present):
        return hours.next_open(present)
    latest = first + (present - first) // step * step
    return hours.next_open(latest) if hours else latest


def next_working_day(
    since: datetime, history: History, present: datetime, hours: WorkingHours
) -> datetime | None:
    """The same for what is due once each working day from ``since`` on, when the day begins."""
    if history.stopped:
        return None
    if history.is_snoozed and history.snoozed_until is not None:
        first = hours.next_open(history.snoozed_until)
    elif history.last is None:
        first = hours.next_open(since)
    else:
        first = hours.opening_after_day(history.last)
    if first > present:
        return first
    if not hours.are_at(present):
        return hours.next_open(present)
    return max(first, hours.opening_of_day(present))
