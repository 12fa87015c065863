"""The ring that says there is work.

The database is the queue: a ring carries nothing, so one that is lost loses nothing. Whoever works
finds the rows at the next ring, or looks for them by itself.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

_heard_by: list[Callable[[], None]] = []


def use_listener(listener: Callable[[], None]) -> None:
    """Say who hears the rings; done once, where the parts of Response are put together."""
    _heard_by[:] = [listener]


def ring() -> None:
    """Say, once the running transaction commits, that there is work."""
    transaction.on_commit(_heard_by[0], robust=True)
