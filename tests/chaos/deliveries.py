"""Delivering a plan as Slack and people do: each request at its moments, and again until it is
acknowledged."""

from __future__ import annotations

import heapq
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from response.testing.payloads import SIGNING_SECRET
from response.testing.signing import sign
from tests.chaos.plan import Planned

#: Slack waits no longer for an answer.
PATIENCE = 3.0  # seconds

CLIENTS = 16

# Slack comes again at once, after one and after five minutes; people a little later than now.
# Here all of that goes faster.
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 2.0


@dataclass
class Delivered:
    """What became of one request."""

    planned: Planned
    acknowledged: bool = False
    attempts: int = 0


@dataclass
class Deliveries:
    """What became of all. ``seconds``: how long each acknowledgement took."""

    all: list[Delivered] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> list[Planned]:
        return [one.planned for one in self.all if one.acknowledged]


class Courier:
    """Delivers to ``port()``, which may change, with timestamps of the clock ``now``."""

    def __init__(
        self, port: Callable[[], int], now: Callable[[], float], clients: int = CLIENTS
    ) -> None:
        self._port = port
        self._now = now
        self._clients = clients
        self._changed = threading.Condition()

    def start(self, plan: Iterable[Planned]) -> None:
        """Begin to deliver; returns at once."""
        self.outcome = Deliveries([Delivered(planned) for planned in plan])
        self._order = itertools.count()
        self._due = [
            (moment, next(self._order), one, FIRST_PAUSE)
            for one in self.outcome.all
            for moment in one.planned.moments
        ]
        heapq.heapify(self._due)
        self._open = len(self._due)
        self._gives_up = False
        self._began = time.monotonic()
        self._threads = [
            threading.Thread(target=self._deliver_what_is_due, daemon=True)
            for _client in range(self._clients)
        ]
        for thread in self._threads:
            thread.start()

    def finish(self, within: float) -> Deliveries:
        """Wait until everything is acknowledged, or given up after so many seconds."""
        ends = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(ends - time.monotonic(), 0))
        with self._changed:
            self._gives_up = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        return self.outcome

    def _deliver_what_is_due(self) -> None:
        while (item := self._next()) is not None:
            _moment, _number, one, pause = item
            if self._is_acknowledged(one):
                self._done()
            else:
                again = time.monotonic() - self._began + pause
                with self._changed:
                    later = (again, next(self._order), one, min(pause * 2, LONGEST_PAUSE))
                    heapq.heappush(self._due, later)
                    self._changed.notify()

    def _next(self) -> tuple[float, int, Delivered, float] | None:
        with self._changed:
            while self._open and not self._gives_up:
                wait = self._due[0][0] - (time.monotonic() - self._began) if self._due else 1.0
                if wait <= 0:
                    return heapq.heappop(self._due)
                self._changed.wait(wait)
        return None

    def _done(self) -> None:
        with self._changed:
            self._open -= 1
            if not self._open:
                self._changed.notify_all()

    def _is_acknowledged(self, one: Delivered) -> bool:
        began = time.monotonic()
        status, body = self._post(one)
        took = time.monotonic() - began
        # A form that was not accepted stays open, with a sentence; a person sends it again.
        with self._changed:
            one.attempts += 1
            if status == 200 and not _is_open_still(body):
                one.acknowledged = True
                self.outcome.seconds.append(took)
                return True
            self.outcome.refusals.append(f"{status or 'no answer'} {body[:200].decode()}".strip())
        return False

    def _post(self, one: Delivered) -> tuple[int, bytes]:
        request = one.planned.request
        headers = {"Content-Type": request.content_type}
        headers |= sign(SIGNING_SECRET, int(self._now()), request.body)
        if one.attempts:
            headers["X-Slack-Retry-Num"] = str(one.attempts)
        connection = http.client.HTTPConnection("127.0.0.1", self._port(), timeout=PATIENCE)
        try:
            connection.request("POST", request.path, request.body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


def _is_open_still(body: bytes) -> bool:
    if not body:
        return False
    try:
        return "response_action" in json.loads(body)
    except ValueError:
        return True
