"""The bookmark that leads from the comms channel to the incident document."""

from __future__ import annotations

from response.delivery import calls
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
    listed = calls.call("bookmarks.list", {"channel_id": channel.channel_id})
    if not any(mark.get("link") == link for mark in listed.get("bookmarks") or []):
        calls.call(
            "bookmarks.add",
            {
                "channel_id": channel.channel_id,
                "title": TITLE,
                "type": "link",
                "link": link,
                "emoji": ":memo:",
            },
        )
    with work.settled(link=link):
        pass
