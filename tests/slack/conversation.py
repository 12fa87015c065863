"""What is said in a comms channel, without the pinned message that is always there."""

from __future__ import annotations

from typing import Any


def bot_messages(slack: Any, channel: Any) -> list[Any]:
    """The bot's messages in the comms channel, in order, except for its pinned summary."""
    return [
        message
        for message in slack.messages(channel.channel_id)
        if message.bot_id and not _is_summary(message)
    ]


def summary(slack: Any, channel: Any) -> Any:
    """The pinned summary."""
    (message,) = filter(_is_summary, slack.messages(channel.channel_id))
    return message


def _is_summary(message: Any) -> bool:
    payload = (message.metadata or {}).get("event_payload", {})
    return str(payload.get("key")).startswith("summary:")
