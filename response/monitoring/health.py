"""For what looks after processes: whether this one lives, and whether it can do its work.

Neither asks Slack: its outage is no reason to start anything anew. A project mounts them where it
wants them:

    path("healthz", health.alive), path("readyz", health.ready)
"""

from __future__ import annotations

import functools

from django.contrib.auth.decorators import login_not_required
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


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
        missing = _missing_migration()
    except Error:
        return _unready("The database does not answer.")
    if missing:
        return _unready(f"The migration {missing} was not run.")
    return JsonResponse({"status": "ok"})


def _unready(reason: str) -> HttpResponse:
    return JsonResponse({"status": "unavailable", "reason": reason}, status=503)


def _missing_migration() -> str:
    recorder = MigrationRecorder(connections[DEFAULT_DB_ALIAS])
    if not recorder.has_table():
        return _newest_migration()
    newest = _newest_migration()
    is_there = recorder.migration_qs.filter(app="response", name=newest).exists()
    return "" if is_there else newest


@functools.cache
def _newest_migration() -> str:
    """The last one in the package, which does not change while a process runs."""
    return str(MigrationLoader(None).graph.leaf_nodes("response")[0][1])
