"""The REST API; a host mounts it, usually at ``core/``."""

from django.urls import path
from rest_framework.routers import APIRootView, DefaultRouter

from response.core.api.actions import ActionViewSet, IncidentActionViewSet
from response.core.api.base import Closed
from response.core.api.events import EventViewSet
from response.core.api.export import ExportView
from response.core.api.incidents import IncidentsOfMonthViewSet, IncidentViewSet
from response.core.api.people import ExternalUserViewSet, ParticipantViewSet
from response.core.api.schema import SchemaPage, SchemaView
from response.core.api.statistics import StatisticsView
from response.core.api.timeline import IncidentTimelineEventViewSet

app_name = "response_core"


class ApiRoot(Closed, APIRootView):
    """The lists of this API."""


class Router(DefaultRouter):
    APIRootView = ApiRoot


OF_ONE = r"incidents/(?P<incident_pk>[^/]+)"

router = Router()
router.register("users", ExternalUserViewSet, basename="user")
router.register("incidents", IncidentViewSet, basename="incident")
router.register(
    r"incidents/bymonth/(?P<year>[^/]+)/(?P<month>[^/]+)",
    IncidentsOfMonthViewSet,
    basename="incident-of-month",
)
router.register(f"{OF_ONE}/actions", IncidentActionViewSet, basename="incident-action")
router.register("actions", ActionViewSet, basename="action")
router.register(
    f"{OF_ONE}/timeline/events", IncidentTimelineEventViewSet, basename="incident-timeline-event"
)
router.register(f"{OF_ONE}/participants", ParticipantViewSet, basename="incident-participant")
router.register("events", EventViewSet, basename="event")

urlpatterns = [
    *router.urls,
    path("incidents/<str:incident_pk>/export/", ExportView.as_view(), name="incident-export"),
    path("stats/", StatisticsView.as_view(), name="statistics"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("schema/page/", SchemaPage.as_view(), name="schema-page"),
]
