"""A light load generator: clients with connections that stay open, each request timed."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.jobs import JOBS, Call, Side

#: More than any view answers here on two cores. A slice that uses them all up ends early.
MOST_A_SECOND = 2000


@dataclass
class Measured:
    """What came of some requests: seconds from sending each to the last byte of its answer."""

    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Measured) -> None:
        self.latencies += other.latencies
        self.failures += other.failures
        self.seconds += other.seconds


def run(port: int, job_name: str, side: Side, clients: int, seconds: float) -> Measured:
    """Send requests of one job for ``seconds``, ``clients`` at a time, each after the answer."""
    job = JOBS[job_name]
    # Made before the clock starts: the server has the two cores to itself as far as possible.
    calls = iter([job.call(side) for _ in range(int(MOST_A_SECOND * seconds) + clients)])
    measured = [Measured() for _ in range(clients)]
    ready = threading.Barrier(clients + 1)
    threads = [
        threading.Thread(target=_client, args=(port, calls, seconds, ready, mine))
        for mine in measured
    ]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return Measured(
        latencies=list(itertools.chain.from_iterable(mine.latencies for mine in measured)),
        failures=list(itertools.chain.from_iterable(mine.failures for mine in measured)),
        seconds=time.perf_counter() - began,
    )


def _client(
    port: int, calls: Iterator[Call], seconds: float, ready: threading.Barrier, mine: Measured
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.connect()
    ready.wait()
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends and (call := next(calls, None)) is not None:
        began = time.perf_counter()
        try:
            connection.request(call.method, call.path, call.body or None, call.headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            mine.failures.append(type(error).__name__)
            connection.close()
            continue
        took = time.perf_counter() - began
        # Slack's doors say yes with nothing: a body would be an apology or an error at a field.
        if answer.status == 200 and (call.method == "GET") == bool(body):
            mine.latencies.append(took)
        else:
            mine.failures.append(f"{answer.status} {body[:80]!r}")
    connection.close()
