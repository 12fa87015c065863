"""What somebody is answered who changed something: with JavaScript the parts that are new, without
it the page again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from response.core.models import Incident, TimelineEvent
from response.core.text import reader
from response.ui import undo
from response.ui.document import Document, find
from response.ui.forms import EntryForm
from response.ui.pages import is_htmx, render_page
from response.ui.rights import may_remove

#: What stands where a form was once it is sent: a link that opens it again, or the form, empty.
PLACES = {
    "new-entry": "response/parts/entry_form.html",
    "new-action": "response/parts/new_action.html",
    "new-message": "response/parts/new_message.html",
}

#: What is said after something was done, by the name it has in an address.
SAID = {
    "asked-for-channel": "The channel is asked for. It is here as soon as Slack has made it.",
    "posted": "The message is on its way to the channel.",
    "entry-added": "Added to the timeline.",
    "entry-changed": "The entry is changed.",
    "entry-removed": "Taken off the timeline.",
    "undone": "Undone.",
    "back-already": "It is back already.",
    "unchanged": "Nothing was changed.",
}


def done(
    request: HttpRequest,
    incident_id: int,
    *,
    said: str = "",
    changes: Iterable[TimelineEvent] = (),
    anchor: str = "",
    restore: str = "",
    clear: str = "",
    part: str = "",
) -> HttpResponse:
    """Something was done.

    ``said`` is a key of SAID; ``changes`` are what can be undone, and say it otherwise. ``restore``
    is a token that brings back what was taken away, for htmx alone: it tells what that was, and an
    address is no place for that. ``clear`` is the form that was sent, to be emptied. ``part`` is
    the one whose place a form took; it is shown again in any case.
    """
    changes = list(changes)
    if is_htmx(request):
        incident = find(request, incident_id)
        document = Document(request, incident)
        known = [one for one in request.POST.getlist("part") if not one.startswith(f"{part}:")]
        parts = document.news([*known, *([f"{part}:"] if part else [])])
        toast = _toast(request, incident, said, changes, restore)
        emptied = [place(request, document, clear)] if clear else []
        return HttpResponse("".join([*parts, poller(incident), *emptied, toast]))
    query = {"said": said, "changes": ",".join(str(entry.pk) for entry in changes)}
    words = "&".join(f"{name}={value}" for name, value in query.items() if value)
    address = reverse("response_ui:incident_doc", kwargs={"incident_id": incident_id})
    return redirect(f"{address}{'?' if words else ''}{words}{f'#{anchor}' if anchor else ''}")


def problem(request: HttpRequest, text: str) -> HttpResponse:
    """Something could not be done, for htmx."""
    values = {"toast": text, "oob": True}
    return HttpResponse(render_to_string("response/parts/toast.html", values, request), status=409)


def place(request: HttpRequest, document: Document, name: str) -> SafeString:
    """What stands in one of PLACES while nobody writes there, for htmx."""
    values = {"incident": document.incident, "part_name": name}
    if name == "new-entry":
        values["form"] = EntryForm()
    return document.editing(name, render_to_string(PLACES[name], values, request))


def poller(incident: Incident) -> str:
    """The element that asks for news, for htmx, to be put where it stands."""
    return render_to_string("response/parts/live.html", {"incident": incident, "oob": True})


def toast_of(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """What a page says that somebody was sent back to, from its address."""
    said = SAID.get(request.GET.get("said", ""), "")
    numbers = [n for n in request.GET.get("changes", "").split(",") if n.isdecimal()][:10]
    changes: list[TimelineEvent] = []
    if numbers and all(len(n) < 10 for n in numbers):
        changes = list(incident.timelineevent_set.filter(pk__in=numbers).order_by("pk"))
    return _toast_values(request, incident, said, changes)


def refused(
    request: HttpRequest,
    document: Document,
    part: str,
    template: str,
    values: dict[str, Any],
    *,
    status: int = 422,
) -> HttpResponse:
    """A form that does not fit, with what was typed: in the place of its part, or as a page."""
    values = {
        "incident": document.incident,
        "part_name": part,
        "may_remove": may_remove(request.user),
        **values,
    }
    if is_htmx(request):
        html = render_to_string(template, values, request)
        return HttpResponse(document.editing(part, html), status=status)
    page = {
        **values,
        "form_template": template,
        "title": document.texts.line(document.incident.report),
    }
    return render_page(request, "response/form_page.html", page, status=status)


def form(
    request: HttpRequest, document: Document, part: str, template: str, values: dict[str, Any]
) -> HttpResponse:
    """A form to be filled in, in the place of its part, or as a page of its own."""
    return refused(request, document, part, template, values, status=200)


def _toast(
    request: HttpRequest,
    incident: Incident,
    said: str,
    changes: list[TimelineEvent],
    restore: str,
) -> str:
    values = _toast_values(request, incident, SAID.get(said, ""), changes, restore)
    return render_to_string("response/parts/toast.html", {**values, "oob": True}, request)


def _toast_values(
    request: HttpRequest,
    incident: Incident,
    said: str,
    changes: list[TimelineEvent],
    restore: str = "",
) -> dict[str, Any]:
    removes = may_remove(request.user)
    reversible = [entry for entry in changes if undo.is_possible(entry, may_remove=removes)]
    return {
        "incident": incident,
        "toast": said or _first_line(changes, addresses=request.user.is_authenticated),
        "undo": ",".join(str(entry.pk) for entry in reversible),
        "restore": restore,
    }


def _first_line(changes: list[TimelineEvent], *, addresses: bool) -> str:
    """The last of the changes as its sentence, without the text that may follow it."""
    lines = changes[-1].text.splitlines() if changes else []
    if not lines:
        return ""
    line = lines[0].rstrip(":")
    return Truncator(reader([line], addresses=addresses).plain(line)).chars(120)
