"""An incident to take away: everything that its document says, in a file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from response.conf import conf
from response.core import drafting, export, pictures
from response.core.export import Record
from response.core.models import Incident
from response.core.pictures import Picture
from response.ui.access import for_readers
from response.ui.incident_list import at_a_glance
from response.ui.moments import Moment, moment
from response.ui.timeline import Entry, entry

# Whoever opens the file has it from us, so it must not be able to do what we would not.
NOTHING_BUT_ITSELF = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

# The pictures that are in the file; of what is more it has the names.
MOST_OF_PICTURES = 20_000_000  # bytes


@require_safe
@for_readers
def download(request: HttpRequest, incident_id: int, kind: str) -> HttpResponse:
    """The incident as a file: markdown, html or json."""
    if kind not in _KINDS:
        raise Http404("An incident can be had as markdown, html and json.")
    content_type, ending, make = _KINDS[kind]
    visible = Incident.objects.visible_to(request.user)
    related = ("lead", "reporter", "commschannel", "write_up")
    incident = get_object_or_404(visible.select_related(*related), pk=incident_id)
    record = export.gather(incident, addresses=request.user.is_authenticated)
    name = f"incident-{incident.pk}.{ending}"
    return HttpResponse(
        make(record),
        content_type=f"{content_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": NOTHING_BUT_ITSELF,
            "X-Content-Type-Options": "nosniff",
        },
    )


def _as_json(record: Record) -> str:
    return json.dumps(export.as_json(record), ensure_ascii=False, indent=2) + "\n"


def _as_html(record: Record) -> str:
    """One file that needs no other: its style is in it, and what would be loaded is a link."""
    incident, texts = record.incident, record.texts
    return render_to_string(
        "response/export.html",
        {
            **at_a_glance(incident),
            "policy": NOTHING_BUT_ITSELF,
            "address": export.address_of(incident),
            # Where links lead that people wrote without a host; nothing is loaded from there.
            "site": conf.SITE_URL,
            "title": texts.line(incident.report),
            "reporter": record.name(incident.reporter),
            "reported": moment(incident.report_time),
            "ended": moment(incident.end_time),
            "comms_channel": incident.comms_channel(),
            "summary": texts.html(incident.summary),
            "impact": texts.html(incident.impact),
            "write_up": drafting.rendered(record.write_up, texts),
            "actions": [
                {
                    "action": action,
                    "details": texts.html(action.details),
                    "owner": record.name(action.user),
                    "due": moment(action.due_date),
                    "done_at": moment(action.done_date),
                }
                for action in record.actions
            ],
            "days": _by_day(record),
            "participants": [
                {"name": record.name(row.user), "messages": row.message_count}
                for row in record.participants
            ],
        },
    )


@dataclass(frozen=True)
class _Day:
    """The entries of a day, each with its pictures and what an ``img`` has as its ``src``; "" where
    the picture is not in the file."""

    first: Moment
    entries: list[tuple[Entry, list[tuple[Picture, str]]]]


def _by_day(record: Record) -> list[_Day]:
    entries = [entry(event, record.texts) for event in record.entries]
    sources = _sources(record) if any(each.pictures for each in entries) else {}
    days = [list(day) for _, day in groupby(entries, key=lambda each: each.at.date)]
    return [
        _Day(
            first=day[0].at,
            entries=[
                (each, [(picture, sources.get(picture.pk, "")) for picture in each.pictures])
                for each in day
            ],
        )
        for day in days
    ]


def _sources(record: Record) -> dict[int, str]:
    copies = {copy.pk: copy for copy in pictures.within(record.incident, MOST_OF_PICTURES)}
    contents = pictures.contents_of(record.incident, [*copies])
    return {
        pk: f"data:{copies[pk].content_type};base64,{b64encode(content).decode()}"
        for pk, content in contents.items()
    }


_KINDS: dict[str, tuple[str, str, Callable[[Record], str]]] = {
    "markdown": ("text/markdown", "md", export.as_markdown),
    "html": ("text/html", "html", _as_html),
    "json": ("application/json", "json", _as_json),
}
