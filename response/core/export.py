"""Everything that is known of one incident, to take away: as JSON and as Markdown.

    record = export.gather(incident, addresses=request.user.is_authenticated)
    export.as_json(record)
    export.as_markdown(record)

Whoever asks has made sure that the reader may see the incident.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.urls import NoReverseMatch

from response.conf import conf
from response.core import attribution, instants, pictures
from response.core.addresses import hide_all_addresses, without_address
from response.core.embedding import block, indented, line
from response.core.links import on_site
from response.core.models import Action, ExternalUser, Incident, TimelineEvent, WriteUp
from response.core.serializers import (
    ActionSerializer,
    ExternalUserSerializer,
    IncidentSnapshotSerializer,
    TimelineEventSerializer,
    sendable,
)
from response.core.text import Reader, reader


@dataclass(frozen=True)
class Record:
    """An incident with all that belongs to it, read once.

    ``participants`` are rows with ``user``, ``join_time`` and ``message_count``, who wrote most
    first. Without ``addresses`` no e-mail address is in anything that is made of it.
    """

    incident: Incident
    actions: list[Action]
    entries: list[TimelineEvent]
    participants: list[Any]
    write_up: str
    texts: Reader
    addresses: bool

    def name(self, person: ExternalUser | None) -> str:
        """What to call a person; "" for nobody."""
        return without_address(person.name) if person else ""


def gather(incident: Incident, *, addresses: bool) -> Record:
    """Read all that belongs to an incident, in a constant number of queries.

    ``incident`` comes with lead, reporter, commschannel and write_up selected, or asks for each.
    ``addresses``: whether the reader may see e-mail addresses; one who is not signed in may not.
    """
    actions = list(incident.action_items().select_related("user"))
    entries = list(incident.timeline_events())
    participants = incident.userstats_set.select_related("user")
    written = WriteUp.of(incident)
    write_up = written.text if written else ""
    return Record(
        incident=incident,
        actions=actions,
        entries=entries,
        participants=list(participants.order_by("-message_count", "join_time", "pk")),
        write_up=write_up,
        texts=reader(
            [write_up, *_texts(incident, actions, entries)], addresses=addresses, images=False
        ),
        addresses=addresses,
    )


def _texts(
    incident: Incident, actions: Iterable[Action], entries: Iterable[TimelineEvent]
) -> Iterator[str | None]:
    yield from (incident.report, incident.summary, incident.impact)
    yield from (action.details for action in actions)
    yield from (entry.text for entry in entries)


def address_of(incident: Incident) -> str:
    """The address of the incident's page; "" where the project has none."""
    try:
        path = incident.get_absolute_url()
    except NoReverseMatch:
        return ""
    return on_site(path) if conf.SITE_URL else ""


# JSON


def as_json(record: Record) -> dict[str, Any]:
    """The incident as a dictionary that ``json.dumps`` takes, its values as in the REST API.

    Texts are as written; ``details_ui`` and ``text_ui`` are readable. Instants carry their offset,
    lengths are in seconds.
    """
    incident, context = record.incident, {"reader": record.texts}
    length = incident.end_time - incident.start_time if incident.end_time else None
    found = {
        **IncidentSnapshotSerializer(incident, context=context).data,
        "address": address_of(incident),
        "status": incident.status_text(),
        "severity_text": incident.severity_text(),
        "private": incident.private,
        "write_up": record.write_up or None,
        "duration_seconds": length.total_seconds() if length is not None else None,
        "actions": ActionSerializer(record.actions, many=True, context=context).data,
        "timeline": TimelineEventSerializer(record.entries, many=True, context=context).data,
        "participants": [
            {
                "user": ExternalUserSerializer(row.user).data,
                "join_time": row.join_time,
                "message_count": row.message_count,
            }
            for row in record.participants
        ],
    }
    plain: dict[str, Any] = sendable(json.loads(json.dumps(found, cls=DjangoJSONEncoder)))
    return plain if record.addresses else _without_addresses(plain)


def _without_addresses(value: Any) -> Any:
    """Hides what is in texts; a person's e-mail address is not said at all."""

    def silenced(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: None if key == "email" else silenced(item) for key, item in value.items()}
        return [silenced(item) for item in value] if isinstance(value, list) else value

    return hide_all_addresses(silenced(value))


# Markdown


