"""``actions/`` and ``incidents/…/actions/``: what is to be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from response.core import services
from response.core.api.access import actor_of
from response.core.api.base import OfIncident, Writable
from response.core.api.filters import ActionFilter, FilterBackend, Ordering
from response.core.api.inputs import ActionChange, ActionOfIncident
from response.core.models import Action, Incident
from response.core.serializers import ActionSerializer


class ActionViewSet(Writable[Action]):
    """What is to be done because of incidents."""

    serializer_class = ActionSerializer
    input_classes = {"POST": ActionOfIncident, "PUT": ActionChange, "PATCH": ActionChange}
    filter_backends = [FilterBackend, Ordering]
    filterset_class = ActionFilter
    ordering = ["pk"]
    ordering_fields = ["id", "created_date", "due_date", "done_date", "priority"]

    def rows(self) -> QuerySet[Action]:
        return ActionSerializer.with_relations(Action.objects.order_by("pk"))

    def get_queryset(self) -> QuerySet[Action]:
        return self.rows().filter(incident__in=Incident.objects.visible_to(self.request.user))

    def texts_of(self, rows: Iterable[Action]) -> Iterable[str | None]:
        return [action.details for action in rows]

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Log an action, and whose it is."""
        values = self.validated()
        incident, owner = self.incident_of_new(values), values.pop("user")
        action = services.log_action(incident.pk, owner=owner, by=actor_of(request), **values)
        return self.answer(self.rows().get(pk=action.pk), status=201)

    def incident_of_new(self, values: dict[str, Any]) -> Incident:
        """Which incident a new action is of, taken out of ``values``."""
        incident: Incident = values.pop("incident_id")
        return incident

    def change(self, row: Action, values: dict[str, Any]) -> None:
        services.change_action(row.pk, by=actor_of(self.request), **values)

    def remove(self, row: Action) -> None:
        services.remove_action(row.pk, by=actor_of(self.request))

    def incident_of(self, row: Action) -> int:
        return row.incident_id


class IncidentActionViewSet(OfIncident[Action], ActionViewSet):
    """What is to be done because of one incident."""

    input_classes = {"POST": ActionChange, "PUT": ActionChange, "PATCH": ActionChange}

    def get_queryset(self) -> QuerySet[Action]:
        return self.rows().filter(incident=self.incident())

    def incident_of_new(self, values: dict[str, Any]) -> Incident:
        return self.incident()
