"""How the repairs read and write many rows: a page at a time, one statement for each page read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, Q

PAGE = 1000


def pages(
    connection: BaseDatabaseWrapper, model: type[Model], *fields: str, where: Q | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table as tuples of their id and ``fields``, in pages, by ascending id.

    A page is read whole before it is handed out, so its rows may be written meanwhile.
    """
    rows = model._default_manager.using(connection.alias).filter(where or Q()).order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last).values_list("pk", *fields)[:PAGE]):
        yield page
        last = page[-1][0]


def write(
    connection: BaseDatabaseWrapper,
    model: type[Model],
    fields: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Store rows given as tuples of the new values of ``fields``, and last the row's id.

    The values go to the database as they are: numbers, texts, None, and whatever its driver takes.
    """
    rows = list(rows)
    if not rows:
        return
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(model._meta.get_field(name).column)} = %s" for name in fields)
    key = quote(model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE {key} = %s",  # noqa: S608
            rows,
        )


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    """``items`` in lists short enough for an IN (...) of any database."""
    items = list(items)
    for start in range(0, len(items), 500):
        yield items[start : start + 500]
