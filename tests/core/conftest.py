"""What the tests of core may ask for besides: databases that are taken over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from tests.core.predecessor_rows import OLD, migrate


@pytest.fixture
def empty(tmp_path: Path, django_db_blocker: Any) -> Iterator[BaseDatabaseWrapper]:
    """An empty database of the kind the tests run on, under an alias of its own."""
    name = str(tmp_path / "old.sqlite3")
    server = connection.vendor != "sqlite"
    with django_db_blocker.unblock():
        if server:
            name = f"response_old_{os.getpid()}"
            _on_server(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        connections.settings[OLD] = {**connection.settings_dict, "NAME": name}
        try:
            yield connections[OLD]
        finally:
            connections[OLD].close()
            del connections[OLD], connections.settings[OLD]
            if server:
                _on_server(f"DROP DATABASE {name}")


def _on_server(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def old(empty: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A database of the predecessor's 0.5.1 without any rows yet."""
    migrate(empty, "0001_initial")
    MigrationRecorder(empty).record_applied("response", "0016_the_last_of_theirs")
    return empty
