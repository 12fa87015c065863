"""The incident document, and what a page that is open asks for."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from response.core import reminders
from response.core.models import Incident
from response.core.text import reader
from response.ui import answers
from response.ui.access import for_readers
from response.ui.document import PARTS, Document, find
from response.ui.forms import LONGEST_TEXT, EntryForm
from response.ui.listing import STATUSES
from response.ui.moments import moment
from response.ui.pages import render_page
from response.ui.timeline import stretch

MOST_ASKED_ABOUT = 100

KIND_NAMES = {"notes": "Notes", "pins": "Pins", "changes": "Changes"}


@require_safe
@for_readers
def incident_doc(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Everything that is known of one incident, its timeline as far as its beginning."""
    incident = find(request, incident_id)
    document = Document(request, incident)
    shown = {
        **document.context(),
        **answers.toast_of(request, incident),
        "new_entry": EntryForm(),
        "kinds": KIND_NAMES.items(),
    }
    return render_page(request, "response/incident_doc.html", shown)


@require_safe
@for_readers
def news(request: HttpRequest, incident_id: int) -> HttpResponse:
    """What of an open document is not as it is shown (``?since=`` a version, with its ``part``s);
    204 where nothing is newer. That is found out by one query for one row."""
    found = Incident.objects.filter(pk=incident_id).values("version", "private").first()
    if found is None:
        raise Http404("There is no such incident.")
    if found["private"]:
        find(request, incident_id)
    if request.GET.get("since") == str(found["version"]):
        return HttpResponse(status=204)
    incident = find(request, incident_id)
    parts = Document(request, incident).news(request.GET.getlist("part"))
    return HttpResponse("".join([*parts, answers.poller(incident)]))


@require_safe
@for_readers
def part(request: HttpRequest, incident_id: int, name: str) -> HttpResponse:
    """One part of a document as it is now, for htmx: whoever was editing it changed their mind."""
    document = Document(request, find(request, incident_id))
    document.stretches = []
    if name in answers.PLACES:
        return HttpResponse(answers.place(request, document, name))
    if name not in PARTS:
        raise Http404("There is no such part of a document.")
    return HttpResponse(document.part(name, oob=True))


@require_safe
@for_readers
def more_entries(request: HttpRequest, incident_id: int) -> HttpResponse:
    """The stretch of the timeline after ``?after=``, for htmx."""
    document = Document(request, find(request, incident_id))
    number = request.GET.get("number", "")
    document.stretches = [
        stretch(
            document.incident,
            document.view,
            after=request.GET.get("after", ""),
            number=int(number) if number.isdecimal() and len(number) < 6 else 0,
        )
    ]
    return HttpResponse(document.stretch(document.stretches[0]))


@require_safe
@for_readers
def incident_reminders(request: HttpRequest, incident_id: int) -> HttpResponse:
    """What people are reminded of about an incident: a part of its page, asked for afterwards."""
    incident = find(request, incident_id)
    rows = [
        {
            "reminder": reminder,
            "next": moment(reminder.next_due),
            "skipped": moment(reminder.skipped_at),
        }
        for reminder in reminders.of(incident)
    ]
    return render_page(request, "response/reminders.html", {"reminders": rows})


@require_safe
@for_readers
def slack_behind(request: HttpRequest) -> HttpResponse:
    """Whether Slack shows what the list does; nothing where it does."""
    visible = Incident.objects.visible_to(request.user)
    live = visible.filter(STATUSES["live"]).order_by("-report_time")[:MOST_ASKED_ABOUT]
    latest = visible.order_by("-report_time", "-pk")[:MOST_ASKED_ABOUT]
    incidents = {row.pk: row for row in (*live, *latest)}
    return render_page(request, "response/slack_behind.html", {"of": list(incidents.values())})


@require_POST
@for_readers
def preview(request: HttpRequest) -> HttpResponse:
    """What a text will look like, as HTML."""
    text = request.POST.get("text", "")[:LONGEST_TEXT].replace("\x00", "")
    html = reader([text], addresses=request.user.is_authenticated).html(text)
    empty = mark_safe('<p class="response-unset">Nothing to preview yet.</p>')
    return HttpResponse(html or empty)
