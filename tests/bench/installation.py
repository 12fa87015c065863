"""The server that is measured: one gunicorn for both sides, on a database of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from response.testing import FakeSlack
from tests.bench import counted
from tests.bench.counted import Written
from tests.bench.jobs import CHANNEL, SPEAKERS
from tests.servers import Site, eventually, installed

WORKERS = 2

# What Response still has to do after its answers, by table and condition.
_LEFT_TO_DO = {
    "response_inbox": "state = 0",
    "response_outboxmessage": "state = 0",
    "response_mirror": "want > have AND NOT stuck",
}


class MeasuredSite(Site):
    """A site that also serves the bare views; everything else is as in the tests' settings."""

    def __init__(
        self, database_url: str, slack: FakeSlack, folder: Path, *, works: bool = True
    ) -> None:
        """``works``: whether it does, as by default, the work behind its answers itself."""
        super().__init__(database_url, slack, folder)
        self.slack = slack
        self._works = works
        self._counts = folder / "counts"
        self.environment["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
        if not works:
            self.environment["TEST_RUNNER"] = "response.testing.runners.NothingRunsByItself"
            self.environment["TEST_SWEEP"] = "0"

    def run_seed(self, function: str) -> None:
        """Write the rows of a function of ``tests.bench.seed``."""
        program = f"from tests.bench import seed; seed.{function}()"
        self.manage("shell", "--no-imports", "-c", program)

    def count_what_is_written(self) -> None:
        """Let the processes that are started from now on count it."""
        self._counts.mkdir()
        self.environment[counted.FOLDER] = str(self._counts)

    def leave_the_work_to_a_worker(self) -> None:
        """Start one, and have the processes that are started from now on only answer."""
        self.environment["TEST_RUNNER"] = "response.background.runners.WorkerRunner"
        self.begin("response_worker", "--nice", "10")
        eventually(lambda: self.rows("SELECT 1 FROM response_heartbeat WHERE name = 'worker'"), 60)

    def written(self) -> Written:
        """What they wrote so far."""
        return counted.written(self._counts)

    def come_to_rest(self, seconds: float) -> int:
        """Wait until its work behind the answers is done, at most ``seconds``; how many pieces of
        it are left."""
        if not self._works:
            return 0
        eventually(lambda: not self._left_to_do(), timeout=seconds)
        return self._left_to_do()

    def _left_to_do(self) -> int:
        counts = [
            self.rows(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0]  # noqa: S608
            for table, condition in _LEFT_TO_DO.items()
        ]
        return sum(counts)


@contextlib.contextmanager
def measured_site(database_url: str, folder: Path, *, works: bool = True) -> Iterator[MeasuredSite]:
    """Both sides over seeded rows and a recording Slack, to be started; nothing is left
    afterwards.

    ``database_url`` names a PostgreSQL in which databases may be created; where it is empty, the
    database is a file of SQLite in ``folder``.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_variable("TEST_DATABASE_URL", database_url))
        slack = stack.enter_context(FakeSlack())
        slack.follow_clock()
        slack.add_channel(CHANNEL, "inc-bench")
        for channel in dict.fromkeys(channel for _user, channel in SPEAKERS):
            slack.add_channel(channel, channel.lower())
        made = stack.enter_context(installed(folder, slack, "bench"))
        site = MeasuredSite(made.database_url, slack, folder, works=works)
        site.run_seed("fill")
        stack.callback(site.kill)
        yield site


@contextlib.contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
