"""The demo's addresses: Response as its README mounts it, sign-in, and the practice workspace."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from response.monitoring import health, metrics

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("slack/", include("response.slack.urls")),
    path("core/", include("response.core.urls")),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.page),
]

if settings.PRACTICE_WORKSPACE:
    urlpatterns.append(path("workspace/", include("workspace.urls")))

urlpatterns.append(path("", include("response.ui.urls")))
