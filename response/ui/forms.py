"""The forms of the pages. Each is drawn by django-bootstrap4's tags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from response.core.instants import local
from response.core.models import Action
from response.core.models.action import ActionType, Priority
from response.core.models.incident import Severity
from response.ui.people import PersonField

LONGEST_TEXT = 20_000
END_OF_DAY = time(23, 59)

MARKDOWN_HELP = "Markdown: **bold**, *italic*, - lists, > quotes, `code`, [links](https://…)"


class InstantField(forms.DateTimeField):
    """An instant to the minute, in the zone of whoever fills in the form.

    The value is as the host's Django stores it.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def prepare_value(self, value: Any) -> Any:
        return local(value).replace(tzinfo=None) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        if not isinstance(value, str) or not value.strip():
            return None
        try:
            typed = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValidationError("Write it like 2026-01-31 14:05.") from None
        return as_stored(typed.replace(tzinfo=None))


class DayField(forms.DateField):
    """The end of a day, in the zone of whoever fills in the form, as an instant."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def prepare_value(self, value: Any) -> Any:
        return local(value).date() if isinstance(value, datetime) else value

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        return as_stored(datetime.combine(day, END_OF_DAY)) if day else None


def as_stored(wall_clock: datetime) -> datetime:
    """What a clock shows where the reader is, as the host's Django stores instants.

    Raises ValidationError for what no clock shows there, and for the edges of the calendar.
    """
    if not 1900 <= wall_clock.year <= 2999:
        raise ValidationError("Choose a year from 1900 to 2999.")
    aware = timezone.make_aware(wall_clock)
    utc = aware.astimezone(timezone.get_fixed_timezone(0))
    if timezone.localtime(utc).replace(tzinfo=None) != wall_clock:
        raise ValidationError("The clocks were put forward there: this time did not exist.")
    return aware if settings.USE_TZ else timezone.make_naive(aware, timezone.get_default_timezone())


def markdown_field(label: str, **options: Any) -> forms.CharField:
    """A longer text, shown as it will look while it is typed."""
    widget = forms.Textarea(attrs={"rows": 7, "data-preview": "true", "dir": "auto"})
    return forms.CharField(
        label=label, max_length=LONGEST_TEXT, widget=widget, help_text=MARKDOWN_HELP, **options
    )


def title_field() -> forms.CharField:
    return forms.CharField(
        label="Title", max_length=200, widget=forms.TextInput(attrs={"dir": "auto"})
    )


def severity_field() -> forms.ChoiceField:
    named = [(one.value, f"{one.emoji} {one.label}") for one in Severity]
    return forms.ChoiceField(label="Severity", required=False, choices=[("", "not set"), *named])


class NamedForm(forms.Form):
    """A form that may stand on a page with others: the ids of its fields begin with ``name``."""

    name = "form"
    #: bootstrap4 would mark every field that fits, by a picture that a strict policy does not load.
    bound_css_class = ""

    def __init__(self, data: Any = None, **options: Any) -> None:
        options.setdefault("auto_id", f"{self.name}-%s")
        super().__init__(data, **options)
        for field in self.fields.values():
            # A label that is said twice helps nobody, and bootstrap4's tags would do that.
            field.widget.attrs.setdefault("placeholder", "")


class DeclareForm(NamedForm):
    """A new incident."""

    name = "declare"

    report = title_field()
    severity = severity_field()
    lead = PersonField(label="Lead", required=False, help_text="Nobody yet, if left empty.")
    summary = markdown_field("Summary", required=False)
    impact = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="Which people, systems and processes are affected?",
    )
    start_time = InstantField(label="Started", required=False, help_text="Now, if left empty.")
    report_only = forms.BooleanField(
        label="It is over already: a report after the fact", required=False
    )
    private = forms.BooleanField(
        label="Private: only for its lead, its reporter and those who take part", required=False
    )


class EntryForm(NamedForm):
    """An entry of the timeline."""

    name = "entry"

    text = forms.CharField(
        label="What happened",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "dir": "auto",
                "placeholder": "What happened, was seen or was decided?",
            }
        ),
    )
    timestamp = InstantField(label="When (now, if left empty)", required=False)


class ActionForm(NamedForm):
    """Something to be done."""

    name = "action"

    details = forms.CharField(
        label="What is to be done",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    user = PersonField(label="Owner", required=False, help_text="You, if left empty.")
    due_date = DayField(label="Due", required=False)
    priority = forms.ChoiceField(required=False, choices=[("", "not set"), *Priority.choices])
    type = forms.ChoiceField(required=False, choices=[("", "not set"), *ActionType.choices])

    @staticmethod
    def initial_of(action: Action) -> Mapping[str, Any]:
        return {
            "details": action.details,
            "user": action.user,
            "due_date": action.due_date,
            "priority": action.priority or "",
            "type": action.type or "",
        }


class MessageForm(NamedForm):
    """A message to the incident's channel."""

    name = "message"

    text = forms.CharField(
        label="Message",
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    on_timeline = forms.BooleanField(label="Put it on the timeline too", required=False)


class CloseForm(NamedForm):
    """The end of an incident."""

    name = "close"

    end_time = InstantField(
        label="Ended", required=False, help_text="Now, if left empty. In your time zone."
    )
