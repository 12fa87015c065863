"""Slack's lists, read page by page through delivery, so that every Retry-After is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from response.delivery import calls

_PAGE = 200  # what Slack advises ("Pagination")


def items_of(method: str, key: str, **query: Any) -> Iterator[Mapping[str, Any]]:
    """The objects under ``key`` of every page of a list method.

    Ends where Slack names no further page, or one that was read. Raises as ``calls.call`` does.
    """
    for page in pages_of(method, key, **query):
        yield from page


def pages_of(method: str, key: str, **query: Any) -> Iterator[list[Mapping[str, Any]]]:
    """The same, a page at a time."""
    for page, _following in pages_from("", method, key, **query):
        yield page


def pages_from(
    cursor: str, method: str, key: str, **query: Any
) -> Iterator[tuple[list[Mapping[str, Any]], str]]:
    """The same from the page that ``cursor`` names, each with the cursor of the one after it, for
    who wants to go on from there another time."""
    read = set[str]()
    while cursor not in read:
        read.add(cursor)
        page = {"limit": _PAGE, **query, **({"cursor": cursor} if cursor else {})}
        answer = calls.call(method, page)
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        yield [item for item in answer.get(key) or [] if isinstance(item, dict)], cursor
        if not cursor:
            return
