"""Editing what the document says of an incident, and taking it back."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from response.core import attribution
from response.core.actors import page_actor
from response.core.models import Incident, TimelineEvent
from response.exceptions import UserError
from response.ui import answers, editing, undo
from response.ui.access import for_editors
from response.ui.document import Document, find
from response.ui.editing import EDITABLES, Conflict, Editable
from response.ui.moments import moment
from response.ui.pages import is_htmx, render_page
from response.ui.people import me
from response.ui.rights import may_remove

FORM = "response/parts/edit.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def edit(request: HttpRequest, incident_id: int, name: str) -> HttpResponse:
    """The form of one editable thing, and what becomes of it."""
    if name not in EDITABLES:
        raise Http404("There is nothing of that name to edit.")
    editable = EDITABLES[name]
    document = Document(request, find(request, incident_id))
    document.stretches = []
    incident = document.incident
    if request.method != "POST":
        form = editable.form(incident)
        values = _values(editable, form, editing.seen(incident, editable.columns))
        return answers.form(request, document, editable.part, FORM, values)
    form = editable.form(incident, _data(request))
    was = request.POST.get("seen", "")
    if not form.is_valid():
        return answers.refused(request, document, editable.part, FORM, _values(editable, form, was))
    try:
        # What is told of a change is told in the site's time zone.
        with timezone.override(None):
            values = form.cleaned_data
            saved = editing.save(editable, incident_id, values, was, user=request.user)
    except Conflict as conflict:
        return _conflict(request, document, editable, form, conflict.row)
    except (UserError, ValidationError) as error:
        form.add_error(None, error if isinstance(error, ValidationError) else str(error))
        return answers.refused(request, document, editable.part, FORM, _values(editable, form, was))
    said = "" if saved.entries else "unchanged"
    anchor = f"part-{editable.part}"
    return answers.done(
        request,
        incident_id,
        said=said,
        changes=saved.entries,
        anchor=anchor,
        part=editable.part,
    )


def _data(request: HttpRequest) -> Any:
    """What was sent. "me" for a person is whoever is signed in, who may be known to nobody yet."""
    data = request.POST.copy()
    for name in ("lead", "reporter"):
        if data.get(name, "").strip().lower() == "me":
            data[name] = me(request.user).external_id
    return data


def _values(editable: Editable, form: Any, was: str) -> dict[str, Any]:
    return {"editable": editable, "form": form, "seen": was}


def _conflict(
    request: HttpRequest, document: Document, editable: Editable, form: Any, stored: Incident
) -> HttpResponse:
    """The form again, with what somebody else wrote beside it."""
    theirs = editable.form(stored)
    rows = [
        (field.label, _in_words(theirs.get_initial_for_field(field, name), field, document))
        for name, field in theirs.fields.items()
    ]
    update_types = {kind for kind, (name, _) in undo.FIELDS.items() if name in editable.columns}
    last = (
        stored.timelineevent_set.filter(metadata__update_type__in=update_types)
        .order_by("-pk")
        .first()
    )
    values = {
        **_values(editable, form, editing.seen(stored, editable.columns)),
        "theirs": rows,
        "who": attribution.of(last.metadata).who if last else "",
        "when": moment(last.timestamp) if last else None,
    }
    return answers.refused(request, document, editable.part, FORM, values, status=409)


def _in_words(value: Any, field: Any, document: Document) -> Any:
    prepared = field.prepare_value(value)
    if hasattr(field, "choices"):
        return dict(field.choices).get(prepared or "", prepared)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return document.texts.html(value)
    return moment(value) if hasattr(value, "isoformat") else prepared


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def take_back(request: HttpRequest, incident_id: int, entries: str) -> HttpResponse:
    """Undo changes that stand on the timeline, given by their numbers: asked first, then done."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=incident_id)
    numbers = [number for number in entries.split(",") if number.isdecimal() and len(number) < 10]
    found = list(TimelineEvent.objects.filter(incident=incident, pk__in=numbers).order_by("pk"))
    if not found or not all(undo.is_possible(entry, may_remove=True) for entry in found):
        raise Http404("There is nothing to undo.")
    removes = may_remove(request.user)
    if not all(undo.is_possible(entry, may_remove=removes) for entry in found):
        raise PermissionDenied("Your account may not take an action away.")
    problem = ""
    if request.method == "POST":
        try:
            with timezone.override(None), editing.locked(incident_id) as told:
                undo.take_back(incident, found, by=page_actor(request.user))
                editing.still_seen_by(request.user, incident_id)
        except UserError as error:
            problem = str(error)
        else:
            return answers.done(request, incident_id, said="undone", changes=told.entries)
    document = Document(request, find(request, incident_id))
    document.stretches = []
    texts = [(moment(entry.timestamp), document.texts.html(entry.text)) for entry in found]
    values = {
        "incident": incident,
        "title": document.texts.line(document.incident.report),
        "texts": texts,
        "entries": entries,
        "problem": problem,
    }
    if problem and is_htmx(request):
        return answers.problem(request, problem)
    return render_page(request, "response/undo.html", values, status=409 if problem else 200)
