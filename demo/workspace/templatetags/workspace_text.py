"""Slack's texts in templates."""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ..form_state import initial
from ..mrkdwn import emoji_text, to_html
from ..wire import to_typed, unescape

register = template.Library()


@register.filter
def mrkdwn(wire: str) -> SafeString:
    """Show mrkdwn in wire form."""
    return to_html(wire)


@register.filter
def slack_text(text: dict[str, Any] | None) -> SafeString:
    """Show a text object: mrkdwn or plain."""
    if not text:
        return SafeString("")
    if text["type"] == "mrkdwn":
        return to_html(text["text"])
    lines = escape(emoji_text(unescape(text["text"])))
    return mark_safe(lines.replace("\n", "<br>"))  # noqa: S308  escaped just above


@register.filter
def plain(text: dict[str, Any] | None) -> str:
    """Show a text object as text alone, for an attribute."""
    return emoji_text(unescape(re.sub(r"[*_~`]", "", text["text"]))) if text else ""


@register.filter
def typed(wire: str) -> str:
    """Show a message as its author would type it again."""
    return to_typed(wire)


@register.filter
def emoji(name: str) -> str:
    return emoji_text(name)


@register.filter
def entry_of(element: dict[str, Any]) -> Any:
    """Return what an element holds at first: a text, or the value of an option."""
    value = initial(element)
    return value["value"] if isinstance(value, dict) else value


@register.filter
def entries_of(element: dict[str, Any]) -> list[str]:
    """Return the values an element with several choices holds at first."""
    return [one["value"] if isinstance(one, dict) else one for one in initial(element) or []]


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def dom_id(ts: str) -> str:
    """Return a ts in a form that an element's id may have."""
    return ts.replace(".", "-")


@register.filter
def hue(number: int) -> int:
    """Return which of the four colours a person has."""
    return number % 4


@register.filter
def is_under(address: str | None, origin: str) -> bool:
    """Say whether a picture is on this server: others the page's policy would not load."""
    return bool(address and origin) and address.startswith(origin)
