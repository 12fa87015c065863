"""Which incidents the list shows, and in which order, as its address says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial, reduce
from operator import or_
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Lower, NullIf, StrIndex, Substr
from django.utils import timezone

from response.core.addresses import without_address
from response.core.models import Incident, TimelineEvent
from response.core.models.incident import IncidentQuerySet, Severity
from response.core.text import reader
from response.ui.forms import NamedForm
from response.ui.keyset import Key

STATUSES = {
    "live": Q(report_only=False, end_time=None),
    "resolved": Q(report_only=False, end_time__isnull=False),
    "reported": Q(report_only=True),
}
NOBODY = "nobody"

#: What every text with an e-mail address matches, in each database; ``core.addresses`` is exact.
MAY_HOLD_AN_ADDRESS = r"[^\s<](@|%40)\S"
TEXTS = ("report", "summary", "impact")


def _up_to_the_at(name: str) -> Substr:
    return Substr(name, 1, StrIndex(name, Value("@")) - 1)


#: What orders may use besides the fields; none of it is ever null.
RANKS: dict[str, Any] = {
    "open_rank": Case(
        When(STATUSES["live"], then=Value(0)), default=Value(1), output_field=IntegerField()
    ),
    # Those without a severity come after the trivial ones.
    "severity_order": Coalesce(NullIf("severity", Value("")), Value("9")),
    # The name as it is shown.
    "lead_order": Lower(
        Coalesce(
            Case(
                When(
                    lead__display_name__regex=r"^[^@]+@.*\.",
                    then=_up_to_the_at("lead__display_name"),
                ),
                default=F("lead__display_name"),
            ),
            Value("\U0010ffff"),
        )
    ),
    "title_order": Lower("report"),
}

#: The same for who is to see no e-mail address: what a row is ordered by stands in the cursors of
#: pages, for whoever takes them apart.
RANKS_WITHOUT_ADDRESSES = {
    **RANKS,
    "title_order": Lower(
        Case(
            When(
                report__regex=MAY_HOLD_AN_ADDRESS,
                report__contains="@",
                then=_up_to_the_at("report"),
            ),
            When(report__regex=MAY_HOLD_AN_ADDRESS, then=Value("")),
            default=F("report"),
        )
    ),
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

    def apply(self, incidents: IncidentQuerySet, *, addresses: bool) -> QuerySet[Incident]:
        """Those of ``incidents`` that fit. What is not understood narrows nothing.

        ``addresses`` False: for who is to see no e-mail address, nor find one by guessing.
        """
        said = self.cleaned_data if self.is_bound else {}
        if said.get("status"):
            incidents = incidents.filter(STATUSES[said["status"]])
        if said.get("severity") == "none":
            incidents = incidents.filter(Q(severity=None) | Q(severity=""))
        elif said.get("severity"):
            incidents = incidents.filter(severity=said["severity"])
        if said.get("lead"):
            incidents = incidents.filter(led_by(said["lead"], addresses=addresses))
        if said.get("since"):
            incidents = incidents.filter(start_time__gte=_midnight(said["since"]))
        if said.get("until"):
            end = _midnight(said["until"] + timedelta(days=1))
            incidents = incidents.filter(start_time__lt=end)
        if said.get("reports"):
            incidents = incidents.filter(report_only=said["reports"] == "only")
        return containing_every_word(incidents, said.get("q", ""), addresses=addresses)


def list_form(query: Any) -> ListForm:
    """The form of an address. A severity may be called by its name, as the API allows."""
    data = query.copy()
    named = Severity.from_words(data.get("severity", "")) if data.get("severity") else None
    if named is not None:
        data["severity"] = named.value
    form = ListForm(data)
    form.is_valid()
    return form


def ranked(incidents: QuerySet[Incident], order: Order, *, addresses: bool) -> QuerySet[Incident]:
    """``incidents`` with what ``order`` compares, and with how many they are (``total``)."""
    ranks = RANKS if addresses else RANKS_WITHOUT_ADDRESSES
    counted = incidents.order_by().annotate(one=Value(1)).values("one")
    total = counted.annotate(number=Count("pk")).values("number")
    names = {key.name for key in order.keys}
    return incidents.annotate(
        total=Subquery(total, output_field=IntegerField()),
        **{name: rank for name, rank in ranks.items() if name in names},
    )


def led_by(name: str, *, addresses: bool) -> Q:
    """Incidents whose lead is called that, whatever its capitals, or has that id.

    A name is taken as pages show and suggest it: cut at the "@" of an address, and with the short
    one in brackets. Without ``addresses`` nobody is found by an address.
    """
    if name.strip().lower() == NOBODY:
        return Q(lead=None)
    bare = name.strip().removeprefix("@")
    if not addresses and without_address(bare) != bare:
        return Q(pk__in=[])
    full, bracket, short = bare.removesuffix(")").rpartition(" (")
    called = _is_called("display_name", bare) | _is_called("full_name", bare)
    if bracket and bare.endswith(")"):
        called |= _is_called("full_name", full) & _is_called("display_name", short)
    return called | Q(lead__full_name__istartswith=f"{bare} ") | Q(lead__external_id=bare)


def _is_called(field: str, name: str) -> Q:
    column = f"lead__{field}"
    return Q(**{f"{column}__iexact": name}) | Q(**{f"{column}__istartswith": f"{name}@"})


def containing_every_word(
    incidents: QuerySet[Incident], words: str, *, addresses: bool
) -> QuerySet[Incident]:
    """Incidents that have each of the words somewhere in their texts or on their timeline.

    Without ``addresses``, where an address may stand, the words are looked for in what is shown.
    """
    asked = list(dict.fromkeys(words.split()))
    shown = {} if addresses else _showing(asked)
    for word in asked:
        has = partial(_has, word, addresses=addresses)
        entries = TimelineEvent.objects.filter(has("text"))
        found = Q(pk__in=entries.values("incident_id"))
        for name in TEXTS:
            found |= has(name)
        incidents = incidents.filter(found | Q(pk__in=shown.get(word, ())))
    return incidents


def _has(word: str, name: str, *, addresses: bool) -> Q:
    has = Q(**{f"{name}__icontains": word})
    return has if addresses else has & ~Q(**{f"{name}__regex": MAY_HOLD_AN_ADDRESS})


def _showing(words: Sequence[str]) -> dict[str, set[int]]:
    """By word, the incidents that show it in a text that may hold an address; two queries, and
    one for the names in those texts."""
    if not words:
        return {}
    rows = [
        (incident_id, text)
        for incident_id, *texts in Incident.objects.filter(
            reduce(or_, (_may_show(words, name) for name in TEXTS))
        ).values_list("pk", *TEXTS)
        for text in texts
    ]
    entries = TimelineEvent.objects.filter(_may_show(words, "text"))
    rows += entries.values_list("incident_id", "text")
    texts = reader((text for _, text in rows), addresses=False)
    plain = [(incident_id, texts.plain(text).casefold()) for incident_id, text in rows]
    return {
        word: {incident_id for incident_id, text in plain if word.casefold() in text}
        for word in words
    }


def _may_show(words: Sequence[str], name: str) -> Q:
    some = reduce(or_, (Q(**{f"{name}__icontains": word}) for word in words))
    return some & Q(**{f"{name}__regex": MAY_HOLD_AN_ADDRESS})


def _midnight(day: date) -> datetime:
    """The beginning of a day where the reader is, as the database has its instants."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    return start if settings.USE_TZ else timezone.make_naive(start, timezone.get_default_timezone())
