"""What people can be reminded of: open incidents, by the rules that are registered, and actions
past their due date. A duty knows when it is due, whether there still is anything to say, and says
it; what becomes of that is for ``reminders``."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from response.core.models import Action, ExternalUser, Incident
from response.core.models.user_external import SLACK
from response.slack import instants, schedule, working_hours
from response.slack.models import Notification
from response.slack.registry import Reminder, name_of, registry
from response.slack.schedule import History
from response.slack.working_hours import WorkingHours

logger = logging.getLogger(__name__)

OVERDUE = "overdue-action-"

OUTSIDE_HOURS = "it was outside working hours by then"


class Duty(Protocol):
    """Something to remind of. Instants are in UTC."""

    @property
    def key(self) -> str:
        """By which rows know it, within its incident."""

    @property
    def former_key(self) -> str:
        """By which rows of the predecessor may know it."""

    @property
    def name(self) -> str:
        """The dotted name of the function that speaks."""

    @property
    def title(self) -> str:
        """What it is, in words."""

    @property
    def most(self) -> int | None:
        """How often it may be said; None: for as long as it is true."""

    def again(self) -> Duty | None:
        """The same by what is stored now; None where it is gone."""

    def due(self, incident: Incident, history: History, present: datetime) -> datetime | None:
        """When it is due, as ``schedule`` reckons."""

    def pointless(self, incident: Incident, present: datetime) -> str:
        """Why nobody has to be told now, in words; nothing where somebody has to."""

    def speak(self, incident: Incident) -> object:
        """Say it, inside a transaction. Returns what the function returns."""


@dataclass(frozen=True)
class OfIncident:
    """A registered reminder, of any incident."""

    reminder: Reminder

    @property
    def key(self) -> str:
        return self.reminder.key

    @property
    def former_key(self) -> str:
        return self.reminder.former_key

    @property
    def name(self) -> str:
        return self.reminder.name

    @property
    def title(self) -> str:
        said = (self.reminder.handler.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        return said or self.reminder.handler.__name__.replace("_", " ").capitalize()

    @property
    def most(self) -> int | None:
        return self.reminder.most

    def again(self) -> Duty | None:
        return self

    def due(self, incident: Incident, history: History, present: datetime) -> datetime | None:
        since = instants.in_utc(incident.start_time, present)
        hours = self._hours(incident)
        return schedule.next_due(self.reminder, since, history, present, hours)

    def pointless(self, incident: Incident, present: datetime) -> str:
        if incident.is_closed():
            return "the incident was closed"
        if incident.report_only or incident.comms_channel() is None:
            return "the incident has no comms channel"
        if not self._is_needed(incident):
            return "it was not needed any more"
        hours = self._hours(incident)
        return OUTSIDE_HOURS if hours and not hours.are_at(present) else ""

    def speak(self, incident: Incident) -> object:
        return self.reminder.handler(incident)

    def _is_needed(self, incident: Incident) -> bool:
        if self.reminder.needed is None:
            return True
        try:
            return bool(self.reminder.needed(incident))
        except Exception:
            logger.exception("Whether %s is needed is unknown; it is taken for needed.", self.name)
            return True

    def _hours(self, incident: Incident) -> WorkingHours | None:
        if self.reminder.working_hours_of is None:
            return None
        return _hours_of(self.reminder.working_hours_of(incident))


@dataclass(frozen=True)
class OverdueAction:
    """That an action is not done, told to its owner."""

    action: Action

    @property
    def key(self) -> str:
        return f"{OVERDUE}{self.action.pk}"

    @property
    def former_key(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        return ", ".join(name_of(handler) for handler in registry.overdue_actions.values())

    @property
    def title(self) -> str:
        return f"The action “{self.action.details}” is past its due date"

    @property
    def most(self) -> int | None:
        return None

    def again(self) -> Duty | None:
        return _of_action(self.action.pk)

    def due(self, incident: Incident, history: History, present: datetime) -> datetime | None:
        if self.action.due_date is None:
            return None
        since = instants.in_utc(self.action.due_date, present)
        hours = _hours_of(self.action.user)
        return schedule.next_working_day(since, history, present, hours)

    def pointless(self, incident: Incident, present: datetime) -> str:
        due_date, owner = self.action.due_date, self.action.user
        if self.action.done:
            return "the action was done"
        if due_date is None or instants.in_utc(due_date, present) > present:
            return "the action was given more time"
        if not is_reachable(owner):
            return "its owner is not in Slack"
        return "" if _hours_of(owner).are_at(present) else OUTSIDE_HOURS

    def speak(self, incident: Incident) -> object:
        self.action.incident = incident
        for handler in registry.overdue_actions.values():
            return handler(self.action)
        return None


def to_be_asked(incident: Incident) -> ExternalUser | None:
    """Who is asked about an incident: its lead, else its reporter, if Slack knows them."""
    asked = (incident.lead, incident.reporter)
    return next((person for person in asked if is_reachable(person)), None)


def is_reachable(person: ExternalUser | None) -> bool:
    """Whether somebody can be sent a direct message."""
    return person is not None and person.app_id == SLACK and not person.deleted


def of_key(key: str) -> Duty | None:
    """The duty that rows know by ``key``; None where there is none any more."""
    if key.startswith(OVERDUE):
        number = key.removeprefix(OVERDUE)
        return _of_action(int(number)) if number.isdecimal() else None
    reminder = registry.reminders.get(key)
    return OfIncident(reminder) if reminder else None


def history_of(row: Notification | None, present: datetime) -> History:
    """What a row says became of a duty."""
    if row is None:
        return History()
    return History(
        sent=row.repeat_count,
        last=_utc(row.due_time, present),
        used_up=row.completed,
        snoozed_until=_utc(row.snoozed_until, present),
        stopped=row.stopped_at is not None,
    )


def is_due(duty: Duty, incident: Incident, row: Notification | None, present: datetime) -> bool:
    """Whether it is due now, and is not to be asked again only later."""
    ask_again_at = _utc(row.ask_again_at, present) if row is not None else None
    if ask_again_at is not None and ask_again_at > present:
        return False
    due = duty.due(incident, history_of(row, present), present)
    return due is not None and due <= present


def _of_action(action_id: int) -> OverdueAction | None:
    action = Action.objects.select_related("user").filter(pk=action_id).first()
    return OverdueAction(action) if action else None


def _hours_of(person: object) -> WorkingHours:
    hours = working_hours.current()
    return hours.in_zone(person.time_zone) if isinstance(person, ExternalUser) else hours


def _utc(stored: datetime | None, present: datetime) -> datetime | None:
    return None if stored is None else instants.in_utc(stored, present)
