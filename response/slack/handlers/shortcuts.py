"""What can be done with any message of the workspace, from its menu."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from response.core import services, timeline
from response.core.models import Incident, TimelineEvent
from response.exceptions import UserError
from response.slack import captures, messages, modals, people
from response.slack.actions import ShortcutContext
from response.slack.block_kit import Input, Modal, PlainTextInput, StaticSelect, StaticSelectOption
from response.slack.decorators import modal_handler, shortcut_handler
from response.slack.handlers.captures import marked_message
from response.slack.lookalikes import lookalikes
from response.slack.payloads import Submission
from response.slack.timestamps import instant_of

DECLARE = "declare-incident"
ADD_TO_TIMELINE = "add-to-timeline"
CHOOSE_INCIDENT = "add-to-timeline-dialog"

MOST_OFFERED = 100  # options of a menu ("Select menu element")


@shortcut_handler(
    DECLARE, "Declare an incident", "Declare an incident, from what this message says"
)
def declare(context: ShortcutContext) -> Modal:
    """The form, filled with what the message says; or an empty one."""
    text = captures.text_of(context.message)
    title = people.plain(text).strip().partition("\n")[0][: modals.LONGEST_TITLE]
    summary = text[: modals.LONGEST_TEXT] if text.strip() != title else None
    return modals.report_form(
        {"report": title, "summary": summary},
        channel_id=context.channel_id,
        lookalikes=lookalikes(title, timezone.now()),
    )


@shortcut_handler(
    ADD_TO_TIMELINE, "Add to timeline", "Put this message on the timeline of an incident"
)
def add_to_timeline(context: ShortcutContext) -> Modal | None:
    """In a comms channel it is that incident's timeline; elsewhere the person says whose."""
    ts = context.message.get("ts")
    if not isinstance(ts, str) or not 0 < len(ts) <= 50:
        raise UserError("Choose this in the menu of a message.")
    if context.incident is None:
        return _choose_incident(context.message, ts)
    marked = marked_message(context.incident, ts, str(context.message.get("user") or ""))
    marked.reacted_by = sorted({*marked.reacted_by, f"shortcut {context.user_id}"})
    captures.fill(marked, context.message, context.channel_id)
    messages.tell(context.channel_id, context.user_id, "It is on the timeline.")
    return None


def _choose_incident(message: Mapping[str, Any], ts: str) -> Modal:
    incidents = list(
        Incident.objects.open().filter(private=False).order_by("-report_time", "-pk")[:MOST_OFFERED]
    )
    if not incidents:
        raise UserError("There is no open incident whose timeline it could be put on.")
    options = [
        StaticSelectOption(people.plain(incident.report), incident.pk) for incident in incidents
    ]
    text = captures.text_of(message)[: modals.LONGEST_TEXT]
    return Modal(
        callback_id=CHOOSE_INCIDENT,
        title="Add to timeline",
        submit="Add",
        blocks=[
            Input(
                "Of which incident?",
                StaticSelect("Choose an incident", "incident", options, options[0]),
                block_id="incident",
            ),
            Input(
                "What happened",
                PlainTextInput("text", multiline=True, initial_value=text),
                block_id="text",
            ),
        ],
        private_metadata=json.dumps({"ts": ts, "author": str(message.get("user") or "")[:20]}),
    )


class EntryForm(forms.Form):
    incident = forms.ModelChoiceField(
        Incident.objects.filter(private=False),
        error_messages={"invalid_choice": "This incident does not exist any more."},
    )
    text = forms.CharField(strip=False, error_messages={"required": "Please say what happened."})


@modal_handler(CHOOSE_INCIDENT)
def add_to_chosen(submission: Submission) -> None:
    form = EntryForm(dict(submission.values))
    if not form.is_valid():
        raise ValidationError({field: list(errors) for field, errors in form.errors.items()})
    author_id = str(submission.metadata.get("author") or "")
    author = people.person(author_id) if author_id else None
    services.add_timeline_entry(
        form.cleaned_data["incident"].pk,
        text=form.cleaned_data["text"],
        at=instant_of(str(submission.metadata.get("ts") or "")),
        kind=TimelineEvent.Kind.TEXT,
        metadata={"author": timeline.person(author)},
    )
