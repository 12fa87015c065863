"""Pictures on pinned messages, from the composer of the practice workspace to the document."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect

from tests.browser import reader
from tests.browser.album import Album
from tests.browser.conftest import desk_and_phone
from tests.browser.person import Person
from tests.browser.test_pages import light_and_dark, looks_right
from tests.demo.conftest import Workspace

pytestmark = pytest.mark.browser


def graph(width: int, height: int) -> bytes:
    """A picture such as people pin: a line that rises, on white."""
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    for number in range(1, 6):
        draw.line([(0, height * number // 6), (width, height * number // 6)], fill="#d5dae1")
    points = [
        (width * step // 40, height - 20 - (step if step < 22 else 40 * step - 840) * height // 900)
        for step in range(41)
    ]
    draw.line(points, fill="#b3261e", width=4)
    draw.rectangle([0, 0, width - 1, height - 1], outline="#525d6b")
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": content}


@light_and_dark
@desk_and_phone
def test_a_pinned_picture_is_seen_in_the_document(
    context: BrowserContext,
    person: Callable[[str], Person],
    demo: str,
    album: Album,
    width: int,
    color_scheme: str,
) -> None:
    title = f"Errors rise at {width} in {color_scheme}"
    workspace = Workspace(demo, None)
    workspace.do("settings", scopes="all")
    channel = channel_of_a_new_incident(workspace, title)

    rising = graph(1200, 500)
    ben = person("ben")
    ben.goes_to(channel)
    attaches(ben, file("errors-per-minute.png", rising), file("tall.png", graph(300, 900)))
    ben.writes("It rose at 14:02 :eyes:")
    said = ben.message("It rose at 14:02")
    expect(said.get_by_role("img", name="errors-per-minute.png")).to_be_visible()
    pins(ben, said)
    looks_right(ben.page, album, "channel")

    document = opens_the_document(context, demo, title)
    timeline = document.get_by_role("region", name="Timeline")
    picture = timeline.get_by_role("img", name="errors-per-minute.png")
    is_shown(picture, 1200)
    # Its place was kept while it was fetched, whatever its size.
    assert picture.evaluate("img => [img.getAttribute('width'), img.getAttribute('height')]") == [
        "640",
        "267",
    ]
    is_shown(timeline.get_by_role("img", name="tall.png"), 300)
    looks_right(document, album, "document")

    workspace.do("settings", scopes=[one for one in scopes(workspace) if one != "files:read"])
    attaches(ben, file("latency.png", graph(400, 200)))
    ben.writes("And now latency")
    pins(ben, ben.message("And now latency"))
    missing = timeline.get_by_text("The picture “latency.png” is not shown.")
    # The page was open all the while.
    expect(missing).to_contain_text("scope files:read", timeout=20_000)
    looks_right(document, album, "not-to-be-had")
    workspace.do("settings", scopes="all")

    document.emulate_media(media="print")
    album.keep(document, "on-paper", whole=True)
    # A page of nothing but the picture lets no script run, Playwright's neither.
    leads_to = timeline.get_by_role("link", name="errors-per-minute.png").last
    alone = document.request.get(f"{demo}{leads_to.get_attribute('href')}")
    assert (alone.headers["content-type"], alone.body()) == ("image/png", rising)


def channel_of_a_new_incident(workspace: Workspace, title: str) -> str:
    workspace.do("messages", as_="chloe", channel="general", text=f"/incident {title}")
    form = workspace.see("views", as_="chloe")["views"][-1]
    assert workspace.do(f"views/{form['id']}/submit", values={"report": title, "severity": "2"})[
        "ok"
    ]

    def headline() -> str:
        found = [one for one in workspace.messages("chloe", "incidents") if title in one["text"]]
        return str(found[-1]["ts"]) if found else ""

    ts = workspace.until(headline)
    button = {"action_id": "create-comms-channel-button", "ts": ts}
    workspace.do("press", as_="chloe", channel="incidents", **button)

    def channel() -> str:
        channels = workspace.see("state")["channels"]
        return next((str(one["id"]) for one in channels if title in (one["topic"] or "")), "")

    where = str(workspace.until(channel))
    workspace.do("messages", as_="ben", channel=where, text=f"/join {where}")
    return where


def scopes(workspace: Workspace) -> list[str]:
    found: list[str] = workspace.see("settings")["scopes"]
    return found


def attaches(somebody: Person, *files: FilePayload) -> None:
    composer = somebody.page.locator("form[data-composer=composer]")
    composer.get_by_label("Pictures").set_input_files(list(files))
    expect(composer.get_by_role("status")).to_contain_text(files[0]["name"])


def pins(somebody: Person, message: Locator) -> None:
    menu = somebody.opens_the_menu_of(message)
    menu.get_by_role("button", name="Pin to channel").click()
    expect(message.get_by_text("Pinned by")).to_be_visible()


def opens_the_document(context: BrowserContext, demo: str, title: str) -> Page:
    page = reader.sign_in(context.new_page(), demo)
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return page


def is_shown(picture: Locator, width: int) -> None:
    """The picture is there and was loaded, which is done when it comes into view."""
    expect(picture).to_be_visible(timeout=20_000)
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", width)
