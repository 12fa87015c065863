"""How Response writes to the database: one transaction, and on SQLite one writer a process."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

logger = logging.getLogger(__name__)

#: The database is busy, or away: nothing is wrong with what was asked of it.
DATABASE_TROUBLE = (OperationalError, InterfaceError)

_SQLITE_TIMEOUT = 5.0  # seconds; what Python's sqlite3 waits where the settings say nothing


class _Turns:
    """SQLite has one writer at a time. Threads of one process that wait for each other here, and
    not in SQLite's busy loop, take turns at once instead of polling for the file's lock."""

    def __init__(self) -> None:
        self.renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        """Forget whose turn it is: a forked child has none of the threads, nor will one that
        lost its transaction give it back."""
        self._lock = threading.RLock()

    @contextmanager
    def take(self) -> Iterator[None]:
        lock = self._lock
        timeout = connection.settings_dict["OPTIONS"].get("timeout", _SQLITE_TIMEOUT)
        if not lock.acquire(timeout=timeout):
            raise OperationalError("database is locked by another thread")
        try:
            yield
        finally:
            lock.release()


_turns = _Turns()


@contextmanager
def atomic() -> Iterator[None]:
    """A transaction (a savepoint inside one), to be used as a decorator or in a with statement.

    The same as ``django.db.transaction.atomic`` on the default database, behind a lock that the
    threads of this process share where the database is SQLite. Raises OperationalError, as SQLite
    does, where that lock is not to be had within the database's ``timeout``.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with _turns.take(), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            yield


@contextmanager
def atomic_within(limit: timedelta) -> Iterator[None]:
    """The same for code of others, which may hang: on SQLite, where nobody else can write
    meanwhile, the transaction is taken from it after ``limit``.

    Then nothing of it is kept; if the code ever goes on, it meets a database error. PostgreSQL
    has a lock for each row, and idle_in_transaction_session_timeout for this.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with atomic():
            yield
        return
    with atomic():
        breaker = threading.Timer(limit.total_seconds(), _break_off, [connection.connection])
        breaker.daemon = True
        breaker.start()
        try:
            yield
        finally:
            breaker.cancel()


def _break_off(sqlite: Any) -> None:
    """Close a connection that another thread holds. SQLite rolls back what was not committed, and
    every later use of it fails, so that no half of the work can be committed."""
    logger.error("A transaction was broken off: whoever wrote in it did not come back.")
    with suppress(sqlite3.Error):
        sqlite.interrupt()
        sqlite.close()
    _turns.renew()


def lend_connection() -> None:
    """Let others have this thread's connection while it waits for something else, where the
    database has a pool of them."""
    pooled = connection.settings_dict.get("OPTIONS", {}).get("pool")
    if pooled and not connection.in_atomic_block:
        connection.close()


_DELETED_AT_ONCE = 500
_MOST_BATCHES = 1000


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete these rows, a batch a transaction, so that nobody waits for long; returns how many.

    At most half a million at a time; what is left is for the next time.
    """
    deleted, rest = 0, rows.order_by("pk")
    for _batch in range(_MOST_BATCHES):
        keys = list(rest.values_list("pk", flat=True)[:_DELETED_AT_ONCE])
        if not keys:
            break
        with atomic():
            # By their condition too: somebody may have wanted one again meanwhile.
            deleted += rows.filter(pk__in=keys).delete()[0]
        # From there on: PostgreSQL would look through those that are gone once more each time.
        rest = rows.order_by("pk").filter(pk__gt=keys[-1])
    return deleted
