"""What an incident's document still lacks. Pure: an incident in, gaps out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from response.core.models import Action, Incident


@dataclass(frozen=True)
class Gap:
    """Something that is missing: ``about`` names it ("lead", "summary", "actions"…), ``sentence``
    says it to a person."""

    about: str
    sentence: str


def gaps(incident: Incident, actions: Iterable[Action]) -> list[Gap]:
    """What is missing of an incident with these ``actions``, the most important first."""
    to_do = sum(1 for action in actions if not action.done)
    undated = sum(1 for action in actions if not action.done and action.due_date is None)
    found = [
        (not incident.summary, "summary", "There is no summary of what happened."),
        (not incident.impact, "impact", "Nobody has said what was affected."),
        (not incident.severity, "severity", "Its severity is not set."),
        (incident.lead_id is None, "lead", "Nobody is its lead."),
        (to_do > 0, "actions", f"{_counted(to_do, 'action is', 'actions are')} still to be done."),
        (undated > 0, "actions", f"{_counted(undated, 'action has', 'actions have')} no due date."),
    ]
    return [Gap(about, sentence) for missing, about, sentence in found if missing]


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
