"""The web console in a browser: every page and state, two people at once, and no mouse.

The demo sends ``Content-Security-Policy: default-src 'self'``; a page that breaks it fails here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import reader
from tests.browser.album import Album
from tests.browser.conftest import desk_and_phone
from tests.browser.test_keyboard import walk
from tests.browser.test_pages import light_and_dark, looks_right

pytestmark = pytest.mark.browser

# As long as a page may take to ask for news, and then some, on a busy machine.
NEWS = 30_000


@pytest.fixture
def page(context: BrowserContext, demo: str) -> Page:
    return reader.sign_in(context.new_page(), demo)


def declare(page: Page, title: str, **fields: str) -> None:
    page.get_by_role("link", name="Declare an incident").click()
    page.get_by_label("Title").fill(title)
    for label, text in fields.items():
        page.get_by_label(label.capitalize()).fill(text)
    page.get_by_role("button", name="Declare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def add_entry(page: Page, text: str) -> None:
    page.get_by_label("What happened").fill(text)
    page.get_by_role("button", name="Add to the timeline").click()
    expect(page.locator(".response-entry-text").filter(has_text=text)).to_be_visible()


@light_and_dark
@desk_and_phone
def test_every_state_of_the_console_can_be_used_by_everyone(
    page: Page, demo: str, album: Album, width: int, color_scheme: str
) -> None:
    title = f"Parcels are sent twice at {width} {color_scheme}"
    page.get_by_role("link", name="Declare an incident").click()
    page.get_by_role("button", name="Declare").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    looks_right(page, album, "declare-refused")
    declare(page, title)
    looks_right(page, album, "new-document")

    page.locator("#edit-summary").click()
    page.get_by_role("textbox", name="Summary").fill(
        "Since **noon**\n\n- the queue\n- [is stuck](/)"
    )
    expect(page.get_by_role("region", name="Preview").locator("strong")).to_have_text("noon")
    looks_right(page, album, "editing")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Summary").locator("strong")).to_have_text("noon")
    looks_right(page, album, "saved")

    page.get_by_role("button", name="Take the lead").click()
    expect(page.get_by_role("complementary", name="Facts")).to_contain_text("Demo")
    page.get_by_role("link", name="Add an action").click()
    page.get_by_label("What is to be done").fill("Empty the queue")
    looks_right(page, album, "new-action")
    page.get_by_role("button", name="Add the action").click()
    expect(page.get_by_role("button", name="Done: Empty the queue")).to_be_visible()
    add_entry(page, "The queue is stuck")
    page.get_by_role("link", name="Edit the entry").click()
    looks_right(page, album, "editing-an-entry")
    page.get_by_role("link", name="Cancel").click()
    page.locator("#edit-times").click()
    looks_right(page, album, "editing-times")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Close incident").click()
    expect(page.get_by_text("1 action is still to be done.")).to_be_visible()
    looks_right(page, album, "closing")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    looks_right(page, album, "closed")
    page.get_by_role("link", name="Undo the change").last.click()
    looks_right(page, album, "undo")

    page.goto(f"{demo}/?q=no+such+words")
    looks_right(page, album, "no-match")
    page.goto(f"{demo}/insights/?since=2024-01-01&until=2024-01-31")
    looks_right(page, album, "insights-of-nothing")
    page.goto(f"{demo}/?since=3000-01-01&status=live&lead=demo")
    looks_right(page, album, "narrowed")
    page.locator("summary").filter(has_text="demo").click()
    looks_right(page, album, "menu")


def test_two_people_see_each_other_s_change_and_lose_nothing(
    new_context: Callable[..., BrowserContext], demo: str, album: Album
) -> None:
    ana = reader.sign_in(new_context().new_page(), demo)
    ben = reader.sign_in(new_context().new_page(), demo)
    declare(ana, "Two people at once")
    ben.goto(ana.url)

    # What one does, the other sees without a reload.
    add_entry(ana, "Seen by Ana")
    expect(ben.get_by_text("Seen by Ana")).to_be_visible(timeout=NEWS)

    # What one writes while the other writes as well is shown, and not replaced.
    for page in (ana, ben):
        page.locator("#edit-summary").click()
    ana.get_by_role("textbox", name="Summary").fill("Ana's summary")
    ben.get_by_role("textbox", name="Summary").fill("Ben's summary")
    ana.get_by_role("button", name="Save").click()
    expect(ana.get_by_role("region", name="Summary")).to_contain_text("Ana's summary")
    expect(ben.get_by_text("Summary set").first).to_be_visible(timeout=NEWS)
    expect(ben.get_by_role("textbox", name="Summary")).to_have_value("Ben's summary")
    ben.get_by_role("button", name="Save").click()
    conflict = ben.get_by_role("alert")
    expect(conflict).to_contain_text("changed this while you were writing")
    expect(conflict).to_contain_text("Ana's summary")
    expect(ben.get_by_role("textbox", name="Summary")).to_have_value("Ben's summary")
    looks_right(ben, album, "conflict")
    ben.get_by_role("button", name="Save mine instead").click()
    expect(ben.get_by_role("region", name="Summary")).to_contain_text("Ben's summary")
    expect(ana.get_by_role("region", name="Summary")).to_contain_text("Ben's summary", timeout=NEWS)

    # And it can be taken back.
    ben.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(ben.get_by_role("region", name="Summary")).to_contain_text("Ana's summary")


def test_the_list_is_searched_as_one_types(page: Page, demo: str) -> None:
    declare(page, "Ovens are cold")
    declare(page, "Fridges are warm")
    page.goto(f"{demo}/")
    page.get_by_role("searchbox").press_sequentially("ovens")
    expect(page.get_by_role("row").filter(has_text="Ovens are cold")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Fridges are warm")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/\?q=ovens$"))
    expect(page.get_by_text("1 found")).to_be_visible()
    page.get_by_label("Status", exact=True).select_option("resolved")
    expect(page.get_by_text("No incident fits.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=ovens&status=resolved$"))
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("ovens")
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_role("row").filter(has_text="Fridges are warm")).to_be_visible()


def test_the_document_is_worked_on_by_keyboard_alone(page: Page) -> None:
    declare(page, "By keyboard")
    keys = page.keyboard
    walk(page, "Tab", page.locator("#edit-summary"))
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Summary")).to_be_focused()
    keys.type("Typed")
    walk(page, "Tab", page.get_by_role("button", name="Save"))
    keys.press("Enter")
    expect(page.get_by_role("region", name="Summary")).to_contain_text("Typed")
    expect(page.locator("#edit-summary")).to_be_focused()
    walk(page, "Tab", page.get_by_label("What happened"))
    keys.type("By hand")
    walk(page, "Tab", page.get_by_role("button", name="Add to the timeline"))
    keys.press("Enter")
    expect(page.locator(".response-entry").filter(has_text="By hand")).to_be_visible()
    expect(page.get_by_label("What happened")).to_be_focused()
    expect(page.get_by_label("What happened")).to_have_value("")


def test_a_link_leads_to_an_entry_that_is_not_on_the_page(page: Page) -> None:
    declare(page, "Far down")
    add_entry(page, "Seen by hand")
    link = page.locator(".response-entry").filter(has_text="Seen by hand").get_by_role("link").first
    anchor = link.get_attribute("href")
    address = page.url.split("?")[0]
    page.goto(f"{address}?show=pins{anchor}")
    expect(page.locator(".response-entry").filter(has_text="Seen by hand")).to_be_in_viewport()


def test_what_was_written_is_not_left_behind_unasked(page: Page) -> None:
    declare(page, "Half a sentence")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("What happened").press_sequentially("It began")
    page.get_by_role("link", name="Insights").click(no_wait_after=True)
    expect(page.get_by_label("What happened")).to_have_value("It began")
    assert asked == ["beforeunload"]
    page.get_by_label("What happened").press("Control+Enter")
    expect(page.locator(".response-entry").filter(has_text="It began")).to_be_visible()
    expect(page.get_by_label("What happened")).to_have_value("")
    page.get_by_role("link", name="Insights").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Insights")
    assert asked == ["beforeunload"]


def test_light_or_dark_is_kept(page: Page) -> None:
    def ground() -> Any:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = ground()
    page.locator("summary").filter(has_text="demo").click()
    page.get_by_role("button", name="Dark").click()
    dark = ground()
    assert dark != light
    page.reload()
    assert ground() == dark
    page.locator("summary").filter(has_text="demo").click()
    page.get_by_role("button", name="System").click()
    assert ground() == light


@pytest.mark.parametrize("time_zone", ["Asia/Tokyo"])
def test_times_are_shown_in_the_reader_s_zone(page: Page, time_zone: str) -> None:
    declare(page, "Far away")
    started = page.get_by_role("complementary", name="Facts").locator("time").first
    expect(started).to_contain_text("JST")
    expect(started).to_have_attribute("title", re.compile(r"\+09:00$"))


def test_without_javascript_the_same_forms_are_sent(
    new_context: Callable[..., BrowserContext], demo: str, album: Album
) -> None:
    page = reader.sign_in(new_context(java_script_enabled=False).new_page(), demo)
    declare(page, "No script")
    page.locator("#edit-summary").click()
    page.get_by_role("textbox", name="Summary").fill("Typed without a script")
    album.keep(page, "editing", whole=True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Summary")).to_contain_text("Typed without a script")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Summary")).to_contain_text("No summary yet")
    page.get_by_label("What happened").fill("Seen")
    page.get_by_role("button", name="Add to the timeline").click()
    expect(page.locator(".response-entry").filter(has_text="Seen")).to_be_visible()
    page.get_by_role("link", name="Close incident").click()
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text("resolved")).to_be_visible()
    album.keep(page, "document", whole=True)
