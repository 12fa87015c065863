"""What was measured, as Markdown."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from tests.bench.load import Measured

REQUESTS = (
    "| database | job | clients | requests/s | p50 ms | p99 ms |",
    "|---|---|--:|--:|--:|--:|",
)

DRAINS = (
    "| database | in one thread | a second |",
    "|---|---|--:|",
)
MESSAGES = (
    "| database | messages | a second | statements that write, each | commits, each |",
    "|---|--:|--:|--:|--:|",
)
LOAD = (
    "| database | Slack is | a second | what | requests | p50 ms | p99 ms | max ms | not 200 |",
    "|---|---|--:|---|--:|--:|--:|--:|--:|",
)


@dataclass(frozen=True)
class Row:
    """One job on one database, by ``clients`` at a time, on both sides."""

    database: str
    job: str
    clients: int
    ours: Measured
    bare: Measured

    def markdown(self) -> str:
        """A line of the table: ours / bare = ratio, for each of the three figures."""
        return (
            f"| {self.database} | {self.job} | {self.clients} "
            f"| {_beside(_rate(self.ours), _rate(self.bare), 0)} "
            f"| {_beside(_percentile(self.ours, 50), _percentile(self.bare, 50), 1)} "
            f"| {_beside(_percentile(self.ours, 99), _percentile(self.bare, 99), 1)} |"
        )


def notes(rows: list[Row]) -> list[str]:
    """A line for each row in which requests failed: its figures are those of the others."""
    return [
        f"{row.database}, {row.job}, {row.clients} clients, {side}: {len(measured.failures)} of "
        f"{len(measured.failures) + len(measured.latencies)} failed, first {measured.failures[0]}"
        for row in rows
        for side, measured in (("ours", row.ours), ("bare", row.bare))
        if measured.failures
    ]


def drained(database: str, what: str, a_second: float) -> str:
    """A line of DRAINS."""
    return f"| {database} | {what} | {a_second:.0f} |"


def written(database: str, messages: int, rate: float, each: tuple[float, float]) -> str:
    """A line of MESSAGES; ``each``: statements and commits of one message."""
    return f"| {database} | {messages} | {rate:.0f} | **{each[0]:.2f}** | **{each[1]:.2f}** |"


def loaded(database: str, slack: str, rate: float, what: str, measured: Measured) -> str:
    """A line of LOAD."""
    times = measured.latencies
    figures = (
        f"{_percentile(measured, 50):.1f}",
        f"**{_percentile(measured, 99):.1f}**",
        f"{max(times, default=0.0) * 1000:.1f}",
    )
    return (
        f"| {database} | {slack} | {rate:.0f} | {what} | {len(times)} | {' | '.join(figures)} "
        f"| {len(measured.failures)} |"
    )


def _beside(ours: float, bare: float, digits: int) -> str:
    ratio = f"{ours / bare:.2f}" if bare else "–"
    return f"{ours:.{digits}f} / {bare:.{digits}f} = **{ratio}**"


def _rate(measured: Measured) -> float:
    return len(measured.latencies) / measured.seconds if measured.seconds else 0.0


def _percentile(measured: Measured, percent: int) -> float:
    """In milliseconds; 0 where there is too little to say."""
    if len(measured.latencies) < 2:
        return 0.0
    cuts = statistics.quantiles(measured.latencies, n=100, method="inclusive")
    return cuts[percent - 1] * 1000
