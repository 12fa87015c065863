"""Whether the database has the tables of this version."""

from __future__ import annotations

import functools

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def missing_migration() -> str:
    """The newest migration of Response, where it was not run; else "".

    Raises the errors of django.db where the database does not answer.
    """
    recorder = MigrationRecorder(connections[DEFAULT_DB_ALIAS])
    if not recorder.has_table():
        return _newest_migration()
    newest = _newest_migration()
    is_there = recorder.migration_qs.filter(app="response", name=newest).exists()
    return "" if is_there else newest


@functools.cache
def _newest_migration() -> str:
    """The last one in the package, which does not change while a process runs."""
    return str(MigrationLoader(None).graph.leaf_nodes("response")[0][1])
