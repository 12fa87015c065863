"""The two kinds of work, each with the threads it may have in this process, and the sweep.

Both may be called at any time, by any process, as often as one likes: rows are claimed and lanes
are leased, so what one does another does not.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.apps import apps
from django.db import connection, connections

from response import doors
from response.background import runners
from response.delivery import clock, inbox, lanes
from response.transactions import DATABASE_TROUBLE, lend_connection

logger = logging.getLogger(__name__)

SWEEP_INTERVAL = 1.0  # seconds

# A server that makes its workers by forking does so right after setting Django up.
SETTLE = 0.5  # seconds

# A thread that has been at one piece for longer than this no longer counts: Python cannot end a
# host's handler that hangs, but the others can go on without it.
HUNG = timedelta(seconds=60)


# Whoever finds no more to do stays for this long, for a thread and its connection cost more than
# waiting does.
STAY = 1.0  # seconds

# What comes in within this time is handled together.
GATHER = 0.05  # seconds


_besides: list[Callable[[], None]] = []


def besides(job: Callable[[], None]) -> None:
    """Have ``job`` done by whatever works in the background, each time before it looks for work;
    it must find out at once whether there is anything to do."""
    _besides.append(job)


def _do_besides() -> None:
    for job in _besides:
        job()


class Crew:
    """Up to ``limit`` threads that do ``piece`` for as long as it finds something to do.

    ``may_redo``: a power cut may make them do their last pieces again.
    """

    def __init__(
        self, name: str, piece: Callable[[], bool], limit: int, *, may_redo: bool = False
    ) -> None:
        self._name = name
        self._piece = piece
        self._limit = limit
        self._may_redo = may_redo
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._changed = threading.Condition()
        self._is_called = False
        self._idle = 0
        self._at_work: dict[int, datetime] = {}

    def start(self) -> None:
        """See to it that somebody looks for work after this moment."""
        with self._changed:
            if self._idle or self._active() >= self._limit:
                self._is_called = True
                self._changed.notify()
                return
            # No daemon, as a thread that the sweep starts would be: a process that is told to end
            # finishes what it is at.
            thread = threading.Thread(
                target=self._work, name=f"response-{self._name}", daemon=False
            )
            thread.start()
            # It waits for our lock before it does anything.
            self._at_work[id(thread)] = clock.now()

    def _active(self) -> int:
        latest = clock.now() - HUNG
        return sum(1 for since in self._at_work.values() if since > latest)

    def _work(self) -> None:
        me = id(threading.current_thread())
        try:
            with self._changed:
                pass
            if self._may_redo:
                relax_sqlite()
            while self._do_a_piece(me) or self._is_called_again(me):
                pass
        except DATABASE_TROUBLE:
            logger.warning("The database is busy or away; the sweep tries again.", exc_info=True)
        except Exception:
            logger.exception("Work of the kind %r failed; the sweep tries again.", self._name)
        finally:
            with self._changed:
                self._at_work.pop(me, None)
            connections.close_all()

    def _do_a_piece(self, me: int) -> bool:
        with self._changed:
            self._at_work[me] = clock.now()
        doors.let_go_first()
        # Python waits for us where the main thread ended: then the rest is for others.
        return threading.main_thread().is_alive() and self._piece()

    def _is_called_again(self, me: int) -> bool:
        with self._changed:
            self._at_work.pop(me, None)
            self._idle += 1
            lend_connection()
            called = self._changed.wait_for(lambda: self._is_called, STAY)
            # In the same breath as looking, or a call in between would be heard by nobody.
            self._idle -= 1
            if not called or not threading.main_thread().is_alive():
                return False
            self._is_called = False
            self._at_work[me] = clock.now()
        time.sleep(GATHER)
        return True


def _pay_next_lane() -> bool:
    ready = lanes.ready()
    if len(ready) > 1:
        # One lane in trouble must not keep the others waiting.
        payers.start()
    return any(lanes.pay_lane(name) for name in ready)


def _handle_next() -> bool:
    _do_besides()
    return inbox.handle_next()


handlers = Crew("inbox", _handle_next, limit=1, may_redo=True)
payers = Crew("lanes", _pay_next_lane, limit=4)


def start() -> None:
    """See to it that threads of this process do what there is to do."""
    handlers.start()
    payers.start()


def drain(at_most: timedelta | None = None) -> bool:
    """Do what there is to do here and now, in this thread, until there is no more.

    With ``at_most`` it goes home after that long; returns whether there may be more.
    """
    begun = clock.now()
    _do_besides()
    # Both each time: what keeps coming in must not keep all that is owed waiting.
    while inbox.handle_next() | lanes.pay_next():
        if at_most is not None and clock.now() - begun > at_most:
            return True
    return False


def take_over_from_the_gone() -> None:
    """Let go of what processes held that ended."""
    lanes.free_lanes_of_the_gone()
    inbox.free_claims_of_the_gone()


def relax_sqlite() -> None:
    """Let this thread's SQLite connection not wait for the disk at each commit.

    In WAL mode a later commit that does wait, as every acknowledgement does, and every note that
    Slack is about to be asked, makes the earlier ones durable too; a power cut can only make this
    thread do something again (SQLite's page on "PRAGMA synchronous").
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=NORMAL")


class Sweep:
    """One thread a process that finds what a lost ring, a crash or the clock left behind.

    ``take_up`` has it done.
    """

    def __init__(self, take_up: Callable[[], None]) -> None:
        self._take_up = take_up
        self._is_left_to_children = False
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._before_fork, after_in_child=self._in_child)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._has_served = False

    def start(self, *, has_served: bool = False) -> None:
        """Start the thread, unless this process has it already.

        ``has_served``: this process answers requests, and not those that it forks.
        """
        with self._lock:
            self._has_served = self._has_served or has_served
            if self._thread is not None and not self._is_left_to_children:
                return
            self._is_left_to_children = False
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._run_soon, name="response-sweep", daemon=True
            )
            self._thread.start()

    def _run_soon(self) -> None:
        self._stop.wait(SETTLE)
        self.run()

    def _before_fork(self) -> None:
        """Who sets Django up to serve and forks before it served anything is the parent of those
        who will (gunicorn --preload): the sweep is theirs, and nothing of ours, neither a lock
        nor a connection, is in use while they are made."""
        if self._thread is not None and not self._has_served:
            self._is_left_to_children = True
            self._stop.set()
            self._thread.join(timeout=5)

    def _in_child(self) -> None:
        self._forget()
        if self._is_left_to_children:
            self._is_left_to_children = False
            self.start()

    def run(self, interval: float = SWEEP_INTERVAL) -> None:
        """Look for work, every ``interval`` seconds, until ``stop``."""
        # Before that the receivers and handlers of other apps may be missing.
        apps.ready_event.wait()
        is_in_trouble = False
        while not self._stop.is_set():
            try:
                relax_sqlite()
                self.once()
            except DATABASE_TROUBLE:
                # Once: a log that fills while the database is away helps nobody.
                if not is_in_trouble:
                    logger.warning(
                        "The database is busy, away, or not migrated; the sweep waits for it.",
                        exc_info=True,
                    )
                is_in_trouble = True
                connections.close_all()
            except Exception:
                # Whatever it was, tomorrow's crash has to be found all the same.
                logger.exception("The sweep failed; it goes on.")
                connections.close_all()
            else:
                if is_in_trouble:
                    logger.warning("The database does what the sweep asks of it again.")
                is_in_trouble = False
            lend_connection()
            self._stop.wait(interval)
        connections.close_all()

    def once(self) -> None:
        """Look once, and start what there is to do."""
        clock.tick()
        _do_besides()
        take_over_from_the_gone()
        if inbox.waiting().exists() or lanes.ready():
            self._take_up()

    def stop(self) -> None:
        """End ``run`` soon."""
        self._stop.set()


sweep = Sweep(runners.take_up)
