"""Who does the work that a request leaves behind, and when.

The database is the queue. A ring only says that there is something in it; it carries nothing, so
a ring that is lost loses nothing: the next one, or the sweep, finds the rows.
"""

from __future__ import annotations

import functools
import threading
from typing import Protocol, cast

from django.core.signals import request_finished, request_started
from django.db import transaction
from django.utils.module_loading import import_string

from response.conf import conf


class Runner(Protocol):
    """Hears the rings. Made once a process, from the dotted path in RESPONSE_RUNNER."""

    def ring(self) -> None:
        """There may be work now. Must return at once, and never raise."""
        ...


def ring() -> None:
    """Say, once the running transaction commits, that there is work."""
    transaction.on_commit(lambda: configured().ring(), robust=True)


_configured: dict[str, Runner] = {}


def configured() -> Runner:
    """The runner that RESPONSE_RUNNER names."""
    path = conf.RESPONSE_RUNNER
    if path not in _configured:
        _configured[path] = cast(Runner, import_string(path)())
    return _configured[path]


class AfterResponseRunner:
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

    def _work(self) -> None:
        from response.delivery import work

        work.start()


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
