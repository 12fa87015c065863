"""How Response writes to the database: one transaction, and on SQLite one writer a process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

#: The database is busy, or away: nothing is wrong with what was asked of it.
DATABASE_TROUBLE = (OperationalError, InterfaceError)

# SQLite has one writer at a time. Threads of one process that wait for each other here, and not in
# SQLite's busy loop, take turns at once instead of polling for the file's lock.
_sqlite_writer = threading.RLock()

_SQLITE_TIMEOUT = 5.0  # seconds; what Python's sqlite3 waits where the settings say nothing


@contextmanager
def atomic() -> Iterator[None]:
    """A transaction (a savepoint inside one), to be used as a decorator or in a with statement.

    The same as ``django.db.transaction.atomic`` on the default database, behind a lock that the
    threads of this process share where the database is SQLite. Raises OperationalError, as SQLite
    does, where that lock is not to be had within the database's ``timeout``.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with _sqlites_turn(), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield


@contextmanager
def _sqlites_turn() -> Iterator[None]:
    timeout = connection.settings_dict["OPTIONS"].get("timeout", _SQLITE_TIMEOUT)
    if not _sqlite_writer.acquire(timeout=timeout):
        raise OperationalError("database is locked by another thread")
    try:
        yield
    finally:
        _sqlite_writer.release()


_DELETED_AT_ONCE = 500
_MOST_BATCHES = 1000


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete these rows, a batch a transaction, so that nobody waits for long; returns how many.

    At most half a million at a time; what is left is for the next time.
    """
    deleted = 0
    for _batch in range(_MOST_BATCHES):
        keys = list(rows.order_by().values_list("pk", flat=True)[:_DELETED_AT_ONCE])
        if not keys:
            break
        with atomic():
            # By their condition too: somebody may have wanted one again meanwhile.
            deleted += rows.filter(pk__in=keys).delete()[0]
    return deleted
