"""The list of incidents, on a page and as a table for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from response.core.addresses import without_address
from response.core.models import Incident
from response.core.text import reader
from response.ui.access import for_readers
from response.ui.keyset import page_of
from response.ui.listing import ListForm, list_form, ranked
from response.ui.moments import moment
from response.ui.pages import render_page
from response.ui.zones import reader_zone

INCIDENTS_A_PAGE = 50
ROWS_AT_ONCE = 500

#: The headings of the table that can be pressed, and what they order by first and then.
HEADINGS = {
    "Severity": ("severity", "-severity"),
    "Incident": ("report", "-report"),
    "Status": (),
    "Lead": ("lead", "-lead"),
    "Started": ("-start_time", "start_time"),
    "Duration": (),
}

CSV_COLUMNS = (
    *("id", "title", "status", "severity", "lead", "reporter"),
    *("started", "reported", "ended", "minutes", "private", "summary", "impact", "link"),
)


@require_safe
@for_readers
def incident_list(request: HttpRequest) -> HttpResponse:
    """The incidents that the reader may know of, as far as the address does not narrow them."""
    form, found = _asked_for(request)
    rows = found.select_related("lead")
    page = page_of(rows.defer("summary", "impact"), form.order.keys, INCIDENTS_A_PAGE, request.GET)
    texts = reader(
        (incident.report for incident in page.rows), addresses=request.user.is_authenticated
    )
    shown = {
        "form": form,
        "narrowed": form.narrowed_by,
        "page": page,
        "total": page.rows[0].total if page.rows else 0,
        "incidents": [
            {**at_a_glance(incident), "title": texts.line(incident.report)}
            for incident in page.rows
        ],
        "headings": _headings(request, form),
        "previous_address": _address(request, before=page.before),
        "next_address": _address(request, after=page.after),
        "csv_query": _address(request),
    }
    return render_page(request, "response/incident_list.html", shown)


@require_safe
@for_readers
def incident_csv(request: HttpRequest) -> HttpResponseBase:
    """The incidents that the same address would list, all of them, as CSV (RFC 4180)."""
    form, found = _asked_for(request)
    rows = found.select_related("lead", "reporter")
    order = [key.name if not key.descending else f"-{key.name}" for key in form.order.keys]
    answer = StreamingHttpResponse(
        _csv(request, rows.order_by(*order)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = 'attachment; filename="incidents.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _asked_for(request: HttpRequest) -> tuple[ListForm, QuerySet[Incident]]:
    form, addresses = list_form(request.GET), request.user.is_authenticated
    found = form.apply(Incident.objects.visible_to(request.user), addresses=addresses)
    return form, ranked(found, form.order, addresses=addresses)


def at_a_glance(incident: Incident) -> dict[str, Any]:
    """What the list and the document both say of an incident."""
    lasts = incident.is_closed() or not incident.report_only
    return {
        "incident": incident,
        "status": _status(incident.status_text(), incident.status_emoji(), incident.private),
        "severity": _severity(incident.severity_text() or "", incident.severity_emoji()),
        "lead": without_address(incident.lead.name) if incident.lead else "",
        "started": moment(incident.start_time),
        "duration": incident.duration() if lasts else "",
    }


# A list shows few of them over and over, and a template costs as much as the rest of a row.
@lru_cache(maxsize=64)
def _status(text: str, emoji: str, private: bool) -> SafeString:
    shown = {"status_text": text, "status_emoji": emoji, "private": private}
    return render_to_string("response/status.html", {"incident": shown})


@lru_cache(maxsize=64)
def _severity(text: str, emoji: str) -> SafeString:
    shown = {"severity_text": text, "severity_emoji": emoji}
    return render_to_string("response/severity.html", {"incident": shown})


def _headings(request: HttpRequest, form: ListForm) -> Iterator[Mapping[str, str]]:
    for label, orders in HEADINGS.items():
        chosen = form.order.name
        following = "" if not orders else orders[1] if chosen == orders[0] else orders[0]
        sort = ""
        if orders and chosen in orders:
            sort = "descending" if chosen.startswith("-") else "ascending"
        address = _address(request, ordering=following) if following else ""
        yield {"label": label, "address": address, "sort": sort}


def _address(request: HttpRequest, **changes: str) -> str:
    """The query of this address without its page, and with ``changes``; empty values are left
    out."""
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    for name in [name for name in query if not query[name]]:
        del query[name]
    return f"?{query.urlencode()}" if query else "?"


# CSV


class _Line:
    """What csv.writer writes to: the line comes back from ``writerow``."""

    def write(self, line: str) -> str:
        return line


def _csv(request: HttpRequest, rows: QuerySet[Incident]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # Without the mark at its beginning, Excel reads UTF-8 as something else.
    yield "\ufeff" + writer.writerow(CSV_COLUMNS)
    left = rows.iterator(chunk_size=ROWS_AT_ONCE)
    while some := list(islice(left, ROWS_AT_ONCE)):
        texts = reader(
            (text for row in some for text in (row.report, row.summary, row.impact)),
            addresses=request.user.is_authenticated,
        )
        for row in some:
            values = _values(row, texts.plain, request)
            yield writer.writerow([harmless(values[column]) for column in CSV_COLUMNS])


def _values(row: Incident, plain: Any, request: HttpRequest) -> dict[str, str]:
    ended = row.end_time or (None if row.report_only else timezone.now())
    lasted = max((ended - row.start_time) // timedelta(minutes=1), 0) if ended else ""
    zone = reader_zone(request)

    def written(instant: datetime | None) -> str:
        with timezone.override(zone):
            shown = moment(instant)
        return shown.iso if shown else ""

    return {
        "id": str(row.pk),
        "title": " ".join(plain(row.report).split()),
        "status": row.status_text(),
        "severity": row.severity_text() or "",
        "lead": without_address(row.lead.name) if row.lead else "",
        "reporter": without_address(row.reporter.name) if row.reporter else "",
        "started": written(row.start_time),
        "reported": written(row.report_time),
        "ended": written(row.end_time),
        "minutes": str(lasted),
        "private": "yes" if row.private else "no",
        "summary": plain(row.summary),
        "impact": plain(row.impact),
        "link": request.build_absolute_uri(row.get_absolute_url()),
    }


#: What a spreadsheet takes for the beginning of a formula (OWASP's page "CSV Injection").
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(value: str) -> str:
    """A value that no spreadsheet computes: one that looks like a formula gets an apostrophe."""
    return (
        f"'{value}" if value.lstrip(" \u00a0\ufeff\u200b").startswith(_BEGINS_A_FORMULA) else value
    )
