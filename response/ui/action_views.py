"""Actions: logged, changed, done, taken away."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from response.core import services
from response.core.actors import page_actor
from response.core.models import Action, Incident
from response.ui import answers, editing
from response.ui.access import for_editors, for_removers
from response.ui.document import Document, find
from response.ui.forms import ActionForm
from response.ui.people import label, me

FORM = "response/parts/action_form.html"
COLUMNS = ("details", "user", "due_date", "priority", "type")


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def add(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Write down something to be done; it is the signed-in person's, unless another is named."""
    document = _document(request, incident_id)
    form = ActionForm(request.POST if request.method == "POST" else None)
    form.fields["details"].widget.attrs["autofocus"] = True
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return answers.refused(request, document, "new-action", FORM, {"form": form}, status=status)
    said = dict(form.cleaned_data)
    owner = said.pop("user") or me(request.user)
    with timezone.override(None), editing.locked(incident_id) as told:
        services.log_action(incident_id, owner=owner, by=page_actor(request.user), **_stored(said))
    return _done(request, incident_id, told, clear="new-action")


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def edit(request: HttpRequest, incident_id: int, action_id: int) -> HttpResponse:
    """Change an action, unless somebody else did meanwhile."""
    document = _document(request, incident_id)
    action = get_object_or_404(document.incident.action_set, pk=action_id)
    was = request.POST.get("seen", editing.seen(action, COLUMNS))
    data = request.POST if request.method == "POST" else None
    initial = ActionForm.initial_of(action)
    form = ActionForm(data, initial=initial, auto_id=f"action{action_id}-%s")
    form.fields["details"].widget.attrs["autofocus"] = True
    values: dict[str, Any] = {"form": form, "action": action, "seen": was}
    if data is None:
        return answers.form(request, document, f"action-{action_id}", FORM, values)
    if not form.is_valid():
        return answers.refused(request, document, f"action-{action_id}", FORM, values)
    changed = {name: form.cleaned_data[name] for name in form.changed_data}
    changed = {name: value for name, value in changed.items() if name != "user" or value}
    with timezone.override(None), editing.locked(incident_id) as told:
        action = Action.objects.select_for_update().select_related("user").get(pk=action_id)
        now = editing.seen(action, COLUMNS)
        if now == was and changed:
            services.change_action(action_id, by=page_actor(request.user), **_stored(changed))
    if now != was and changed:
        theirs = [
            ("What is to be done", document.texts.html(action.details)),
            ("Owner", label(action.user)),
        ]
        values |= {"seen": now, "theirs": theirs}
        return answers.refused(request, document, f"action-{action_id}", FORM, values, status=409)
    return _done(request, incident_id, told)


@require_POST
@for_editors
def mark(request: HttpRequest, incident_id: int, action_id: int) -> HttpResponse:
    """An action is done, or not (``done=0``)."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=incident_id)
    get_object_or_404(incident.action_set, pk=action_id)
    done = request.POST.get("done", "1") == "1"
    values = {"done": True} if done else {"done": False, "done_date": None}
    with timezone.override(None), editing.locked(incident_id) as told:
        services.change_action(action_id, by=page_actor(request.user), **values)
    return _done(request, incident_id, told)


@require_POST
@for_removers
def remove(request: HttpRequest, incident_id: int, action_id: int) -> HttpResponse:
    """Take an action away; the timeline keeps that it was there."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=incident_id)
    get_object_or_404(incident.action_set, pk=action_id)
    with timezone.override(None), editing.locked(incident_id) as told:
        services.remove_action(action_id, by=page_actor(request.user))
    return _done(request, incident_id, told)


def _document(request: HttpRequest, incident_id: int) -> Document:
    document = Document(request, find(request, incident_id))
    document.stretches = []
    return document


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    """What a form says, as the columns have it: nothing is null."""
    return {name: value or None for name, value in values.items()}


def _done(
    request: HttpRequest, incident_id: int, told: editing.Saved, clear: str = ""
) -> HttpResponse:
    said = "" if told.entries else "unchanged"
    return answers.done(
        request,
        incident_id,
        said=said,
        changes=told.entries,
        anchor="part-actions",
        clear=clear,
        part="actions",
    )
