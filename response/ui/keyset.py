"""Pages of a long list by where the last row stood, not by counting the rows before it.

However far somebody reads on, the next page costs the same, and a row that is added meanwhile
moves none of the others over the edge of a page.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.http import Http404, QueryDict
from django.utils import timezone

_LONGEST_CURSOR = 2000


@dataclass(frozen=True)
class Key:
    """One thing that rows are ordered by: a field or an annotation that is never null."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class KeysetPage:
    """Some rows of a longer list. ``before`` and ``after`` are the cursors of its neighbours, for
    ``?before=`` and ``?after=``, and empty where there is none."""

    rows: list[Any]
    before: str
    after: str


def page_of(
    rows: QuerySet[Any], keys: Sequence[Key], size: int, asked: QueryDict | dict[str, str]
) -> KeysetPage:
    """The page of ``rows`` that ``asked`` names by its cursor, in one query; else the first.

    ``keys`` must tell any two rows apart. Raises Http404 for a cursor that is none of ours.
    """
    back = asked.get("before", "")
    cursor = back or asked.get("after", "")
    order = [Key(key.name, key.descending != bool(back)) for key in keys]
    if cursor:
        rows = rows.filter(beyond(order, cursor))
    rows = in_order(rows, order)
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    has_before, has_after = (more, True) if back else (bool(cursor), more)
    return KeysetPage(
        rows=found,
        before=cursor_of(found[0], keys) if found and has_before else "",
        after=cursor_of(found[-1], keys) if found and has_after else "",
    )


def cursor_of(row: Any, keys: Sequence[Key]) -> str:
    """Where a row stands, for an address."""
    values = [getattr(row, key.name) for key in keys]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def in_order(rows: QuerySet[Any], keys: Sequence[Key]) -> QuerySet[Any]:
    """``rows`` in the order of ``keys``."""
    return rows.order_by(*(F(key.name).desc() if key.descending else F(key.name) for key in keys))


def _values(cursor: str, keys: Sequence[Key]) -> list[Any]:
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if not isinstance(plain, list) or len(plain) != len(keys):
            raise ValueError
        return [_value(key, value) for key, value in zip(keys, plain, strict=True)]
    except (ValueError, binascii.Error, RecursionError):
        raise Http404("There is no such page.") from None


def _value(key: Key, plain: Any) -> Any:
    """What stood in a cursor, as the column has it. Raises ValueError for anything else."""
    if key.name.endswith("_time") or key.name == "timestamp":
        return _instant(plain)
    is_number = isinstance(plain, int) and not isinstance(plain, bool) and abs(plain) < 2**62
    is_text = isinstance(plain, str) and "\x00" not in plain
    if is_text:
        plain.encode()  # half a character, which JSON can name, is a ValueError too
    if not (is_number if key.name == "pk" or key.name.endswith("_rank") else is_text):
        raise ValueError
    return plain


def _instant(plain: Any) -> datetime:
    if not isinstance(plain, str):
        raise ValueError
    instant = datetime.fromisoformat(plain)
    if timezone.is_aware(instant) != settings.USE_TZ:
        raise ValueError
    try:
        return instant.astimezone(UTC) if settings.USE_TZ else instant
    except OverflowError:
        raise ValueError from None


def beyond(keys: Sequence[Key], cursor: str) -> Q:
    """The rows after a cursor, in the order of ``keys``. Raises Http404 as ``page_of`` does."""
    after, equal = Q(), Q()
    for key, value in zip(keys, _values(cursor, keys), strict=True):
        comparison = "lt" if key.descending else "gt"
        after |= equal & Q(**{f"{key.name}__{comparison}": value})
        equal &= Q(**{key.name: value})
    return after
