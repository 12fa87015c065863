"""Who does the work that a request leaves behind: they hear the rings of ``delivery.bell``."""

from __future__ import annotations

import functools
import logging
import threading
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from django.core.signals import request_finished, request_started
from django.utils.module_loading import import_string

from response.conf import conf
from response.delivery import clock

logger = logging.getLogger(__name__)

# What a worker has not begun after this long is done here: it may be away.
PATIENCE = timedelta(seconds=30)


class Runner(Protocol):
    """Hears the rings. Made once a process, from the dotted path in RESPONSE_RUNNER.

    What the sweep finds it does in its own process, unless the runner has a method ``take_up``:
    then it calls that. One whose ``is_quiet`` is true is for tests, which do all of it themselves.
    """

    def ring(self) -> None:
        """There may be work now. Must return at once, and never raise."""
        ...


_configured: dict[str, Runner] = {}


def configured() -> Runner:
    """The runner that RESPONSE_RUNNER names."""
    path = conf.RESPONSE_RUNNER
    if path not in _configured:
        _configured[path] = cast(Runner, import_string(path)())
    return _configured[path]


def hear() -> None:
    """Have the configured runner hear of work."""
    configured().ring()


def is_quiet() -> bool:
    """Whether the runner says that nothing is to happen in this process by itself: in tests."""
    try:
        return getattr(configured(), "is_quiet", False)
    except (ImportError, AttributeError, TypeError):
        return False  # ``manage.py check`` says what is wrong with the path.


def work_here() -> None:
    """Have this process do what it rings for, whatever RESPONSE_RUNNER says: it is a worker."""
    _configured[conf.RESPONSE_RUNNER] = AfterResponseRunner()


def take_up() -> None:
    """Have that done which no ring led to."""
    from response.background import work

    getattr(configured(), "take_up", work.start)()


class _WorksHere:
    def _work(self) -> None:
        from response.background import work

        work.start()


class AfterResponseRunner(_WorksHere):
    """Does the work in this process, in threads, once the response is sent.

    django-after-response keeps one list for the whole process, which whatever request finishes
    next empties. So it is only given a ring, and no more than one at a time; and where no request
    is in flight to finish, nothing would come of giving it one, and the work starts at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_queued = False

    def ring(self) -> None:
        from after_response import enable

        with self._lock:
            if self._is_queued:
                return
            self._is_queued = requests.in_flight > 0
        if self._is_queued:
            # It sets an attribute on what it is given, which a method does not allow.
            answer = functools.partial(self._answer)
            enable(answer)
            answer.after_response()  # type: ignore[attr-defined]
        else:
            self._answer()

    def _answer(self) -> None:
        with self._lock:
            self._is_queued = False
        self._work()


class WorkerRunner(_WorksHere):
    """Leaves the work to ``response_worker``, which looks for it several times a second.

    Where no worker has shown itself for a while, this process does the work itself.
    """

    def __init__(self) -> None:
        self._is_alone = False

    def ring(self) -> None:
        if self._is_alone:
            self._work()

    def take_up(self) -> None:
        seen = clock.last_beat(clock.WORKER)
        is_alone = seen is None or clock.now() - seen > PATIENCE
        if is_alone and not self._is_alone:
            logger.error("No response_worker is at work, so its work is done here: start one.")
        self._is_alone = is_alone
        self.ring()


class DjangoTasksRunner(_WorksHere):
    """Has a worker of Django's Tasks do the work, by the backend that TASKS calls "default".

    One task that nobody has begun is enough, since it will find whatever there is by then. Where
    the queue is out of order, or its workers are away, this process does the work itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._task: Any = None
        self._enqueued_at: datetime | None = None
        self._is_out_of_order = False

    def ring(self) -> None:
        # Where somebody is at it already, the queue may be slow, and it is requests that would
        # wait. What that ring does not lead to, the sweep does.
        if self._lock.acquire(blocking=False):
            try:
                self._hand_on()
            finally:
                self._lock.release()

    take_up = ring

    def _hand_on(self) -> None:
        try:
            reason = self._enqueue()
        except Exception as error:  # noqa: BLE001 - of whatever engine the host has
            reason = f"{type(error).__name__}: {error}"
        if reason:
            self._work()
        if reason and not self._is_out_of_order:
            logger.error("The task queue does not work, so it is done here: %s", reason)
        self._is_out_of_order = bool(reason)

    def _enqueue(self) -> str:
        """See to it that a task waits; returns why that seems to be in vain, if it does."""
        from response.background import tasks

        if self._enqueued_at is None or not tasks.is_waiting(self._task):
            self._task, self._enqueued_at = tasks.drain.enqueue(), clock.now()
        waited = clock.now() - self._enqueued_at
        return f"no worker began a task in {waited}" if waited > PATIENCE else ""


class RequestsInFlight:
    """How many requests this process is answering."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.in_flight = 0

    def started(self, **_kwargs: object) -> None:
        with self._lock:
            self.in_flight += 1

    def finished(self, **_kwargs: object) -> None:
        with self._lock:
            self.in_flight = max(self.in_flight - 1, 0)

    def watch(self) -> None:
        request_started.connect(self.started, dispatch_uid="response.requests")
        request_finished.connect(self.finished, dispatch_uid="response.requests")


requests = RequestsInFlight()
