"""The thread that delivers events.

One courier at a time among all processes, held by a lease in the workspace's row, so that events
leave in order; rows stay until they are delivered, so another process or the next start goes on.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import Any

from django.db import Error, connections
from django.db.models import Q

from .models import Delivery, Workspace
from .router import ALIAS
from .signing import Answer, send

logger = logging.getLogger(__name__)

#: Seconds before the first, second and third repetition, as Slack's.
REPETITIONS = (1.0, 60.0, 300.0)
_LEASE = 8.0
_PAUSE = 0.2
_KEPT = 2_000

_thread: threading.Thread | None = None
_starting = threading.Lock()
_rung = threading.Event()


def ensure_running() -> None:
    """Start this process's courier if it has none (a fork leaves threads behind)."""
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="workspace-courier", daemon=True)
            _thread.start()


def ring() -> None:
    """Say that there may be something to deliver."""
    _rung.set()


def _run() -> None:
    me = f"{os.getpid()}-{threading.get_ident()}"
    while True:
        _rung.wait(_PAUSE)
        _rung.clear()
        try:
            while _hold_lease(me) and deliver_next():
                pass
        except Error as error:
            # The database is not migrated yet, or busy: the next round tries again.
            logger.warning("The practice workspace's database failed: %s", type(error).__name__)
            connections[ALIAS].close()
            time.sleep(1)


def _hold_lease(me: str) -> bool:
    now = time.time()
    waiting = Delivery.objects.filter(state=Delivery.WAITING, due__lte=now)
    if not waiting.exists():
        return False
    taken = Workspace.objects.filter(
        Q(courier=me) | Q(courier_until__lt=now), deliveries_held=False
    ).update(courier=me, courier_until=now + _LEASE)
    return bool(taken)


def deliver_next() -> bool:
    """Deliver the oldest event that is due; return whether there was one."""
    delivery = (
        Delivery.objects.filter(state=Delivery.WAITING, due__lte=time.time())
        .order_by("due", "pk")
        .first()
    )
    if delivery is None:
        return False
    answer = post(delivery)
    if Workspace.objects.filter(deliveries_doubled=True).exists():
        post(delivery)
    attempts = delivery.attempts + 1
    outcome: dict[str, Any] = {"attempts": attempts, "reason": answer.reason}
    if answer.ok:
        outcome |= {"state": Delivery.DELIVERED, "reason": ""}
    elif answer.no_retry or attempts > len(REPETITIONS):
        outcome |= {"state": Delivery.GIVEN_UP}
    else:
        outcome |= {"due": time.time() + REPETITIONS[attempts - 1]}
    # Not save(): the workspace may have been emptied in the meantime, and the row with it.
    Delivery.objects.filter(pk=delivery.pk).update(**outcome)
    if delivery.pk % 200 == 0:
        old = Delivery.objects.filter(pk__lt=delivery.pk - _KEPT)
        old.exclude(state=Delivery.WAITING).delete()
    return True


def post(delivery: Delivery) -> Answer:
    headers = {}
    if delivery.attempts:
        headers = {
            "X-Slack-Retry-Num": str(delivery.attempts),
            "X-Slack-Retry-Reason": delivery.reason or "unknown_error",
        }
    return send(
        "event",
        delivery.body,
        content_type="application/json",
        what=_name(delivery),
        headers=headers,
    )


def _name(delivery: Delivery) -> str:
    subtype = json.loads(delivery.body)["event"].get("subtype", "")
    return f"{delivery.event_type}{'.' + subtype if subtype else ''}"
