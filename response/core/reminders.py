"""What an incident's page says of the reminders about it: what was sent, what comes next, and what
did not come, and why. Whoever reminds people registers how that is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from response.core.models import ExternalUser, Incident


@dataclass(frozen=True)
class Told:
    """One reminder that was owed: when it was due, and what became of it.

    ``state``: "sent", "waiting", or "not sent"; then, or while it waits, ``why`` says more.
    """

    due: datetime
    state: str
    why: str


@dataclass(frozen=True)
class ReminderOverview:
    """What became of one reminder about one incident. Instants are as the host's Django has them.

    ``told``: the ones owed so far, oldest first, as long as they are kept.
    ``next_due``: when it comes next, if nothing changes; or None, and ``why_none`` says why.
    ``skipped_at`` and ``skip_reason``: the last one that did not come, and why.
    """

    title: str
    told: tuple[Told, ...]
    next_due: datetime | None
    why_none: str
    skipped_at: datetime | None
    skip_reason: str
    snoozed_until: datetime | None
    stopped_at: datetime | None
    stopped_by: ExternalUser | None

    @property
    def sent(self) -> int:
        """How many were sent."""
        return sum(1 for told in self.told if told.state == "sent")


Overview = Callable[[Incident], list[ReminderOverview]]

_overviews: list[Overview] = []


def register_overview(overview: Overview) -> Overview:
    """Have ``overview`` asked by ``of``; it makes a constant number of queries."""
    if overview not in _overviews:
        _overviews.append(overview)
    return overview


def of(incident: Incident) -> list[ReminderOverview]:
    """The reminders of an incident that may still come, or of which there is something to tell."""
    return [row for overview in _overviews for row in overview(incident)]
