"""What came of it, as Markdown."""

from __future__ import annotations

from tests.chaos.comparison import KINDS
from tests.chaos.row import Row

HEAD = (
    f"| database | fault | requests | kills | acknowledged | {' | '.join(KINDS)} "
    "| p50 / p99 ms | seconds to quiet |",
    f"|---|---|--:|--:|--:|{'--:|' * len(KINDS)}--:|--:|",
)


def markdown(row: Row) -> str:
    """A line of the table."""
    kills = ", ".join(f"{number} {what}" for what, number in row.kills.items() if number) or "0"
    numbers = " | ".join(f"**{row.number(kind)}**" if row.number(kind) else "0" for kind in KINDS)
    skipped = f" + {row.skipped:.0f} skipped" if row.skipped else ""
    notes = f" ({'; '.join(row.notes)})" if row.notes else ""
    return (
        f"| {row.database} | {row.fault}{notes} | {row.requests} | {kills} | {row.acknowledged} "
        f"| {numbers} | {row.percentile(50):.1f} / {row.percentile(99):.1f} "
        f"| {row.quiet_after:.1f}{skipped} |"
    )


def total(rows: list[Row]) -> Row:
    """All of them in one."""
    everything = Row("both" if len({row.database for row in rows}) > 1 else rows[0].database, "all")
    for row in rows:
        everything.requests += row.requests
        everything.acknowledged += row.acknowledged
        everything.kills += row.kills
        everything.findings += row.findings
        everything.seconds += row.seconds
        everything.quiet_after = max(everything.quiet_after, row.quiet_after)
    return everything


def is_bad(row: Row) -> bool:
    """Whether something is not as it must be: counts, never times."""
    return bool(row.findings) or "nothing died" in row.notes
