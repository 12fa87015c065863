"""What is still to be written up after an incident, as a reminder to those who know."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from response.core import drafting
from response.core.completeness import Gap
from response.core.models import Action, Incident, WriteUp


def after(incident: Incident, actions: Collection[Action]) -> list[Gap]:
    """What its document does not say yet once an incident with these ``actions`` is over; nothing
    while it runs. One query, none where ``write_up`` was selected with it.
    """
    is_over = incident.is_closed() or incident.report_only
    return list(_gaps(incident, actions)) if is_over else []


def _gaps(incident: Incident, actions: Collection[Action]) -> Iterator[Gap]:
    if not incident.is_closed():
        yield Gap("end_time", "Nobody has said when it ended.")
    if not actions:
        yield Gap("actions", "There is no action that keeps it from happening again.")
    written = WriteUp.of(incident)
    if written is None:
        yield Gap("write_up", "There is no write-up.")
        return
    for title in drafting.unwritten_sections(written.text):
        yield Gap("write_up", f"Nobody has written “{title}” in the write-up.")
