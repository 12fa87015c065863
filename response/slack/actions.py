"""What handlers are given of what a person did: of which incident, by whom, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Hosts import ActionContext by way of the decorators, before there are models.
    from response.core.models import Incident


#: The button that asks for a comms channel; it stands below the headline, and below the thanks.
CREATE_CHANNEL = "create-comms-channel-button"


@dataclass(frozen=True)
class ActionContext:
    """A press of a button, or a choice from a menu.

    ``value`` is the button's own; ``message`` is the message it stands in, as Slack sent it, with
    its ``ts``.
    """

    incident: Incident
    user_id: str
    message: Mapping[str, Any]
    value: str
    trigger_id: str
    response_url: str
    channel_id: str


@dataclass(frozen=True)
class ShortcutContext:
    """A shortcut that was chosen.

    ``message`` is the one it was chosen on, as Slack sent it; empty for a shortcut of the whole
    workspace, which has no ``channel_id`` either. ``incident`` is that of the channel, where it is
    a comms channel.
    """

    incident: Incident | None
    user_id: str
    message: Mapping[str, Any]
    trigger_id: str
    response_url: str
    channel_id: str


@dataclass(frozen=True)
class SubcommandContext:
    """``/incident WORD …``: ``text`` is what follows the word, as it was written.

    ``incident`` is that of the channel, where it is a comms channel.
    """

    incident: Incident | None
    user_id: str
    text: str
    trigger_id: str
    response_url: str
    channel_id: str
