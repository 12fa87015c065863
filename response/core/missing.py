"""What is still to be written up after an incident, as a reminder to those who know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from response.core import drafting
from response.core.models import Incident, WriteUp


@dataclass(frozen=True)
class Missing:
    """One thing that is missing: ``about`` names it for programs, ``sentence`` says it."""

    about: str
    sentence: str


def after(incident: Incident) -> list[Missing]:
    """What its document does not say yet once an incident is over; nothing while it runs.

    At most two queries, one fewer where ``write_up`` was selected with it.
    """
    is_over = incident.is_closed() or incident.report_only
    return list(_missing(incident)) if is_over else []


def _missing(incident: Incident) -> Iterator[Missing]:
    if not incident.is_closed():
        yield Missing("end_time", "Nobody has said when it ended.")
    if not incident.action_set.exists():
        yield Missing("actions", "There is no action that keeps it from happening again.")
    written = WriteUp.of(incident)
    if written is None:
        yield Missing("write_up", "There is no write-up.")
        return
    for title in drafting.unwritten_sections(written.text):
        yield Missing("write_up", f"Nobody has written “{title}” in the write-up.")
