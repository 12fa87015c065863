"""``events/``: the change feed. Nobody can change it."""

from __future__ import annotations

from django.db.models import QuerySet

from response.core.api.base import Shown
from response.core.api.filters import EventFilter, FeedWindow, FilterBackend
from response.core.api.pagination import Feed
from response.core.models import Event
from response.core.serializers import EventSerializer


class EventViewSet(Shown[Event]):
    """The change feed: what incidents and actions looked like each time they were saved.

    It shows nothing of an incident that is private now, to nobody.
    """

    serializer_class = EventSerializer
    pagination_class = Feed
    filter_backends = [FilterBackend, FeedWindow]
    filterset_class = EventFilter

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.exclude(incident__private=True).order_by("timestamp", "pk")
