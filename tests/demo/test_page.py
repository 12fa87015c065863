"""The page, as it comes from the server, and who may ask for it."""

from __future__ import annotations

import http.client
import re
import socket
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from .conftest import Refused, Workspace, start_demo, stop
from .receiver import Receiver

INCIDENTS = "C02INCIDENTS"


def get(url: str, **headers: str) -> tuple[int, str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def page_of(workspace: Workspace, who: str = "ana", where: str = INCIDENTS, query: str = "") -> str:
    status, body, _ = get(f"{workspace.url}/workspace/as/{who}/{where}/{query}")
    assert status == 200
    return body


def test_the_page_needs_nothing_but_itself(workspace: Workspace) -> None:
    workspace.say("ana", "incidents", "Hello https://example.com :tada:")
    for panel in ("guide", "pins", "backstage"):
        body = page_of(workspace, query=f"?panel={panel}")
        assert re.findall(r"<script(?![^>]*\ssrc=)", body) == []
        assert re.findall(r"<[^>]*\s(style|on\w+)=", body) == []
        loaded = re.findall(r"<(?:script|link|img)[^>]*\s(?:src|href)=\"([^\"]*)\"", body)
        assert loaded
        assert [one for one in loaded if not one.startswith("/static/")] == []
        for one in loaded:
            assert get(workspace.url + one)[0] == 200
    _, _, headers = get(f"{workspace.url}/workspace/as/ana/{INCIDENTS}/")
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")


@pytest.mark.parametrize(
    ("wire", "html"),
    [
        (
            "*bold* _it_ ~no~ `a*b*`",
            "<strong>bold</strong> <em>it</em> <s>no</s> <code>a*b*</code>",
        ),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<https://example.com|label>", ">label</a>"),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        ("<@U02BEN> <@U0NOBODY>", '<span class="mention">@Ben</span>'),
        ("<!channel>", '<span class="mention everyone">@channel</span>'),
        ("a &amp; b &lt; c", "a &amp; b &lt; c"),
        ("&gt; quoted", "<blockquote>quoted</blockquote>"),
        ("```\n<b>\n```", "<pre>&lt;b&gt;</pre>"),
        (":tada: :no_such:", "🎉 :no_such:"),
    ],
)
def test_mrkdwn_is_shown_and_nothing_else_is(workspace: Workspace, wire: str, html: str) -> None:
    workspace.slack.chat_postMessage(channel=INCIDENTS, text=wire)
    assert html in page_of(workspace)


def test_text_in_blocks_and_forms_is_escaped(workspace: Workspace) -> None:
    hostile = "\"><script>alert('x')</script>"
    text = {"type": "plain_text", "text": hostile[:70]}
    confirm = {"title": text, "text": text}
    button = {"type": "button", "action_id": hostile, "text": text, "confirm": confirm}
    blocks = [
        {"type": "header", "text": text},
        {"type": "section", "text": {"type": "mrkdwn", "text": hostile}, "accessory": button},
        {
            "type": "image",
            "image_url": f"https://x/{hostile.replace(' ', '')}",
            "alt_text": hostile,
            "title": text,
        },
    ]
    workspace.slack.chat_postMessage(channel=INCIDENTS, text=hostile, blocks=blocks)
    assert "<script>" not in page_of(workspace)


def test_nothing_new_is_nothing_sent(workspace: Workspace) -> None:
    parts = f"{workspace.url}/workspace/as/ana/{INCIDENTS}/parts"
    version = re.search(r'data-version="([^"]*)"', page_of(workspace))
    assert version
    assert get(f"{parts}?since={version[1]}")[0] == 204
    workspace.say("ben", "incidents", "News")
    status, body, _ = get(f"{parts}?since={version[1]}")
    assert status == 200
    assert "News" in body


def test_only_its_person_sees_an_ephemeral_on_the_page(workspace: Workspace) -> None:
    workspace.slack.chat_postEphemeral(channel=INCIDENTS, user="U01ANA", text="Just for Ana")
    assert "Just for Ana" in page_of(workspace, "ana")
    assert "Just for Ana" not in page_of(workspace, "ben")


def test_unread_channels_stand_out_until_they_are_read(workspace: Workspace) -> None:
    workspace.say("ana", "general", "@ben look")
    general = re.compile(r'<a href="[^"]*C01GENERAL/"\s+class="unread"')
    assert general.search(page_of(workspace, "ben"))
    assert 'aria-label="1 for you"' in page_of(workspace, "ben")
    assert not general.search(page_of(workspace, "ana"))
    workspace.do("read", as_="ben", channel="general")
    assert not general.search(page_of(workspace, "ben"))


def test_a_private_channel_is_closed_to_others(workspace: Workspace) -> None:
    channel = workspace.do("channels", as_="ana", name="secret", private=True)["channel"]
    workspace.say("ana", "secret", "Between us")
    assert "Between us" in page_of(workspace, "ana", channel)
    assert "Between us" not in page_of(workspace, "ben", channel)
    assert get(f"{workspace.url}/workspace/as/ben/{channel}/parts")[0] == 404
    with pytest.raises(Refused, match="channel_not_found"):
        workspace.messages("ben", "secret")


@pytest.mark.parametrize("path", ["as/nobody/", "as/ana/C0NOWHERE/parts", "archives/C0/p1234567"])
def test_what_is_not_there_is_not_found(workspace: Workspace, path: str) -> None:
    assert get(f"{workspace.url}/workspace/{path}")[0] == 404


def test_people_change_their_own_messages_only(workspace: Workspace) -> None:
    ts = workspace.say("ana", "incidents", "Mine")
    at = {"as_": "ben", "channel": "incidents", "ts": ts}
    with pytest.raises(Refused, match="cant_update_message"):
        workspace.do("messages/edit", text="Yours", **at)
    with pytest.raises(Refused, match="cant_update_message"):
        workspace.do("messages/delete", **at)


# Who may ask


@pytest.mark.parametrize("path", ["messages", "press", "start-over", "trouble/clear"])
def test_another_site_cannot_send_to_the_control_interface(workspace: Workspace, path: str) -> None:
    """A form of another site carries no JSON content type, and reading changes nothing."""
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        request = urllib.request.Request(
            f"{workspace.url}/workspace/control/{path}",
            data=b'{"as": "ana", "channel": "general", "text": "x"}',
            headers={"Content-Type": content_type},
        )
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(request, timeout=20)
    get(f"{workspace.url}/workspace/control/{path}?as=ana&channel=general&text=x")
    assert workspace.messages("ana", "general") == []


def test_another_host_name_is_refused(workspace: Workspace) -> None:
    assert get(f"{workspace.url}/workspace/control/state", Host="evil.example")[0] == 400


def other_address() -> str:
    """Return an address of this machine that is not loopback, or skip the test."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address; nothing is sent
        except OSError:
            pytest.skip("This machine has no address but loopback.")
        address = str(probe.getsockname()[0])
    if address.startswith("127."):
        pytest.skip("This machine has no address but loopback.")
    return address


@pytest.mark.parametrize(("allowed", "status"), [("0", 403), ("1", 200)])
def test_other_machines_are_kept_out_unless_they_are_let_in(
    tmp_path: Path, allowed: str, status: int
) -> None:
    address = other_address()
    everywhere = "0.0.0.0"
    url, process = start_demo(tmp_path, HOST=everywhere, DEMO_ALLOW_REMOTE_WORKSPACE=allowed)
    try:
        connection = http.client.HTTPConnection(address, urlsplit(url).port, timeout=20)
        for path in ("control/state", "api/api.test", f"as/ana/{INCIDENTS}/"):
            connection.request("GET", f"/workspace/{path}", headers={"Host": "localhost"})
            response = connection.getresponse()
            response.read()
            assert response.status == status
        connection.close()
    finally:
        stop(process)


# Starting


def test_what_was_not_delivered_is_delivered_after_a_crash(tmp_path: Path) -> None:
    app = Receiver()
    url, process = start_demo(tmp_path, app.url)
    first = Workspace(url, app)
    first.do("settings", deliveries_held=True)
    first.say("ana", "incidents", "Before the crash")
    process.kill()
    process.wait()
    url, process = start_demo(tmp_path, app.url)
    try:
        Workspace(url, app).do("settings", deliveries_held=False)
        assert app.events("message")[0].event["text"] == "Before the crash"
    finally:
        stop(process)
        app.stop()
