"""Taking a change back: the timeline says what was there before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import NoneType
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from response.core import services, write_ups
from response.core.actors import Actor
from response.core.models import Action, ExternalUser, Incident, TimelineEvent
from response.exceptions import Outdated, UserError
from response.transactions import atomic

ACTION_LOGGED = "action_logged"
ACTION_CHANGES = frozenset({"action_changed", "action_done", "action_undone"})
ACTION_FIELDS = frozenset(
    {"details", "user", "done", "done_date", "due_date", "priority", "type", "created_date"}
)
WRITE_UP_CHANGES = frozenset({"write_up_drafted", "write_up_changed", "write_up_removed"})


def is_possible(entry: TimelineEvent, *, may_remove: bool) -> bool:
    """Whether an entry of the timeline tells of a change that can be taken back by somebody who
    ``may_remove`` actions, or not."""
    kind = update_type(entry)
    known = kind in FIELDS or kind in ACTION_CHANGES or kind in WRITE_UP_CHANGES
    return known or (kind == ACTION_LOGGED and may_remove)


def update_type(entry: TimelineEvent) -> str:
    """What kind of change an entry tells of; "" for one that tells of none."""
    if entry.event_type != TimelineEvent.Kind.INCIDENT_UPDATE:
        return ""
    metadata = entry.metadata if isinstance(entry.metadata, dict) else {}
    kind = metadata.get("update_type")
    return kind if isinstance(kind, str) else ""


@atomic()
def take_back(incident: Incident, entries: Iterable[TimelineEvent], *, by: Actor) -> None:
    """Put back what was there before these changes of an incident.

    Raises UserError, and changes nothing, where something was changed again since.
    """
    Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    values: dict[str, Any] = {}
    for entry in entries:
        kind = update_type(entry)
        if kind in FIELDS:
            name, value = _of_incident(incident.pk, entry)
            values[name] = value
        elif kind in ACTION_CHANGES or kind == ACTION_LOGGED:
            _of_action(incident.pk, entry, by)
        elif kind in WRITE_UP_CHANGES:
            _of_write_up(incident.pk, entry, by)
        else:
            raise UserError("This cannot be undone.")
    try:
        services.update_incident(incident.pk, by=by, **values)
    except ValidationError:
        raise UserError("What was there before does not fit any more.") from None


def _of_incident(incident_id: int, entry: TimelineEvent) -> tuple[str, Any]:
    name, read = FIELDS[update_type(entry)]
    stored = getattr(Incident.objects.get(pk=incident_id), name)
    old, new = read(entry.metadata.get("old_value")), read(entry.metadata.get("new_value"))
    if (stored or None) != (new or None):
        raise UserError(
            "It was changed again since. Undo the later change first, or edit it as it is now."
        )
    return name, old


def _of_action(incident_id: int, entry: TimelineEvent, by: Actor) -> None:
    number = entry.metadata.get("action_id")
    actions = Action.objects.select_for_update().filter(incident_id=incident_id)
    action = actions.filter(pk=number).first() if isinstance(number, int) else None
    if action is None:
        raise UserError("The action is not there any more.")
    if update_type(entry) == ACTION_LOGGED:
        services.remove_action(action.pk, by=by)
        return
    old, new = entry.metadata.get("old_value"), entry.metadata.get("new_value")
    if not isinstance(old, dict) or not isinstance(new, dict):
        raise UserError("This cannot be undone.")
    for name, value in new.items():
        if name != "done_date" and getattr(action, name, None) != _of_field(name, value):
            raise UserError("The action was changed again since. Edit it as it is now.")
    if not ACTION_FIELDS.issuperset(old):
        # Programs may write entries of their own; an action stays with its incident.
        raise UserError("This cannot be undone.")
    before = {name: _of_field(name, value) for name, value in old.items()}
    if "user" in before and before["user"] is None:
        raise UserError("This cannot be undone.")
    try:
        services.change_action(action.pk, by=by, **before)
    except (ValidationError, FieldDoesNotExist):
        raise UserError("What was there before does not fit any more.") from None


def _of_write_up(incident_id: int, entry: TimelineEvent, by: Actor) -> None:
    old, revision = entry.metadata.get("old_value"), entry.metadata.get("revision")
    if not isinstance(old, (str, NoneType)) or not isinstance(revision, int):
        raise UserError("This cannot be undone.")
    try:
        write_ups.change_write_up(incident_id, text=old or "", revision=revision, by=by)
    except Outdated:
        raise UserError("The write-up was changed again since. Edit it as it is now.") from None


def _of_field(name: str, value: Any) -> Any:
    if name == "user":
        return _person(value)
    return _instant(value) if name.endswith("_date") else value


# What metadata keep, as the field has it. Each raises UserError for what it cannot read.


def _person(kept: Any) -> ExternalUser | None:
    if kept is None:
        return None
    facts = kept if isinstance(kept, dict) else {}
    app_id, external_id = _text(facts.get("app_id")), _text(facts.get("external_id"))
    known = ExternalUser.objects.filter(app_id=app_id, external_id=external_id).first()
    if known is None:
        raise UserError("The person it was before is not known any more.")
    return known


def _severity(kept: Any) -> str | None:
    if kept is None:
        return None
    return _text(kept.get("id") if isinstance(kept, dict) else kept)


def _instant(kept: Any) -> datetime | None:
    if kept is None:
        return None
    try:
        instant = parse_datetime(_text(kept) or "")
    except ValueError:
        instant = None
    if instant is None:
        raise UserError("This cannot be undone.")
    if timezone.is_aware(instant) == settings.USE_TZ:
        return instant
    zone = timezone.get_default_timezone()
    return (
        timezone.make_aware(instant, zone)
        if settings.USE_TZ
        else timezone.make_naive(instant, zone)
    )


def _text(kept: Any) -> str | None:
    if kept is not None and not isinstance(kept, str):
        raise UserError("This cannot be undone.")
    return kept


def _flag(kept: Any) -> bool:
    if not isinstance(kept, bool):
        raise UserError("This cannot be undone.")
    return kept


#: By update_type: the field that changed, and how its value is read back.
FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "incident_report": ("report", _text),
    "incident_summary": ("summary", _text),
    "incident_impact": ("impact", _text),
    "incident_severity": ("severity", _severity),
    "incident_lead": ("lead", _person),
    "incident_reporter": ("reporter", _person),
    "incident_start_time": ("start_time", _instant),
    "incident_report_time": ("report_time", _instant),
    "incident_end_time": ("end_time", _instant),
    "incident_closed": ("end_time", _instant),
    "incident_reopened": ("end_time", _instant),
    "incident_report_only": ("report_only", _flag),
    "incident_private": ("private", _flag),
}
