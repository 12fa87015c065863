"""Which incidents the list shows, and in which order, as its address says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import (
    Case,
    Count,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone

from response.core.models import Incident, TimelineEvent
from response.core.models.incident import IncidentQuerySet, Severity
from response.ui.forms import NamedForm
from response.ui.keyset import Key

STATUSES = {
    "live": Q(report_only=False, end_time=None),
    "resolved": Q(report_only=False, end_time__isnull=False),
    "reported": Q(report_only=True),
}
NOBODY = "nobody"

#: What orders may use besides the fields; none of it is ever null.
RANKS: dict[str, Any] = {
    "open_rank": Case(
        When(STATUSES["live"], then=Value(0)), default=Value(1), output_field=IntegerField()
    ),
    # Those without a severity come after the trivial ones.
    "severity_order": Coalesce(NullIf("severity", Value("")), Value("9")),
    "lead_order": Lower(Coalesce("lead__display_name", Value("\U0010ffff"))),
    "title_order": Lower("report"),
}


@dataclass(frozen=True)
class Order:
    """An order of the list: what ``?ordering=`` calls it, and how a person would."""

    name: str
    label: str
    keys: Sequence[Key]


NEWEST = (Key("report_time", descending=True), Key("pk", descending=True))

ORDERS = {
    order.name: order
    for order in (
        Order("", "Open first", (Key("open_rank"), *NEWEST)),
        Order("-start_time", "Newest first", (Key("start_time", True), Key("pk", True))),
        Order("start_time", "Oldest first", (Key("start_time"), Key("pk"))),
        Order("severity", "Most severe first", (Key("severity_order"), *NEWEST)),
        Order("-severity", "Least severe first", (Key("severity_order", True), *NEWEST)),
        Order("report", "Title, A to Z", (Key("title_order"), Key("pk"))),
        Order("-report", "Title, Z to A", (Key("title_order", True), Key("pk"))),
        Order("lead", "Lead, A to Z", (Key("lead_order"), *NEWEST)),
        Order("-lead", "Lead, Z to A", (Key("lead_order", True), *NEWEST)),
    )
}


class DayField(forms.DateField):
    """A day within the calendar that every time zone has."""

    widget = forms.DateInput(attrs={"type": "date"})
    default_validators = [
        MinValueValidator(date(1900, 1, 1), "This is too long ago."),
        MaxValueValidator(date(2999, 12, 31), "This is too far ahead."),
    ]


class ListForm(NamedForm):
    """What the list can be narrowed by. Everything of it stands in the address."""

    name = "list"

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Title, summary, impact or timeline"}
        ),
    )
    status = forms.ChoiceField(
        required=False, choices=[("", "Any"), *((name, name) for name in STATUSES)]
    )
    severity = forms.ChoiceField(
        required=False, choices=[("", "Any"), *Severity.choices, ("none", "not set")]
    )
    lead = forms.CharField(
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={
                "placeholder": "Anybody",
                "list": "people",
                "autocomplete": "off",
                "data-suggest": "people",
            }
        ),
    )
    since = DayField(label="From", required=False)
    until = DayField(label="To", required=False)
    reports = forms.ChoiceField(
        required=False,
        choices=[("", "Included"), ("without", "Left out"), ("only", "Nothing else")],
    )
    ordering = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[(order.name, order.label) for order in ORDERS.values()],
    )

    @property
    def order(self) -> Order:
        """The order that was chosen; the usual one, where that is none of ours."""
        chosen = self.cleaned_data.get("ordering", "") if self.is_bound else ""
        return ORDERS[chosen or ""]

    @property
    def narrowed_by(self) -> list[str]:
        """The names of the fields that leave something out."""
        if not self.is_bound:
            return []
        return [name for name, value in self.cleaned_data.items() if value and name != "ordering"]

    def apply(self, incidents: IncidentQuerySet) -> QuerySet[Incident]:
        """Those of ``incidents`` that fit. What is not understood narrows nothing."""
        said = self.cleaned_data if self.is_bound else {}
        if said.get("status"):
            incidents = incidents.filter(STATUSES[said["status"]])
        if said.get("severity") == "none":
            incidents = incidents.filter(Q(severity=None) | Q(severity=""))
        elif said.get("severity"):
            incidents = incidents.filter(severity=said["severity"])
        if said.get("lead"):
            incidents = incidents.filter(led_by(said["lead"]))
        if said.get("since"):
            incidents = incidents.filter(start_time__gte=_midnight(said["since"]))
        if said.get("until"):
            end = _midnight(said["until"] + timedelta(days=1))
            incidents = incidents.filter(start_time__lt=end)
        if said.get("reports"):
            incidents = incidents.filter(report_only=said["reports"] == "only")
        return containing_every_word(incidents, said.get("q", ""))


def list_form(query: Any) -> ListForm:
    """The form of an address. A severity may be called by its name, as the API allows."""
    data = query.copy()
    named = Severity.from_words(data.get("severity", "")) if data.get("severity") else None
    if named is not None:
        data["severity"] = named.value
    form = ListForm(data)
    form.is_valid()
    return form


def ranked(incidents: QuerySet[Incident], order: Order) -> QuerySet[Incident]:
    """``incidents`` with what ``order`` compares, and with how many they are (``total``)."""
    counted = incidents.order_by().annotate(one=Value(1)).values("one")
    total = counted.annotate(number=Count("pk")).values("number")
    names = {key.name for key in order.keys}
    return incidents.annotate(
        total=Subquery(total, output_field=IntegerField()),
        **{name: rank for name, rank in RANKS.items() if name in names},
    )


def led_by(name: str) -> Q:
    """Incidents whose lead is called that, whatever its capitals, or has that id."""
    if name.strip().lower() == NOBODY:
        return Q(lead=None)
    bare = name.strip().removeprefix("@")
    called = Q(lead__display_name__iexact=bare) | Q(lead__full_name__iexact=bare)
    return called | Q(lead__full_name__istartswith=f"{bare} ") | Q(lead__external_id=bare)


def containing_every_word(incidents: QuerySet[Incident], words: str) -> QuerySet[Incident]:
    """Incidents that have each of the words somewhere in their texts or on their timeline."""
    for word in dict.fromkeys(words.split()):
        entries = TimelineEvent.objects.filter(text__icontains=word)
        incidents = incidents.filter(
            Q(report__icontains=word)
            | Q(summary__icontains=word)
            | Q(impact__icontains=word)
            | Q(pk__in=entries.values("incident_id"))
        )
    return incidents


def _midnight(day: date) -> datetime:
    """The beginning of a day where the reader is, as the database has its instants."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    return start if settings.USE_TZ else timezone.make_naive(start, timezone.get_default_timezone())
