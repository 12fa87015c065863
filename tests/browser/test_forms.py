"""A form that does not fit says so at the field, and keeps what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.album import Album
from tests.browser.conftest import desk_and_phone
from tests.browser.person import INCIDENTS, Person

pytestmark = pytest.mark.browser

SUMMARY = "Typed with care,\nand not to be typed again"


@desk_and_phone
def test_a_form_that_does_not_fit_stays_open_with_its_text(
    person: Callable[[str], Person], album: Album, width: int
) -> None:
    ana = person("ana")
    ana.goes_to(INCIDENTS)
    form = ana.opens_the_form("")
    form.get_by_label("Summary").fill(SUMMARY)

    form.get_by_role("button", name="Report").click()
    is_wrong(form, "Title", "required")
    expect(form.get_by_label("Summary")).to_have_value(SUMMARY)
    album.keep(ana.page, "no-title")

    too_long = "x" * 201
    form.get_by_label("Title").fill(too_long)
    form.get_by_role("button", name="Report").click()
    is_wrong(form, "Title", "200")
    expect(form.get_by_label("Title")).to_have_value(too_long)
    expect(form.get_by_label("Summary")).to_have_value(SUMMARY)
    album.keep(ana.page, "201-characters")

    title = f"Said in a few words at {width}"
    form.get_by_label("Title").fill(title)
    ana.sends_the_form("Report")
    expect(ana.headline(title)).to_have_count(1)


def is_wrong(form: Locator, label: str, why: str) -> None:
    """The field has the focus, and its error stands beside it and is read out with it."""
    field = form.get_by_label(label)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(re.escape(why)))
    error = form.get_by_role("alert").filter(visible=True)
    expect(error).to_have_count(1)
    expect(error).to_contain_text(why)
