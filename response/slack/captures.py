"""A message of Slack's as an entry of the timeline: its words, its author, and what hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from response.core import services, timeline
from response.core.models import TimelineEvent
from response.delivery import calls, clock
from response.delivery.errors import Postponed, Refused
from response.delivery.mirrors import Work
from response.slack import mrkdwn, people, pictures
from response.slack.models import CommsChannel, PinnedMessage

DELETED = "(This message was deleted in Slack.)"

_GONE = frozenset({"message_not_found", "thread_not_found"})

Message = Mapping[str, Any]


def fill(marked: PinnedMessage, message: Message, channel_id: str) -> None:
    """Store a marked message as Slack tells it, and put it on the timeline where it is not yet.

    What stands there already followed its edits, and is newer than what comes with a late mark.
    """
    entry = marked.timeline_event
    if entry is not None:
        marked.save()
        if not (entry.metadata or {}).get("deleted"):
            pictures.follow(marked, message)
        return
    author_id = message.get("user")
    if isinstance(author_id, str) and 0 < len(author_id) <= 20:
        marked.author = people.person(author_id)
    marked.text = text_of(message)
    marked.timeline_event = services.add_timeline_entry(
        marked.incident_id,
        text=marked.text,
        at=marked.timestamp,
        kind=TimelineEvent.Kind.SLACK_PIN,
        metadata={
            "author": timeline.person(marked.author),
            "message_ts": marked.message_ts,
            "channel_id": channel_id,
            "permalink": message.get("permalink"),
        },
    )
    marked.save()
    pictures.follow(marked, message)


def edit(marked: PinnedMessage, message: Message) -> None:
    """Take over what the message says now. Where that is the same, Slack added something to it,
    the preview of a link say, and nobody edited it."""
    text = text_of(message)
    if text != marked.text:
        _rewrite(marked, text, edited=True)
    pictures.follow(marked, message)


def blank(marked: PinnedMessage) -> None:
    """Keep that there was a message, and nothing of what it said."""
    _rewrite(marked, DELETED, deleted=True)
    pictures.follow(marked, {})


def is_deleted(message: Message) -> bool:
    """Whether only the place of a message is left, for what was answered to it to stand under."""
    return message.get("subtype") == "tombstone"


def text_of(message: Message) -> str:
    """What a message says, as it was written, with a link for each file and picture on it."""
    lines = [mrkdwn.unescape(str(message.get("text") or ""))]
    files = message.get("files")
    for file in files if isinstance(files, list) else []:
        if isinstance(file, dict) and isinstance(file.get("permalink"), str):
            lines.append(_file_link(file["permalink"], str(file.get("title") or file.get("name"))))
    return "\n".join(line for line in lines if line)


def fetch_text(work: Work) -> None:
    """Ask Slack what a message says that somebody put our reaction under."""
    marked = PinnedMessage.objects.filter(pk=work.object_id).first()
    if marked is None or marked.timeline_event_id is not None:
        return
    channel = CommsChannel.objects.filter(incident_id=marked.incident_id).first()
    message = _fetched(channel.channel_id, marked.message_ts) if channel else None
    if channel is None or message is None:
        return
    with work.settled():
        # It may have been taken back while we asked.
        still = PinnedMessage.objects.select_for_update().filter(pk=marked.pk).first()
        if still is not None and still.timeline_event_id is None:
            if still.text != marked.text:
                # What we heard of meanwhile may be newer than what we were answered.
                raise Postponed("The message was changed while it was read.", clock.now())
            fill(still, message, channel.channel_id)


def _fetched(channel_id: str, ts: str) -> Message | None:
    """A message with its permalink; None where it is gone."""
    try:
        message = _found(channel_id, ts)
        if message is None or is_deleted(message):
            return None
        place = {"channel": channel_id, "message_ts": ts}
        return {**message, "permalink": calls.call("chat.getPermalink", place).get("permalink")}
    except Refused as refused:
        if refused.code not in _GONE:
            raise
        return None


def _found(channel_id: str, ts: str) -> Message | None:
    """A message of the channel, or of one of its threads."""
    this = {"channel": channel_id, "oldest": ts, "latest": ts, "inclusive": True, "limit": 1}
    for method, query in (
        ("conversations.history", this),
        ("conversations.replies", {**this, "ts": ts}),
    ):
        for message in calls.call(method, query).get("messages") or []:
            if isinstance(message, dict) and message.get("ts") == ts:
                return message
    return None


def _rewrite(marked: PinnedMessage, text: str, **marks: bool) -> None:
    marked.text = text
    marked.save(update_fields=["text"])
    entry = marked.timeline_event
    if entry is not None:
        metadata = {**(entry.metadata or {}), **marks}
        services.change_timeline_entry(entry.pk, text=text, metadata=metadata)


def _file_link(address: str, title: str) -> str:
    label = " ".join(title.translate(_NOT_IN_LABELS).split()) or "file"
    return f"<{address.translate(_NOT_IN_ADDRESSES)}|{label}>"


_NOT_IN_LABELS = str.maketrans("<>|", "   ")
_NOT_IN_ADDRESSES = str.maketrans("", "", "<>| \n")
