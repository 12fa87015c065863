"""When Slack was last heard of, and in which way: for whoever asks whether it reaches us at all.

Written down by the threads that work in the background, so that no request waits for it, and none
that may be ignored costs a write. What a process saw and did not write down before it died is lost.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime

from response.delivery import clock
from response.delivery.models import Heartbeat
from response.transactions import atomic

SIGNED = "signed"
REFUSED = "refused"

INTERVAL = 5.0  # seconds between two writes of a process

_PREFIX = "slack: "
_LONGEST = 60  # of a heartbeat's name


class Sightings:
    """What one process has seen and not written down yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: dict[str, datetime] = {}
        self._written = -INTERVAL

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
