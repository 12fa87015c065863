"""A machine whose clock can be put forward and back while its processes run.

``time.time`` and ``django.utils.timezone.now`` are what Response, Django and the signature check
read; both go wrong by the same number of seconds, as they would with the machine's clock. What
never jumps (``time.monotonic``) does not jump here either.
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone

from tests.chaos.project import switches


def offset() -> float:
    """By how many seconds the clock is wrong now."""
    return float(switches.read(switches.CLOCK) or 0)


def go_wrong() -> None:
    """Have this process read the wrong clock; to be called before any model is loaded, because
    fields keep the function that gives their default."""
    right_time, right_now = time.time, timezone.now
    time.time = lambda: right_time() + offset()
    timezone.now = lambda: right_now() + timedelta(seconds=offset())