def as_markdown(record: Record) -> str:
    """The incident as one Markdown document (CommonMark, with the task lists of GitHub's).

    What people wrote stays the Markdown it is, but cannot act outside of its place: it holds no
    HTML and no images, and its headings stand below ours.
    """
    incident = record.incident
    parts = [
        f"# Incident {incident.pk}: {line(record.texts.plain(incident.report)) or 'Untitled'}",
        "\n".join(f"- **{name}:** {value}" for name, value in _facts(record) if value),
        *_section("Summary", _text(record, incident.summary) or "_No summary was written._"),
        *_section("Impact", _text(record, incident.impact) or "_Nobody said what was affected._"),
        *_section("Write-up", _text(record, record.write_up)),
        *_section("Actions", "\n\n".join(_action(record, one) for one in record.actions)),
        *_section("Timeline", "\n\n".join(_timeline(record))),
        *_section("Who took part", "\n".join(_people(record))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, body: str) -> list[str]:
    return [f"## {title}", body] if body else []


def _text(record: Record, text: str | None) -> str:
    return block(record.texts.markdown(text), below=2)


def _facts(record: Record) -> Iterator[tuple[str, str]]:
    incident = record.incident
    channel = incident.comms_channel()
    lasted = incident.is_closed() or not incident.report_only
    yield "Status", incident.status_text() + (", private" if incident.private else "")
    yield "Severity", line(incident.severity_text() or "not set")
    yield "Lead", line(record.name(incident.lead)) or "nobody"
    yield "Reported by", line(record.name(incident.reporter)) or "not known"
    yield "Started", instants.in_words(incident.start_time)
    yield "Declared", instants.in_words(incident.report_time)
    yield "Ended", instants.in_words(incident.end_time) if incident.end_time else ""
    yield "Duration", incident.duration() if lasted else ""
    yield "Channel", line(f"#{channel.channel_name}") if channel else ""
    address = address_of(incident)
    yield "Document", f"<{address}>" if address else ""


def _action(record: Record, action: Action) -> str:
    facts = [
        f"done {instants.in_words(action.done_date)}" if action.done and action.done_date else "",
        f"due {instants.in_words(action.due_date)}" if action.due_date and not action.done else "",
        f"{line(action.get_priority_display() or '')} priority" if action.priority else "",
        line(action.get_type_display() or ""),
    ]
    box = "[x]" if action.done else "[ ]"
    owner = line(record.name(action.user)) or "nobody"
    head = f"- {box} **{owner}**" + "".join(f" · {fact}" for fact in facts if fact)
    return _item(head, record.texts.markdown(action.details))


def _timeline(record: Record) -> Iterator[str]:
    when = [(instants.local(entry.timestamp), entry) for entry in record.entries]
    for day, entries in groupby(when, key=lambda pair: pair[0].date()):
        yield f"### {day.isoformat()}"
        for at, entry in entries:
            head = f"- **{at:%H:%M} {instants.zone_of(at)}".rstrip() + "**" + _by(entry)
            yield _item(head, record.texts.markdown(entry.text), _pictures(record, entry))


def _pictures(record: Record, entry: TimelineEvent) -> str:
    """What pictures an entry has, a line each; they are no part of this file."""
    names = ((picture.alt, picture.name) for picture in pictures.of(entry.metadata))
    return "\n".join(
        f"- Picture: {line(record.texts.plain(': '.join(filter(None, dict.fromkeys(each)))))}"
        for each in names
    )


def _by(entry: TimelineEvent) -> str:
    said = attribution.of(entry.metadata)
    parts = [
        line(said.who),
        line(said.where),
        f"pinned by {line(said.pinned_by)}" if said.pinned_by else "",
        "edited" if said.edited else "",
    ]
    words = ", ".join(part for part in parts if part)
    return f" · {words}" if words else ""


def _people(record: Record) -> Iterator[str]:
    for row in record.participants:
        number = row.message_count
        said = f"{number} message" + ("" if number == 1 else "s")
        yield f"- {line(record.name(row.user))} ({said})"


def _item(head: str, text: str, ours: str = "") -> str:
    """An item of a list: what it begins with, what people wrote, and a block of ours below it."""
    body = "\n\n".join(filter(None, [block(text), ours]))
    return f"{head}\n\n{indented(body, 2)}" if body else head
