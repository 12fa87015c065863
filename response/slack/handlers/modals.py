"""The built-in forms, once they are sent. A form of Slack's is a Django form: what does not fit
comes back as an error at its field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from response.core import services
from response.core.models import ExternalUser, Incident
from response.core.models.incident import Severity
from response.slack import modals, people, wants
from response.slack.decorators import modal_handler
from response.slack.lookalikes import lookalikes
from response.slack.payloads import Submission


class IncidentForm(forms.Form):
    """What people say about an incident; ``lead`` is a Slack id."""

    report = forms.CharField(
        max_length=modals.LONGEST_TITLE,
        error_messages={
            "required": "Please say in a few words what is wrong.",
            "max_length": "Please keep it to %(limit_value)d characters (these are "
            "%(show_value)d); there is room for more in the summary.",
        },
    )
    summary = forms.CharField(required=False, strip=False)
    impact = forms.CharField(required=False, strip=False)
    lead = forms.RegexField(
        r"^[UW][A-Z0-9]{1,19}\Z",
        required=False,
        error_messages={"invalid": "Please choose somebody of this workspace."},
    )
    severity = forms.ChoiceField(
        required=False,
        choices=Severity.choices,
        error_messages={"invalid_choice": "Please choose one of the severities."},
    )


class ReportForm(IncidentForm):
    incident_type = forms.ChoiceField(
        required=False,
        choices=[(modals.LIVE, "live"), (modals.REPORTED, "report")],
        error_messages={"invalid_choice": "Please say whether it is happening now."},
    )


@modal_handler(modals.REPORT)
def declare(submission: Submission) -> None:
    values = _valid(ReportForm, submission)
    if values["incident_type"] != modals.REPORTED:
        _show_lookalikes(submission, values["report"])
    reporter = people.person(submission.user_id, submission.user_name)
    incident = services.declare_incident(
        report=values["report"],
        reporter=reporter,
        report_only=values["incident_type"] == modals.REPORTED and wants.has_reports(),
        summary=values["summary"],
        impact=values["impact"],
        lead=_person(values["lead"]),
        severity=values["severity"],
    )
    channel_id = submission.metadata.get("channel")
    if isinstance(channel_id, str) and channel_id:
        wants.thanks(incident, channel_id)


def _show_lookalikes(submission: Submission, title: str) -> None:
    """Before a second incident of the same thing is made, show the first; once."""
    seen = submission.metadata.get("seen")
    found = lookalikes(title, timezone.now())
    if any(incident.pk not in (seen or []) for incident in found):
        channel_id = str(submission.metadata.get("channel") or "")
        raise modals.AskAgainError(
            modals.report_form(submission.values, channel_id=channel_id, lookalikes=found)
        )


@modal_handler(modals.EDIT)
def edit(submission: Submission) -> None:
    changed = _changed(submission, _valid(IncidentForm, submission))
    if "lead" in changed:
        changed["lead"] = _person(changed["lead"])
    services.update_incident(_incident_id(submission), **changed)


@modal_handler(modals.text_form_id("summary"))
def update_summary(submission: Submission) -> None:
    _update_text(submission, "summary")


@modal_handler(modals.text_form_id("impact"))
def update_impact(submission: Submission) -> None:
    _update_text(submission, "impact")


def _update_text(submission: Submission, field: str) -> None:
    changed = _changed(submission, {field: submission.values.get(field)})
    services.update_incident(_incident_id(submission), **changed)


def _valid(form_class: type[forms.Form], submission: Submission) -> dict[str, Any]:
    form = form_class(dict(submission.values))
    if not form.is_valid():
        raise ValidationError({field: list(errors) for field, errors in form.errors.items()})
    return form.cleaned_data


def _changed(submission: Submission, values: dict[str, Any]) -> dict[str, Any]:
    """The values that the person changed. The others may have been changed by somebody else
    since the form was opened; and a text that is too long for a form was not in it."""
    shown = submission.metadata.get("shown")
    was = shown if isinstance(shown, dict) else {}
    return {
        name: value or None
        for name, value in values.items()
        if name in submission.values and modals.fingerprint(value) != was.get(name)
    }


def _incident_id(submission: Submission) -> int:
    incident_id = submission.metadata.get("incident")
    if type(incident_id) is not int or not Incident.objects.filter(pk=incident_id).exists():
        first = next(iter(submission.values), "report")
        raise ValidationError({first: "This incident does not exist any more."})
    return int(incident_id)


def _person(user_id: str) -> ExternalUser | None:
    return people.person(user_id) if user_id else None
