"""When Slack was last heard of, and in which way: for whoever asks whether it reaches us at all.

Written down by the threads that work in the background, so that no request waits for it, and none
that may be ignored costs a write; where no sweep runs, by a thread for this alone. What a process
saw and did not write down before it died is lost.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.db import connections

from response.conf import conf
from response.delivery import clock
from response.delivery.models import Heartbeat
from response.transactions import DATABASE_TROUBLE, atomic

logger = logging.getLogger(__name__)

Job = Callable[[], None]

SIGNED = "signed"
REFUSED = "refused"

INTERVAL = 5.0  # seconds between two writes of a process

_SOON = 0.1  # seconds in which an answer is on its way

_PREFIX = "slack: "
_LONGEST = 60  # of a heartbeat's name


def _in_a_thread(seconds: float, job: Job) -> None:
    def work() -> None:
        try:
            job()
        except DATABASE_TROUBLE:
            logger.warning("What was heard of Slack was not written down.", exc_info=True)
        finally:
            connections.close_all()

    timer = threading.Timer(seconds, work)
    timer.name, timer.daemon = "response-sightings", True
    timer.start()


class Sightings:
    """What one process has seen and not written down yet. ``later`` has a job done after so many
    seconds."""

    def __init__(self, later: Callable[[float, Job], None] = _in_a_thread) -> None:
        self._later = later
        self._written = -INTERVAL
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._new: dict[str, datetime] = {}
        self._is_promised = False

    def see(self, what: str) -> None:
        """Note that Slack was heard of just now; returns at once."""
        with self._lock:
            self._new[what] = clock.now()

    def write_down(self, interval: float = INTERVAL) -> None:
        """Put what is new into the database; not again within ``interval`` seconds."""
        with self._lock:
            if not self._new or time.monotonic() < self._written + interval:
                return
            seen, self._new = self._new, {}
            self._written = time.monotonic()
        with atomic():
            for what, at in sorted(seen.items()):
                Heartbeat.objects.update_or_create(name=_name(what), defaults={"beat_at": at})

    def write_down_soon(self) -> None:
        """Have what is new written down without waiting for it, where no sweep does it."""
        if conf.RESPONSE_SWEEP:
            return
        with self._lock:
            if not self._new or self._is_promised:
                return
            self._is_promised = True
            wait = max(self._written + INTERVAL - time.monotonic(), 0.0)
        self._later(wait + _SOON, self._keep_promise)

    def _keep_promise(self) -> None:
        with self._lock:
            self._is_promised = False
        try:
            self.write_down()
        finally:
            # What came in between, or right after somebody else wrote, is for the next time.
            self.write_down_soon()


here = Sightings()
see = here.see


def last_seen(what: str) -> datetime | None:
    """When any process last saw this, as far as it was written down."""
    beats = Heartbeat.objects.filter(name=_name(what))
    return beats.values_list("beat_at", flat=True).first()


def last_seen_of(kind: str) -> dict[str, datetime]:
    """When each thing whose name begins with ``kind`` and a space was last seen, by the rest."""
    start_of_name = f"{_PREFIX}{kind} "
    beats = Heartbeat.objects.filter(name__startswith=start_of_name).order_by("name")
    return {
        name.removeprefix(start_of_name): at for name, at in beats.values_list("name", "beat_at")
    }


def _name(what: str) -> str:
    return f"{_PREFIX}{what}"[:_LONGEST]
