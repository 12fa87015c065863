"""Numbers for Prometheus (extra ``metrics``). Importing this module begins to count.

They are in the default registry of prometheus_client, so a project that has a page of its own for
that shows them there; otherwise it mounts ours:

    path("metrics", metrics.page)

With several web processes, each counts its own calls and latencies; prometheus_client adds them up
where PROMETHEUS_MULTIPROC_DIR names a folder (its page "Multiprocess Mode"). What is read from the
database is the same whichever process is asked.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from response.conf import conf
from response.core.models import Incident
from response.delivery import clock
from response.delivery.models import Heartbeat
from response.telemetry import door_answered, slack_called
from response.upkeep import queues

try:
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        REGISTRY,
        CollectorRegistry,
        Counter,
        Histogram,
        generate_latest,
    )
    from prometheus_client.core import GaugeMetricFamily, Metric
    from prometheus_client.multiprocess import MultiProcessCollector
    from prometheus_client.registry import Collector
except ModuleNotFoundError as error:
    # A urls.py imports this, so whoever runs any command reads it.
    raise ImproperlyConfigured(
        "response.monitoring.metrics needs the extra metrics, or prometheus_client alone: "
        "pip install prometheus_client"
    ) from error

# Slack waits three seconds for a door, and we wait six for Slack.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0)

_calls = Counter("response_slack_calls", "Calls of Slack's Web API.", ["method", "outcome"])
_call_seconds = Histogram(
    "response_slack_call_seconds", "How long Slack took to answer.", ["method"], buckets=_SECONDS
)
_door_seconds = Histogram(
    "response_door_seconds", "How long Slack waited for us.", ["door", "status"], buckets=_SECONDS
)


def _count_call(*, method: str, outcome: str, seconds: float, **_kwargs: Any) -> None:
    _calls.labels(method, outcome).inc()
    _call_seconds.labels(method).observe(seconds)


def _count_door(*, door: str, status: int, seconds: float, **_kwargs: Any) -> None:
    _door_seconds.labels(door, str(status)).observe(seconds)


slack_called.connect(_count_call, dispatch_uid="response.metrics")
door_answered.connect(_count_door, dispatch_uid="response.metrics")


class InTheDatabase(Collector):
    """What the tables say at the moment when they are asked: three queries."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: at the start the database is not asked what there is."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield _incidents()
        depths = queues.depths()
        waiting = {name: depth.waiting for name, depth in depths.items()}
        for number, help_text, values in (
            ("waiting", "What waits to be done.", {q: p.number for q, p in waiting.items()}),
            (
                "given_up",
                "What was given up, or refused by Slack, and nobody has seen.",
                {name: depth.given_up.number for name, depth in depths.items()},
            ),
            (
                "oldest_seconds",
                "For how long the oldest of what waits has waited.",
                {q: _age(p.since) for q, p in waiting.items()},
            ),
        ):
            gauge = GaugeMetricFamily(f"response_queue_{number}", help_text, labels=["queue"])
            for queue, value in values.items():
                gauge.add_metric([queue], value)
            yield gauge
        yield from _beats()


REGISTRY.register(InTheDatabase())


@login_not_required
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """For Prometheus, which shows RESPONSE_METRICS_TOKEN as its bearer token.

    404 where none is set, 405 for anything but GET, 403 for another token.
    """
    token = conf.RESPONSE_METRICS_TOKEN
    if not token:
        return HttpResponse(status=404)
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(shown.encode(), token.encode()):
        return HttpResponse(status=403)
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(InTheDatabase())
    return registry


def _incidents() -> Metric:
    gauge = GaugeMetricFamily(
        "response_incidents", "Incidents that there are.", labels=["status", "severity"]
    )
    statuses = {
        "live": Q(end_time=None, report_only=False),
        "resolved": Q(end_time__isnull=False, report_only=False),
        "reported": Q(report_only=True),
    }
    counts = {status: Count("pk", filter=chosen) for status, chosen in statuses.items()}
    for row in Incident.objects.values("severity").order_by("severity").annotate(**counts):
        severity = Incident(severity=row["severity"]).severity_text() or "not said"
        for status in statuses:
            gauge.add_metric([status, severity], row[status])
    return gauge


def _age(since: datetime | None) -> float:
    return max((clock.now() - since).total_seconds(), 0.0) if since is not None else 0.0


_BEATS = {
    clock.MINUTE: ("clock", "Since when nobody did what is due each minute."),
    clock.SOCKET: ("socket", "Since when no response_socket was connected to Slack."),
}


def _beats() -> Iterator[Metric]:
    beats = dict(Heartbeat.objects.filter(name__in=_BEATS).values_list("name", "beat_at"))
    if not conf.SLACK_APP_TOKEN:
        # What ran before a change to HTTP would grow old for ever.
        beats.pop(clock.SOCKET, None)
    for name, (word, help_text) in _BEATS.items():
        gauge = GaugeMetricFamily(f"response_{word}_age_seconds", help_text)
        if name in beats:
            gauge.add_metric([], _age(beats[name]))
        yield gauge
