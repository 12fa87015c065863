"""The built-in handlers of what happens in a comms channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from response.core import services, timeline
from response.core.models import Incident
from response.slack import catchup, channels, messages, wants
from response.slack.decorators import slack_event
from response.slack.latest import is_the_latest
from response.slack.models import CommsChannel

Event = Mapping[str, Any]


@slack_event("channel_rename")
@slack_event("group_rename")
def follow_rename(incident: Incident, event: Event) -> None:
    """The channel is called what Slack says it is called."""
    renamed = event.get("channel")
    name = renamed.get("name") if isinstance(renamed, dict) else None
    channel = CommsChannel.objects.select_for_update().get(incident=incident)
    if not isinstance(name, str) or not name or not is_the_latest(incident, "name", event):
        return
    if name == channel.channel_name:
        return
    was = channel.channel_name
    channel.channel_name = name[: channels.LONGEST_NAME]
    channel.save()
    services.record(incident, timeline.channel_renamed(was, channel.channel_name))
    wants.all_of(channel)


@slack_event("channel_archive")
@slack_event("group_archive")
def note_archiving(incident: Incident, event: Event) -> None:
    """Nothing can be posted in the channel any more."""
    services.record(incident, timeline.channel_archived(_name_of(incident)))


@slack_event("channel_unarchive")
@slack_event("group_unarchive")
def note_unarchiving(incident: Incident, event: Event) -> None:
    """What changed meanwhile is shown again."""
    channel = CommsChannel.objects.get(incident=incident)
    services.record(incident, timeline.channel_unarchived(channel.channel_name))
    wants.all_of(channel)


@slack_event("channel_id_changed")
def follow_id(incident: Incident, event: Event) -> None:
    """Slack gives a channel another id when it is shared with another workspace."""
    new_id = event.get("new_channel_id")
    if isinstance(new_id, str) and 0 < len(new_id) <= channels.LONGEST_ID:
        channel = CommsChannel.objects.select_for_update().get(incident=incident)
        wants.moved(channel.channel_id, new_id)
        channel.channel_id = new_id
        channel.save()
        wants.all_of(channel)


@slack_event("member_joined_channel")
def catch_up(incident: Incident, event: Event) -> None:
    """Whoever comes later is told what happened so far; who reported it knows."""
    user_id = str(event.get("user") or "")
    reporter = incident.reporter
    if user_id and not (reporter is not None and reporter.external_id == user_id):
        messages.tell(
            incident.commschannel.channel_id,
            user_id,
            catchup.catch_up(incident),
            key=f"catch-up:{incident.pk}:{user_id}:{str(event.get('event_ts'))[:50]}",
        )


def _name_of(incident: Incident) -> str:
    return CommsChannel.objects.get(incident=incident).channel_name
