"""Response as its README mounts it, and the bare views at the same paths below ``bare/``."""

from django.urls import include, path

from tests.bench import bare

urlpatterns = [
    path(
        "bare/",
        include(
            [
                path("slack/slash_command", bare.slash_command),
                path("slack/action", bare.action),
                path("slack/event", bare.event),
                path("", bare.incident_list),
                path("incident/<int:incident_id>/", bare.incident_doc),
                path("core/incidents/", bare.api_incidents),
                path("core/events/", bare.api_feed),
            ]
        ),
    ),
    path("", include("tests.urls")),
]
