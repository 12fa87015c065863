"""Editing an incident in place: one form for each thing that can be edited, and what happens when
two people do it at once.

A form keeps a digest of what it was made from. Where that is not what is stored any more, nothing
is written: the form comes back with both texts, and whoever sends it again has seen the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import models

from response.core import services
from response.core.actors import page_actor
from response.core.instants import local
from response.core.models import Incident, TimelineEvent
from response.exceptions import UserError
from response.transactions import atomic
from response.ui import forms as fields
from response.ui.people import PersonField


@dataclass(frozen=True)
class Editable:
    """Something of an incident that is edited together.

    ``part``: which part of the document shows it. ``columns``: the fields of Incident, which are
    those of the form.
    """

    name: str
    label: str
    part: str
    columns: Sequence[str]
    make: Callable[[Incident], Mapping[str, forms.Field]]

    def form(self, incident: Incident, data: Any = None) -> forms.Form:
        """The form, filled in with what is stored."""
        initial = {name: getattr(incident, name) for name in self.columns}
        kind = type("EditForm", (fields.NamedForm,), {**self.make(incident), "name": self.name})
        made: forms.Form = kind(data, initial=initial)
        first = next(iter(made.fields.values()))
        first.widget.attrs["autofocus"] = True
        return made


def _times(incident: Incident) -> dict[str, forms.Field]:
    times = {
        "start_time": fields.InstantField(label="Started"),
        "report_time": fields.InstantField(label="Reported"),
    }
    if incident.is_closed():
        times["end_time"] = fields.InstantField(label="Ended")
    return times


def _kinds(incident: Incident) -> dict[str, forms.Field]:
    return {
        "report_only": forms.BooleanField(label="A report after the fact", required=False),
        "private": forms.BooleanField(
            label="Private: only for its lead, its reporter and those who take part",
            required=False,
        ),
    }


EDITABLES = {
    editable.name: editable
    for editable in (
        Editable(
            "title", "Title", "header", ["report"], lambda _: {"report": fields.title_field()}
        ),
        Editable(
            "severity",
            "Severity",
            "header",
            ["severity"],
            lambda _: {"severity": fields.severity_field()},
        ),
        Editable(
            "lead",
            "Lead",
            "facts",
            ["lead"],
            lambda _: {"lead": PersonField(label="Lead", required=False)},
        ),
        Editable(
            "reporter",
            "Reporter",
            "facts",
            ["reporter"],
            lambda _: {"reporter": PersonField(label="Reported by", required=False)},
        ),
        Editable("times", "Times", "facts", ["start_time", "report_time", "end_time"], _times),
        Editable("kind", "Kind", "facts", ["report_only", "private"], _kinds),
        Editable(
            "summary",
            "Summary",
            "summary",
            ["summary"],
            lambda _: {"summary": fields.markdown_field("Summary", required=False)},
        ),
        Editable(
            "impact",
            "Impact",
            "impact",
            ["impact"],
            lambda _: {"impact": fields.markdown_field("Impact", required=False)},
        ),
    )
}


def seen(row: models.Model, columns: Sequence[str]) -> str:
    """A digest of what a row has in some columns."""
    values = []
    for name in columns:
        value = getattr(row, row._meta.get_field(name).attname)  # type: ignore[union-attr]
        values.append(value.isoformat() if isinstance(value, datetime) else value)
    return hashlib.blake2b(repr(values).encode("utf-8", "replace"), digest_size=12).hexdigest()


class Conflict(Exception):
    """Somebody else changed it meanwhile; nothing was written. ``row`` is what is stored now."""

    def __init__(self, row: Any) -> None:
        super().__init__()
        self.row = row


@dataclass(frozen=True)
class Saved:
    """What came of an edit: the entries of the timeline that tell of it, oldest first."""

    entries: list[TimelineEvent]

    @property
    def undo(self) -> str:
        """The entries by number, for an address."""
        return ",".join(str(entry.pk) for entry in self.entries)


@atomic()
def save(
    editable: Editable, incident_id: int, values: Mapping[str, Any], was: str, *, user: Any
) -> Saved:
    """Write what a Django ``user`` edited, unless it is not what they saw (``was``) any more.

    Raises Conflict; UserError where they would not see the incident any more themselves;
    ValidationError for values that do not go together; and Incident.DoesNotExist.
    """
    stored = Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)
    said = {name: values[name] for name in editable.columns if name in values}
    # What is not said is not said: no text is null.
    said = {name: None if value == "" else value for name, value in said.items()}
    changed = {name: value for name, value in said.items() if not _is_same(stored, name, value)}
    if changed and seen(stored, editable.columns) != was:
        raise Conflict(stored)
    with told(incident_id) as saved:
        if changed:
            services.update_incident(incident_id, by=page_actor(user), **changed)
    if changed:
        still_seen_by(user, incident_id)
    return saved


def still_seen_by(user: Any, incident_id: int) -> None:
    """Raises UserError where a Django user who changed an incident cannot see it any more."""
    if not Incident.objects.visible_to(user).filter(pk=incident_id).exists():
        raise UserError(
            "A private incident is only for its lead, its reporter and those who take part, and "
            "you would be none of them. Make yourself one of them first."
        )


@contextmanager
def locked(incident_id: int) -> Iterator[Saved]:
    """A transaction in which nobody else changes the incident, and the timeline entries that are
    written in it. Raises Incident.DoesNotExist."""
    with atomic():
        Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)
        with told(incident_id) as saved:
            yield saved


@contextmanager
def told(incident_id: int) -> Iterator[Saved]:
    """Collect the timeline entries that are written inside, of an incident that is locked."""
    rows = TimelineEvent.objects.filter(incident_id=incident_id)
    last = rows.aggregate(last=models.Max("pk"))["last"] or 0
    saved = Saved([])
    yield saved
    saved.entries.extend(rows.filter(pk__gt=last).order_by("pk"))


def _is_same(row: Incident, name: str, value: Any) -> bool:
    """Whether a form says what is stored; an instant in a form has no seconds."""
    stored = getattr(row, name)
    if isinstance(stored, datetime) and isinstance(value, datetime):
        return local(stored).replace(second=0, microsecond=0) == local(value)
    return bool(stored == value) or not (stored or value)
