"""E-mail addresses that somebody is not to see.

A page may be open to readers who are not signed in. They see who did what, and no address: neither
in a name, nor in what people wrote.
"""

from __future__ import annotations

import re
from typing import Any

# A local part and a domain within their limits (RFC 5321), so that a long text takes linear time.
# Markdown may have a backslash before any punctuation.
_ADDRESS = re.compile(
    r"(?<![\w.+%'\\-])([\w.+%'\\-]{1,64}?)(\\?@|%40)[\w\\-]{1,63}(?:\.[\w\\-]{1,63})+"
)


def without_address(name: str) -> str:
    """A name, as user names of some sites are addresses, cut at the "@"."""
    before, at, domain = name.strip().partition("@")
    return before if before and at and "." in domain else name.strip()


def hide_addresses(text: str) -> str:
    """``text`` with "ana@example.com" as "ana@…"."""
    return _ADDRESS.sub(r"\1\2…", text)


def hide_all_addresses(value: Any) -> Any:
    """The same for every text in a value as JSON has it, its keys included."""
    if isinstance(value, dict):
        return {hide_all_addresses(key): hide_all_addresses(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [hide_all_addresses(item) for item in value]
    return hide_addresses(value) if isinstance(value, str) else value
