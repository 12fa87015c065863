"""Cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from ..refusals import Refusal
from .call import Call, Json

Item = TypeVar("Item")


def page(call: Call, items: Sequence[Item], *, default: int, most: int) -> tuple[list[Item], Json]:
    """Return the page that ``cursor`` and ``limit`` ask for, and the next cursor's metadata.

    Raises:
        Refusal: invalid_cursor, invalid_limit.
    """
    limit = call.number("limit", default) or default
    if not 1 <= limit <= most:
        raise Refusal("invalid_limit")
    start = _start(call.text("cursor", ""))
    end = start + limit
    following = _cursor(end) if end < len(items) else ""
    return list(items[start:end]), {"response_metadata": {"next_cursor": following}}


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"next_ts:{start}".encode()).decode()


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        label, _, start = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
        if label != "next_ts":
            raise ValueError(label)
        return int(start)
    except (binascii.Error, ValueError):
        raise Refusal("invalid_cursor") from None
