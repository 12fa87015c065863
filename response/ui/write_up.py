"""The write-up, edited in place: drafted at a press, and then the team's own text."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from response.core import attribution, drafting, write_ups
from response.core.actors import page_actor
from response.core.models import WriteUp
from response.exceptions import Outdated
from response.ui import answers, editing
from response.ui.access import for_editors
from response.ui.document import Document, find
from response.ui.forms import MARKDOWN_HELP, NamedForm
from response.ui.moments import moment
from response.ui.undo import WRITE_UP_CHANGES

PART = "write_up"
FORM = "response/parts/write_up_form.html"
LONGEST_WRITE_UP = 60_000

_NUMBER = re.compile(r"[0-9]{1,9}")


class WriteUpForm(NamedForm):
    """The whole of a write-up."""

    name = "write-up"

    text = forms.CharField(
        label="Write-up",
        required=False,
        max_length=LONGEST_WRITE_UP,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 24, "data-preview": "true", "dir": "auto", "autofocus": True}
        ),
        help_text=f"{MARKDOWN_HELP}, ## headings. Left empty, it is removed.",
    )


@require_POST
@for_editors
def draft(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Write the first draft, where there is none yet."""
    find(request, incident_id)
    # What is told of a change is told in the site's time zone.
    with timezone.override(None), editing.locked(incident_id) as told:
        write_ups.draft_write_up(incident_id, by=page_actor(request.user))
    return answers.done(request, incident_id, changes=told.entries, anchor=f"part-{PART}")


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def edit(request: HttpRequest, incident_id: int) -> HttpResponse:
    """The form, and what becomes of it."""
    document = Document(request, find(request, incident_id))
    document.stretches = []
    if request.method != "POST":
        written = document.write_up
        form = WriteUpForm(initial={"text": written.text if written else ""})
        values = {"form": form, "revision": _revision(document)}
        return answers.form(request, document, PART, FORM, values)
    form = WriteUpForm(request.POST)
    revision = request.POST.get("revision", "")
    if not form.is_valid():
        values = {"form": form, "revision": revision}
        return answers.refused(request, document, PART, FORM, values)
    try:
        with timezone.override(None), editing.locked(incident_id) as told:
            write_ups.change_write_up(
                incident_id,
                # A browser ends its lines in two characters.
                text=form.cleaned_data["text"].replace("\r\n", "\n"),
                revision=int(revision) if _NUMBER.fullmatch(revision) else -1,
                by=page_actor(request.user),
            )
    except Outdated:
        return _conflict(request, document, form)
    said = "" if told.entries else "unchanged"
    anchor = f"part-{PART}"
    return answers.done(request, incident_id, said=said, changes=told.entries, anchor=anchor)


def _revision(document: Document) -> int:
    """The revision that is stored: one that was removed has one as well."""
    rows = WriteUp.objects.filter(incident=document.incident)
    return rows.values_list("revision", flat=True).first() or 0


def _conflict(request: HttpRequest, document: Document, form: Any) -> HttpResponse:
    """The form again, with what somebody else wrote beside it."""
    document = Document(request, find(request, document.incident.pk))
    document.stretches = []
    written = document.write_up
    changes = document.incident.timelineevent_set.filter(metadata__update_type__in=WRITE_UP_CHANGES)
    last = changes.order_by("-pk").first()
    values = {
        "form": form,
        "revision": _revision(document),
        "theirs": [
            ("Write-up", drafting.rendered(written.text, document.texts) if written else "")
        ],
        "who": attribution.of(last.metadata).who if last else "",
        "when": moment(last.timestamp) if last else None,
    }
    return answers.refused(request, document, PART, FORM, values, status=409)
