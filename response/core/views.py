"""The REST API: what is known of incidents, for programs.

Every view is closed to anonymous callers, and every list is of what the caller may know: a private
incident, and all that belongs to it, does not exist for anyone else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.routers import APIRootView
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from response.core.filters import FeedWindow, FilterBackend, IncidentFilter
from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.core.pagination import LimitOffset, PageNumber
from response.core.permissions import SignedIn
from response.core.serializers import (
    ActionSerializer,
    EventSerializer,
    ExternalUserSerializer,
    IncidentSerializer,
    TimelineEventSerializer,
)
from response.core.text import reader

Row = TypeVar("Row", bound=Model)


class Closed(APIView):
    """Refuses anonymous callers, whatever the host's DRF settings are."""

    permission_classes = [SignedIn]
    versioning_class = None

    def get_authenticate_header(self, request: Request) -> str:
        # Without a challenge, as where sessions come first, DRF would answer 403.
        return super().get_authenticate_header(request) or "Bearer"


class ApiRoot(Closed, APIRootView):
    """The lists of this API."""


class Readable(Closed, GenericViewSet[Row]):
    """Lists and single rows, in a constant number of queries however many rows there are."""

    pagination_class: type[BasePagination] = LimitOffset

    def filter_queryset(self, queryset: QuerySet[Row, Any]) -> QuerySet[Row, Any]:
        # Filters narrow lists; a row asked for by its id is answered whatever they say.
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def texts_of(self, rows: Iterable[Any]) -> Iterable[str | None]:
        """What people wrote in ``rows``, as far as the answer makes it readable."""
        return ()

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer[Any]:
        context = kwargs.setdefault("context", self.get_serializer_context())
        if args:
            rows = args[0] if kwargs.get("many") else [args[0]]
            context["reader"] = reader(self.texts_of(rows))
        return super().get_serializer(*args, **kwargs)


class ExternalUserViewSet(Readable[ExternalUser], ReadOnlyModelViewSet[ExternalUser]):
    """People, as Slack knows them."""

    queryset = ExternalUser.objects.order_by("pk")
    serializer_class = ExternalUserSerializer
    pagination_class = PageNumber


class Incidents(Readable[Incident]):
    serializer_class = IncidentSerializer
    filter_backends = [FilterBackend]
    filterset_class = IncidentFilter

    def get_queryset(self) -> QuerySet[Incident]:
        visible = Incident.objects.visible_to(self.request.user)
        return IncidentSerializer.with_relations(visible).order_by("-report_time", "-pk")

    def texts_of(self, rows: Iterable[Incident]) -> Iterable[str | None]:
        return [action.details for incident in rows for action in incident.action_set.all()]


class IncidentViewSet(Incidents, ReadOnlyModelViewSet[Incident]):
    """Incidents, the latest first."""


class IncidentsOfMonthViewSet(Incidents, ListModelMixin):
    """The incidents that were reported in one month, in the site's time zone."""

    def get_queryset(self) -> QuerySet[Incident]:
        start, end = _month(self.kwargs["year"], self.kwargs["month"])
        return super().get_queryset().filter(report_time__gte=start, report_time__lt=end)


class ActionViewSet(Readable[Action], ReadOnlyModelViewSet[Action]):
    """What is to be done because of incidents."""

    serializer_class = ActionSerializer

    def get_queryset(self) -> QuerySet[Action]:
        visible = Incident.objects.visible_to(self.request.user)
        actions = Action.objects.filter(incident__in=visible).order_by("pk")
        return ActionSerializer.with_relations(actions)

    def texts_of(self, rows: Iterable[Action]) -> Iterable[str | None]:
        return [action.details for action in rows]


class IncidentActionViewSet(ActionViewSet):
    """What is to be done because of one incident."""

    def get_queryset(self) -> QuerySet[Action]:
        return super().get_queryset().filter(incident=_incident(self))


class IncidentTimelineEventViewSet(Readable[TimelineEvent], ReadOnlyModelViewSet[TimelineEvent]):
    """The timeline of one incident, in order of time."""

    serializer_class = TimelineEventSerializer

    def get_queryset(self) -> QuerySet[TimelineEvent]:
        return TimelineEvent.objects.filter(incident=_incident(self)).order_by("timestamp", "pk")

    def texts_of(self, rows: Iterable[TimelineEvent]) -> Iterable[str | None]:
        return [entry.text for entry in rows]


class EventViewSet(Readable[Event], ReadOnlyModelViewSet[Event]):
    """The change feed: what incidents and actions looked like each time they were saved.

    It shows nothing of an incident that is private now, to nobody.
    """

    serializer_class = EventSerializer
    filter_backends = [FeedWindow]

    def get_queryset(self) -> QuerySet[Event]:
        # By value, not by subquery: ids in the payload are JSON, which databases compare
        # with numbers each in their own way.
        private = list(Incident.objects.filter(private=True).values_list("pk", flat=True))
        return Event.objects.exclude(
            Q(event_type=Event.Kind.INCIDENT, payload__id__in=private)
            | Q(event_type=Event.Kind.ACTION, payload__incident_id__in=private)
        ).order_by("timestamp", "pk")


def _incident(view: Readable[Any]) -> Incident:
    """The incident that the address names; 404 where it is not, or not for this caller."""
    visible = Incident.objects.visible_to(view.request.user)
    incident: Incident = get_object_or_404(visible, pk=view.kwargs["incident_pk"])
    return incident


def _month(year: str, month: str) -> tuple[datetime, datetime]:
    """The start of a month and of the next one, in the current time zone."""
    try:
        number = int(month)
        # The first and the last year have instants that are in another year elsewhere.
        if not (MINYEAR < int(year) < MAXYEAR and 1 <= number <= 12):
            raise ValueError
    except ValueError:
        raise NotFound(f"{year}/{month} is no month. Write it like bymonth/2026/01/.") from None
    start = datetime(int(year), number, 1)  # noqa: DTZ001
    end = datetime(int(year) + number // 12, number % 12 + 1, 1)  # noqa: DTZ001
    if settings.USE_TZ:
        return timezone.make_aware(start), timezone.make_aware(end)
    return start, end
