"""The channels in Slack: where headlines go, and where each incident is worked on.

The comms channel is a mirror of our row: it is asked for in one transaction, made later, and
what goes wrong on the way (a topic refused, somebody who cannot be invited) is mended later,
because the channel itself counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from response.conf import SETTINGS, conf
from response.core import services, timeline
from response.core.actors import Actor
from response.core.links import on_site
from response.core.models import Incident
from response.delivery import calls
from response.delivery.errors import Postponed, Refused
from response.delivery.mirrors import Work
from response.slack import pages, people, wants
from response.slack.models import CommsChannel

LONGEST_NAME = 80
LONGEST_ID = 20
LONGEST_TOPIC = 250
PURPOSE = "Working on an incident. What is pinned here goes on its timeline."

# Slack's clock and ours may differ by this many seconds.
_CLOCKS_APART = 120


def document_url(incident: Incident) -> str:
    """Where the incident document is, for people in Slack."""
    return on_site(reverse("response_ui:incident_doc", kwargs={"incident_id": incident.pk}))


def declare_url(title: str) -> str:
    """Where an incident of this title can be declared on the web."""
    query = urlencode({"report": title})
    return f"{on_site(reverse('response_ui:declare'))}?{query}"


# The channels of the settings


def headline_channel(incident: Incident) -> str:
    """The id of the channel that the incident's headline belongs into.

    Asks Slack where only a name is configured. Raises the errors of ``delivery.errors``.
    """
    return channel_of_headlines(wants.headline_lane(incident))


def channel_of_headlines(lane: str) -> str:
    """The id of the channel that a lane of headlines stands for; raises as the other does."""
    channel_id, _, name = lane.partition("#")
    if channel_id:
        return channel_id
    if not name:
        raise Refused("Neither INCIDENT_CHANNEL_ID nor INCIDENT_CHANNEL_NAME is set.")
    if name not in _ids_by_name:
        _ids_by_name[name] = _channel_named(name)["id"]
    return _ids_by_name[name]


# A channel keeps its id when it is renamed, so what was found once is right while we run.
_ids_by_name: dict[str, str] = {}


def forget_channels() -> None:
    """For tests: forget which channel has which name."""
    _ids_by_name.clear()


# The comms channel


def sync_channel(work: Work) -> None:
    """Make the comms channel, under a name that no other has."""
    incident = Incident.objects.filter(pk=work.object_id).first()
    if incident is None or incident.comms_channel() is not None:
        return
    if incident.private:
        _take_back(work, incident)
        return
    doubt = work.begun_at
    made = _made_since(doubt, incident) or _make(work, incident, doubt)
    with work.settled(name=made["name"]):
        channel = CommsChannel.objects.create(
            incident=incident, channel_id=made["id"], channel_name=made["name"][:LONGEST_NAME]
        )
        asked = work.shown.get("by")
        by = Actor(**asked) if asked else None
        services.record(incident, timeline.channel_created(channel.channel_name), by=by)
        wants.all_of_new(channel)


def sync_topic(work: Work) -> None:
    """Have the channel's topic say what it is about, and where the document is."""
    channel = _channel_of(work)
    if channel is None:
        return
    topic, believed = topic_of(channel.incident), work.believed
    if topic != believed.get("topic"):
        calls.call("conversations.setTopic", {"channel": channel.channel_id, "topic": topic})
        # Slack tells everyone in the channel: not again because the purpose has to wait.
        work.keep(**{**believed, "topic": topic})
    if not believed.get("purpose"):
        purpose = {"channel": channel.channel_id, "purpose": PURPOSE}
        calls.call("conversations.setPurpose", purpose)
    with work.settled(topic=topic, purpose=True):
        pass


def topic_of(incident: Incident) -> str:
    """The title, cut so that the link to the document stays whole."""
    link = document_url(incident)
    room = LONGEST_TOPIC - len(link) - len(" · ")
    # Slack makes links and mentions in a topic as it does in a message.
    return f"{people.outgoing(' '.join(incident.report.split()), limit=room)} · {link}"


