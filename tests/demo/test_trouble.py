"""Trouble on purpose, as the page's switches and a test make it."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from slack_sdk.errors import SlackApiError

from .conftest import TOKEN, Refused, Workspace

INCIDENTS = "C02INCIDENTS"


def post(workspace: Workspace, text: str = "Hello", channel: str = INCIDENTS) -> tuple[int, Any]:
    """Call chat.postMessage as bare HTTP; return status and response."""
    connection = http.client.HTTPConnection(urlsplit(workspace.url).netloc, timeout=20)
    body = urlencode({"channel": channel, "text": text, "token": TOKEN})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", "/workspace/api/chat.postMessage", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, response
    finally:
        connection.close()


def texts(workspace: Workspace) -> list[str]:
    return [one["text"] for one in workspace.messages("ana", "incidents")]


def test_slack_is_down_until_it_is_not(workspace: Workspace) -> None:
    workspace.do("trouble", kind="down")
    assert post(workspace)[0] == 503
    assert texts(workspace) == []
    workspace.do("trouble/clear")
    assert post(workspace)[0] == 200
    assert texts(workspace) == ["Hello"]


def test_too_many_requests_say_when_to_come_again(workspace: Workspace) -> None:
    workspace.do("trouble", kind="rate_limited", seconds=7, method="chat.postMessage")
    status, response = post(workspace)
    assert (status, response.headers["Retry-After"]) == (429, "7")
    assert texts(workspace) == []
    assert workspace.slack.auth_test()["ok"]


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("chat.postMessage", "channel_not_found"),
        ("chat.postMessage", "not_in_channel"),
        ("chat.postMessage", "is_archived"),
        ("chat.update", "message_not_found"),
        ("conversations.create", "name_taken"),
        ("conversations.create", "restricted_action"),
        ("conversations.invite", "user_is_restricted"),
        ("views.open", "expired_trigger_id"),
        ("*", "invalid_auth"),
        ("*", "token_revoked"),
        ("*", "account_inactive"),
        ("*", "internal_error"),
        ("*", "fatal_error"),
    ],
)
def test_any_error_can_be_made_to_happen_once(
    workspace: Workspace, method: str, error: str
) -> None:
    workspace.do("trouble", kind="error", error=error, method=method, times=1)
    name = "auth.test" if method == "*" else method
    with pytest.raises(SlackApiError) as refused:
        workspace.slack.api_call(name)
    assert refused.value.response["error"] == error
    assert workspace.see("trouble")["trouble"] == []


def test_trouble_of_one_method_comes_before_trouble_of_all(workspace: Workspace) -> None:
    workspace.do("trouble", kind="down")
    workspace.do("trouble", kind="error", error="not_in_channel", method="chat.postMessage")
    with pytest.raises(SlackApiError, match="not_in_channel"):
        workspace.slack.chat_postMessage(channel=INCIDENTS, text="x")


def test_a_lost_answer_leaves_what_was_done(workspace: Workspace) -> None:
    workspace.do("trouble", kind="answer_lost", method="chat.postMessage", times=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        post(workspace)
    assert texts(workspace) == ["Hello"]


@pytest.mark.parametrize("kind", ["slow", "answer_late"])
def test_a_slow_answer_comes(workspace: Workspace, kind: str) -> None:
    workspace.do("trouble", kind=kind, seconds=0.1, times=1)
    assert post(workspace)[0] == 200
    assert texts(workspace) == ["Hello"]


def test_one_post_a_second_in_each_channel(workspace: Workspace) -> None:
    workspace.do("settings", one_post_a_second=True)
    assert post(workspace, "One")[0] == 200
    status, response = post(workspace, "Two")
    assert (status, response.headers["Retry-After"]) == (429, "1")
    assert post(workspace, "Elsewhere", "C03REPORTS")[0] == 200
    workspace.do("time-passes", seconds=1)
    assert post(workspace, "Three")[0] == 200
    assert texts(workspace) == ["One", "Three"]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "earthquake"},
        {"kind": "error"},
        {"kind": "down", "method": "no.such"},
        {"kind": "slow", "seconds": 1000},
        {"kind": "slow", "seconds": "long"},
        {"kind": "down", "times": 0},
        {},
    ],
)
def test_trouble_that_makes_no_sense_is_refused(
    workspace: Workspace, fields: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        workspace.do("trouble", **fields)
    assert workspace.see("trouble")["trouble"] == []


def test_the_inspector_shows_both_ways_and_no_token(workspace: Workspace) -> None:
    workspace.slack.auth_test()
    post(workspace)
    workspace.do("messages", as_="ana", channel="general", text="/incident")
    traffic = workspace.see("traffic")["traffic"]
    assert {"auth.test", "chat.postMessage", "/incident"} <= {one["what"] for one in traffic}
    assert {one["direction"] for one in traffic} == {"to_app", "to_slack"}
    assert TOKEN not in json.dumps(traffic)
