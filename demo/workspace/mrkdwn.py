"""Slack's mrkdwn as safe HTML, for the page."""

from __future__ import annotations

import re
from html import escape

import emoji
from django.utils.safestring import SafeString, mark_safe

from .models import Channel, Person
from .wire import unescape

_CODE_BLOCK = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_TOKEN = re.compile(
    r"`([^`\n]+)`|<([^<>\n]+)>|(?<![\w/|])(https?://[^\s<>|]*[^\s<>|.,:;!?)'\"*_~])"
)
_STYLES = [
    (re.compile(rf"(?<![\w{mark}]){re.escape(mark)}(?=\S)([^\n{mark}]*?\S)"
                rf"{re.escape(mark)}(?![\w{mark}])"), rf"<{tag}>\1</{tag}>")
    for mark, tag in (("*", "strong"), ("_", "em"), ("~", "s"))
]  # fmt: skip
_QUOTE = re.compile(r"(&gt;|>)\s*")
_SAFE_LINK = re.compile(r"^(https?:|mailto:)", re.IGNORECASE)
_MORE_EMOJI = {
    "rain_cloud": "🌧️",
    "mostly_sunny": "🌤️",
    "sun_small_cloud": "🌤️",
    "barely_sunny": "🌥️",
    "lightning": "🌩️",
    "thunder_cloud_and_rain": "⛈️",
}
_EMOJI_NAME = re.compile(r":([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?")


def emoji_text(text: str) -> str:
    """Replace the :names: that stand for an emoji by it; leave the others as they are."""

    def picture(match: re.Match[str]) -> str:
        if match[1] in _MORE_EMOJI:
            return _MORE_EMOJI[match[1]]
        found = emoji.emojize(f":{match[1]}:", language="alias")
        if found == f":{match[1]}:":
            return match[0]
        return found + (chr(0x1F3FB + int(match[2]) - 2) if match[2] else "")

    return _EMOJI_NAME.sub(picture, text)


def to_html(wire: str, *, verbatim: bool = False) -> SafeString:
    """Return mrkdwn in wire form as HTML that can hold nothing but what is made here.

    The wire form is unescaped first and each piece escaped for HTML, so it is safe whether or not
    its author kept Slack's rules.
    """
    pieces = []
    for index, part in enumerate(_CODE_BLOCK.split(wire)):
        if index % 2:
            pieces.append(f"<pre>{escape(unescape(part))}</pre>")
        elif part.strip("\n"):
            pieces.append(_paragraphs(part.strip("\n") if len(wire) != len(part) else part))
    return mark_safe("".join(pieces))  # noqa: S308  every piece is escaped above and below


def _paragraphs(text: str) -> str:
    lines: list[str] = []
    quoted: list[str] = []
    for line in text.split("\n"):
        if quote := _QUOTE.match(line):
            quoted.append(_inline(line[quote.end() :]))
            continue
        if quoted:
            lines.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted = []
        lines.append(_inline(line) + "<br>")
    if quoted:
        lines.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
    return "".join(lines).removesuffix("<br>")


def _inline(line: str) -> str:
    """Set one line: references and code first, so that styles never reach inside them."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        if match[1] is not None:
            kept.append(f"<code>{escape(unescape(match[1]))}</code>")
        else:
            kept.append(_reference(match[2] or match[3]))
        return f"\0{len(kept) - 1}\0"

    text = _TOKEN.sub(keep, line.replace("\0", ""))
    text = escape(emoji_text(unescape(text)), quote=True)
    for pattern, replacement in _STYLES:
        text = pattern.sub(replacement, text)
    return re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)


def _reference(inside: str) -> str:
    target, _, label = inside.partition("|")
    label = emoji_text(unescape(label))
    if target.startswith("@"):
        person = Person.objects.filter(user_id=target[1:]).first()
        return _tag(f"@{person.display_name if person else label or target[1:]}")
    if target.startswith("#"):
        channel = Channel.objects.filter(channel_id=target[1:]).first()
        if channel is None:
            return _tag(f"#{label or target[1:]}")
        return (
            f'<a class="mention" data-channel="{escape(channel.channel_id)}" '
            f'href="../{escape(channel.channel_id)}/">#{escape(channel.name or "")}</a>'
        )
    if target.startswith("!date^"):
        return escape(label)
    if target.startswith("!"):
        name = label.lstrip("@") or target[1:].partition("^")[0]
        return f'<span class="mention everyone">@{escape(name)}</span>'
    link = unescape(target)
    if not _SAFE_LINK.match(link):
        return escape(f"<{unescape(inside)}>")
    shown = label or link.removeprefix("mailto:")
    return f'<a href="{escape(link)}" target="_blank" rel="noopener noreferrer">{escape(shown)}</a>'


def _tag(text: str) -> str:
    return f'<span class="mention">{escape(text)}</span>'