def _channel_of(work: Work) -> CommsChannel | None:
    channels = CommsChannel.objects.select_related("incident__lead", "incident__reporter")
    return channels.filter(incident_id=work.object_id).first()


# Names


def slug(text: str) -> str:
    """Text as a channel may be called: lower-case ASCII letters, digits and hyphens."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def name_from(text: str) -> str:
    """What somebody wants the channel to be called, as Slack allows it, with ``inc-`` in front;
    nothing, where no letter of it can stay."""
    bare = slug(text).removeprefix("inc-")
    return f"inc-{bare}"[:LONGEST_NAME].rstrip("-") if bare and bare != "inc" else ""


def names(incident: Incident) -> Iterator[str]:
    """What the channel may be called: the template's name, then the same with numbers."""
    declared = incident.report_time
    local = timezone.localtime(declared) if timezone.is_aware(declared) else declared
    facts = {"date": local.strftime("%Y-%m-%d"), "slug": slug(incident.report), "id": incident.pk}
    try:
        wanted = conf.RESPONSE_CHANNEL_NAME_TEMPLATE.format(**facts)
    except (LookupError, ValueError, AttributeError, TypeError):
        # Which manage.py check tells of; it is no reason why there could be no channel.
        wanted = SETTINGS["RESPONSE_CHANNEL_NAME_TEMPLATE"].default.format(**facts)
    base = re.sub(r"[^a-z0-9_-]", "", wanted.lower())[:LONGEST_NAME].strip("-_") or "inc"
    yield base
    for number in range(2, 100):
        suffix = f"-{number}"
        yield base[: LONGEST_NAME - len(suffix)] + suffix


def _make(work: Work, incident: Incident, doubt: datetime | None) -> Mapping[str, Any]:
    for name in names(incident):
        try:
            with work.begun():
                answer = calls.call("conversations.create", {"name": name, "is_private": False})
        except Refused as refused:
            if refused.code != "name_taken":
                raise
            # It may be what was begun before that has just come true.
            if late := _made_since(doubt, incident):
                return late
        else:
            channel: Mapping[str, Any] = answer["channel"]
            return channel
    raise Refused("Every name for the channel is taken.", "name_taken")


def _take_back(work: Work, incident: Incident) -> None:
    """A private incident gets no channel that everyone sees, nor keeps one that may have been made
    before it was private."""
    held_until = work.held_until
    if made := _made_since(work.begun_at, incident):
        calls.call("conversations.archive", {"channel": made["id"]})
    elif held_until is not None:
        raise Postponed("Slack may still make what is to be taken back.", held_until)


def _made_since(doubt: datetime | None, incident: Incident) -> Mapping[str, Any] | None:
    """The channel that was begun, and of whose making no answer came, if Slack has it."""
    if doubt is None:
        return None
    bot = _bot_id()
    ours = set(names(incident))
    for channel in _all_channels():
        if (
            channel.get("name") in ours
            and channel.get("creator") == bot
            and float(channel.get("created") or 0) >= doubt.timestamp() - _CLOCKS_APART
            and not CommsChannel.objects.filter(channel_id=channel["id"]).exists()
        ):
            return channel
    return None


def _bot_id() -> str:
    return conf.INCIDENT_BOT_ID or str(calls.call("auth.test", {})["user_id"])


def _channel_named(name: str) -> Mapping[str, Any]:
    try:
        return _channel_among("public_channel,private_channel", name)
    except Refused as refused:
        if refused.code != "missing_scope":
            raise
    # A Slack app that was made long ago may lack groups:read; public channels it sees.
    return _channel_among("public_channel", name)


def _channel_among(types: str, name: str) -> Mapping[str, Any]:
    for channel in _all_channels(types):
        if channel.get("name") == name:
            return channel
    raise Refused(f"There is no channel #{name} that the bot can see.", "channel_not_found")


def _all_channels(types: str = "public_channel") -> Iterator[Mapping[str, Any]]:
    return pages.items_of("conversations.list", "channels", exclude_archived=True, types=types)
