"""What somebody needs to know who comes into the channel late; told to them only."""

from __future__ import annotations

from response.core.models import Incident
from response.core.text import reader
from response.slack import channels, instants, mrkdwn, people, wording

LAST_ENTRIES = 5
MOST_ACTIONS = 10


def catch_up(incident: Incident) -> str:
    """What it is, since when, how bad, who leads, what is known, what happened last, what is
    still to be done, and where all of it stands; as a message."""
    severity = incident.severity_text() or "not said yet"
    lead = people.mention(incident.lead) if incident.lead else "nobody yet"
    document = mrkdwn.link(channels.document_url(incident), "the incident document")
    start = mrkdwn.moment(instants.in_utc(incident.start_time))
    parts = [
        f"*{people.outgoing(incident.report)}*\n"
        f"{incident.status_emoji()} {incident.status_text()} since {start} "
        f"({incident.duration()}) · severity: {severity} · lead: {lead}",
        _titled("What is known", [people.outgoing(incident.summary or "", limit=1000)]),
        _titled("Who and what is affected", [people.outgoing(incident.impact or "", limit=1000)]),
        _titled("What happened last", _last_entries(incident)),
        _titled("Still to be done", _open_actions(incident)),
        f"Everything stands in {document}.",
    ]
    return "\n\n".join(filter(None, parts))


def _titled(title: str, lines: list[str]) -> str:
    said = [line for line in lines if line]
    return "\n".join([f"*{title}*", *said]) if said else ""


def _last_entries(incident: Incident) -> list[str]:
    entries = list(incident.timelineevent_set.order_by("-timestamp", "-pk")[:LAST_ENTRIES])
    readable = reader([entry.text for entry in entries])
    told = ((entry.timestamp, _line(readable.plain(entry.text))) for entry in reversed(entries))
    return [f"• {wording.time_of_day(at)} {mrkdwn.outgoing(text, limit=200)}" for at, text in told]


def _open_actions(incident: Incident) -> list[str]:
    actions = list(incident.action_items().filter(done=False).select_related("user"))
    lines = [
        f"• {people.outgoing(_line(action.details), limit=200)} ({people.mention(action.user)})"
        for action in actions[:MOST_ACTIONS]
    ]
    if len(actions) > MOST_ACTIONS:
        lines.append(f"• and {len(actions) - MOST_ACTIONS} more")
    return lines


def _line(text: str) -> str:
    return " ".join(text.split())
