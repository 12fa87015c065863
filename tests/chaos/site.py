"""The demo project under gunicorn, as the harness starts, kills and starts it again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from response.testing import FakeSlack
from response.testing.payloads import BOT, INCIDENTS, SIGNING_SECRET
from tests.chaos.project import switches
from tests.servers import ROOT, Site, eventually, wait_for_port

DEMO = ROOT / "demo"


class DemoSite(Site):
    """One installation of the demo project. ``folder`` holds its switches and its log."""

    def __init__(self, database_url: str, slack: FakeSlack, folder: Path) -> None:
        super().__init__(database_url, slack, folder)
        self.folder = folder
        self.environment = {
            **os.environ,
            switches.FOLDER: str(folder),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.project.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(DEMO)]),
            "DATABASE_URL": database_url,
            "SECRET_KEY": "only-for-the-harness",
            "SITE_URL": "https://incidents.example",
            "SLACK_TOKEN": slack.token,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": slack.url,
            "INCIDENT_CHANNEL_ID": INCIDENTS,
            "INCIDENT_BOT_ID": BOT,
            "LOG_LEVEL": "WARNING",
        }
        self.log = folder / "gunicorn.log"
        self.log.touch()
        self._clock = 0.0
        self.jump(0)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def start(self, workers: int = 3) -> None:
        """Serve, and return once requests are answered."""
        beginning = self.log.stat().st_size
        with self.log.open("ab") as output:
            self._gunicorn = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "demo.wsgi"),
                    *("--bind", "127.0.0.1:0", "--workers", str(workers)),
                ],
                cwd=DEMO,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.port = wait_for_port(self.log, beginning)

    def workers(self) -> list[int]:
        """The ids of the worker processes that there are now."""
        if self._gunicorn is None:
            return []
        master = self._gunicorn.pid
        children = Path(f"/proc/{master}/task/{master}/children")
        with contextlib.suppress(FileNotFoundError):
            return [int(pid) for pid in children.read_text().split()]
        return []

    def kill_worker(self, pid: int) -> bool:
        """Kill one of them (kill -9); False where it is gone already."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def start_clock(self) -> subprocess.Popen[bytes]:
        """A process that does what is due, again and again."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.project.clocks"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
            )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database holds, asked past the app; it may just have been restarted."""
        answers: list[list[tuple[Any, ...]]] = []

        def asked() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                answers.append(super(DemoSite, self).rows(query))
            return bool(answers)

        if not eventually(asked, timeout=30):
            raise RuntimeError("The database did not come back.")
        return answers[0]

    def right_time(self) -> float:
        """What time it is where it all takes place, in seconds since 1970; Slack knows."""
        return time.time() + self._clock

    def now(self) -> float:
        """What time the site's processes think it is."""
        return time.time() + float((self.folder / switches.CLOCK).read_text() or 0)

    def jump(self, seconds: float) -> None:
        """Put its clock so many seconds before (or after) where it belongs."""
        self.switch(switches.CLOCK, str(self._clock + seconds))

    def let_time_pass(self, seconds: float) -> None:
        """Be as if so long had passed."""
        self._clock += seconds
        self.jump(0)

    def deaths(self) -> int:
        """How many processes died at a crash point so far."""
        return len(self.told(switches.DEATHS))

    def told(self, name: str) -> list[str]:
        """What its processes told so far: DEATHS or PAUSES."""
        told = self.folder / name
        return told.read_text().splitlines() if told.exists() else []

    def switch(self, name: str, value: str = "") -> None:
        switches.write(self.folder, name, value)
