"""What Slack shall show, written down in the running transaction. Nothing here asks Slack."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from response.conf import conf
from response.core.actors import Actor
from response.core.models import Incident
from response.delivery import clock, inbox, mirrors, outbox

if TYPE_CHECKING:
    from response.slack.models import CommsChannel

HEADLINE = "headline"
HEADLINE_EXTRAS = "headline_extras"
THANKS = "thanks"
CHANNEL = "comms_channel"
TOPIC = "topic"
MEMBERS = "members"
SUMMARY = "summary"
BOOKMARK = "bookmark"
CAPTURE = "capture"
PICTURE = "picture"
PERSON = "person"
DIRECTORY = "directory"

_PEOPLE_LANE = "people"
# Not that of the channel: what is said there does not wait for pictures.
_PICTURES_LANE = "pictures"


def headline(incident: Incident) -> None:
    """A headline post that looks like the incident."""
    mirrors.want(HEADLINE, incident.pk, lane=headline_lane(incident))


def what_shows(incident: Incident, changed: Collection[str]) -> None:
    """All that shows an incident some of whose fields changed, by name."""
    lanes = {HEADLINE: headline_lane(incident)}
    channel = incident.comms_channel()
    if channel is not None:
        kinds = {TOPIC: "report" in changed, MEMBERS: "lead" in changed, SUMMARY: True}
        lanes |= {kind: channel.channel_id for kind, shows_it in kinds.items() if shows_it}
    mirrors.want_together(incident.pk, lanes)


def thanks(incident: Incident, channel_id: str) -> None:
    """Thanks for the reporter, in the channel where they are, once the headline is posted."""
    lane = headline_lane(incident)
    mirrors.want(THANKS, incident.pk, lane=lane, shown={"channel": channel_id})


def no_second_headline(incident_id: int, channel_id: str, *, from_: datetime) -> None:
    """No other posts of the incident, as soon as Slack cannot make any more."""
    mirrors.want(HEADLINE_EXTRAS, incident_id, lane=channel_id, not_before=from_)


def comms_channel(incident: Incident, by: Actor) -> None:
    """A comms channel, unless there is one, or the incident is not for everyone."""
    if incident.comms_channel() is None and not incident.private:
        lane = f"incident {incident.pk}"
        mirrors.want(CHANNEL, incident.pk, lane=lane, shown={"by": asdict(by)})


def topic(channel: CommsChannel) -> None:
    """A topic that says what the channel is about."""
    mirrors.want(TOPIC, channel.incident_id, lane=channel.channel_id)


def members(channel: CommsChannel) -> None:
    """Those in the channel whom the incident concerns."""
    mirrors.want(MEMBERS, channel.incident_id, lane=channel.channel_id)


def member(channel: CommsChannel, user_id: str) -> None:
    """One more person in the channel; being there already is as good."""
    outbox.owe(
        f"invite:{uuid.uuid4()}",
        "conversations.invite",
        {"channel": channel.channel_id, "users": user_id},
        lane=channel.channel_id,
        in_doubt=outbox.Doubt.REPEAT,
    )


def all_of(channel: CommsChannel) -> None:
    """Everything that shows a channel which is there, or is called otherwise now."""
    headline(channel.incident)
    topic(channel)
    members(channel)
    bookmark(channel)
    summary(channel)


def all_of_new(channel: CommsChannel) -> None:
    """The same for one that was just made, and has nothing of what an earlier one may have had."""
    mirrors.forget((TOPIC, MEMBERS, BOOKMARK, SUMMARY), channel.incident_id)
    all_of(channel)


def summary(channel: CommsChannel) -> None:
    """A pinned message in the channel that says how things stand."""
    mirrors.want(SUMMARY, channel.incident_id, lane=channel.channel_id)


def bookmark(channel: CommsChannel) -> None:
    """A bookmark in the channel that leads to the incident document."""
    mirrors.want(BOOKMARK, channel.incident_id, lane=channel.channel_id)


def captured_text(incident: Incident, pinned_message_pk: int) -> None:
    """What a message says that was marked with our reaction: asked of Slack."""
    channel = incident.comms_channel()
    if channel is not None:
        mirrors.want(CAPTURE, pinned_message_pk, lane=channel.channel_id)


def picture(picture_pk: int) -> None:
    """A copy of a picture on a captured message."""
    mirrors.want(PICTURE, picture_pk, lane=_PICTURES_LANE)


def moved(old_channel_id: str, new_channel_id: str) -> None:
    """Everything that is still owed to a channel, and what came from it and waits, under its new
    id."""
    mirrors.move_lane(old_channel_id, new_channel_id)
    outbox.move_lane(old_channel_id, new_channel_id)
    inbox.move_lane(old_channel_id, new_channel_id)


def channel_name(channel: CommsChannel, name: str) -> None:
    """Another name for the channel; its row follows when Slack says that it has it."""
    outbox.owe(
        f"rename:{channel.channel_id}:{clock.now().isoformat()}",
        "conversations.rename",
        {"channel": channel.channel_id, "name": name},
        lane=channel.channel_id,
        in_doubt=outbox.Doubt.REPEAT,
    )


def person(user_pk: int) -> None:
    """What one person is called: asked of Slack."""
    mirrors.want(PERSON, user_pk, lane=_PEOPLE_LANE)


def directory() -> None:
    """What everyone in the workspace is called: asked of Slack."""
    mirrors.want(DIRECTORY, 1, lane=_PEOPLE_LANE)


def headline_setting(incident: Incident) -> tuple[str, str]:
    """The id, and the name, of the channel for the incident's headline; each may be empty."""
    if incident.report_only and has_reports():
        return conf.INCIDENT_REPORT_CHANNEL_ID, _bare(conf.INCIDENT_REPORT_CHANNEL_NAME)
    return conf.INCIDENT_CHANNEL_ID, _bare(conf.INCIDENT_CHANNEL_NAME)


def has_reports() -> bool:
    """Whether incidents can be reported after the fact, in a channel of their own."""
    return bool(conf.INCIDENT_REPORT_CHANNEL_ID or conf.INCIDENT_REPORT_CHANNEL_NAME)


def headline_lane(incident: Incident) -> str:
    """The channel for it as a lane: its id, or where that is not known, a # and its name."""
    channel_id, name = headline_setting(incident)
    return channel_id or f"#{name}"


def _bare(name: str) -> str:
    return str(name).removeprefix("#")
