"""The REST API; a host mounts it, usually at ``core/``."""

from rest_framework.routers import DefaultRouter

from response.core import views

app_name = "response_core"


class Router(DefaultRouter):
    APIRootView = views.ApiRoot


router = Router()
router.register("users", views.ExternalUserViewSet, basename="user")
router.register("incidents", views.IncidentViewSet, basename="incident")
router.register(
    r"incidents/bymonth/(?P<year>[^/.]+)/(?P<month>[^/.]+)",
    views.IncidentsOfMonthViewSet,
    basename="incident-of-month",
)
router.register(
    r"incidents/(?P<incident_pk>[^/.]+)/actions",
    views.IncidentActionViewSet,
    basename="incident-action",
)
router.register("actions", views.ActionViewSet, basename="action")
router.register(
    r"incidents/(?P<incident_pk>[^/.]+)/timeline/events",
    views.IncidentTimelineEventViewSet,
    basename="incident-timeline-event",
)
router.register("events", views.EventViewSet, basename="event")

urlpatterns = router.urls
