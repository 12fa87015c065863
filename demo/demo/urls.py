"""The demo's addresses: Response as its README mounts it, sign-in, and the practice workspace."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("slack/", include("response.slack.urls")),
    path("core/", include("response.core.urls")),
]

if settings.PRACTICE_WORKSPACE:
    urlpatterns.append(path("workspace/", include("workspace.urls")))

urlpatterns.append(path("", include("response.ui.urls")))
