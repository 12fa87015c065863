"""A real site for tests that do real damage: gunicorn over a database of its own.

The database is of the kind that the tests run on: a file of SQLite, or a PostgreSQL database made
for the occasion.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from response.testing import FakeSlack
from response.testing.payloads import Request
from response.testing.signing import HttpAnswer, deliver_http

ROOT = Path(__file__).resolve().parent.parent


class Site:
    """One installation: its database stays while its processes come and go."""

    def __init__(self, database_url: str, slack: FakeSlack, folder: Path) -> None:
        self.database_url = database_url
        self._folder = folder
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONPATH": str(ROOT),
            "TEST_DATABASE_URL": database_url,
            "TEST_SLACK_API_URL": slack.url,
            "TEST_RUNNER": "response.background.runners.AfterResponseRunner",
            "TEST_SWEEP": "1",
        }
        self._gunicorn: subprocess.Popen[bytes] | None = None
        self._commands: list[subprocess.Popen[bytes]] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *command: str) -> None:
        """Run a management command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "django", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def begin(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a management command that goes on; it is killed at the latest when the site is."""
        with (self._folder / "commands.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "django", *command],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        self._commands.append(process)
        return process

    def run(self, program: str) -> subprocess.CompletedProcess[str]:
        """Run a program over the site's database, in a process in which nothing runs by itself."""
        return subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{program}"],
            cwd=ROOT,
            env={**self.environment, "TEST_RUNNER": "response.testing.runners.NothingRunsByItself"},
            capture_output=True,
            text=True,
        )

    def start(self, workers: int = 2, *options: str) -> None:
        """Serve, and return once requests are answered, without making any of Django.

        ``options``: what gunicorn is told besides.
        """
        log = self._serve(
            *("gunicorn", "tests.wsgi", "--bind", "127.0.0.1:0", "--worker-class", "gthread"),
            *("--threads", "4", "--workers", str(workers)),
            *("--worker-tmp-dir", str(self._folder), *options),
        )
        self.port = wait_for_port(log)

    def start_asgi(self) -> None:
        """The same by uvicorn, in one process."""
        log = self._serve("uvicorn", "tests.asgi:application", "--port", "0", "--lifespan", "off")
        running = re.compile(r"Uvicorn running on http://127\.0\.0\.1:(\d+)")
        assert eventually(lambda: running.search(log.read_text()), timeout=60), log.read_text()
        self.port = int(running.findall(log.read_text())[0])

    def _serve(self, *command: str) -> Path:
        """Start a server; returns where it writes what it has to say."""
        log = self._folder / "gunicorn.log"
        log.write_text("")
        with log.open("ab") as output:
            self._gunicorn = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return log

    def stop(self) -> int:
        """Ask the site to end, as a deploy does (SIGTERM); returns its exit status."""
        assert self._gunicorn is not None
        self._gunicorn.terminate()
        status = self._gunicorn.wait(timeout=40)
        self._gunicorn = None
        return status

    def kill(self) -> None:
        """Kill every process of the site at once, as a power cut does (kill -9)."""
        while self._commands:
            command = self._commands.pop()
            command.kill()
            command.wait()
        if self._gunicorn is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._gunicorn.pid, signal.SIGKILL)
            self._gunicorn.wait()
            self._gunicorn = None

    def deliver(self, request: Request, **how: Any) -> HttpAnswer:
        return deliver_http(self.url, request, **how)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database holds, asked past the app."""
        if self.database_url.startswith("sqlite"):
            with contextlib.closing(
                sqlite3.connect(urlsplit(self.database_url).path.removeprefix("/"))
            ) as file:
                return list(file.execute(query))
        with psycopg.connect(self.database_url) as connection:
            return list(connection.execute(query))


def eventually(happened: Callable[[], object], timeout: float = 15) -> bool:
    """Wait until ``happened()`` is true; False if it was not within ``timeout`` seconds.

    For what other processes write, of which nobody tells us.
    """
    ends = time.monotonic() + timeout
    while not happened():
        if time.monotonic() > ends:
            return False
        signal.sigtimedwait([], 0.05)
    return True


def wait_for_port(log: Path, beginning: int = 0) -> int:
    """The port that gunicorn says it listens at, once its workers have booted; what it says
    begins at that byte of the log."""

    def said() -> str:
        return log.read_bytes()[beginning:].decode()

    listening = re.compile(r"Listening at: http://127\.0\.0\.1:(\d+)")
    booted = eventually(lambda: "Booting worker" in said(), timeout=30)
    found = listening.search(said())
    assert booted, f"gunicorn did not start:\n{said()}"
    assert found, f"gunicorn did not start:\n{said()}"
    return int(found[1])


@contextlib.contextmanager
def installed(folder: Path, slack: FakeSlack, name: str) -> Iterator[Site]:
    """A site with a database of its own, migrated; everything of it is gone afterwards."""
    configured = os.environ.get("TEST_DATABASE_URL", "")
    made: contextlib.AbstractContextManager[str]
    if not configured.startswith("postgres"):
        made = contextlib.nullcontext(f"sqlite:///{folder / 'site.sqlite3'}")
    else:
        database = f"site_{name}_{os.getpid()}"
        made = database_made(configured, database)
    with made as url:
        site = Site(url, slack, folder)
        try:
            site.manage("migrate", "--verbosity", "0")
            yield site
        finally:
            site.kill()


@contextlib.contextmanager
def database_made(configured: str, database: str) -> Iterator[str]:
    """The URL of an empty database on the PostgreSQL server of another one; it is gone
    afterwards."""
    with psycopg.connect(configured, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{database}"')
        connection.execute(f'CREATE DATABASE "{database}"')
    try:
        yield urlunsplit(urlsplit(configured)._replace(path=f"/{database}"))
    finally:
        with psycopg.connect(configured, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
