"""The pages: all incidents, and the document of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from response.core import reminders
from response.core.models import Incident
from response.core.text import reader
from response.ui.access import for_readers
from response.ui.moments import moment
from response.ui.pages import render_page
from response.ui.timeline import by_day, without_address

INCIDENTS_A_PAGE = 50
ENTRIES_A_PAGE = 500
MOST_TALKATIVE = 10

LIVE_FIRST = Case(
    When(report_only=False, end_time=None, then=Value(0)),
    default=Value(1),
    output_field=IntegerField(),
)


@require_safe
@for_readers
def incident_list(request: HttpRequest) -> HttpResponse:
    """All incidents that the reader may know of: live ones first, then the newest."""
    visible = Incident.objects.visible_to(request.user).select_related("lead")
    page = _page(request, visible.order_by(LIVE_FIRST, "-report_time", "-pk"), INCIDENTS_A_PAGE)
    texts = reader(incident.report for incident in page.rows)
    incidents = [
        {**_at_a_glance(incident), "title": texts.line(incident.report)} for incident in page.rows
    ]
    shown = {"incidents": incidents, "page": page}
    return render_page(request, "response/incident_list.html", shown)


@require_safe
@for_readers
def incident_doc(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Everything that is known of one incident."""
    visible = Incident.objects.visible_to(request.user)
    incident = get_object_or_404(
        visible.select_related("lead", "reporter", "commschannel"), pk=incident_id
    )
    talked = incident.userstats_set.filter(message_count__gt=0).select_related("user")
    participants = list(talked.order_by("-message_count", "join_time", "pk")[: MOST_TALKATIVE + 1])
    actions = list(incident.action_items().select_related("user"))
    page = _page(request, incident.timeline_events(), ENTRIES_A_PAGE)
    texts = reader(
        [
            *(incident.report, incident.summary, incident.impact),
            *(action.details for action in actions),
            *(event.text for event in page.rows),
        ]
    )
    shown = {
        **_at_a_glance(incident),
        "title": texts.line(incident.report),
        "summary": texts.html(incident.summary),
        "impact": texts.html(incident.impact),
        "reporter": _name(incident.reporter),
        "reported": moment(incident.report_time),
        "ended": moment(incident.end_time),
        "comms_channel": incident.comms_channel(),
        "participants": [
            {"name": _name(row.user), "messages": row.message_count}
            for row in participants[:MOST_TALKATIVE]
        ],
        "more_participants": len(participants) > MOST_TALKATIVE,
        "actions": [
            {
                "action": action,
                "details": texts.html(action.details),
                "owner": _name(action.user),
                "due": moment(action.due_date),
                "done_at": moment(action.done_date),
            }
            for action in actions
        ],
        "days": by_day(page.rows, texts),
        "reminders": [
            {
                "reminder": reminder,
                "next": moment(reminder.next_due),
                "skipped": moment(reminder.skipped_at),
            }
            for reminder in reminders.of(incident)
        ],
        "page": page,
    }
    return render_page(request, "response/incident_doc.html", shown)


def _at_a_glance(incident: Incident) -> dict[str, Any]:
    """What both pages say of an incident."""
    lasts = incident.is_closed() or not incident.report_only
    return {
        "incident": incident,
        "lead": _name(incident.lead),
        "started": moment(incident.start_time),
        "duration": incident.duration() if lasts else "",
    }


def _name(person: Any) -> str:
    return without_address(person.name) if person else ""


@dataclass(frozen=True)
class Page:
    """Some rows of a longer list, counted from 1."""

    rows: list[Any]
    number: int
    has_next: bool


def _page(request: HttpRequest, rows: QuerySet[Any], size: int) -> Page:
    """The page that ``?page=`` asks for; one row more tells whether another follows.

    Raises Http404 for a page that is not there.
    """
    asked = request.GET.get("page", "1")
    # No database counts rows by more digits than these.
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 9 and int(asked)):
        raise Http404("Pages are numbered from 1.")
    number = int(asked)
    start = (number - 1) * size
    found = list(rows[start : start + size + 1])
    if not found and number > 1:
        raise Http404(f"There is no page {number}.")
    return Page(rows=found[:size], number=number, has_next=len(found) > size)
