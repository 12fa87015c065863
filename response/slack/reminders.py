"""Reminders sent, put off, and stopped.

Each is one transaction, which holds the incident's row: whether it is due, what it says, and that
it was said. So of many who find it due at once, one sends it; and the keys of its messages name
incident, reminder and due time, so that it is sent once, whatever happens to our notes.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import Error, connection, transaction

from response.core.models import Action, ExternalUser, Incident
from response.delivery.models import OutboxMessage
from response.delivery.outbox import Doubt
from response.slack import answers, duties, instants, messages, schedule
from response.slack.block_kit import Actions, Button, Section, Text
from response.slack.client import deferring
from response.slack.duties import Duty, OfIncident, OverdueAction
from response.slack.messages import Body, Owed
from response.slack.models import Notification
from response.slack.registry import LONGEST_KEY, registry
from response.transactions import DATABASE_TROUBLE, atomic

logger = logging.getLogger(__name__)

SNOOZE_BUTTON = "snooze-reminder-button"
STOP_BUTTON = "stop-reminder-button"

#: With what the keys of reminders' messages begin.
PREFIX = "reminder:"

SILENT = "it had nothing to say"

#: What ``Duty.pointless`` says of what may still be said, now or later.
FOR_NOW = frozenset({"", duties.OUTSIDE_HOURS})

_STAMP = "%Y%m%dT%H%M%SZ"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_BLOCKS = 50  # of a message ("Block Kit")
_MESSAGES = frozenset({"chat.postMessage", "chat.postEphemeral"})


# Each minute


def remind() -> None:
    """Send what is due. Any process may call it, as often as it likes.

    Looking costs a constant number of queries, however many incidents and reminders there are.
    """
    present = instants.now()
    for incident_id, duty in [*_due_of_incidents(present), *_due_of_actions(present)]:
        try:
            answers.until_answered(_Turn(incident_id, duty).take)
        except DATABASE_TROUBLE:
            raise
        except Exception:
            # What a host's function has asked of Slack, say, could not be sent; the others go on.
            logger.exception("Reminder %s of incident %s failed.", duty.name, incident_id)


def open_incidents() -> Any:
    """The incidents that reminders are about, with what they need of them."""
    incidents = Incident.objects.select_related("lead", "reporter", "commschannel")
    return incidents.filter(end_time=None, report_only=False, commschannel__isnull=False)


def overdue_actions(present: datetime) -> Any:
    """The actions that should be done by now, and are not."""
    actions = Action.objects.select_related("incident", "user")
    return actions.filter(done=False, due_date__lte=instants.as_stored(present))


def _due_of_incidents(present: datetime) -> list[tuple[int, Duty]]:
    incidents = list(open_incidents()) if registry.reminders else []
    if not incidents:
        return []
    about = Notification.objects.filter(incident__end_time=None, incident__report_only=False)
    rows = {(row.incident_id, row.key): row for row in about}
    of_incidents = [OfIncident(reminder) for reminder in registry.reminders.values()]
    return [
        (incident.pk, duty)
        for incident in incidents
        for duty in of_incidents
        if _wants_a_turn(
            duty,
            incident,
            rows.get((incident.pk, duty.key)) or rows.get((incident.pk, duty.former_key)),
            present,
        )
    ]


def _due_of_actions(present: datetime) -> list[tuple[int, Duty]]:
    actions = list(overdue_actions(present).order_by("pk")) if registry.overdue_actions else []
    if not actions:
        return []
    about = Notification.objects.filter(
        incident__in=overdue_actions(present).values("incident"), key__startswith=duties.OVERDUE
    )
    rows = {row.key: row for row in about}
    overdue = [OverdueAction(action) for action in actions]
    return [
        (duty.action.incident_id, duty)
        for duty in overdue
        if _wants_a_turn(duty, duty.action.incident, rows.get(duty.key), present)
    ]


def _wants_a_turn(
    duty: Duty, incident: Incident, row: Notification | None, present: datetime
) -> bool:
    try:
        is_due = duties.is_due(duty, incident, row, present)
        return is_due and not duty.pointless(incident, present)
    except Exception:
        # A host's function says in whose working hours it is; the others go on.
        logger.exception("When %s is due is unknown; it is left out.", duty.name)
        return False


class _Turn:
    """One duty about one incident, at the moment it may be due."""

    def __init__(self, incident_id: int, duty: Duty) -> None:
        self._incident = Incident(pk=incident_id)
        self._duty = duty
        # Its own questions to Slack are asked outside of the transaction, which begins again then.
        self._speak = answers.repeatable(self._speak_once)

    @atomic()
    def take(self) -> None:
        """Say it if it is due, and note what became of it."""
        present = instants.now()
        incident, duty = _locked(self._incident.pk), self._duty.again()
        if incident is None or duty is None:
            return
        row = _row(incident, duty, present)
        history = duties.history_of(row, present)
        due = duty.due(incident, history, present)
        if due is None or not duties.is_due(duty, incident, row, present):
            return
        if duty.pointless(incident, present):
            return
        self._incident, self._duty = incident, duty
        now, again = instants.as_stored(present), instants.as_stored(present + schedule.AGAIN)
        try:
            with transaction.atomic(), _speaking(incident.pk, duty.key, due) as said:
                spoke = self._speak() is True
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            if isinstance(error, Error) and not connection.is_usable():
                raise
            error_id = uuid.uuid4().hex[:8]
            logger.exception("Reminder %s failed (error %s)", duty.name, error_id)
            reason = f"it failed: {type(error).__name__} (error {error_id}, see the log)"
            row.note_skipped(reason, now, ask_again_at=again)
        else:
            if said or spoke:
                first = duty.due(incident, history, _LONG_AGO)
                if first is not None and first < due and row.ask_again_at is None:
                    missed = f"the one due at {first:%Y-%m-%d %H:%M %Z} was missed, or not needed"
                    row.note_skipped(missed, now, ask_again_at=None)
                row.note_sent(instants.as_stored(due), now, most=duty.most)
            else:
                row.note_skipped(SILENT, now, ask_again_at=again)
        row.save()

    def _speak_once(self) -> object:
        return self._duty.speak(self._incident)


@contextmanager
def _speaking(incident_id: int, key: str, due: datetime) -> Iterator[list[str]]:
    """Around what speaks: gives the keys of what is owed inside."""
    said: list[str] = []

    def shape(owed: Owed) -> Owed:
        said.append(f"{PREFIX}{incident_id}:{key}:{_stamp(due)}:{len(said) + 1}")
        if owed.method not in _MESSAGES:
            return replace(owed, key=said[-1])
        body = _with_buttons(owed.body, incident_id, key)
        if "metadata" in body:
            body["metadata"] = messages.marked(said[-1])
        return replace(owed, key=said[-1], body=body, in_doubt=Doubt.DROP)

    deferred = deferring.set(messages.owe_call)
    shaped = messages.shaping.set(shape)
    try:
        yield said
    finally:
        messages.shaping.reset(shaped)
        deferring.reset(deferred)


def _with_buttons(body: Body, incident_id: int, key: str) -> Body:
    text, blocks = body.get("text"), body.get("blocks")
    if blocks is None:
        blocks = [Section(text=Text(text)).serialize()] if text else []
    if not isinstance(blocks, list) or len(blocks) >= _MOST_BLOCKS:
        return dict(body)
    value = json.dumps({"incident": incident_id, "reminder": key})
    minutes = int(schedule.SNOOZE.total_seconds()) // 60
    buttons = Actions(
        block_id="reminder-actions",
        elements=[
            Button(f"Snooze {minutes} min", SNOOZE_BUTTON, value=value),
            Button("Stop", STOP_BUTTON, value=value),
        ],
    )
    return {**body, "blocks": [*blocks, buttons.serialize()]}


# Between due and sent


def why_not(message: OutboxMessage) -> str:
    """Why a reminder that is about to be sent should not be, after all; nothing where it should.

    For ``delivery.outbox.use_condition``, which asks it in the transaction that gives up the
    message: where that is because of what happened meanwhile, it does not count as sent.
    """
    _prefix, incident_id, rest = message.key.split(":", 2)
    key, stamp, number = rest.rsplit(":", 2)
    incident = _locked(int(incident_id))
    if incident is None:
        return "the incident is gone"
    row = Notification.objects.filter(incident=incident, key=key).first()
    duty = duties.of_key(key)
    if row is None or duty is None:
        return ""
    present = instants.now()
    reason = _overtaken(row, stamp, present) or duty.pointless(incident, present)
    if reason and number == "1":
        row.note_not_sent_after_all(reason, instants.as_stored(present))
        if reason == duties.OUTSIDE_HOURS:
            # Otherwise it would be reckoned from the one that was not sent, and miss a day.
            row.snoozed_until = instants.as_stored(present)
        row.save()
    return reason


def _overtaken(row: Notification, stamp: str, present: datetime) -> str:
    history = duties.history_of(row, present)
    if history.stopped:
        return "it was stopped"
    if history.is_snoozed:
        return "it was put off"
    if history.last is not None and _stamp(history.last) > stamp:
        return "a later one followed before Slack could be reached"
    return ""


# What people ask for


@atomic()
def snooze(incident_id: int, key: str) -> datetime | None:
    """Put a reminder off for half an hour. Returns when the next one is due, in UTC; None where
    none will come, because it was stopped or there is nothing to be reminded of any more."""
    present = instants.now()
    incident, duty = _locked(incident_id), duties.of_key(key)
    if incident is None or duty is None:
        return None
    row = _row(incident, duty, present)
    if row.stopped_at is not None or duty.pointless(incident, present) not in FOR_NOW:
        return None
    row.snoozed_until = instants.as_stored(present + schedule.SNOOZE)
    row.save()
    return duty.due(incident, duties.history_of(row, present), present)


@atomic()
def stop(incident_id: int, key: str, *, by: ExternalUser) -> ExternalUser | None:
    """Have a reminder of an incident not sent any more. Returns who stopped it before, if anyone
    did."""
    present = instants.now()
    incident, duty = _locked(incident_id), duties.of_key(key)
    if incident is None or duty is None:
        return None
    row = _row(incident, duty, present)
    if row.stopped_at is not None:
        return row.stopped_by
    row.stopped_at = instants.as_stored(present)
    row.stopped_by = by
    row.save()
    return None


# How they do it


def _locked(incident_id: int) -> Incident | None:
    """The incident, so that nobody else changes it, or reminds of it, meanwhile."""
    incidents = Incident.objects.select_for_update(of=("self",)).filter(pk=incident_id)
    found: Incident | None = incidents.select_related("lead", "reporter", "commschannel").first()
    return found


def _row(incident: Incident, duty: Duty, present: datetime) -> Notification:
    """What is noted of a duty; where nothing is, what the predecessor noted, as ours."""
    noted = Notification.objects.filter(incident=incident, key__in=[duty.key, duty.former_key])
    rows = {row.key: row for row in noted}
    if duty.key in rows:
        return rows[duty.key]
    row = Notification(incident=incident, key=duty.key[:LONGEST_KEY], rule=duty.name[:255])
    row.time = instants.as_stored(present)
    if former := rows.get(duty.former_key):
        row.time, row.due_time = former.time, former.due_time
        row.repeat_count, row.completed = former.repeat_count, former.completed
    return row


def due_of(stamp: str) -> datetime:
    """The due time in a key, in UTC."""
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def _stamp(due: datetime) -> str:
    """A due time as keys have it, in UTC; earlier ones come first by the alphabet too."""
    return due.strftime(_STAMP)
