"""References to people and channels in Slack's texts, under the names hosts import from here."""

from __future__ import annotations

import re

from response.core.text import reader
from response.slack import mrkdwn

_REFERENCE = re.compile(r"<(?:@|#|!subteam\^)(?P<id>[A-Z0-9]+)(?:\|[^<>\n]*)?>")


def reference_to_id(value: str | None) -> str | None:
    """The id in the first reference of a text: ``"<@U123|ana>"`` gives ``"U123"``, a channel's or
    a group's reference its id. None where there is none."""
    found = _REFERENCE.search(value or "")
    return found["id"] if found else None


def user_reference(user_id: str) -> str:
    """Text that mentions, and so notifies, this person; for messages of the bot's."""
    return mrkdwn.mention(user_id)


def channel_reference(channel_id: str) -> str:
    """Text that links to this channel; for messages of the bot's."""
    return mrkdwn.channel_link(channel_id)


def slack_to_human_readable(value: str | None) -> str:
    """A text with its references made readable: ``"ask <@U123>"`` gives ``"ask @Ana"``. Plain text;
    the names are those of the people we know, and Slack is not asked."""
    return reader([value]).plain(value)
