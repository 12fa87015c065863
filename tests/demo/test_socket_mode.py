"""The practice workspace by Socket Mode: the same story, and nothing comes to the app's doors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .conftest import TOKEN, Workspace, start_demo, stop

Json = dict[str, Any]

APP_TOKEN = "xapp-practice-workspace-only"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("socket")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Workspace]:
    url, process = start_demo(folder, SOCKET="1")
    demo = Workspace(url, None)
    # It is served before response_socket is there: until then, a command fails as it does in Slack.
    demo.until(lambda: "Connected to Slack" in (folder / "out.log").read_text())
    yield demo
    stop(process)


def headline(demo: Workspace, title: str) -> Json:
    for said in demo.messages("ana", "incidents"):
        if said.get("bot_id") and title in json.dumps(said["blocks"]):
            return said
    return {}


def test_an_incident_is_declared_worked_on_and_closed(demo: Workspace) -> None:
    demo.do("messages", as_="ana", channel="general", text="/incident Checkout is failing")
    view = demo.see("views", as_="ana")["views"][0]

    refused = demo.do(f"views/{view['id']}/submit", values={"report": "   "})
    assert list(refused["errors"]) == ["report"]
    assert demo.do(f"views/{view['id']}/submit", values={})["ok"]

    demo.until(lambda: headline(demo, "Checkout is failing"))
    ts = headline(demo, "Checkout is failing")["ts"]
    at = {"channel": "incidents", "ts": ts, "action_id": "create-comms-channel-button"}
    demo.do("press", as_="ana", **at)

    def room() -> str:
        for one in demo.see("state")["channels"]:
            if "checkout-is-failing" in (one["name"] or "") and "U01ANA" in one["members"]:
                return str(one["name"])
        return ""

    demo.until(room)
    said = demo.say("ana", room(), "@incident severity major")

    def is_ticked() -> bool:
        return any(
            one["ts"] == said and one.get("reactions") for one in demo.messages("ana", room())
        )

    demo.until(is_ticked)


def test_a_command_is_answered_to_the_person(demo: Workspace) -> None:
    answer = demo.do("messages", as_="ben", channel="general", text="/incident help")
    assert answer["ok"]
    assert "/incident" in answer["answer"]


def test_nothing_comes_over_http(demo: Workspace, folder: Path) -> None:
    demo.do("messages", as_="ana", channel="general", text="/incident help")
    assert "/slack/" not in (folder / "out.log").read_text()


@pytest.mark.parametrize(
    ("token", "error"),
    [(TOKEN, "not_allowed_token_type"), ("xapp-of-somebody-else", "invalid_auth")],
)
def test_only_the_app_s_token_opens_a_connection(demo: Workspace, token: str, error: str) -> None:
    client = WebClient(base_url=f"{demo.url}/workspace/api/")
    with pytest.raises(SlackApiError) as refused:
        client.apps_connections_open(app_token=token)
    assert refused.value.response["error"] == error


def test_only_an_address_that_was_given_out_lets_an_app_connect(demo: Workspace) -> None:
    client = WebClient(base_url=f"{demo.url}/workspace/api/")
    address = client.apps_connections_open(app_token=APP_TOKEN)["url"]
    with connect(address) as connection:
        assert json.loads(connection.recv(timeout=30))["type"] == "hello"
    for wrong in (f"{address}0", address.partition("?")[0], f"{address[:-64]}{'0' * 64}"):
        with pytest.raises(InvalidStatus), connect(wrong):
            pass


def test_told_to_end_all_of_it_ends(tmp_path: Path) -> None:
    _, process = start_demo(tmp_path, SOCKET="1")
    process.terminate()
    assert process.wait(timeout=60) == 0


def test_without_it_no_connection_is_given(workspace: Workspace) -> None:
    client = WebClient(base_url=f"{workspace.url}/workspace/api/")
    with pytest.raises(SlackApiError) as refused:
        client.apps_connections_open(app_token=APP_TOKEN)
    assert refused.value.response["error"] == "socket_mode_not_enabled"
