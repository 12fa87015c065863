"""Whether Slack shows incidents as they are, and since when it does not.

Whoever shows them there registers how that is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from response.core.models import Incident


@dataclass(frozen=True)
class Behind:
    """Something of an incident that Slack does not show yet.

    ``since``: the first change that is missing there, as the host's Django stores instants.
    ``refusal``: why Slack refused it, in words for an administrator; empty where it only has to
    be reached, which happens by itself.
    """

    since: datetime
    refusal: str


Find = Callable[[Sequence[Incident]], dict[int, Behind]]

_finders: list[Find] = []


def register_finder(find: Find) -> Find:
    """Have ``find`` asked by ``of``. It gets incidents, returns those that are behind by their
    primary keys, and makes a constant number of queries."""
    if find not in _finders:
        _finders.append(find)
    return find


def of(incidents: Sequence[Incident]) -> dict[int, Behind]:
    """Which of these Slack is behind with, by their primary keys. The longest, where several
    things of one incident are missing, and one that Slack refused before one that is only late."""
    found: dict[int, Behind] = {}
    for find in _finders:
        for key, behind in find(incidents).items():
            found[key] = min(found.get(key, behind), behind, key=_urgency)
    return found


def of_any(incidents: Sequence[Incident]) -> Behind | None:
    """The same for all of these together; None where Slack shows them as they are."""
    return min(of(incidents).values(), key=_urgency, default=None)


def _urgency(behind: Behind) -> tuple[bool, datetime]:
    return not behind.refusal, behind.since
