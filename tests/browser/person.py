"""What a person can do in the practice workspace, said in their words."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

INCIDENTS = "C02INCIDENTS"
GENERAL = "C01GENERAL"


class Person:
    """Somebody who has the practice workspace open in a tab. Every method waits for its outcome."""

    def __init__(self, page: Page, demo: str, name: str) -> None:
        self.page, self.demo, self.name = page, demo, name

    def goes_to(self, channel_id: str) -> None:
        self.page.goto(f"{self.demo}/workspace/as/{self.name}/{channel_id}/")
        expect(self.composer).to_be_visible()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("combobox", name="Message")

    @property
    def messages(self) -> Locator:
        """The messages of the channel, the oldest first."""
        return self.page.get_by_role("log").locator("li.message")

    def message(self, text: str | re.Pattern[str]) -> Locator:
        return self.messages.filter(has_text=text)

    def writes(self, text: str) -> None:
        """Write into the composer and press Enter."""
        self.composer.fill(text)
        self.composer.press("Escape")  # the list of suggestions
        self.composer.press("Enter")
        expect(self.composer).to_have_value("")
        sending = self.page.locator("form[aria-busy]").filter(has=self.composer)
        expect(sending).to_have_count(0)

    def commands(self, text: str) -> None:
        """Write ``@incident <text>`` and wait for the tick that says that it is done."""
        self.writes(f"@incident {text}")
        said = self.message(f"@Incident {text}".splitlines()[0])
        expect(said.get_by_role("button", name="white_check_mark")).to_be_visible()

    def opens_the_form(self, title: str) -> Locator:
        """Type ``/incident <title>`` and return the form that opens."""
        self.writes(f"/incident {title}".rstrip())
        expect(self.form).to_be_visible()
        return self.form

    @property
    def form(self) -> Locator:
        return self.page.locator("dialog.form")

    def chooses(self, field: str, option: str) -> None:
        """Choose in a menu of the form, by a part of what the option says."""
        menu = self.form.get_by_label(field)
        menu.select_option(label=menu.locator("option", has_text=option).inner_text())

    def sends_the_form(self, button: str) -> None:
        self.form.get_by_role("button", name=button, exact=True).click()
        expect(self.form).to_have_count(0)

    def headline(self, title: str) -> Locator:
        """The headline posts of an incident: there should be one."""
        return self.messages.filter(has_text=title).filter(has_text="Status:")

    def presses(self, message: Locator, button: str) -> None:
        message.get_by_role("button", name=button).click()

    def opens_the_menu_of(self, message: Locator) -> Locator:
        message.hover()
        message.get_by_label("What to do with this message").click()
        items = message.locator(".menu-items")
        # It makes room for itself once it is open.
        expect(items.get_by_role("button").last).to_be_in_viewport(ratio=1)
        return items

    def shows(self, panel: str) -> Locator:
        """Open what stands beside the conversation, such as "Behind the scenes"."""
        tab = self.page.get_by_role("button", name=panel).first
        if tab.get_attribute("aria-pressed") != "true":
            tab.click()
        beside = self.page.get_by_role("region", name=panel)
        expect(beside).to_be_visible()
        return beside

    def closes_the_panel(self) -> None:
        """Close what stands beside the conversation; on a phone it stands before it."""
        self.page.get_by_role("button", name="Close this panel").click()
        expect(self.page.locator("#panel")).to_be_hidden()
