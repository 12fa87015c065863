"""``incidents/``: declared, read, changed, deleted, taken away."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import MAXYEAR, MINYEAR, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from response.core import services
from response.core.actors import Actor
from response.core.api import idempotency
from response.core.api.access import actor_of
from response.core.api.base import Readable, Writable
from response.core.api.conditional import etag_of
from response.core.api.filters import FilterBackend, IncidentFilter, Ordering
from response.core.api.inputs import IncidentChange, IncidentDeclaration
from response.core.models import ExternalUser, Incident
from response.core.serializers import IncidentSerializer
from response.transactions import atomic

_MONTH = re.compile(r"[0-9]{1,4}/(0?[1-9]|1[0-2])")


class Incidents(Readable[Incident]):
    serializer_class = IncidentSerializer
    filter_backends = [FilterBackend, Ordering]
    filterset_class = IncidentFilter
    ordering = ["-report_time", "-pk"]
    ordering_fields = ["report_time", "start_time", "end_time", "severity", "report", "id"]

    def rows(self) -> QuerySet[Incident]:
        return IncidentSerializer.with_relations(Incident.objects.order_by(*self.ordering))

    def get_queryset(self) -> QuerySet[Incident]:
        visible = Incident.objects.visible_to(self.request.user)
        return IncidentSerializer.with_relations(visible).order_by(*self.ordering)

    def texts_of(self, rows: Iterable[Incident]) -> Iterable[str | None]:
        return [action.details for incident in rows for action in incident.action_set.all()]


class IncidentViewSet(Incidents, Writable[Incident]):
    """Incidents, the latest first."""

    input_classes = {"POST": IncidentDeclaration, "PUT": IncidentChange, "PATCH": IncidentChange}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Declare an incident. With an Idempotency-Key the same request twice declares one."""
        key = idempotency.key_of(request)
        shown = idempotency.earlier_answer(request, key) if key else None
        if shown is None:
            values = self.validated()
            if "reporter" not in values:
                values["reporter"] = _person_of(request.user)
            declare = partial(_declare, by=actor_of(request), **values)
            if key:
                shown = idempotency.once(request, key, declare, self._as_declared)
            else:
                shown = self._as_declared(declare())
        address = reverse("response_core:incident-detail", kwargs={"pk": shown["id"]})
        headers = {"Location": request.build_absolute_uri(address), "ETag": etag_of(shown)}
        return Response(shown, status=201, headers=headers)

    def change(self, row: Incident, values: dict[str, Any]) -> None:
        services.update_incident(row.pk, by=actor_of(self.request), **values)

    def remove(self, row: Incident) -> None:
        services.remove_incident(row.pk, by=actor_of(self.request))

    def incident_of(self, row: Incident) -> int:
        return row.pk

    def _as_declared(self, incident: Incident) -> Any:
        return self.represent(self.rows().get(pk=incident.pk))


class IncidentsOfMonthViewSet(Incidents):
    """The incidents that were reported in one month, in the site's time zone."""

    def get_queryset(self) -> QuerySet[Incident]:
        start, end = _month(self.kwargs["year"], self.kwargs["month"])
        return super().get_queryset().filter(report_time__gte=start, report_time__lt=end)


@atomic()
def _declare(*, by: Actor, end_time: datetime | None = None, **values: Any) -> Incident:
    """Declare an incident; where it is over already, close it too."""
    incident = services.declare_incident(by=by, **values)
    if end_time is not None:
        services.close_incident(incident.pk, by=by, at=end_time)
    return incident


def _person_of(user: Any) -> ExternalUser | None:
    """Whom the site knows a user as elsewhere, where that is one person."""
    people = ExternalUser.objects.filter(owner=user, deleted=False)[:2]
    return people[0] if len(people) == 1 else None


def _month(year: str, month: str) -> tuple[datetime, datetime]:
    """The start of a month and of the next one, in the current time zone."""
    is_month = _MONTH.fullmatch(f"{year}/{month}")
    # The first and the last year have instants that are in another year elsewhere.
    if not is_month or not MINYEAR < int(year) < MAXYEAR:
        raise NotFound(f"{year}/{month} is no month. Write it like bymonth/2026/01/.")
    number = int(month)
    start = datetime(int(year), number, 1)  # noqa: DTZ001
    end = datetime(int(year) + number // 12, number % 12 + 1, 1)  # noqa: DTZ001
    if settings.USE_TZ:
        return timezone.make_aware(start), timezone.make_aware(end)
    return start, end
