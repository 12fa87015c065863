"""What an incident's page can say of its reminders: what was sent, what comes next, and what did
not come, and why."""

from __future__ import annotations

from datetime import datetime

from response.core.models import Action, Incident
from response.core.reminders import ReminderOverview, Told
from response.delivery.models import OutboxMessage
from response.slack import duties, instants, reminders
from response.slack.duties import Duty, OfIncident, OverdueAction
from response.slack.models import Notification
from response.slack.registry import registry


def overview(incident: Incident) -> list[ReminderOverview]:
    """The reminders of an incident that may still come, or of which there is something to tell.

    Three queries, and those for the incident's channel, lead and reporter where they are not
    loaded.
    """
    present = instants.now()
    noted = Notification.objects.filter(incident=incident).select_related("stopped_by")
    rows = {row.key: row for row in noted}
    told = _told(incident)
    actions = Action.objects.filter(incident=incident).exclude(due_date=None)
    known: list[Duty] = [OfIncident(reminder) for reminder in registry.reminders.values()]
    if registry.overdue_actions:
        known += [OverdueAction(action) for action in actions.select_related("user").order_by("pk")]
    return [
        _overview(duty, incident, row, tuple(told.get(duty.key, ())), present)
        for duty in known
        if (row := rows.get(duty.key) or rows.get(duty.former_key)) is not None
        or _may_come(duty, incident, present)
    ]


def _may_come(duty: Duty, incident: Incident, present: datetime) -> bool:
    return duty.pointless(incident, present) in reminders.FOR_NOW


def _told(incident: Incident) -> dict[str, list[Told]]:
    """By the reminders' keys; of one that said several things, what became of the first."""
    start = f"{reminders.PREFIX}{incident.pk}:"
    by_key: dict[str, list[Told]] = {}
    owed = OutboxMessage.objects.filter(key__startswith=start).order_by("pk")
    for message in owed.only("key", "state", "error"):
        key, stamp, number = message.key.removeprefix(start).rsplit(":", 2)
        if number == "1":
            due = instants.as_stored(reminders.due_of(stamp))
            state = _STATES[OutboxMessage.State(message.state)]
            by_key.setdefault(key, []).append(Told(due, state, message.error))
    return by_key


_STATES = {
    OutboxMessage.State.WAITING: "waiting",
    OutboxMessage.State.SENT: "sent",
    OutboxMessage.State.DEAD: "not sent",
}


def _overview(
    duty: Duty,
    incident: Incident,
    row: Notification | None,
    told: tuple[Told, ...],
    present: datetime,
) -> ReminderOverview:
    row = row or Notification()
    due = duty.due(incident, duties.history_of(row, present), present)
    why_none = ""
    if row.stopped_at is not None:
        why_none = f"{row.stopped_by or 'somebody'} stopped it"
    elif not _may_come(duty, incident, present):
        why_none = duty.pointless(incident, present)
    elif due is None:
        why_none = "all there may be were sent"
    if due is not None and row.ask_again_at is not None:
        due = max(due, instants.in_utc(row.ask_again_at, present))
    return ReminderOverview(
        title=duty.title,
        told=told,
        next_due=None if why_none or due is None else instants.as_stored(due),
        why_none=why_none,
        skipped_at=row.skipped_at,
        skip_reason=row.skip_reason,
        snoozed_until=row.snoozed_until,
        stopped_at=row.stopped_at,
        stopped_by=row.stopped_by,
    )
