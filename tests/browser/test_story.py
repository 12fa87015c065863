"""The main job in a browser: from /incident to the incident document, as a new user would do it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.album import ARTEFACTS, Album
from tests.browser.conftest import desk_and_phone
from tests.browser.person import INCIDENTS, Person

pytestmark = pytest.mark.browser

Keep = Callable[..., None]

SUMMARY = "Card payments time out since the 14:00 release"
PINNED = "Rolling back to the morning's version"


@pytest.fixture
def album(width: int) -> Album:
    return Album(ARTEFACTS / str(width))


@desk_and_phone
def test_an_incident_from_the_command_to_the_document(
    context: BrowserContext, new_demo: str, album: Album
) -> None:
    ana = Person(context.new_page(), new_demo, "ana")
    ana.goes_to(INCIDENTS)
    album.keep(ana.page, "first-visit")

    declares(ana, album)
    walks_into_the_channel(ana, album)
    works_in_the_channel(ana, album)
    corrects_the_title(ana, album)
    closes(ana, album)
    document = signs_in_from_the_headline(ana, album)
    reads_everything_in_order(document, album)
    finds_it_on_the_list(document, album)


def declares(ana: Person, album: Album) -> None:
    form = ana.opens_the_form("Checkout is failing")
    expect(form.get_by_label("Title")).to_have_value("Checkout is failing")
    form.get_by_label("Impact").fill("Nobody can pay by card")
    ana.chooses("Severity", "minor")
    album.keep(ana.page, "form")
    ana.sends_the_form("Report")
    headline = ana.headline("Checkout is failing")
    expect(headline).to_have_count(1)
    expect(headline).to_contain_text("Reporter: @Ana")
    expect(headline).to_contain_text("minor")
    expect(ana.message("Thank you for")).to_contain_text("Only you can see this")
    album.keep(ana.page, "headline")


def walks_into_the_channel(ana: Person, album: Album) -> None:
    headline = ana.headline("Checkout is failing")
    ana.presses(headline, "Create Comms Channel")
    link = headline.get_by_role("link", name="#inc-")
    expect(link).to_be_visible()
    expect(headline.get_by_role("button", name="Create Comms Channel")).to_have_count(0)
    album.keep(ana.page, "channel-created")
    link.click()
    expect(ana.page.get_by_role("heading", level=1)).to_contain_text("inc-")
    album.keep(ana.page, "channel")


def works_in_the_channel(ana: Person, album: Album) -> None:
    ana.commands("lead @Ben")
    ana.commands("severity major")
    ana.commands(f"summary {SUMMARY}")
    album.keep(ana.page, "commands")
    ana.writes(PINNED)
    menu = ana.opens_the_menu_of(ana.message(PINNED))
    album.keep(ana.page, "menu")
    menu.get_by_role("button", name="Pin to channel").click()
    expect(ana.message(PINNED).get_by_text("Pinned by Ana")).to_be_visible()
    album.keep(ana.page, "pinned")


def corrects_the_title(ana: Person, album: Album) -> None:
    ana.goes_to(INCIDENTS)
    headline = ana.headline("Checkout is failing")
    expect(headline).to_contain_text("Incident lead: @Ben")
    expect(headline).to_contain_text("major")
    ana.presses(headline, "Edit")
    expect(ana.form.get_by_label("Summary")).to_have_value(SUMMARY)
    ana.form.get_by_label("Title").fill("Checkout refuses cards")
    album.keep(ana.page, "edit")
    ana.sends_the_form("Save")
    expect(ana.headline("Checkout refuses cards")).to_have_count(1)
    expect(ana.headline("Checkout is failing")).to_have_count(0)
    album.keep(ana.page, "edited")


def closes(ana: Person, album: Album) -> None:
    headline = ana.headline("Checkout refuses cards")
    ana.presses(headline, "Close")
    question = ana.page.get_by_role("dialog", name="Close this incident?")
    album.keep(ana.page, "close")
    question.get_by_role("button", name="Close it").click()
    expect(headline).to_contain_text("resolved")
    expect(headline.get_by_role("button", name="Edit")).to_have_count(0)
    album.keep(ana.page, "closed")


def signs_in_from_the_headline(ana: Person, album: Album) -> Page:
    link = ana.headline("Checkout refuses cards").get_by_role("link", name="Incident 1")
    with ana.page.expect_popup() as opened:
        link.click()
    page = opened.value
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("only-for-tests")
    album.keep(page, "sign-in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout refuses cards")
    return page


def reads_everything_in_order(document: Page, album: Album) -> None:
    album.keep(document, "document", whole=True)
    facts = document.get_by_role("complementary", name="Facts")
    expect(facts.get_by_role("definition").first).to_contain_text("Ben")
    summary = document.get_by_role("region", name="Summary")
    expect(summary).to_contain_text(SUMMARY)
    expect(document.get_by_role("region", name="Impact")).to_contain_text("Nobody can pay by card")

    entries = document.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(entries).to_contain_text(
        [
            "Incident declared",
            "Comms channel #inc-",
            "Lead set to @Ben",
            "Severity changed from minor to major",
            f"Summary set: {SUMMARY}",
            PINNED,
            "Title changed from “Checkout is failing” to “Checkout refuses cards”",
            "Incident closed after",
        ]
    )


def finds_it_on_the_list(document: Page, album: Album) -> None:
    document.get_by_role("link", name="All incidents").click()
    row = document.get_by_role("row").filter(has_text="Checkout refuses cards")
    for said in ("major", "resolved", "Ben"):
        expect(row).to_contain_text(said)
    album.keep(document, "list", whole=True)
