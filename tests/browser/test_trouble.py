"""Slack fails, and nobody loses anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.album import Album
from tests.browser.person import INCIDENTS, Person
from tests.browser.reader import sign_in

pytestmark = pytest.mark.browser

TITLE = "Search returns nothing"
# What could not be sent is tried again after a while, and later each time.
CATCHES_UP = 60_000


def test_slack_down_does_not_lose_the_incident(
    context: BrowserContext, demo: str, person: Callable[[str], Person], album: Album
) -> None:
    ana, dev = person("ana"), person("dev")
    reader = sign_in(context.new_page(), demo)
    ana.goes_to(INCIDENTS)
    dev.goes_to(INCIDENTS)
    ana.opens_the_form(TITLE)

    trouble = dev.shows("Behind the scenes").get_by_role("switch", name="Slack is down")
    trouble.click()
    expect(trouble).to_be_checked()
    ana.sends_the_form("Report")
    reader.reload()
    expect(reader.get_by_role("row").filter(has_text=TITLE)).to_contain_text("live")
    expect(ana.headline(TITLE)).to_have_count(0)
    album.keep(dev.page, "slack-is-down")
    album.keep(reader, "on-the-list-at-once")

    trouble.click()
    expect(trouble).not_to_be_checked()
    expect(ana.headline(TITLE)).to_have_count(1, timeout=CATCHES_UP)
    album.keep(ana.page, "the-headline-is-there")

    # What Slack shows next comes after all that was owed before it.
    ana.presses(ana.headline(TITLE), "Close")
    ana.page.get_by_role("button", name="Close it").click()
    expect(ana.headline(TITLE)).to_contain_text("resolved")
    expect(ana.headline(TITLE)).to_have_count(1)
