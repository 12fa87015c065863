"""A project that mounts health and numbers beside Response."""

from django.urls import path

from response.monitoring import health, metrics
from response.urls import urlpatterns as response_urls

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.page),
    *response_urls,
]
