"""Keeps the workspace's tables in a database of their own."""

from __future__ import annotations

from typing import Any

ALIAS = "workspace"


class WorkspaceRouter:
    """Send the app ``workspace``, and nothing else, to the database of the same name.

    So the workspace never waits for the lock of the app it talks to, as the real Slack would not.
    """

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == ALIAS else None

    db_for_write = db_for_read

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool | None:
        if ALIAS in (first._meta.app_label, second._meta.app_label):
            return first._meta.app_label == second._meta.app_label
        return None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        if db == ALIAS or app_label == ALIAS:
            return db == ALIAS and app_label == ALIAS
        return None
