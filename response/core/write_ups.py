"""The services that write an incident's write-up; as those of ``services``, each is one transaction
with its place on the timeline and a signal.
"""

from __future__ import annotations

from django.utils import timezone

from response.core import actors, drafting, services, signals, timeline
from response.core.actors import Actor
from response.core.models import Incident, WriteUp
from response.core.timeline import Entry
from response.exceptions import Outdated
from response.transactions import atomic


@atomic()
def draft_write_up(incident_id: int, *, by: Actor | None = None) -> WriteUp:
    """Write the first draft of the write-up, from the facts. One that is there stays as it is."""
    incident = _locked(incident_id)
    written = _stored(incident)
    if written.text:
        return written
    facts = drafting.Facts(
        incident=incident,
        actions=list(incident.action_items().select_related("user")),
        entries=list(incident.timeline_events()),
    )
    written.text = drafting.draft(facts)
    _store(written)
    _tell(written, timeline.write_up_drafted(written.revision), by)
    return written


@atomic()
def change_write_up(
    incident_id: int, *, text: str, revision: int | None = None, by: Actor | None = None
) -> WriteUp | None:
    """Write the write-up, in Markdown. An empty text removes it, and None is returned.

    ``revision`` is the one that the writer had before them, 0 for none yet; raises Outdated where
    it is another by now. Without it the text is written over whatever is there.
    """
    written = _stored(_locked(incident_id))
    if revision is not None and revision != written.revision:
        raise Outdated("The write-up was changed meanwhile.")
    old, written.text = written.text, text if text.strip() else ""
    if written.text != old:
        _store(written)
        _tell(written, timeline.write_up_changed(written.revision, old, written.text), by)
    return written if written.text else None


def _locked(incident_id: int) -> Incident:
    # Two who begin to write at once must not both find that nothing is there.
    incidents = Incident.objects.select_for_update(of=("self",))
    incident: Incident = incidents.select_related("lead", "reporter").get(pk=incident_id)
    return incident


def _stored(incident: Incident) -> WriteUp:
    found = WriteUp.objects.filter(incident=incident).first()
    return found or WriteUp(incident=incident, revision=0)


def _store(written: WriteUp) -> None:
    # A removed one stays, empty: its revision must not come to stand for another text.
    written.revision += 1
    written.changed_at = timezone.now()
    written.save()


def _tell(written: WriteUp, entry: Entry, by: Actor | None) -> None:
    by = by or actors.current()
    services.record(written.incident, entry, by=by)
    signals.write_up_changed.send(WriteUp, write_up=written, by=by)
