"""What the lists of the REST API can be narrowed by, and their order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet, TextChoices
from django.db.models.expressions import OrderBy
from django.utils import timezone
from django_filters import rest_framework as django_filter
from django_filters.constants import EMPTY_VALUES
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from response.core.api.instants import EXAMPLE, parse_instant
from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.core.models.action import ActionType, Priority
from response.core.models.incident import Severity

FEED_WINDOW = timedelta(hours=24)

STATUSES = {
    "live": Q(report_only=False, end_time=None),
    "resolved": Q(report_only=False, end_time__isnull=False),
    "reported": Q(report_only=True),
}
SEARCHED = ("report", "summary", "impact")
NOBODY = "none"
ME = "me"


class FilterBackend(django_filter.DjangoFilterBackend):  # type: ignore[misc]
    """django-filter, without a template of its own: it need not be in INSTALLED_APPS."""

    template = "response/api/filters.html"

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """``queryset`` narrowed. Raises ValidationError, naming the parameter."""
        for name in self.get_filterset_class(view, queryset).base_filters:
            said_once(request, name)
        return super().filter_queryset(request, queryset, view)


def said_once(request: Request, name: str) -> str:
    """What a parameter says; "" where it is left out. Raises ValidationError for two of it.

    Which of them was meant nobody could know: both, or either?
    """
    said = request.query_params.getlist(name)
    if len(said) > 1:
        raise ValidationError({name: ["This is there more than once. Say which one is meant."]})
    return said[0] if said else ""


# Kinds of parameters. Django's form fields guess what was meant; these ask.


class WordOrNumberField(forms.CharField):
    """One of some choices by number or word, as the number that is stored."""

    def __init__(self, *args: Any, choices: type[TextChoices], **kwargs: Any) -> None:
        self.known = choices
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> str:
        given = str(super().clean(value)).strip().lower()
        if not given:
            return ""
        for choice in self.known:
            if given in (choice.value, choice.label):
                return str(choice.value)
        known = ", ".join(f"{choice.label} ({choice.value})" for choice in self.known)
        raise forms.ValidationError(f"“{given}” is none of these. Try one of: {known}.")


class WordOrNumberFilter(django_filter.CharFilter):  # type: ignore[misc]
    field_class = WordOrNumberField


class FlagField(forms.CharField):
    def clean(self, value: Any) -> bool | None:
        given = str(super().clean(value)).strip().lower()
        try:
            return {"": None, "true": True, "false": False}[given]
        except KeyError:
            raise forms.ValidationError("This is neither true nor false.") from None


class FlagFilter(django_filter.Filter):  # type: ignore[misc]
    field_class = FlagField


class InstantField(forms.CharField):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, strip=False, **kwargs)

    def clean(self, value: Any) -> datetime | None:
        given = str(super().clean(value))
        try:
            return parse_instant(given) if given else None
        except ValueError:
            raise forms.ValidationError(
                f"This is no date and time. Write it like {EXAMPLE}."
            ) from None


class InstantFilter(django_filter.Filter):  # type: ignore[misc]
    """Instants as ISO 8601 has them; a day alone is its start."""

    field_class = InstantField


class IdFilter(django_filter.Filter):  # type: ignore[misc]
    field_class = forms.IntegerField


class WhoFilter(django_filter.CharFilter):  # type: ignore[misc]
    """A person by external_id or e-mail address; ``none`` is nobody, ``me`` the caller."""

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value in EMPTY_VALUES:
            return rows
        if value == NOBODY:
            return rows.filter(**{self.field_name: None})
        if value == ME:
            people = ExternalUser.objects.filter(owner=self.parent.request.user)
        elif "@" in value:
            people = ExternalUser.objects.filter(email__iexact=value)
        else:
            people = ExternalUser.objects.filter(external_id=value)
        return rows.filter(**{f"{self.field_name}__in": people})


# The lists


class IncidentFilter(django_filter.FilterSet):  # type: ignore[misc]
    search = django_filter.CharFilter(
        method="containing_every_word",
        label="Search",
        max_length=200,
        help_text="Every one of these words is in the title, summary, impact or timeline.",
    )
    status = django_filter.ChoiceFilter(
        choices=[(status, status) for status in STATUSES],
        method="of_status",
        label="Status",
        error_messages={
            "invalid_choice": f"“%(value)s” is no status. Try one of: {', '.join(STATUSES)}."
        },
    )
    severity = WordOrNumberFilter(choices=Severity, max_length=50)
    lead = WhoFilter(max_length=255)
    reporter = WhoFilter(max_length=255)
    report_only = FlagFilter(label="Report only")
    private = FlagFilter(label="Private")
    declared_after = InstantFilter("report_time", "gte", label="Declared at or after")
    declared_before = InstantFilter("report_time", "lt", label="Declared before")
    started_after = InstantFilter("start_time", "gte", label="Started at or after")
    started_before = InstantFilter("start_time", "lt", label="Started before")
    ended_after = InstantFilter("end_time", "gte", label="Ended at or after")
    ended_before = InstantFilter("end_time", "lt", label="Ended before")

    class Meta:
        model = Incident
        fields: list[str] = []

    def of_status(
        self, incidents: QuerySet[Incident], name: str, status: str
    ) -> QuerySet[Incident]:
        return incidents.filter(STATUSES[status])

    def containing_every_word(
        self, incidents: QuerySet[Incident], name: str, words: str
    ) -> QuerySet[Incident]:
        for word in dict.fromkeys(words.split()):
            incidents = incidents.filter(pk__in=mentioning(word))
        return incidents


def mentioning(word: str) -> QuerySet[Any, Any]:
    """The ids of the incidents that have a word in their texts or on their timeline.

    As a union, so that the database can use an index for each of its parts.
    """
    found: list[Any] = [
        Incident.objects.filter(**{f"{field}__icontains": word}).order_by().values("pk")
        for field in SEARCHED
    ]
    entries = TimelineEvent.objects.filter(text__icontains=word).order_by()
    found.append(entries.values("incident_id"))
    anywhere: QuerySet[Any, Any] = found[0].union(*found[1:])
    return anywhere


class ActionFilter(django_filter.FilterSet):  # type: ignore[misc]
    done = FlagFilter(label="Done")
    owner = WhoFilter("user", max_length=255, label="Owner")
    priority = WordOrNumberFilter(choices=Priority, max_length=50)
    type = WordOrNumberFilter(choices=ActionType, max_length=50)
    due_after = InstantFilter("due_date", "gte", label="Due at or after")
    due_before = InstantFilter("due_date", "lt", label="Due before")

    class Meta:
        model = Action
        fields: list[str] = []


class TimelineFilter(django_filter.FilterSet):  # type: ignore[misc]
    event_type = django_filter.CharFilter(max_length=30, label="Type")
    after = InstantFilter("timestamp", "gte", label="At or after")
    before = InstantFilter("timestamp", "lt", label="Before")

    class Meta:
        model = TimelineEvent
        fields: list[str] = []


class PersonFilter(django_filter.FilterSet):  # type: ignore[misc]
    app_id = django_filter.CharFilter(max_length=50)
    external_id = django_filter.CharFilter(max_length=50)
    email = django_filter.CharFilter("email", "iexact", max_length=255)
    deleted = FlagFilter(label="Deleted")

    class Meta:
        model = ExternalUser
        fields: list[str] = []


class EventFilter(django_filter.FilterSet):  # type: ignore[misc]
    event_type = django_filter.ChoiceFilter(
        choices=Event.Kind.choices,
        label="Type",
        error_messages={
            "invalid_choice": f"“%(value)s” is no type. Try one of: {', '.join(Event.Kind.values)}."
        },
    )
    incident = IdFilter("incident_id", min_value=1, max_value=2**31 - 1, label="Incident")

    class Meta:
        model = Event
        fields: list[str] = []


class Ordering(BaseFilterBackend):
    """``?ordering=-due_date,id``: by the view's ``ordering_fields``, a minus turning one around.

    Rows without a value come last either way. Rows that are equal stay in the order of their ids.
    """

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any, Any], view: Any
    ) -> QuerySet[Any, Any]:
        names = [name.strip() for name in said_once(request, "ordering").split(",")]
        names = [name for name in names if name]
        unknown = [name for name in names if name.removeprefix("-") not in view.ordering_fields]
        if unknown:
            raise ValidationError(
                {
                    "ordering": [
                        f"“{unknown[0][:50]}” is nothing to order by. Try one of: "
                        f"{', '.join(view.ordering_fields)}."
                    ]
                }
            )
        if not names:
            return queryset
        last = "-pk" if names[-1].startswith("-") else "pk"
        return queryset.order_by(*(_order(queryset, name) for name in names), last)


def _order(queryset: QuerySet[Any, Any], name: str) -> str | OrderBy:
    field = queryset.model._meta.get_field(name.removeprefix("-"))
    if not field.null:
        return name  # as its index is ordered
    by = F(field.name)
    return by.desc(nulls_last=True) if name.startswith("-") else by.asc(nulls_last=True)


class FeedWindow(BaseFilterBackend):
    """``?from=`` and ``?to=`` bound the instant of a feed entry, both included.

    Without ``from`` the window is the 24 hours before ``to``, or before now; a feed that is
    followed by ``?after=`` has no bound but what is said.
    """

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any, Any], view: APIView
    ) -> QuerySet[Any, Any]:
        start, end = _instant(request, "from"), _instant(request, "to")
        if start and end and start > end:
            raise ValidationError({"from": [f"This is later than to ({end.isoformat()})."]})
        if start is None and "after" not in request.query_params:
            start = _day_before(end or timezone.now())
        if start:
            queryset = queryset.filter(timestamp__gte=start)
        return queryset.filter(timestamp__lte=end) if end else queryset


def _instant(request: Request, name: str) -> datetime | None:
    text = said_once(request, name)
    if not text:
        return None
    try:
        return parse_instant(text)
    except ValueError:
        raise ValidationError(
            {name: [f"This is no date and time. Write it like {EXAMPLE}."]}
        ) from None


def _day_before(instant: datetime) -> datetime:
    try:
        return instant - FEED_WINDOW
    except OverflowError:
        return instant
