"""The demo, started as a user would start it, and a browser in which nothing goes wrong unseen.

``make browser`` runs these tests; they need Chromium, which ``.ci/chromium`` installs on Debian.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.album import ARTEFACTS, DESK, PHONE, Album
from tests.browser.person import Person
from tests.demo.conftest import start_demo, stop

HEIGHTS = {DESK: 860, PHONE: 844}

#: ``@desk_and_phone`` runs a test once at each width.
desk_and_phone = pytest.mark.parametrize("width", [DESK, PHONE])


# The demo


def _demo(folder: Path) -> Iterator[str]:
    url, process = start_demo(folder)
    # The address that the demo prints, and that its links lead to.
    yield url.replace("127.0.0.1", "localhost")
    stop(process)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that tests share: each has incidents of its own in it."""
    yield from _demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def new_demo(tmp_path: Path) -> Iterator[str]:
    """The address of a demo in which nothing has happened yet."""
    yield from _demo(tmp_path)


# The browser


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    quiet = [f"--disable-{what}" for what in ("background-networking", "component-update", "sync")]
    return {
        **browser_type_launch_args,
        # Where there is no Chromium of the system's, Playwright looks for its own.
        "executable_path": os.environ.get("CHROMIUM") or shutil.which("chromium"),
        "args": ["--no-sandbox", "--disable-gpu", "--no-first-run", *quiet],
    }


@pytest.fixture
def width() -> int:
    return DESK


@pytest.fixture
def color_scheme() -> str:
    return "light"


@pytest.fixture
def time_zone() -> str:
    return "UTC"


@pytest.fixture
def browser_context_args(
    browser_context_args: dict[str, Any], width: int, color_scheme: str, time_zone: str
) -> dict[str, Any]:
    """A window as wide and as bright as the test asks, the same wherever it runs."""
    return {
        **browser_context_args,
        "viewport": {"width": width, "height": HEIGHTS[width]},
        "color_scheme": color_scheme,
        "locale": "en-GB",
        "timezone_id": time_zone,
        "reduced_motion": "reduce",
    }


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Any]]:
    """Browser profiles that are watched: a test fails if a page of theirs asks another host for
    anything, breaks its Content-Security-Policy, or writes an error into the console.
    """
    wrong: list[str] = []

    def watched(**options: Any) -> BrowserContext:
        context = new_context(**options)
        # A broken policy is told in the console.
        context.on(
            "console",
            lambda said: (
                wrong.append(f"{said.type}: {said.text} ({said.location['url']})")
                if said.type in ("error", "warning") and not _is_a_form_that_came_back(said.text)
                else None
            ),
        )
        context.on("weberror", lambda error: wrong.append(f"uncaught: {error.error}"))
        context.on(
            "request",
            lambda request: (
                wrong.append(f"asked another host: {request.url}")
                if urlsplit(request.url).hostname not in ("localhost", "127.0.0.1")
                else None
            ),
        )
        return context

    yield watched
    assert wrong == []


def _is_a_form_that_came_back(said: str) -> bool:
    """Chromium calls it an error that a form did not fit (422), or met another's change (409)."""
    return said.startswith("Failed to load resource") and ("422" in said or "409" in said)


@pytest.fixture
def person(context: BrowserContext, demo: str) -> Callable[[str], Person]:
    """Somebody at the practice workspace, in a tab of their own: ``person("ana")``."""
    return lambda name: Person(context.new_page(), demo, name)


@pytest.fixture
def album(width: int, color_scheme: str, request: pytest.FixtureRequest) -> Album:
    """Where the test keeps screenshots: artefacts/browser/<width>/<test>-<scheme>/NN-name.png."""
    name = request.node.originalname.removeprefix("test_")
    return Album(ARTEFACTS / str(width) / f"{name}-{color_scheme}")
