"""Somebody who reads incidents on the web."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def sign_in(page: Page, demo: str) -> Page:
    """Sign in from the list, and return its page."""
    page.goto(f"{demo}/")
    fill_in(page)
    expect(page.get_by_role("heading", level=1, name="Incidents")).to_be_visible()
    return page


def fill_in(page: Page) -> None:
    """Fill in the sign-in page, and send it."""
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("only-for-tests")
    page.get_by_role("button", name="Sign in").click()
