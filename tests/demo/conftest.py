"""The demo, started as a user would start it, with an app of the tests' own at the other end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk import WebClient

from .receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "xoxb-practice-workspace-only"

Json = dict[str, Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Refused(Exception):
    """The control interface said no."""

    def __init__(self, status: int, answer: Json) -> None:
        super().__init__(status, answer)
        self.status, self.error = status, answer.get("error")


class Workspace:
    """The practice workspace as a test drives it: by HTTP and nothing else."""

    def __init__(self, url: str, app: Receiver | None) -> None:
        self.url = url
        self.slack = WebClient(token=TOKEN, base_url=f"{url}/workspace/api/")
        self._app = app

    @property
    def app(self) -> Receiver:
        assert self._app is not None
        return self._app

    def do(self, path: str, **fields: Any) -> Json:
        """Do something: POST to the control interface. ``as_`` stands for ``as``."""
        return self._ask(path, json.dumps(_named(fields)).encode())

    def see(self, path: str, **query: str) -> Json:
        return self._ask(f"{path}?{urlencode(_named(query))}", None)

    def _ask(self, path: str, body: bytes | None) -> Json:
        request = urllib.request.Request(f"{self.url}/workspace/control/{path}", data=body)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, json.load(error)) from None

    def say(self, who: str, where: str, text: str, **more: str) -> str:
        """Write a message as a person; return its ts."""
        return str(self.do("messages", as_=who, channel=where, text=text, **more)["ts"])

    def until(self, fits: Callable[[], Any]) -> Any:
        """Ask again and again until the answer is true, and return it."""
        deadline = time.monotonic() + 30
        while not (answer := fits()):
            assert time.monotonic() < deadline, "It never came true."
        return answer

    def until_tried(self, attempts: int) -> None:
        """Wait until the latest event was tried so often and the workspace has noted it."""
        self.until(lambda: self.see("deliveries")["deliveries"][0]["attempts"] >= attempts)

    def messages(self, who: str, where: str) -> list[Json]:
        return self.see("messages", as_=who, channel=where)["messages"]


def _named(fields: Json) -> Json:
    return {name.rstrip("_"): value for name, value in fields.items()}


def start_demo(folder: Path, app_url: str = "", **environment: str) -> tuple[str, Any]:
    """Start ``demo/start.py`` with databases in ``folder``; return its address and the process."""
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "demo" / "start.py")],
        env={
            **kept,
            "PORT": str(port),
            "SECRET_KEY": "only-for-tests",
            "DEMO_PASSWORD": "only-for-tests",
            "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
            "PRACTICE_DATABASE": str(folder / "workspace.sqlite3"),
            **({"PRACTICE_APP_URL": app_url} if app_url else {}),
            **environment,
        },
        stdout=(folder / "out.log").open("w"),
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    _wait_until_it_answers(url, process, folder)
    return url, process


def _wait_until_it_answers(url: str, process: Any, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/workspace/control/state", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    process.kill()
    pytest.fail(f"The demo did not start:\n{(folder / 'out.log').read_text()}")


def stop(process: Any) -> None:
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(scope="session")
def running_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    app = Receiver()
    # Two processes, as everything must hold whichever of them is asked.
    url, process = start_demo(tmp_path_factory.mktemp("demo"), app.url, WEB_CONCURRENCY="2")
    yield Workspace(url, app)
    stop(process)
    app.stop()


@pytest.fixture
def workspace(running_workspace: Workspace) -> Workspace:
    """A practice workspace as on its first day, whose app is the tests' receiver."""
    running_workspace.do("start-over")
    running_workspace.app.reset()
    return running_workspace
