"""Who is being answered just now, and goes first.

Python runs one thread of a process at a time, so the work behind the answers would keep those
waiting who ask in the same process: Slack, which gives up after three seconds, and the person who
pressed a button. The work has time; between two pieces of it they are let through.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# So long a piece of work waits at most, so that everything is done however much comes in.
COURTESY = 0.25  # seconds


class Doors:
    """The requests of a process that are being answered, and how long work waits for them."""

    def __init__(self, courtesy: float = COURTESY) -> None:
        self._courtesy = courtesy
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._changed = threading.Condition()
        self._threads: list[int] = []

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Around answering somebody who waits."""
        me = threading.get_ident()
        with self._changed:
            self._threads.append(me)
        try:
            yield
        finally:
            with self._changed:
                if me in self._threads:  # not in a child that was forked meanwhile
                    self._threads.remove(me)
                self._changed.notify_all()

    def is_anybody_waiting(self) -> bool:
        """Whether somebody is being answered now."""
        return bool(self._threads)

    def let_go_first(self) -> None:
        """Wait until no other thread answers anybody, or as long as courtesy asks."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(
                lambda: all(thread == me for thread in self._threads), self._courtesy
            )


_doors = Doors()

answering = _doors.answering
is_anybody_waiting = _doors.is_anybody_waiting
let_go_first = _doors.let_go_first
