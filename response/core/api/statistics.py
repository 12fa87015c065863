"""``stats/``: how many incidents there were, how bad, and how long they took."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from response.core import statistics
from response.core.api.base import Closed
from response.core.api.filters import FilterBackend, IncidentFilter
from response.core.models import Incident
from response.core.serializers import StatisticsSerializer


class StatisticsView(Closed):
    """Counts of the incidents that the caller may know of, and that the filters leave."""

    filterset_class = IncidentFilter
    serializer_class = StatisticsSerializer

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Count incidents by severity, status and month, with median and p90 of the time to close.

        Lengths are in seconds. The parameters are those of ``incidents/``.
        """
        visible = Incident.objects.visible_to(request.user)
        narrowed = FilterBackend().filter_queryset(request, visible, self)
        return Response(StatisticsSerializer(statistics.of(narrowed)).data)
