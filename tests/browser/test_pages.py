"""Pages that everyone can use, at a desk and on a phone; those of Response in light and dark.

The rules are axe-core's for the levels A and AA of WCAG 2.2; it finds what a program can find.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import reader
from tests.browser.album import Album
from tests.browser.conftest import desk_and_phone
from tests.browser.person import GENERAL, Person
from tests.demo.conftest import Workspace

pytestmark = pytest.mark.browser

TITLE = "Invoices are sent late"
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
    "resultTypes": ["violations"],
}

# The practice workspace is always light.
light_and_dark = pytest.mark.parametrize("color_scheme", ["light", "dark"])


@pytest.fixture(scope="session")
def incident(demo: str) -> str:
    """The channel of an incident that has a bit of everything; its headline is the newest."""
    workspace = Workspace(demo, None)
    workspace.do("messages", as_="chloe", channel="general", text=f"/incident {TITLE}")
    form = workspace.see("views", as_="chloe")["views"][0]
    said = {
        "summary": "The nightly run takes *four* hours\n- since Monday\n- see https://example.com",
        "impact": "Customers pay late",
        "lead": "U02BEN",
        "severity": "2",
    }
    sent = workspace.do(f"views/{form['id']}/submit", values=said)
    assert sent["ok"], sent
    headline = workspace.until(lambda: _headline(workspace))
    workspace.do(
        "press",
        as_="chloe",
        channel="incidents",
        ts=headline,
        action_id="create-comms-channel-button",
    )
    where = workspace.until(lambda: _channel(workspace))
    pinned = workspace.say("ben", where, "It is the new index :eyes:")
    workspace.do("pins/add", as_="dev", channel=where, ts=pinned)
    workspace.say("ben", where, "@incident hlep")
    return where


def _headline(workspace: Workspace) -> str:
    found = [one for one in workspace.messages("chloe", "incidents") if TITLE in one["text"]]
    return str(found[-1]["ts"]) if found else ""


def _channel(workspace: Workspace) -> str:
    found = [one for one in workspace.see("state")["channels"] if TITLE in (one["topic"] or "")]
    return str(found[0]["id"]) if found and "U02BEN" in found[0]["members"] else ""


@light_and_dark
@desk_and_phone
def test_the_web_pages_can_be_used_by_everyone(
    context: BrowserContext, demo: str, incident: str, album: Album
) -> None:
    page = context.new_page()
    page.goto(f"{demo}/")
    looks_right(page, album, "sign-in")
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looks_right(page, album, "sign-in-refused")
    reader.fill_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Incidents")
    looks_right(page, album, "list")
    page.get_by_role("link", name=TITLE).click()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("It is the new index 👀")
    looks_right(page, album, "document")
    page.get_by_role("link", name="Insights").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Insights")
    expect(page.get_by_role("img").first).to_be_visible()
    looks_right(page, album, "insights")


@desk_and_phone
def test_the_practice_workspace_can_be_used_by_everyone(
    person: Callable[[str], Person], incident: str, album: Album
) -> None:
    chloe = person("chloe")
    chloe.goes_to(incident)
    expect(chloe.message("It is the new index")).to_contain_text("Pinned by Dev")
    looks_right(chloe.page, album, "channel")
    for panel in ("Try this", "Pinned", "Behind the scenes"):
        chloe.shows(panel)
        looks_right(chloe.page, album, panel.lower().replace(" ", "-"))
        chloe.closes_the_panel()
    chloe.goes_to(GENERAL)
    form = chloe.opens_the_form("")
    looks_right(chloe.page, album, "form")
    form.get_by_role("button", name="Report").click()
    expect(form.get_by_role("alert").filter(visible=True)).to_have_count(1)
    looks_right(chloe.page, album, "form-refused")
    form.get_by_role("button", name="Cancel").click()
    expect(form).to_have_count(0)


def looks_right(page: Page, album: Album, name: str) -> None:
    """Keep a screenshot; nothing on the page breaks a rule or sticks out of the window."""
    album.keep(page, name, whole=True)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    width, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= window, f"{name} is {width} pixels wide"
