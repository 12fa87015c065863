"""Incidents that may be the one that somebody is about to declare a second time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from response.core.models import Incident

# What was declared this recently is shown whatever it is called: in the first minutes people have
# different words for the same thing.
RECENT = timedelta(minutes=30)
MOST_SHOWN = 3

_LOOKED_AT = 100
_SHARED_WORDS = 0.5
_SAME_LETTERS = 0.75


def lookalikes(title: str, now: datetime) -> list[Incident]:
    """Open incidents that have a similar title, or were declared a short while ago; the most
    similar first. One query."""
    candidates = (
        Incident.objects.filter(end_time=None, private=False, report_only=False)
        .select_related("commschannel", "lead")
        .order_by("-report_time", "-pk")[:_LOOKED_AT]
    )
    return alike(title, candidates, now)


def alike(title: str, incidents: Iterable[Incident], now: datetime) -> list[Incident]:
    """Those of ``incidents`` that may be what ``title`` says."""
    scored = [(likeness(title, incident.report), incident) for incident in incidents]
    near = [
        (score, incident)
        for score, incident in scored
        if score or now - RECENT <= incident.report_time <= now + RECENT
    ]
    near.sort(key=lambda pair: -pair[0])
    return [incident for _score, incident in near[:MOST_SHOWN]]


def likeness(one: str, other: str) -> float:
    """How similar two titles are, from 0.0 (not similar) to 1.0 (the same words)."""
    words, others = _words(one), _words(other)
    if not words or not others:
        return 0.0
    shared = len(words & others) / len(words | others)
    letters = SequenceMatcher(None, " ".join(sorted(words)), " ".join(sorted(others))).ratio()
    return max(shared, letters) if shared >= _SHARED_WORDS or letters >= _SAME_LETTERS else 0.0


def _words(title: str) -> set[str]:
    return set(re.findall(r"\w+", title.casefold())) - _FILLERS


_FILLERS = frozenset(
    ["a", "an", "and", "are", "for", "in", "is", "not", "of", "on", "our", "the", "to", "with"]
)
