"""Doors for a clock of the host's: ``POST cron_minute`` and ``POST cron_daily``.

For places where no process of ours may run on its own. Who knocks shows the token of the setting
RESPONSE_CRON_TOKEN; where none is set the doors do not exist.
"""

from __future__ import annotations

import functools
import hmac
import logging
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from response.conf import conf
from response.delivery import bell, clock

logger = logging.getLogger(__name__)

Job = Callable[[], None]
View = Callable[[HttpRequest], HttpResponse]


def clock_door(job: Job) -> View:
    """A door that does ``job`` and has what is due handled and sent after the response.

    404 where there is no token, 405 for anything but POST, 403 for another token, 503 where the
    database is busy or away.
    """

    @csrf_exempt
    @login_not_required
    @transaction.non_atomic_requests
    @functools.wraps(job)
    def door(request: HttpRequest) -> HttpResponse:
        if not conf.RESPONSE_CRON_TOKEN:
            return HttpResponse(status=404)
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        if not _shows_token(request, conf.RESPONSE_CRON_TOKEN):
            logger.warning("A request at %s was refused: its token is not ours.", request.path)
            return HttpResponse(status=403)
        try:
            job()
        except Error:
            logger.warning("The database did not take what is due at %s.", request.path)
            return HttpResponse(status=503)
        bell.ring()
        return HttpResponse()

    return door


@clock_door
def cron_minute() -> None:
    """What is due each minute; and each day, so that one clock is enough."""
    clock.strike(clock.MINUTE)
    clock.tick()


@clock_door
def cron_daily() -> None:
    """What is due each day."""
    clock.strike(clock.DAY)


def _shows_token(request: HttpRequest, token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # Compared whole and as bytes, so that the time it takes says nothing of how much was right.
    right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return right and scheme.lower() == "bearer"
