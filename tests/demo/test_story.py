"""The whole story with the real app, as four people would live it."""

from __future__ import annotations

import base64
import functools
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import ROOT, Workspace, start_demo, stop

Json = dict[str, Any]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    url, process = start_demo(tmp_path_factory.mktemp("story"))
    demo = Workspace(url, None)
    # The story needs no more than what the manifest asks Slack for.
    demo.do("settings", scopes=scopes_of_the_manifest())
    yield demo
    stop(process)


@functools.cache
def scopes_of_the_manifest() -> list[str]:
    printed = subprocess.run(
        [
            *(sys.executable, str(ROOT / "demo" / "manage.py"), "response_manifest"),
            *("--url", "https://incidents.example", "--format", "json"),
        ],
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "only-for-tests"},
        capture_output=True,
        check=True,
    )
    scopes: list[str] = json.loads(printed.stdout)["oauth_config"]["scopes"]["bot"]
    return scopes


def api(demo: Workspace, path: str) -> Json:
    request = urllib.request.Request(f"{demo.url}/core/{path}")
    sign_in = base64.b64encode(b"demo:only-for-tests").decode()
    request.add_header("Authorization", f"Basic {sign_in}")
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def headlines(demo: Workspace, title: str) -> list[Json]:
    return [
        one
        for one in demo.messages("ana", "incidents")
        if one.get("bot_id") and title in json.dumps(one["blocks"])
    ]


def declare(demo: Workspace, title: str) -> None:
    assert demo.do("messages", as_="ana", channel="general", text=f"/incident {title}")["ok"]
    view = demo.see("views", as_="ana")["views"][0]
    assert demo.do(f"views/{view['id']}/submit", values={})["ok"]


def pressed(demo: Workspace, who: str, title: str, action_id: str) -> Json:
    headline = headlines(demo, title)[0]
    at = {"channel": "incidents", "ts": headline["ts"]}
    return demo.do("press", as_=who, action_id=action_id, **at)


def comms_channel(demo: Workspace, title: str) -> Json | None:
    for one in demo.see("state")["channels"]:
        if title in (one["topic"] or ""):
            return one
    return None


def test_an_incident_from_the_command_to_its_record(demo: Workspace) -> None:
    declare(demo, "Checkout is failing")
    demo.until(lambda: headlines(demo, "Checkout is failing"))

    pressed(demo, "ana", "Checkout is failing", "create-comms-channel-button")
    comms = demo.until(lambda: comms_channel(demo, "Checkout is failing"))
    demo.until(lambda: "U01ANA" in demo.see("state")["channels"][-1]["members"])
    where = comms["id"]

    for said in ("lead @Ben", "severity major", "summary Cards are refused & nobody knows why"):
        ts = demo.say("ana", where, f"@incident {said}")
        demo.until(lambda ts=ts: is_answered(demo, where, ts))
    ts = demo.say("ana", where, "Rolling back the 14:00 release")
    demo.do("pins/add", as_="ana", channel=where, ts=ts)

    view = pressed(demo, "ana", "Checkout is failing", "edit-incident-button")["views"][0]
    edited = demo.do(f"views/{view['id']}/submit", values={"report": "Checkout fails for cards"})
    assert edited["ok"], edited
    demo.until(lambda: headlines(demo, "Checkout fails for cards"))
    pressed(demo, "ana", "Checkout fails for cards", "close-incident-button")

    record = demo.until(lambda: closed(demo, "Checkout fails for cards"))
    assert record["lead"]["external_id"] == "U02BEN"
    assert str(record["severity"]) == "2"
    assert record["summary"] == "Cards are refused & nobody knows why"
    assert record["comms_channel"]["channel_id"] == where
    timeline = api(demo, f"incidents/{record['id']}/timeline/events/")["results"]
    assert "Rolling back the 14:00 release" in [one["text"] for one in timeline]
    assert len(headlines(demo, "Checkout fails for cards")) == 1


def is_answered(demo: Workspace, where: str, ts: str) -> bool:
    for one in demo.messages("ana", where):
        if one["ts"] == ts:
            return "white_check_mark" in [each["name"] for each in one.get("reactions", [])]
    return False


def closed(demo: Workspace, title: str) -> Json | None:
    for one in api(demo, "incidents/")["results"]:
        if one["report"] == title and one["is_closed"]:
            return one
    return None


def test_the_headline_catches_up_when_slack_is_back(demo: Workspace) -> None:
    demo.do("messages", as_="ana", channel="general", text="/incident Search is slow")
    view = demo.see("views", as_="ana")["views"][0]
    demo.do("trouble", kind="down")
    try:
        assert demo.do(f"views/{view['id']}/submit", values={})["ok"]
        assert [one["report"] for one in api(demo, "incidents/?search=Search")["results"]]
        assert headlines(demo, "Search is slow") == []
    finally:
        demo.do("trouble/clear")
    demo.until(lambda: headlines(demo, "Search is slow"))
    assert len(headlines(demo, "Search is slow")) == 1


def test_a_title_that_is_missing_keeps_the_form_open(demo: Workspace) -> None:
    demo.do("messages", as_="ben", channel="general", text="/incident")
    view = demo.see("views", as_="ben")["views"][0]
    answer = demo.do(f"views/{view['id']}/submit", values={"report": "   "})
    assert not answer["ok"]
    assert list(answer["errors"]) == ["report"]
    assert len(demo.see("views", as_="ben")["views"]) == 1


def test_the_event_door_answers_slack_s_challenge(demo: Workspace) -> None:
    assert demo.do("verify-url")["verified"]


def test_the_manifest_asks_for_all_that_was_needed(demo: Workspace) -> None:
    declare(demo, "Invoices are late")
    demo.until(lambda: headlines(demo, "Invoices are late"))
    pressed(demo, "ana", "Invoices are late", "create-comms-channel-button")
    demo.until(lambda: comms_channel(demo, "Invoices are late"))
    calls = demo.see("traffic", direction="to_slack", limit="1000")["traffic"]
    needed = {
        json.loads(one["answer"])["needed"] for one in calls if one["status"] == "missing_scope"
    }
    assert needed - set(scopes_of_the_manifest()) == set()
