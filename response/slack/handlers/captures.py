"""Messages that people mark, with a pin or with a reaction, are entries of the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from response.conf import conf
from response.core import services
from response.core.models import Incident
from response.slack import captures, people, wants
from response.slack.decorators import slack_event
from response.slack.latest import is_the_latest
from response.slack.models import PinnedMessage
from response.slack.timestamps import instant_of

Event = Mapping[str, Any]


@slack_event("pin_added")
def add_pinned_message(incident: Incident, event: Event) -> None:
    """A pinned message is an entry of the timeline, at the time it was written."""
    message = _pinned(event)
    if message is None or not is_the_latest(incident, f"pin:{message['ts']}", event):
        return
    marked = marked_message(incident, message["ts"], str(event.get("item_user") or ""))
    marked.is_pinned = True
    captures.fill(marked, message, str(event.get("channel_id") or ""))


@slack_event("pin_removed")
def remove_pinned_message(incident: Incident, event: Event) -> None:
    """Unpinning takes away just what pinning added."""
    message = _pinned(event)
    if message is None or not is_the_latest(incident, f"pin:{message['ts']}", event):
        return
    marked = _known(incident, message["ts"])
    if marked is not None:
        marked.is_pinned = False
        _keep_or_remove(marked)


@slack_event("reaction_added")
def add_reacted_message(incident: Incident, event: Event) -> None:
    """The reaction of the setting RESPONSE_PIN_REACTION marks a message as a pin does."""
    ts = _reacted(event)
    if ts is None or not is_the_latest(incident, f"reaction:{event.get('user')}:{ts}", event):
        return
    marked = marked_message(incident, ts, str(event.get("item_user") or ""))
    marked.reacted_by = sorted({*marked.reacted_by, str(event.get("user"))})
    marked.save()
    # Unlike a pin, a reaction does not say what it stands under.
    wants.captured_text(incident, marked.pk)


@slack_event("reaction_removed")
def remove_reacted_message(incident: Incident, event: Event) -> None:
    """Once the last of these reactions is gone, so is what they added."""
    ts = _reacted(event)
    if ts is None or not is_the_latest(incident, f"reaction:{event.get('user')}:{ts}", event):
        return
    marked = _known(incident, ts)
    if marked is not None:
        marked.reacted_by = [one for one in marked.reacted_by if one != event.get("user")]
        _keep_or_remove(marked)


@slack_event("message_changed")
def follow_edit(incident: Incident, event: Event) -> None:
    """A marked message that is edited in Slack is edited here, and said to be."""
    message = event.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("ts"), str):
        return
    marked = _known(incident, message["ts"])
    if marked is not None and captures.is_deleted(message):
        _blank(incident, marked)
        return
    edited = message.get("edited")
    at = str(edited.get("ts") or "") if isinstance(edited, dict) else ""
    if marked is not None and is_the_latest(
        incident, f"edit:{message['ts']}", {"event_ts": at or event.get("event_ts")}
    ):
        captures.edit(marked, message)


@slack_event("message_deleted")
def follow_deletion(incident: Incident, event: Event) -> None:
    """What is deleted in Slack is not kept here either; that there was something is."""
    marked = _known(incident, str(event.get("deleted_ts") or ""))
    if marked is not None:
        _blank(incident, marked)


def marked_message(incident: Incident, ts: str, author_id: str) -> PinnedMessage:
    """The row of a message that somebody marks: the one there is, or a new one, not saved yet."""
    known = _known(incident, ts)
    if known is not None:
        return known
    return PinnedMessage(
        incident=incident,
        message_ts=ts,
        author=people.person((author_id or "unknown")[:20]),
        timestamp=instant_of(ts),
        text="",
        is_pinned=False,
    )


def _blank(incident: Incident, marked: PinnedMessage) -> None:
    # As an edit that none is later than: letters come after the digits of every time.
    is_the_latest(incident, f"edit:{marked.message_ts}", {"event_ts": "deleted"})
    captures.blank(marked)


def _known(incident: Incident, ts: str) -> PinnedMessage | None:
    marked = PinnedMessage.objects.select_for_update().filter(incident=incident, message_ts=ts)
    return marked.first()


def _keep_or_remove(marked: PinnedMessage) -> None:
    if marked.is_pinned or marked.reacted_by:
        marked.save()
        return
    entry_id = marked.timeline_event_id
    marked.delete()
    if entry_id is not None:
        services.remove_timeline_entry(entry_id)


def _reacted(event: Event) -> str | None:
    """The message under which our reaction was put; None for other reactions."""
    item = event.get("item")
    if not isinstance(item, dict) or not isinstance(item.get("ts"), str):
        return None
    name = str(event.get("reaction") or "").partition("::")[0]
    ours = str(conf.RESPONSE_PIN_REACTION).strip(":")
    return item["ts"] if name == ours and 0 < len(item["ts"]) <= 50 else None


def _pinned(event: Event) -> dict[str, Any] | None:
    """The pinned message, which Slack sends whole; None for what is no message."""
    item = event.get("item")
    message = item.get("message") if isinstance(item, dict) else None
    if not isinstance(message, dict) or not isinstance(message.get("ts"), str):
        return None
    return message if 0 < len(message["ts"]) <= 50 else None
