"""How a change is told: each becomes a sentence, and the facts that belong to it.

Pure: values in, entries out. The sentences leave out who did it, because every entry carries its
actor and is shown with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.utils import timezone

from response.core.models import Action, ExternalUser
from response.core.models.incident import Severity


class Change(NamedTuple):
    """One field's value before and after."""

    old: Any
    new: Any


@dataclass(frozen=True)
class Entry:
    """What a change adds to the timeline: its sentence and its metadata."""

    text: str
    metadata: dict[str, Any] = field(default_factory=dict)


def declared(*, report_only: bool) -> Entry:
    text = "Incident reported" if report_only else "Incident declared"
    return Entry(text, {"update_type": "incident_declared"})


def closed(end_time: datetime, duration: str) -> Entry:
    return Entry(
        f"Incident closed after {duration}",
        {
            "update_type": "incident_closed",
            "old_value": None,
            "new_value": end_time.isoformat(),
        },
    )


def reopened(end_time: datetime) -> Entry:
    return Entry(
        "Incident reopened",
        {
            "update_type": "incident_reopened",
            "old_value": end_time.isoformat(),
            "new_value": None,
        },
    )


def channel_created(name: str) -> Entry:
    return Entry(
        f"Comms channel #{name} created",
        {"update_type": "comms_channel_created", "old_value": None, "new_value": name},
    )


def channel_renamed(old: str, new: str) -> Entry:
    return Entry(
        f"Comms channel renamed from #{old} to #{new}",
        {"update_type": "comms_channel_renamed", "old_value": old, "new_value": new},
    )


def channel_archived(name: str) -> Entry:
    return Entry(f"Comms channel #{name} archived", {"update_type": "comms_channel_archived"})


def channel_unarchived(name: str) -> Entry:
    return Entry(f"Comms channel #{name} unarchived", {"update_type": "comms_channel_unarchived"})


def write_up_drafted(revision: int) -> Entry:
    return Entry(
        "Write-up drafted",
        {"update_type": "write_up_drafted", "revision": revision, "old_value": None},
    )


def write_up_changed(revision: int, old: str, new: str) -> Entry:
    """Told without the text, which is long; what it was before is kept."""
    if not new:
        text, update_type = "Write-up removed", "write_up_removed"
    else:
        text, update_type = "Write-up changed" if old else "Write-up begun", "write_up_changed"
    return Entry(text, {"update_type": update_type, "revision": revision, "old_value": old or None})


def action_logged(action: Action) -> Entry:
    return Entry(
        f"Action logged for {action.user.reference}: {action.details}",
        {"update_type": "action_logged", "action_id": action.pk, "new_value": action.details},
    )


def action_removed(action: Action) -> Entry:
    return Entry(
        f"Action removed: {action.details}",
        {"update_type": "action_removed", "action_id": action.pk, "old_value": action.details},
    )


def action_changed(action: Action, changes: Mapping[str, Change]) -> Entry:
    old = {name: _plain(change.old) for name, change in changes.items()}
    new = {name: _plain(change.new) for name, change in changes.items()}
    if "done" in changes:
        text = f"Action {'done' if action.done else 'to be done again'}: {action.details}"
        update_type = "action_done" if action.done else "action_undone"
    else:
        text = f"Action changed: {action.details}"
        update_type = "action_changed"
    return Entry(
        text,
        {
            "update_type": update_type,
            "action_id": action.pk,
            "old_value": old,
            "new_value": new,
        },
    )


def incident_changed(changes: Mapping[str, Change]) -> list[Entry]:
    """The entries for a saved incident, one a field that people follow, in a fixed order.

    ``changes`` is keyed by field name (``lead``, not ``lead_id``); its people are ExternalUsers.
    An end that is set or removed is told by ``closed`` and ``reopened``.
    """
    return [
        tell(changes[name])
        for name, tell in _TOLD.items()
        if name in changes and not (name == "end_time" and None in changes[name])
    ]


def person(user: ExternalUser | None) -> dict[str, Any] | None:
    """A person as metadata keeps them."""
    if user is None:
        return None
    return {
        "app_id": user.app_id,
        "external_id": user.external_id,
        "display_name": user.display_name,
        "full_name": user.full_name,
    }


def _severity(value: str | None) -> dict[str, Any] | None:
    if not value:
        return None
    return {"id": value, "text": dict(Severity.choices).get(value, value)}


def _told(
    what: str,
    name: str,
    *,
    word: Callable[[Any], str] = str,
    keep: Callable[[Any], Any] | None = None,
) -> Callable[[Change], Entry]:
    """Tell of a value that is short enough to stand in a sentence, old and new."""

    def tell(change: Change) -> Entry:
        if not change.old:
            text = f"{what} set to {word(change.new)}"
        elif not change.new:
            text = f"{what} removed (it was {word(change.old)})"
        else:
            text = f"{what} changed from {word(change.old)} to {word(change.new)}"
        kept = keep or _plain
        return Entry(
            text,
            {
                "update_type": name,
                "old_value": kept(change.old) if change.old is not None else None,
                "new_value": kept(change.new) if change.new is not None else None,
            },
        )

    return tell


def _told_in_full(what: str, name: str) -> Callable[[Change], Entry]:
    """Tell of a longer text: the new one stands in the entry, the old one in its metadata."""

    def tell(change: Change) -> Entry:
        if not change.new:
            text = f"{what} removed"
        elif not change.old:
            text = f"{what} set:\n\n{change.new}"
        else:
            text = f"{what} changed:\n\n{change.new}"
        return Entry(text, {"update_type": name, "old_value": change.old, "new_value": change.new})

    return tell


def _flag(when_true: str, when_false: str, name: str) -> Callable[[Change], Entry]:
    def tell(change: Change) -> Entry:
        return Entry(
            when_true if change.new else when_false,
            {"update_type": name, "old_value": change.old, "new_value": change.new},
        )

    return tell


def _moment(value: datetime) -> str:
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M %Z").strip()


def _quoted(value: str) -> str:
    return f"“{value}”"


def _plain(value: Any) -> Any:
    if isinstance(value, ExternalUser):
        return person(value)
    return value.isoformat() if isinstance(value, datetime) else value


_TOLD: dict[str, Callable[[Change], Entry]] = {
    "report": _told("Title", "incident_report", word=_quoted),
    "reporter": _told("Reporter", "incident_reporter", word=attrgetter("reference"), keep=person),
    "lead": _told("Lead", "incident_lead", word=attrgetter("reference"), keep=person),
    "severity": _told(
        "Severity",
        "incident_severity",
        word=lambda value: dict(Severity.choices).get(value, value),
        keep=_severity,
    ),
    "summary": _told_in_full("Summary", "incident_summary"),
    "impact": _told_in_full("Impact", "incident_impact"),
    "start_time": _told("Start", "incident_start_time", word=_moment),
    "end_time": _told("End", "incident_end_time", word=_moment),
    "report_time": _told("Time of the report", "incident_report_time", word=_moment),
    "report_only": _flag(
        "Now a report after the fact", "Now a live incident", "incident_report_only"
    ),
    "private": _flag("Made private", "Made public", "incident_private"),
}
