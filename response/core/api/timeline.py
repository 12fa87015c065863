"""``incidents/…/timeline/events/``: what happened, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from response.core import services
from response.core.api.access import actor_of
from response.core.api.base import OfIncident, Writable
from response.core.api.filters import FilterBackend, Ordering, TimelineFilter
from response.core.api.inputs import TimelineEventChange
from response.core.models import TimelineEvent
from response.core.serializers import TimelineEventSerializer

# Who wrote an entry, from where, and its pictures, is kept by us and not by who changes it.
_OURS = ("actor", "source", "pictures")


class IncidentTimelineEventViewSet(OfIncident[TimelineEvent], Writable[TimelineEvent]):
    """The timeline of one incident, in order of time."""

    serializer_class = TimelineEventSerializer
    input_classes = {
        "POST": TimelineEventChange,
        "PUT": TimelineEventChange,
        "PATCH": TimelineEventChange,
    }
    filter_backends = [FilterBackend, Ordering]
    filterset_class = TimelineFilter
    ordering = ["timestamp", "pk"]
    ordering_fields = ["timestamp", "id"]

    def rows(self) -> QuerySet[TimelineEvent]:
        return TimelineEvent.objects.order_by(*self.ordering)

    def get_queryset(self) -> QuerySet[TimelineEvent]:
        return self.rows().filter(incident=self.incident())

    def texts_of(self, rows: Iterable[TimelineEvent]) -> Iterable[str | None]:
        return [entry.text for entry in rows]

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add an entry, at the instant it happened."""
        values = self.validated()
        entry = services.add_timeline_entry(
            self.incident().pk,
            text=values["text"],
            by=actor_of(request),
            at=values.get("timestamp"),
            kind=values.get("event_type", TimelineEvent.Kind.TEXT),
            metadata=values.get("metadata"),
        )
        return self.answer(self.rows().get(pk=entry.pk), status=201)

    def change(self, row: TimelineEvent, values: dict[str, Any]) -> None:
        if "metadata" in values:
            values["metadata"] = _with_ours(values["metadata"] or {}, row.metadata)
        services.change_timeline_entry(row.pk, by=actor_of(self.request), **values)

    def remove(self, row: TimelineEvent) -> None:
        services.remove_timeline_entry(row.pk, by=actor_of(self.request))

    def incident_of(self, row: TimelineEvent) -> int:
        return row.incident_id


def _with_ours(facts: Mapping[str, Any], stored: Any) -> dict[str, Any]:
    known = stored if isinstance(stored, Mapping) else {}
    return {
        **{name: value for name, value in facts.items() if name not in _OURS},
        **{name: known[name] for name in _OURS if name in known},
    }
