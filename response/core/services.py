"""Every write there is. Each service is one transaction: the row, its history, the change feed,
and a signal by which the other parts write down what now follows from it.

``by`` says who does it; where it is left out, whoever is acting (see ``actors``). Incidents are
locked while they change, so what is told of a change is what really changed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from response.core import actors, feed, signals, timeline
from response.core.actors import Actor
from response.core.models import Action, ExternalUser, Incident, TimelineEvent
from response.core.timeline import Change, Entry
from response.transactions import atomic

# Incidents


def declare_incident(
    *,
    report: str,
    reporter: ExternalUser | None,
    by: Actor | None = None,
    report_time: datetime | None = None,
    start_time: datetime | None = None,
    report_only: bool = False,
    private: bool = False,
    summary: str | None = None,
    impact: str | None = None,
    lead: ExternalUser | None = None,
    severity: str | None = None,
) -> Incident:
    """Declare an incident: from now on it exists, whatever happens next.

    It starts when it is reported, unless ``start_time`` says otherwise. Raises Django's
    ValidationError, naming the field, for a value that does not fit.
    """
    report_time = report_time or timezone.now()
    incident = Incident(
        report=report,
        reporter=reporter,
        report_time=report_time,
        start_time=start_time or report_time,
        report_only=report_only,
        private=private,
        summary=summary or None,
        impact=impact or None,
        lead=lead,
        severity=severity or None,
    )
    # That the people exist is checked by the database, and need not be asked twice.
    incident.clean_fields(exclude=["reporter", "lead"])
    save_incident(incident, by=by)
    return incident


@atomic()
def update_incident(incident_id: int, *, by: Actor | None = None, **values: Any) -> Incident:
    """Change fields of an incident, by name; those that stay the same leave no trace.

    Raises Incident.DoesNotExist, FieldDoesNotExist, and ValidationError for a value that does not
    fit, an end before the start among them.
    """
    return _update_incident(_locked(incident_id), by, values)


@atomic()
def close_incident(
    incident_id: int, *, by: Actor | None = None, at: datetime | None = None
) -> Incident:
    """End an incident, now or at an instant given. One that is closed stays as it is.

    Raises ValidationError for an instant before the incident started.
    """
    incident = _locked(incident_id)
    if incident.is_closed():
        return incident
    # Nobody said "now" of themselves: it is over, whatever start somebody has typed.
    return _update_incident(incident, by, {"end_time": at or timezone.now()}, judged=bool(at))


@atomic()
def reopen_incident(incident_id: int, *, by: Actor | None = None) -> Incident:
    """Take an incident's end away. One that is open stays as it is."""
    incident = _locked(incident_id)
    return _update_incident(incident, by, {"end_time": None}) if incident.is_closed() else incident


@atomic()
def save_incident(
    incident: Incident, *args: Any, by: Actor | None = None, **save_options: Any
) -> None:
    """Store an incident with its history. ``Incident.save`` comes here too.

    Only the fields that were touched since the object was read are written, so an old copy does
    not undo what others wrote meanwhile. ``save_options`` are those of ``Model.save``.
    """
    by = by or actors.current()
    if not incident._state.adding:
        stored = _locked(incident.pk)
        changes = _changes(incident, stored, save_options.get("update_fields"))
        _store_incident(incident, changes, by, stored.version)
        return
    incident.store(*args, **save_options)
    _tell_more(incident, [timeline.declared(report_only=incident.report_only)], by)
    feed.record_incident(incident)
    signals.incident_declared.send(Incident, incident=incident, by=by)


@atomic()
def remove_incident(incident_id: int, *, by: Actor | None = None) -> None:
    """Delete an incident and all that belongs to it."""
    remove_saved_incident(_locked(incident_id), by=by)


@atomic()
def remove_saved_incident(
    incident: Incident, *args: Any, by: Actor | None = None, **delete_options: Any
) -> tuple[int, dict[str, int]]:
    """Delete an incident that was read. ``Incident.delete`` comes here too.

    Returns what ``Model.delete`` returns, and ``delete_options`` are its own.
    """
    if incident.pk is not None:
        signals.incident_removed.send(Incident, incident=incident, by=by or actors.current())
    if incident.private:
        # Nobody would know afterwards that what was said before it was private is not to be shown.
        feed.forget(incident)
    return incident.erase(*args, **delete_options)


# Actions


