"""Places at which a process of the damaged site ends itself, as kill -9 would, when told to.

They hang on what a project's settings choose, the database backend and the Slack client, so that
Response itself knows nothing of them.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from response.slack.client import SlackClient
from tests.chaos.project import switches

INBOX, HANDLER = "the inbox commit", "the handler's commit"
BEFORE_INBOX, AFTER_INBOX = f"before {INBOX}", f"after {INBOX}"
BEFORE_HANDLER, AFTER_HANDLER = f"before {HANDLER}", f"after {HANDLER}"
AFTER_ANSWER = "between Slack's answer and our note"

_passed: Counter[str] = Counter()


def told_to_die(point: str, every: int) -> str:
    """What the switch is set to, for each process to die the so-manieth time it comes by."""
    return f"{every} {point}"


def pass_by(point: str) -> None:
    """Die here, if this is the place and the time."""
    every, _, chosen = switches.read(switches.CRASH).partition(" ")
    if chosen != point:
        return
    _passed[point] += 1
    if _passed[point] % int(every) == 0:
        switches.tell(switches.DEATHS, point)
        os.kill(os.getpid(), signal.SIGKILL)


class CrashingCommits:
    """Mixed into a database backend: knows what a transaction wrote, and may die around its
    commit. Tells when it is noted that Slack asked us to wait, and from when to when each request
    and each message was written down: of two at the same time none came first. On SQLite it lets
    the disk be full.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._point = ""
        self._pages = ""
        self._paused: list[str] = []
        self._written: list[tuple[float, str]] = []
        self.execute_wrappers.append(self._notice)  # type: ignore[attr-defined]

    def _notice(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self._fill_the_disk()
        if 'INSERT INTO "response_inbox"' in sql:
            self._point = self._point or INBOX
        elif sql.startswith('UPDATE "response_inbox"') and (
            ' SET "state" = ' in sql or ', "state" = ' in sql
        ):
            self._point = HANDLER
        elif '"response_pause"' in sql and not sql.startswith("SELECT"):
            self._paused += [value for value in params or () if isinstance(value, str)]
        if sql.startswith(_WITH_KEYS):
            self._written += [(time.monotonic(), key) for key in _keys(sql, params)]
        return execute(sql, params, many, context)

    def _commit(self) -> None:
        point, self._point = self._point, ""
        paused, self._paused = self._paused, []
        written, self._written = self._written, []
        if point:
            pass_by(f"before {point}")
        super()._commit()  # type: ignore[misc]
        if point:
            pass_by(f"after {point}")
        if paused:
            # From now on every process can know that it has to wait.
            switches.tell(switches.PAUSES, f"{time.monotonic()} {' '.join(paused)}")
        if written:
            committed = time.monotonic()
            lines = (f"{inserted} {committed} {key}" for inserted, key in written)
            switches.tell(switches.WRITTEN, "\n".join(lines))

    def _rollback(self) -> None:
        self._point, self._paused, self._written = "", [], []
        super()._rollback()  # type: ignore[misc]

    def _fill_the_disk(self) -> None:
        """The file may not grow past so many pages (SQLite's page "PRAGMA max_page_count")."""
        connection: Any = self
        if connection.vendor != "sqlite":
            return
        pages = switches.read(switches.PAGES)
        if pages != self._pages and connection.connection is not None:
            self._pages = pages
            # Unset means SQLite's own limit.
            connection.connection.execute(f"PRAGMA max_page_count = {int(pages or 1073741823)}")

    def close(self) -> None:
        self._pages = ""
        super().close()  # type: ignore[misc]


_WITH_KEYS = ('INSERT INTO "response_inbox" (', 'INSERT INTO "response_outboxmessage" (')


def _keys(sql: str, params: Any) -> list[str]:
    """The values that this INSERT has for the column "key"."""
    columns = sql[sql.index("(") + 1 : sql.index(")")].split(", ")
    found = list(params[columns.index('"key"') :: len(columns)])
    # Many rows at once may be a list a column (PostgreSQL's UNNEST).
    return list(found[0]) if isinstance(found[0], list) else found


class CrashingSlackClient(SlackClient):
    """May die when Slack did what was asked, and nobody noted it yet. Tells Slack when each call
    was begun: one that was under way when another was answered 429 could not know of it."""

    def api_call(self, method: str, **params: Any) -> dict[str, Any]:
        answer = super().api_call(method, **params)
        if not answer.get("deferred"):
            pass_by(AFTER_ANSWER)
        return answer

    def _call(self, method: str, params: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        return super()._call(method, {**params, "begun_at": time.monotonic()}, timeout)
