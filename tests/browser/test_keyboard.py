"""An incident without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.album import Album
from tests.browser.person import INCIDENTS, Person

pytestmark = pytest.mark.browser

TITLE = "Emails are not sent"
# More than there are places to stop at on the page: whoever has not arrived by then never does.
FURTHEST = 80


def test_an_incident_is_declared_and_closed_by_keyboard_alone(
    person: Callable[[str], Person], album: Album
) -> None:
    ana = person("ana")
    ana.goes_to(INCIDENTS)
    keys = ana.page.keyboard
    keys.press("Tab")
    expect(ana.page.get_by_role("link", name="Skip to writing a message")).to_be_focused()
    keys.press("Enter")
    expect(ana.composer).to_be_focused()

    keys.type("/inc")
    keys.press("Enter")  # takes what is suggested
    expect(ana.composer).to_have_value("/incident ")
    keys.type(TITLE)
    keys.press("Enter")
    expect(ana.form.get_by_label("Title")).to_be_focused()
    expect(ana.form.get_by_label("Title")).to_have_value(TITLE)
    walk(ana.page, "Tab", ana.form.get_by_label("Severity"))
    keys.press("ArrowDown")
    expect(ana.form.get_by_label("Severity").locator("option:checked")).to_contain_text("critical")
    walk(ana.page, "Tab", ana.form.get_by_role("button", name="Report"))
    album.keep(ana.page, "form")
    keys.press("Enter")

    expect(ana.form).to_have_count(0)
    expect(ana.composer).to_be_focused()
    headline = ana.headline(TITLE)
    expect(headline).to_contain_text("critical")

    walk(ana.page, "Shift+Tab", headline.get_by_role("button", name="Close"))
    album.keep(ana.page, "headline")
    keys.press("Enter")
    question = ana.page.get_by_role("dialog", name="Close this incident?")
    expect(question).to_be_visible()
    keys.press("Escape")
    expect(question).to_be_hidden()
    expect(headline.get_by_role("button", name="Close")).to_be_focused()
    keys.press("Enter")
    walk(ana.page, "Tab", question.get_by_role("button", name="Close it"))
    keys.press("Enter")
    expect(headline).to_contain_text("resolved")


def walk(page: Page, key: str, to: Locator) -> None:
    """Press a key until the focus is there, and see that it shows."""
    expect(to).to_have_count(1)
    for _ in range(FURTHEST):
        if to.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press(key)
    expect(to).to_be_focused()
    expect(to).to_be_in_viewport()
    expect(to).not_to_have_css("outline-style", "none")
