"""Texts that people stored to act on others act on nobody, in Chromium, on every page there is.

The browser is told to ignore the Content-Security-Policy, which would hide what got through.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import reader
from tests.browser.album import DESK, PHONE
from tests.browser.hostile_rows import AT_ONCE
from tests.demo.conftest import ROOT, start_demo, stop
from tests.hostile_texts import TEXTS

pytestmark = pytest.mark.browser

#: What runs before any script of a page: whoever calls hacked() or asks anything is remembered.
WATCH = """
  window.hacked = () => { window.wasHacked = true; };
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
    window[name] = () => { window.wasHacked = true; };
  }
"""

#: What people wrote stands in these, and nothing else does: on our pages, in a file, in the admin.
BOXES = ".response-text, .response-cell-title, .response-cell-lead, h1, bdi, .response-picture"
BOXES_OF_A_FILE = ".text, h1, bdi"
BOXES_OF_THE_ADMIN = "#result_list [class^=field-]"

LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")


@dataclass
class Defaced:
    """A demo in which the hostile texts are stored, and the incidents that hold them all."""

    url: str
    incidents: list[int]


@pytest.fixture(scope="module")
def defaced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Defaced]:
    folder = tmp_path_factory.mktemp("defaced")
    url, process = start_demo(folder)
    try:
        stored = subprocess.run(
            [sys.executable, "-m", "tests.browser.hostile_rows"],
            cwd=ROOT,
            env={
                **os.environ,
                "SECRET_KEY": "only-for-tests",
                "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
                "PRACTICE_DATABASE": str(folder / "workspace.sqlite3"),
            },
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        ids = [int(number) for number in stored.stdout.split()]
        yield Defaced(url.replace("127.0.0.1", "localhost"), ids)
    finally:
        stop(process)


@dataclass
class Visit:
    """A page of somebody signed in who may see everything, and what went wrong on it, in words."""

    page: Page
    trouble: list[str]

    def look(self, name: str, boxes: str = BOXES, *, widths: Sequence[int] = (PHONE, DESK)) -> None:
        """Look at the page that is open, in windows of these widths."""
        # What runs by itself does so once a frame is drawn.
        frame = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 860})
            self.page.evaluate(frame)
            options = {"boxes": boxes, "width": width if boxes != BOXES_OF_THE_ADMIN else 0}
            wrong = self.page.evaluate(LOOK, options)
            self.trouble += [f"{name} at {width}: {what}" for what in wrong]


@pytest.fixture(scope="module")
def signed_in(browser: Browser, defaced: Defaced) -> Iterator[Visit]:
    trouble: list[str] = []
    context: BrowserContext = browser.new_context(
        bypass_csp=True,
        viewport={"width": DESK, "height": 860},
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    context.add_init_script(WATCH)
    context.on("request", lambda request: trouble.extend(_elsewhere(request.url)))
    context.on("weberror", lambda error: trouble.append(f"uncaught: {error.error}"))
    page = context.new_page()
    page.on("dialog", lambda dialog: (trouble.append("a dialog"), dialog.dismiss()))
    page.on("popup", lambda popup: trouble.append(f"a window: {popup.url}"))
    reader.sign_in(page, defaced.url)
    yield Visit(page, trouble)
    context.close()


@pytest.fixture
def visit(signed_in: Visit) -> Visit:
    signed_in.trouble.clear()
    return signed_in


def _elsewhere(url: str) -> list[str]:
    parts = urlsplit(url)
    ours = parts.hostname in ("localhost", "127.0.0.1") or parts.scheme in ("data", "file")
    return [] if ours else [f"asked another host: {url}"]


def test_the_list_shows_every_text_and_does_nothing(visit: Visit, defaced: Defaced) -> None:
    shown, page = 0, visit.page
    page.goto(f"{defaced.url}/")
    while True:
        visit.look(page.url)
        shown += page.locator(".response-cell-title").count()
        following = page.locator("a[rel=next]")
        if not following.count():
            break
        page.goto(f"{defaced.url}/{following.get_attribute('href')}")
    assert shown > len(TEXTS)
    page.goto(f"{defaced.url}/?q=%3Cscript%3Ehacked()%3C/script%3E&lead=%22%3E%3Cimg%20src=x%3E")
    visit.look("the search")
    assert visit.trouble == []


def test_documents_show_every_text_and_do_nothing(visit: Visit, defaced: Defaced) -> None:
    for incident_id in defaced.incidents:
        visit.page.goto(f"{defaced.url}/incident/{incident_id}/?timeline=all")
        visit.look(visit.page.url)
        assert visit.page.locator(".response-entry").count() == AT_ONCE
    assert visit.trouble == []


def test_forms_show_every_text_and_do_nothing(visit: Visit, defaced: Defaced) -> None:
    document = f"{defaced.url}/incident/{defaced.incidents[0]}"
    for form in ("edit/title", "edit/summary", "edit/lead", "write-up"):
        visit.page.goto(f"{document}/{form}/")
        visit.look(form)
    assert visit.trouble == []


def test_what_is_taken_away_does_nothing(visit: Visit, defaced: Defaced, tmp_path: Path) -> None:
    page = visit.page
    for incident_id in defaced.incidents:
        answer = page.request.get(f"{defaced.url}/incident/{incident_id}/download/html/")
        assert answer.headers["content-disposition"].startswith("attachment")
        file = tmp_path / f"{incident_id}.html"
        file.write_bytes(answer.body())
        page.goto(file.as_uri())
        visit.look(f"the file of {incident_id}", BOXES_OF_A_FILE)
        assert page.locator(".text").count() > 2 * AT_ONCE
        assert not page.evaluate("document.querySelector('script, img, iframe, object, form')")
    assert visit.trouble == []


@pytest.mark.parametrize("kind", ["markdown", "json"])
def test_a_file_that_is_no_page_is_taken_for_none(
    visit: Visit, defaced: Defaced, kind: str
) -> None:
    address = f"{defaced.url}/incident/{defaced.incidents[0]}/download/{kind}/"
    answer = visit.page.request.get(address)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "html" not in answer.headers["content-type"]


def test_insights_show_names_and_do_nothing(visit: Visit, defaced: Defaced) -> None:
    page = visit.page
    page.goto(f"{defaced.url}/insights/")
    for summary in page.locator(".response-behind-picture > summary").all():
        summary.click()
    visit.look("insights")
    assert page.locator(".response-bar-word").count() > 10
    assert visit.trouble == []


def test_the_admin_shows_every_text_and_does_nothing(visit: Visit, defaced: Defaced) -> None:
    page = visit.page
    for model in ("incident", "action", "timelineevent", "externaluser", "commschannel"):
        page.goto(f"{defaced.url}/admin/response/{model}/?all=1")
        visit.look(model, BOXES_OF_THE_ADMIN, widths=[DESK])
        row = page.locator("#result_list tbody th a").first
        page.goto(f"{defaced.url}{row.get_attribute('href')}")
        visit.look(f"one {model}", BOXES_OF_THE_ADMIN, widths=[DESK])
    assert visit.trouble == []


def test_the_watch_itself_notices(visit: Visit, defaced: Defaced) -> None:
    """Were a page to show one of the texts as HTML, the tests above would fail."""
    page = visit.page
    page.goto(f"{defaced.url}/insights/")
    for html in (
        "<bdi><img src=https://evil.example/x.gif onerror=hacked()></bdi>",
        "<bdi><b style='position:absolute;left:-50px'>out</b></bdi>",
        "<bdi><form action=//evil.example></form></bdi>",
    ):
        put = "(html) => document.querySelector('h1').insertAdjacentHTML('beforeend', html)"
        page.evaluate(put, html)
    page.wait_for_function("window.wasHacked")
    visit.look("injected", widths=[DESK])
    said = " ".join(visit.trouble)
    for noticed in (
        *("asked another host", "a script ran", "onerror of <img>", "sticks out of bdi"),
        *("style of <b>", "<form> in bdi"),
    ):
        assert noticed in said