def log_action(
    incident_id: int,
    *,
    details: str,
    owner: ExternalUser,
    by: Actor | None = None,
    **values: Any,
) -> Action:
    """Write down something to be done, and whose it is."""
    action = Action(incident_id=incident_id, details=details, user=owner, **values)
    action.clean_fields(exclude=["incident", "user"])
    save_action(action, by=by)
    return action


@atomic()
def change_action(action_id: int, *, by: Actor | None = None, **values: Any) -> Action:
    """Change fields of an action, by name. Raises as ``update_incident`` does."""
    stored = Action.objects.select_for_update().get(pk=action_id)
    action = copy.copy(stored)
    _assign(action, values)
    _store_action(action, stored, by or actors.current())
    return action


@atomic()
def save_action(action: Action, *args: Any, by: Actor | None = None, **save_options: Any) -> None:
    """Store an action with its history. ``Action.save`` comes here too."""
    by = by or actors.current()
    if not action._state.adding:
        stored = Action.objects.select_for_update().get(pk=action.pk)
        _store_action(action, stored, by, save_options.get("update_fields"))
        return
    _date_done(action)
    action.store(*args, **save_options)
    _tell(action.incident, timeline.action_logged(action), by)
    feed.record_action(action)
    signals.action_logged.send(Action, action=action, by=by)


@atomic()
def remove_action(action_id: int, *, by: Actor | None = None) -> None:
    """Delete an action; the timeline keeps that it was there."""
    by = by or actors.current()
    action = Action.objects.select_for_update().select_related("incident").get(pk=action_id)
    _tell(action.incident, timeline.action_removed(action), by)
    signals.action_removed.send(Action, action=action, by=by)
    action.delete()


# The timeline


@atomic()
def add_timeline_entry(
    incident_id: int,
    *,
    text: str,
    by: Actor | None = None,
    at: datetime | None = None,
    kind: str = TimelineEvent.Kind.TEXT,
    metadata: Mapping[str, Any] | None = None,
) -> TimelineEvent:
    """Add an entry at the instant it happened (now, where ``at`` is left out)."""
    return _add_entry(incident_id, text, kind, metadata or {}, by or actors.current(), at)


@atomic()
def change_timeline_entry(
    entry_id: int, *, by: Actor | None = None, **values: Any
) -> TimelineEvent:
    """Change fields of an entry, by name."""
    entry = TimelineEvent.objects.select_for_update().get(pk=entry_id)
    for name, value in values.items():
        setattr(entry, name, value)
    entry.save(update_fields=list(values))
    signals.timeline_entry_changed.send(TimelineEvent, entry=entry, by=by or actors.current())
    return entry


@atomic()
def remove_timeline_entry(entry_id: int, *, by: Actor | None = None) -> None:
    """Take an entry off the timeline."""
    entry = TimelineEvent.objects.select_for_update().get(pk=entry_id)
    signals.timeline_entry_removed.send(TimelineEvent, entry=entry, by=by or actors.current())
    entry.delete()


@atomic()
def restore_timeline_entry(entry: TimelineEvent, *, by: Actor | None = None) -> bool:
    """Put an entry back that was taken off, as the same row (its ``pk``) it was.

    Whether it was gone: one that is there already stays as it is now.
    """
    Incident.objects.select_for_update(of=("self",)).get(pk=entry.incident_id)
    if TimelineEvent.objects.filter(pk=entry.pk).exists():
        return False
    entry.save(force_insert=True)
    signals.timeline_entry_added.send(TimelineEvent, entry=entry, by=by or actors.current())
    return True


@atomic()
def record(incident: Incident, entry: Entry, *, by: Actor | None = None) -> None:
    """Put a fact that another part of Response knows of (its channel, say) on the timeline."""
    _tell(incident, entry, by or actors.current())


# What is asked of a chat


@atomic()
def request_channel(incident_id: int, *, by: Actor | None = None) -> Incident:
    """Ask for a comms channel. Where there is one, or it is asked for already, nothing follows."""
    incident = _locked(incident_id)
    signals.channel_requested.send(Incident, incident=incident, by=by or actors.current())
    return incident


@atomic()
def request_message(incident_id: int, *, text: str, by: Actor | None = None) -> None:
    """Ask for a message in the comms channel."""
    incident = Incident.objects.get(pk=incident_id)
    signals.message_requested.send(
        Incident, incident=incident, text=text, by=by or actors.current()
    )


# How they do it, inside the transaction of whoever calls


