"""A pinned message in the comms channel that says how things stand, and keeps itself up to date."""

from __future__ import annotations

from typing import Any

from response.core.models import Incident
from response.delivery import calls
from response.delivery.errors import Postponed, Refused
from response.delivery.mirrors import Work
from response.slack import channels, instants, mrkdwn, people, posts
from response.slack.block_kit import Context, Message, Section, Text
from response.slack.messages import marked
from response.slack.models import CommsChannel

_LONGEST_PART = 1200


def render(incident: Incident) -> Message:
    """How things stand: pure but for the names of those who are mentioned."""
    severity = (
        f"{incident.severity_emoji()} {incident.severity_text()}" if incident.severity else "—"
    )
    message = Message()
    message.add_block(Section(block_id="title", text=Text(f"*{people.outgoing(incident.report)}*")))
    message.add_block(
        Section(
            block_id="facts",
            fields=[
                Text(f"*Status*\n{incident.status_emoji()} {incident.status_text()}"),
                Text(f"*Severity*\n{severity}"),
                Text(f"*Lead*\n{people.mention(incident.lead)}"),
                Text(f"*Since*\n{mrkdwn.moment(instants.in_utc(incident.start_time))}"),
            ],
        )
    )
    for title, text in (("Summary", incident.summary), ("Impact", incident.impact)):
        if text:
            shown = people.outgoing(text, limit=_LONGEST_PART)
            message.add_block(Section(block_id=title.lower(), text=Text(f"*{title}*\n{shown}")))
    document = mrkdwn.link(channels.document_url(incident), "the incident document")
    message.add_block(
        Context([Text(f"Everything stands in {document}. `@incident help` shows what I can do.")])
    )
    message.set_fallback_text(
        f"{people.outgoing(incident.report)}: {incident.status_text()}, "
        f"severity {incident.severity_text() or 'not said yet'}"
    )
    return message


def sync(work: Work) -> None:
    """Post and pin the message, or change it to what it should say."""
    channel = (
        CommsChannel.objects.select_related("incident__lead")
        .filter(incident_id=work.object_id)
        .first()
    )
    if channel is None:
        return
    message = render(channel.incident)
    body = {"text": message.text(), "blocks": message.serialize()}
    digest = posts.digest(body)
    pinned = work.shown.get("pinned")
    ts = (
        _kept_post(work, channel.channel_id, body, digest)
        or posts.update(work, channel.channel_id, _lost_post(work, channel.channel_id), body)
        or _post(work, channel.channel_id, body)
    )
    if pinned != ts:
        # Not settled yet: a pin that has to wait would not be owed any more.
        work.keep(ts=ts, digest=digest, pinned=pinned)
        if _pin(channel.channel_id, ts):
            pinned = ts
    with work.settled(ts=ts, digest=digest, pinned=pinned):
        pass


def _kept_post(work: Work, channel_id: str, body: dict[str, Any], digest: str) -> str:
    """The ts of the post that we know of, which says what it should by now; nothing, where there
    is none, or none any more."""
    ts = str(work.shown.get("ts") or "")
    if not ts or work.believed.get("digest") == digest:
        return ts
    if not posts.update(work, channel_id, ts, body):
        # What is posted in its place must be looked for, if its answer is missing.
        work.keep()
        return ""
    return ts


def _lost_post(work: Work, channel_id: str) -> str:
    """The ts of the post that was begun and whose answer is missing, if Slack has it. While Slack
    may still make it, nobody can say that it has not."""
    if work.begun_at is None:
        return ""
    held_until = work.held_until
    if found := calls.find({"channel": channel_id}, work.key, work.begun_at):
        return found[0]
    if held_until is not None:
        raise Postponed("Slack may still post what it has not answered.", held_until)
    return ""


def _post(work: Work, channel_id: str, body: dict[str, Any]) -> str:
    with work.begun():
        answer = calls.call(
            "chat.postMessage", {"channel": channel_id, "metadata": marked(work.key), **body}
        )
    return str(answer["ts"])


def _pin(channel_id: str, ts: str) -> bool:
    """A pin that Slack refuses (too many, no scope) leaves a message that is right all the same."""
    try:
        calls.call("pins.add", {"channel": channel_id, "timestamp": ts})
    except Refused:
        return False
    return True
