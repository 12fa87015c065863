"""The bookmark that leads from the comms channel to the incident document."""

from __future__ import annotations

from response.delivery import calls
from response.delivery.errors import Postponed
from response.delivery.mirrors import Work
from response.slack import channels
from response.slack.models import CommsChannel

TITLE = "Incident document"


def sync(work: Work) -> None:
    """Add the bookmark, unless it is there: also one of whose making we never heard."""
    channel = CommsChannel.objects.filter(incident_id=work.object_id).first()
    if channel is None:
        return
    link = channels.document_url(channel.incident)
    if work.believed.get("link") == link:
        return
    held_until = work.held_until
    listed = calls.call("bookmarks.list", {"channel_id": channel.channel_id})
    if not any(mark.get("link") == link for mark in listed.get("bookmarks") or []):
        if held_until is not None:
            raise Postponed("Slack may still add what it has not answered.", held_until)
        _add(work, channel, link)
    with work.settled(link=link):
        pass


def _add(work: Work, channel: CommsChannel, link: str) -> None:
    where = {"channel_id": channel.channel_id, "type": "link", "link": link}
    with work.begun():
        calls.call("bookmarks.add", {**where, "title": TITLE, "emoji": ":memo:"})
