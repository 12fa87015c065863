"""A PostgreSQL of the harness's own, which it may restart in the middle of everything."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

USER = "response"


class PostgreSQL:
    """A server in a temporary folder."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder = folder
        self._binaries = binaries
        self._port = _free_port()

    @property
    def url(self) -> str:
        """Of the database that is always there."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgres://{USER}@127.0.0.1:{self._port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database; returns its URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url_of(database)

    def restart(self) -> None:
        """Stop it as a crash does, in the middle of whatever it is at, and start it again."""
        self._control("-m", "immediate", "restart")

    def start(self) -> None:
        self._run("initdb", "-D", self._data, "--username", USER, "--auth=trust", "-E", "UTF8")
        options = f"-c listen_addresses=127.0.0.1 -p {self._port} -k {self._folder}"
        # What a crash forgets is what was in its memory, not what the machine had still to write.
        options += " -c fsync=off -c max_connections=200"
        self._control("-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", self._data, "--wait", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        if os.geteuid() == 0:  # as whom PostgreSQL refuses to run
            command = ["runuser", "-u", "postgres", "--", *command]
        # Not to a pipe: the server would hold it open.
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL)


def binaries() -> Path | None:
    """Where PostgreSQL's programs are; None where there are none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@contextlib.contextmanager
def running(programs: Path) -> Iterator[PostgreSQL]:
    """A server that is there until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="response-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = PostgreSQL(folder, programs)
    try:
        server.start()
        yield server
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
