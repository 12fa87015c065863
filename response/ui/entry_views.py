"""Notes on the timeline: added with their own time, changed, and taken away."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from response.core import services
from response.core.actors import Actor, page_actor
from response.core.models import Incident, TimelineEvent
from response.transactions import atomic
from response.ui import answers, editing
from response.ui.access import for_editors, for_readers, for_removers
from response.ui.document import Document, find
from response.ui.forms import EntryForm
from response.ui.pages import is_htmx, render_page
from response.ui.rights import may_change
from response.ui.timeline import entry

FORM = "response/parts/entry_form.html"
COLUMNS = ("text", "timestamp")
SALT = "response.entry"
A_DAY = 24 * 60 * 60


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def add(request: HttpRequest, incident_id: int) -> HttpResponse:
    """A note at the time it happened: now, where none is given."""
    document = _document(request, incident_id)
    form = EntryForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return answers.refused(request, document, "new-entry", FORM, {"form": form}, status=status)
    note = services.add_timeline_entry(
        incident_id,
        text=form.cleaned_data["text"],
        at=form.cleaned_data["timestamp"],
        by=page_actor(request.user),
    )
    return answers.done(
        request, incident_id, said="entry-added", anchor=f"entry-{note.pk}", clear="new-entry"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def edit(request: HttpRequest, incident_id: int, entry_id: int) -> HttpResponse:
    """Change a note, or when it was."""
    document = _document(request, incident_id)
    note = _note(document.incident, entry_id)
    was = request.POST.get("seen", editing.seen(note, COLUMNS))
    initial = {"text": note.text, "timestamp": note.timestamp}
    data = request.POST if request.method == "POST" else None
    form = EntryForm(data, initial=initial, auto_id=f"entry{entry_id}-%s")
    form.fields["text"].widget.attrs |= {"rows": 4, "autofocus": True}
    values: dict[str, Any] = {"form": form, "entry": note, "seen": was}
    if request.method != "POST":
        return answers.form(request, document, f"entry-{entry_id}", FORM, values)
    if not form.is_valid():
        return answers.refused(request, document, f"entry-{entry_id}", FORM, values)
    changed = {name: form.cleaned_data[name] for name in form.changed_data}
    if "timestamp" in changed and changed["timestamp"] is None:
        del changed["timestamp"]
    with atomic():
        note = TimelineEvent.objects.select_for_update().get(pk=entry_id)
        now = editing.seen(note, COLUMNS)
        if now == was and changed:
            metadata = note.metadata if isinstance(note.metadata, dict) else {}
            services.change_timeline_entry(
                entry_id,
                by=page_actor(request.user),
                metadata={**metadata, "edited": True},
                **changed,
            )
    if now != was and changed:
        theirs = [("Text", document.texts.html(note.text))]
        values |= {"seen": now, "theirs": theirs}
        return answers.refused(request, document, f"entry-{entry_id}", FORM, values, status=409)
    if not changed and is_htmx(request):
        return show(request, incident_id, entry_id)
    said = "entry-changed" if changed else "unchanged"
    return answers.done(request, incident_id, said=said, anchor=f"entry-{entry_id}")


@require_POST
@for_removers
def remove(request: HttpRequest, incident_id: int, entry_id: int) -> HttpResponse:
    """Take a note off the timeline. What it said goes into a signed token that can bring it back
    within a day."""
    document = _document(request, incident_id)
    note = _note(document.incident, entry_id)
    token = signing.dumps(
        [incident_id, entry_id, note.timestamp.isoformat(), note.text, note.metadata],
        salt=SALT,
        compress=True,
    )
    services.remove_timeline_entry(entry_id, by=page_actor(request.user))
    if is_htmx(request):
        return answers.done(request, incident_id, said="entry-removed", restore=token)
    # A page of its own, since the address of another one would carry what the note said.
    values = {
        "incident": document.incident,
        "title": document.texts.line(document.incident.report),
        "entry": entry(note, document.texts),
        "restore": token,
    }
    return render_page(request, "response/entry_removed.html", values)


@require_POST
@for_editors
def restore(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Bring back a note that was taken off the timeline."""
    get_object_or_404(Incident.objects.visible_to(request.user), pk=incident_id)
    try:
        token = request.POST.get("restore", "")
        number, entry_id, at, text, metadata = signing.loads(token, salt=SALT, max_age=A_DAY)
    except (signing.BadSignature, ValueError):
        raise Http404("There is nothing to bring back.") from None
    if number != incident_id:
        raise Http404("There is nothing to bring back.")
    note = TimelineEvent(
        pk=entry_id,
        incident_id=incident_id,
        timestamp=parse_datetime(at),
        text=text,
        metadata=metadata,
    )
    was_gone = services.restore_timeline_entry(note, by=_author(metadata))
    said = "undone" if was_gone else "back-already"
    return answers.done(request, incident_id, said=said, anchor=f"entry-{entry_id}")


def _author(metadata: Any) -> Actor:
    """Who wrote an entry, whoever brings it back."""
    facts = metadata if isinstance(metadata, dict) else {}
    actor = facts.get("actor") if isinstance(facts.get("actor"), dict) else {}
    told = [str((actor or {}).get(name) or "") for name in ("kind", "id", "name")]
    return Actor(*told, source=str(facts.get("source") or ""))


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def show(request: HttpRequest, incident_id: int, entry_id: int) -> HttpResponse:
    """A note as it is, for htmx: whoever was editing it changed their mind."""
    document = _document(request, incident_id)
    event = _note(document.incident, entry_id)
    values = {
        "incident": document.incident,
        "entry": entry(event, document.texts),
        "may_change": may_change(request.user),
    }
    html = render_to_string("response/parts/entry_body.html", values)
    return HttpResponse(document.editing(f"entry-{entry_id}", html))


def _document(request: HttpRequest, incident_id: int) -> Document:
    document = Document(request, find(request, incident_id))
    document.stretches = []
    return document


def _note(incident: Incident, entry_id: int) -> TimelineEvent:
    notes = incident.timelineevent_set.filter(event_type=TimelineEvent.Kind.TEXT)
    note: TimelineEvent = get_object_or_404(notes, pk=entry_id)
    return note
