"""What follows in Slack from what happened: each receiver writes down a debt and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from response.conf import conf
from response.core import signals
from response.core.actors import Actor
from response.core.models import Incident
from response.core.timeline import Change
from response.slack import headline, messages, mrkdwn, people, prompts, wants


def connect() -> None:
    """Hear of what happens; done once, where the parts of Response are put together."""
    for signal, receiver in (
        (signals.incident_declared, on_declared),
        (signals.incident_changed, on_changed),
        (signals.incident_closed, on_closed),
        (signals.incident_removed, on_removed),
        (signals.channel_requested, on_channel_requested),
        (signals.message_requested, on_message_requested),
    ):
        signal.connect(receiver, dispatch_uid=f"response.slack.{receiver.__name__}")


def on_declared(*, incident: Incident, by: Actor, **_kwargs: Any) -> None:
    wants.headline(incident)
    if conf.RESPONSE_AUTO_CREATE_COMMS_CHANNEL and not incident.report_only:
        wants.comms_channel(incident, by)


def on_changed(*, incident: Incident, changes: Mapping[str, Change], **_kwargs: Any) -> None:
    wants.what_shows(incident, changes)


def on_closed(*, incident: Incident, **_kwargs: Any) -> None:
    prompts.ask_for_write_up(incident)


def on_removed(*, incident: Incident, **_kwargs: Any) -> None:
    headline.take_away(incident)


def on_channel_requested(*, incident: Incident, by: Actor, **_kwargs: Any) -> None:
    wants.comms_channel(incident, by)


def on_message_requested(*, incident: Incident, text: str, by: Actor, **_kwargs: Any) -> None:
    channel = incident.comms_channel()
    if channel is None:
        return
    # Slack shows the bot's name; whoever wrote it somewhere else is named by us.
    said = f"{by.name}: " if by.kind == "user" and by.name else ""
    messages.post(channel.channel_id, f"{mrkdwn.outgoing(said)}{people.outgoing(text)}")