def _locked(incident_id: int) -> Incident:
    # OF self: the lead and the reporter may be null, and nobody needs them locked.
    incidents = Incident.objects.select_for_update(of=("self",))
    related = ("lead", "reporter", "commschannel")
    incident: Incident = incidents.select_related(*related).get(pk=incident_id)
    return incident


def _update_incident(
    stored: Incident, by: Actor | None, values: Mapping[str, Any], *, judged: bool = True
) -> Incident:
    incident = copy.copy(stored)
    _assign(incident, values)
    changes = _changes(incident, stored)
    if judged:
        incident.refuse_end_before_start(changes)
    _store_incident(incident, changes, by or actors.current(), stored.version)
    return incident


def _assign(row: Incident | Action, values: Mapping[str, Any]) -> None:
    """Set fields by name, and check those that were set."""
    for name, value in values.items():
        row._meta.get_field(name)
        setattr(row, name, value)
    # That people exist is checked by the database, and need not be asked twice.
    row.clean_fields(
        exclude={f.name for f in row._meta.fields if f.is_relation or f.name not in values}
    )


def _changes(
    mine: Incident | Action, stored: Incident | Action, update_fields: Any = None
) -> dict[str, Change]:
    """What saving ``mine`` over ``stored`` really changes, by field name.

    As a side effect ``mine`` takes over what others stored in the fields it did not touch.
    """
    touched = mine.touched(update_fields)
    changes = {}
    for field in mine._meta.concrete_fields:
        old = getattr(stored, field.attname)
        new = touched.get(field.attname, old)
        # What is not said is not said, be it null or empty.
        if new == old or not (new or old):
            setattr(mine, field.attname, old)
        else:
            changes[field.name] = Change(getattr(stored, field.name), getattr(mine, field.name))
    return changes


def _store_incident(
    incident: Incident, changes: Mapping[str, Change], by: Actor, version: int
) -> None:
    if not changes:
        return
    incident.version = version + 1
    incident.store(update_fields=[*changes, "version"])
    entries = list(timeline.incident_changed(changes))
    ended = changes.get("end_time")
    then = None
    if ended is not None and ended.old is None:
        entries.append(timeline.closed(ended.new, incident.duration()))
        then = signals.incident_closed
    elif ended is not None and ended.new is None:
        entries.append(timeline.reopened(ended.old))
        then = signals.incident_reopened
    _tell_more(incident, entries, by)
    feed.record_incident(incident)
    signals.incident_changed.send(Incident, incident=incident, changes=changes, by=by)
    if then is not None:
        then.send(Incident, incident=incident, by=by)


def _store_action(action: Action, stored: Action, by: Actor, update_fields: Any = None) -> None:
    _date_done(action)
    changes = _changes(action, stored, update_fields)
    if not changes:
        return
    action.store(update_fields=list(changes))
    _tell(action.incident, timeline.action_changed(action, changes), by)
    feed.record_action(action)
    signals.action_changed.send(Action, action=action, changes=changes, by=by)


def _date_done(action: Action) -> None:
    if not action.done:
        action.done_date = None
    elif action.done_date is None:
        action.done_date = timezone.now()


def _tell(incident: Incident, entry: Entry, by: Actor) -> None:
    kind = TimelineEvent.Kind.INCIDENT_UPDATE
    _add_entry(incident.pk, entry.text, kind, entry.metadata, by)


def _tell_more(incident: Incident, entries: Iterable[Entry], by: Actor) -> None:
    """Put facts on the timeline of an incident whose own row was just written: what counts its
    changes was raised there."""
    now = timezone.now()
    rows = TimelineEvent.objects.bulk_create(
        TimelineEvent(
            incident=incident,
            timestamp=now,
            text=entry.text,
            event_type=TimelineEvent.Kind.INCIDENT_UPDATE,
            metadata={**entry.metadata, **by.as_metadata()},
        )
        for entry in entries
    )
    for row in rows:
        signals.timeline_entry_added.send(TimelineEvent, entry=row, by=by)


def _add_entry(
    incident_id: int,
    text: str,
    kind: str,
    metadata: Mapping[str, Any],
    by: Actor,
    at: datetime | None = None,
) -> TimelineEvent:
    entry = TimelineEvent.objects.create(
        incident_id=incident_id,
        timestamp=at or timezone.now(),
        text=text,
        event_type=kind,
        metadata={**metadata, **by.as_metadata()},
    )
    signals.timeline_entry_added.send(TimelineEvent, entry=entry, by=by)
    return entry
