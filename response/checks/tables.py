"""Whether the database has, and can come to have, the tables of this version."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations import Migration
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
    return max(name for app, name in _on_disk() if app == "response")


def check_dependencies() -> Iterator[CheckMessage]:
    """Migrations of the project that name one of the predecessor's, of which only the first stayed.

    An app with a reference to our tables has such a migration, and ``migrate`` would end with a
    traceback. An error, since nothing can be migrated until it is mended.
    """
    found = _on_disk()
    there = {name for app, name in found if app == "response"} | {"__first__", "__latest__"}
    for (app, name), migration in sorted(found.items()):
        for their_app, theirs in (*migration.dependencies, *migration.run_before):
            if their_app == "response" and theirs not in there:
                yield Error(
                    f"The migration {app}.{name} depends on response.{theirs}, which this version "
                    "does not have.",
                    hint=f"Write ('response', '{_FIRST}') in its place, which stands for all "
                    "migrations of the version before; nothing is run again.",
                    id="response.E001",
                )


_FIRST = "0001_initial"


def _on_disk() -> dict[tuple[str, str], Migration]:
    """Every migration of the project, without asking how they follow each other."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return dict(loader.disk_migrations)
