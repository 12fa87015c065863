"""What the lists of the REST API can be narrowed by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django_filters import rest_framework as django_filter
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from response.core.models import Incident
from response.core.models.incident import Severity

FEED_WINDOW = timedelta(hours=24)

STATUSES = {
    "live": Q(report_only=False, end_time=None),
    "resolved": Q(report_only=False, end_time__isnull=False),
    "reported": Q(report_only=True),
}
SEARCHED = ("report", "summary", "impact")


class FilterBackend(django_filter.DjangoFilterBackend):  # type: ignore[misc]
    """django-filter, without a template of its own: it need not be in INSTALLED_APPS."""

    template = "response/api/filters.html"


class SeverityField(forms.CharField):
    """A severity by number or word, as the number that is stored."""

    def clean(self, value: Any) -> str:
        given = str(super().clean(value)).strip().lower()
        if not given:
            return ""
        for severity in Severity:
            if given in (severity.value, severity.label):
                return severity.value
        known = ", ".join(f"{severity.label} ({severity.value})" for severity in Severity)
        raise forms.ValidationError(f"“{given}” is no severity. Try one of: {known}.")


class SeverityFilter(django_filter.CharFilter):  # type: ignore[misc]
    field_class = SeverityField


class IncidentFilter(django_filter.FilterSet):  # type: ignore[misc]
    search = django_filter.CharFilter(
        method="containing_every_word", label="Search", max_length=200
    )
    status = django_filter.ChoiceFilter(
        choices=[(status, status) for status in STATUSES],
        method="of_status",
        label="Status",
        error_messages={
            "invalid_choice": f"“%(value)s” is no status. Try one of: {', '.join(STATUSES)}."
        },
    )
    severity = SeverityFilter(max_length=50)

    class Meta:
        model = Incident
        fields = ["search", "status", "severity"]

    def of_status(
        self, incidents: QuerySet[Incident], name: str, status: str
    ) -> QuerySet[Incident]:
        return incidents.filter(STATUSES[status])

    def containing_every_word(
        self, incidents: QuerySet[Incident], name: str, words: str
    ) -> QuerySet[Incident]:
        for word in words.split():
            anywhere = Q()
            for field in SEARCHED:
                anywhere |= Q(**{f"{field}__icontains": word})
            incidents = incidents.filter(anywhere)
        return incidents


class FeedWindow(BaseFilterBackend):
    """``?from=`` and ``?to=`` bound the instant of a feed entry, both included.

    Without ``from`` the window is the 24 hours before ``to``, or before now.
    """

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any, Any], view: APIView
    ) -> QuerySet[Any, Any]:
        start, end = _instant(request, "from"), _instant(request, "to")
        if start and end and start > end:
            raise ValidationError({"from": [f"This is later than to ({end.isoformat()})."]})
        if start is None:
            start = _day_before(end or timezone.now())
        queryset = queryset.filter(timestamp__gte=start)
        return queryset.filter(timestamp__lte=end) if end else queryset


def _instant(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_instant(text)
    except ValueError:
        raise ValidationError(
            {name: ["This is no date and time. Write it like 2026-01-31T14:05:00+00:00."]}
        ) from None


def parse_instant(text: str) -> datetime:
    """The instant that ISO 8601 ``text`` names, as the database expects it (aware or naive).

    Without an offset it is in the current time zone; without a time it is the start of the day.
    Raises ValueError for anything else, and for what no time zone could express.
    """
    # An unescaped "+" of an address arrives as a space: 2026-01-31T14:05:00 00:00
    date_and_time, space, offset = text.rpartition(" ")
    if space and "T" in date_and_time and ":" in offset:
        text = f"{date_and_time}+{offset}"
    instant = parse_datetime(text)
    if instant is None:
        raise ValueError("This is no date and time.")
    try:
        if settings.USE_TZ:
            if timezone.is_naive(instant):
                instant = timezone.make_aware(instant)
            # Databases keep UTC, and answers are in the current time zone.
            instant.astimezone(timezone.get_current_timezone())
            return instant.astimezone(timezone.get_fixed_timezone(0))
        if timezone.is_aware(instant):
            return timezone.make_naive(instant, timezone.get_default_timezone())
    except OverflowError:
        raise ValueError("This is at the edge of the calendar.") from None
    return instant


def _day_before(instant: datetime) -> datetime:
    try:
        return instant - FEED_WINDOW
    except OverflowError:
        return instant
