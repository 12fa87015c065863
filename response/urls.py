"""All of Response at once: ``path("", include("response.urls"))``."""

from django.urls import include, path

urlpatterns = [
    path("slack/", include("response.slack.urls")),
    path("core/", include("response.core.urls")),
    path("", include("response.ui.urls")),
]
