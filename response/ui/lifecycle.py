"""An incident's life: declared, worked on in its channel, closed, opened again."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from response.core import services
from response.core.actors import page_actor
from response.core.models import ExternalUser, Incident
from response.core.text import reader
from response.transactions import atomic
from response.ui import answers, editing
from response.ui.access import for_editors
from response.ui.document import Document, find
from response.ui.forms import CloseForm, DeclareForm, MessageForm
from response.ui.incident_list import at_a_glance
from response.ui.listing import STATUSES
from response.ui.pages import render_page
from response.ui.people import me

MOST_LIVE = 10
A_DOUBLE_CLICK = timedelta(seconds=30)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def declare(request: HttpRequest) -> HttpResponse:
    """The form of a new incident, beside those that are open: it may be one of them."""
    form = DeclareForm(
        request.POST if request.method == "POST" else None,
        # Whoever is led here from Slack has typed it already.
        initial={"report": request.GET.get("report", "")},
    )
    form.fields["report"].widget.attrs["autofocus"] = True
    if form.is_bound and form.is_valid():
        return redirect(_declared(request, form).get_absolute_url())
    visible = Incident.objects.visible_to(request.user)
    live = visible.filter(STATUSES["live"]).select_related("lead").order_by("-report_time")
    rows = list(live[:MOST_LIVE])
    texts = reader(row.report for row in rows)
    shown = {
        "form": form,
        "live": [{**at_a_glance(row), "title": texts.line(row.report)} for row in rows],
    }
    return render_page(
        request,
        "response/declare.html",
        shown,
        section="declare",
        status=422 if form.is_bound else 200,
    )


@atomic()
def _declared(request: HttpRequest, form: DeclareForm) -> Incident:
    """The incident of a form. One that was sent twice, as by a double click, is one incident."""
    reporter = me(request.user)
    # The second one waits here, and then finds the first.
    ExternalUser.objects.select_for_update().get(pk=reporter.pk)
    said = {name: value or None for name, value in form.cleaned_data.items()}
    twin = Incident.objects.filter(
        report=said["report"],
        reporter=reporter,
        report_time__gte=timezone.now() - A_DOUBLE_CLICK,
    ).first()
    if twin is not None:
        return twin
    with timezone.override(None):
        return services.declare_incident(
            **{
                **said,
                "report": form.cleaned_data["report"],
                "report_only": form.cleaned_data["report_only"],
                "private": form.cleaned_data["private"],
            },
            reporter=reporter,
            by=page_actor(request.user),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def close(request: HttpRequest, incident_id: int) -> HttpResponse:
    """End an incident; what its document still lacks is said before."""
    document = Document(request, find(request, incident_id))
    document.stretches = []
    form = CloseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            with timezone.override(None), editing.locked(incident_id) as told:
                services.close_incident(
                    incident_id, at=form.cleaned_data["end_time"], by=page_actor(request.user)
                )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            said = "" if told.entries else "unchanged"
            return answers.done(
                request, incident_id, said=said, changes=told.entries, part="header"
            )
    shown = {"form": form, "gaps": document.gaps()}
    status = 422 if form.is_bound else 200
    return answers.refused(
        request, document, "header", "response/parts/close.html", shown, status=status
    )


@require_POST
@for_editors
def reopen(request: HttpRequest, incident_id: int) -> HttpResponse:
    """It is not over after all."""
    get_object_or_404(Incident.objects.visible_to(request.user), pk=incident_id)
    with timezone.override(None), editing.locked(incident_id) as told:
        services.reopen_incident(incident_id, by=page_actor(request.user))
    said = "" if told.entries else "unchanged"
    return answers.done(request, incident_id, said=said, changes=told.entries, part="header")


@require_POST
@for_editors
def create_channel(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Ask for a comms channel. It is made when Slack can be reached."""
    get_object_or_404(Incident.objects.visible_to(request.user), pk=incident_id)
    services.request_channel(incident_id, by=page_actor(request.user))
    return answers.done(request, incident_id, said="asked-for-channel", anchor="part-facts")


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def post_message(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Say something in the comms channel, in the person's name."""
    document = Document(request, find(request, incident_id))
    document.stretches = []
    form = MessageForm(request.POST if request.method == "POST" else None)
    form.fields["text"].widget.attrs["autofocus"] = True
    if document.incident.comms_channel() is None:
        return answers.problem(request, "There is no channel yet. Create it first.")
    if not (form.is_bound and form.is_valid()):
        return answers.refused(
            request,
            document,
            "new-message",
            "response/parts/message_form.html",
            {"form": form},
            status=422 if form.is_bound else 200,
        )
    by = page_actor(request.user)
    with atomic():
        services.request_message(incident_id, text=form.cleaned_data["text"], by=by)
        if form.cleaned_data["on_timeline"]:
            services.add_timeline_entry(incident_id, text=form.cleaned_data["text"], by=by)
    return answers.done(
        request, incident_id, said="posted", anchor="part-facts", clear="new-message"
    )
