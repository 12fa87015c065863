"""``users/`` and ``incidents/…/participants/``: people."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from response.core.api.base import OfIncident, Shown
from response.core.api.filters import FilterBackend, PersonFilter
from response.core.api.pagination import PageNumber
from response.core.models import ExternalUser
from response.core.serializers import ExternalUserSerializer, ParticipantSerializer


class ExternalUserViewSet(Shown[ExternalUser]):
    """People, as Slack knows them."""

    queryset = ExternalUser.objects.order_by("pk")
    serializer_class = ExternalUserSerializer
    pagination_class = PageNumber
    filter_backends = [FilterBackend]
    filterset_class = PersonFilter


class ParticipantViewSet(OfIncident[Any]):
    """Who took part in the comms channel of one incident, who wrote most first."""

    serializer_class = ParticipantSerializer

    def get_queryset(self) -> QuerySet[Any]:
        participants: QuerySet[Any] = self.incident().userstats_set.select_related("user")
        return participants.order_by("-message_count", "join_time", "pk")
