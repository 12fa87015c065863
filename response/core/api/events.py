"""``events/``: the change feed. Nobody can change it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from response.core.api.base import Shown
from response.core.api.filters import EventFilter, FeedWindow, FilterBackend
from response.core.api.pagination import Feed
from response.core.models import Event, Incident
from response.core.serializers import EventSerializer

_SENT = EventSerializer.Meta.fields


class EventViewSet(Shown[Event]):
    """The change feed: what incidents and actions looked like each time they were saved.

    It shows nothing of an incident that is private now, to nobody.
    """

    serializer_class = EventSerializer
    pagination_class = Feed
    filter_backends = [FilterBackend, FeedWindow]
    filterset_class = EventFilter

    def get_queryset(self) -> QuerySet[Event]:
        # No join, which would leave out what was said of incidents that were deleted since.
        private = Incident.objects.filter(pk=OuterRef("incident_id"), private=True)
        return Event.objects.filter(~Exists(private)).order_by("timestamp", "pk")

    def filter_queryset(self, queryset: QuerySet[Event, Any]) -> QuerySet[Event, Any]:
        narrowed = super().filter_queryset(queryset)
        # A page is read as it is sent: nothing is asked of the rows that a model would answer.
        return narrowed.values(*_SENT, "position") if self.action == "list" else narrowed
