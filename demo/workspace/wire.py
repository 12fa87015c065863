"""What people type, as Slack puts it on the wire."""

from __future__ import annotations

import re

import emoji

from .directory import channel_called, person_called
from .models import UserGroup

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_LINK = re.compile(r"(?<![\w|<])https?://[^\s<>]+[^\s<>.,:;!?)\]'\"]")
_MENTION = re.compile(r"(?<![\w/@.])@([A-Za-z0-9][\w.-]*[\w]|[A-Za-z0-9])")
_CHANNEL = re.compile(r"(?<![\w/#&])#([a-z0-9][a-z0-9_-]*)")
_EVERYONE = {"here", "channel", "everyone"}


def escape(text: str) -> str:
    """Escape the three characters that Slack escapes, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def to_wire(typed: str) -> str:
    """Turn what a person typed into Slack's wire form.

    ``@Ben`` becomes ``<@U…>``, ``#general`` ``<#C…|general>``, an address ``<https://…>``, an
    emoji its ``:name:``; ``&``, ``<`` and ``>`` are escaped. Code is left as it is but escaped.
    See docs.slack.dev, "Formatting message text".
    """
    parts = _CODE.split(escape(typed))
    return "".join(part if index % 2 else _references(part) for index, part in enumerate(parts))


def _references(text: str) -> str:
    pieces = []
    position = 0
    for link in _LINK.finditer(text):
        pieces += [_names(text[position : link.start()]), f"<{link.group()}>"]
        position = link.end()
    pieces.append(_names(text[position:]))
    return "".join(pieces)


def _names(text: str) -> str:
    text = _MENTION.sub(_mention, text)
    text = _CHANNEL.sub(_channel, text)
    return emoji.demojize(text, language="alias")


def _mention(match: re.Match[str]) -> str:
    name = match[1]
    if name.lower() in _EVERYONE:
        return f"<!{name.lower()}>"
    if person := person_called(name):
        return f"<@{person.user_id}>"
    if group := UserGroup.objects.filter(handle=name.lower()).first():
        return f"<!subteam^{group.group_id}|@{group.handle}>"
    return match[0]


def _channel(match: re.Match[str]) -> str:
    channel = channel_called(match[1])
    return f"<#{channel.channel_id}|{channel.name}>" if channel else match[0]


def to_typed(wire: str) -> str:
    """Turn the wire form back into what a person would type, for editing a message."""

    def typed(match: re.Match[str]) -> str:
        inside = match[1]
        if inside.startswith("@"):
            person = person_called(inside[1:].partition("|")[0])
            return f"@{person.handle}" if person else match[0]
        if inside.startswith(("#", "!subteam^")):
            label = inside.partition("|")[2]
            return f"#{label}" if inside.startswith("#") else label
        if inside.startswith("!"):
            return f"@{inside[1:]}"
        return inside.partition("|")[0]

    return unescape(re.sub(r"<([^<>]+)>", typed, wire))
