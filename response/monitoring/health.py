"""For what looks after processes: whether this one lives, and whether it can do its work.

Neither asks Slack: its outage is no reason to start anything anew. A project mounts them where it
wants them:

    path("healthz", health.alive), path("readyz", health.ready)
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from response.checks.tables import missing_migration


@require_safe
@login_not_required
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """200: the process answers. Nothing else is asked, not even the database."""
    return JsonResponse({"status": "ok"})


@require_safe
@login_not_required
@never_cache
@transaction.non_atomic_requests
def ready(request: HttpRequest) -> HttpResponse:
    """200 where the database answers and has the tables of this version, else 503 and why."""
    try:
        missing = missing_migration()
    except Error:
        return _unready("The database does not answer.")
    if missing:
        return _unready(f"The migration {missing} was not run.")
    return JsonResponse({"status": "ok"})


def _unready(reason: str) -> HttpResponse:
    return JsonResponse({"status": "unavailable", "reason": reason}, status=503)
