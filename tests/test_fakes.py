"""The fake Slack is as strict as Slack where the other tests lean on it."""

from __future__ import annotations

from typing import Any

import pytest

from response.slack.client import (
    SlackClient,
    SlackInDoubt,
    SlackNotReached,
    SlackRateLimited,
    SlackRefused,
)
from response.testing import FakeSlack
from response.testing.payloads import ANA, BEN, BOT, DAN, GENERAL, INCIDENTS, sign


@pytest.fixture
def call(slack: FakeSlack) -> Any:
    return SlackClient(slack.token, base_url=slack.url).api_call


def test_a_call_inside_the_window_is_early_and_one_after_it_is_not(slack: FakeSlack, call):
    now = 1000.0
    slack.window_clock = lambda: now
    slack.rate_limit("chat.postMessage", 5)
    for moment in (1000.0, 1004.9, 1005.0):
        now = moment
        if moment < 1005:
            with pytest.raises(SlackRateLimited):
                call("chat.postMessage", channel=GENERAL, text="x")
        else:
            call("chat.postMessage", channel=GENERAL, text="x")
    assert [c.early for c in slack.calls] == [False, True, False]
    assert len(slack.early_calls) == 1


def test_a_limit_on_one_channel_leaves_the_others_alone(slack: FakeSlack, call):
    slack.rate_limit("chat.postMessage", 60, channel=GENERAL)
    with pytest.raises(SlackRateLimited):
        call("chat.postMessage", channel=GENERAL, text="x")
    assert call("chat.postMessage", channel=INCIDENTS, text="x")["ok"]


def test_every_other_call_is_refused_and_waiting_as_told_is_enough(slack: FakeSlack, call):
    now = 1000.0
    slack.window_clock = lambda: now
    slack.rate_limit_every_other(2)
    for _round in range(3):
        assert call("chat.postMessage", channel=GENERAL, text="x")["ok"]
        with pytest.raises(SlackRateLimited):
            call("chat.postMessage", channel=GENERAL, text="x")
        assert call("chat.postMessage", channel=INCIDENTS, text="x")["ok"], "counted by itself"
        with pytest.raises(SlackRateLimited):
            call("chat.postMessage", channel=INCIDENTS, text="x")
        now += 2
    assert slack.early_calls == []


def test_a_channel_takes_one_message_a_second(slack: FakeSlack, call):
    now = 1000.0
    slack.window_clock = lambda: now
    slack.one_message_a_second()
    assert call("chat.postMessage", channel=GENERAL, text="x")["ok"]
    with pytest.raises(SlackRateLimited):
        call("chat.postMessage", channel=GENERAL, text="y")
    assert call("chat.postMessage", channel=INCIDENTS, text="x")["ok"]
    assert call("auth.test")["ok"]
    now += 1
    assert call("chat.postMessage", channel=GENERAL, text="y")["ok"]
    assert slack.early_calls == []


def test_trouble_for_some_calls_passes(slack: FakeSlack, call):
    slack.refuse("auth.test", "invalid_auth", times=2)
    for _ in range(2):
        with pytest.raises(SlackRefused):
            call("auth.test")
    assert call("auth.test")["user_id"] == BOT


def test_after_a_reset_all_is_as_new(slack: FakeSlack, call):
    call("conversations.create", name="inc-1")
    slack.unreachable()
    slack.reset()
    assert call("conversations.create", name="inc-1")["channel"]["id"]
    assert len(slack.calls) == 1


def test_a_call_that_hung_over_a_reset_does_nothing(slack: FakeSlack):
    client = SlackClient(slack.token, base_url=slack.url, timeout=0.2)
    slack.hang(30)
    with pytest.raises(SlackInDoubt):
        client.send_message(GENERAL, "x")
    slack.reset()
    assert client.with_timeout(5).api_call("auth.test")["ok"]
    assert slack.messages(GENERAL) == []


def test_nobody_listens_while_unreachable(slack: FakeSlack, call):
    slack.unreachable()
    with pytest.raises(SlackNotReached):
        call("auth.test")


def test_history_shows_metadata_when_asked_and_only_what_is_in_the_window(call):
    metadata = {"event_type": "response", "event_payload": {"key": "k"}}
    first = call("chat.postMessage", channel=GENERAL, text="1", metadata=metadata)["ts"]
    second = call("chat.postMessage", channel=GENERAL, text="2")["ts"]
    call("chat.postMessage", channel=GENERAL, text="in a thread", thread_ts=first)

    def history(**window: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = call("conversations.history", channel=GENERAL, **window)[
            "messages"
        ]
        return found

    assert [message["ts"] for message in history()] == [second, first]
    assert "metadata" not in history()[1]
    assert history(include_all_metadata=True)[1]["metadata"] == metadata
    assert [m["ts"] for m in history(oldest=first)] == [second]
    assert [m["ts"] for m in history(oldest=first, inclusive=True)] == [second, first]
    assert [m["ts"] for m in history(latest=second)] == [first]
    thread = call("conversations.replies", channel=GENERAL, ts=first)["messages"]
    assert [message["text"] for message in thread] == ["1", "in a thread"]


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("chat.postMessage", {"channel": "CNONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": GENERAL}, "no_text"),
        ("chat.postMessage", {"channel": GENERAL, "blocks": [{}] * 51}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "UNOBODY", "text": "x"}, "user_not_found"),
        ("chat.update", {"channel": GENERAL, "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": "CROOM", "user": DAN, "text": "x"}, "is_archived"),
        ("conversations.create", {"name": "general"}, "name_taken"),
        ("conversations.create", {"name": "Two Words"}, "invalid_name_specials"),
        ("conversations.create", {"name": "a" * 81}, "invalid_name_maxlength"),
        ("conversations.create", {"name": "--"}, "invalid_name_punctuation"),
        ("conversations.create", {}, "invalid_name_required"),
        ("conversations.setTopic", {"channel": GENERAL, "topic": "a" * 251}, "too_long"),
        ("conversations.setTopic", {"channel": "COUTSIDE", "topic": "a"}, "not_in_channel"),
        ("conversations.history", {"channel": "COUTSIDE"}, "not_in_channel"),
        ("conversations.rename", {"channel": GENERAL, "name": "x"}, "not_authorized"),
        ("conversations.invite", {"channel": GENERAL, "users": [BOT]}, "cant_invite_self"),
        ("users.lookupByEmail", {"email": "nobody@example.com"}, "users_not_found"),
        ("views.open", {"trigger_id": "1", "view": {"type": "modal"}}, "invalid_arguments"),
        ("files.upload", {}, "unknown_method"),
    ],
)
def test_it_refuses_what_slack_refuses(slack: FakeSlack, call, method, params, error):
    slack.add_channel("CROOM", "room", is_archived=True)
    slack.add_channel("COUTSIDE", "outside", bot_is_member=False)
    with pytest.raises(SlackRefused) as caught:
        call(method, **params)
    assert caught.value.slack_error == error


def test_one_bad_guest_spoils_an_invitation_unless_forced(slack: FakeSlack, call):
    room = call("conversations.create", name="room")["channel"]["id"]
    with pytest.raises(SlackRefused, match="user_not_found"):
        call("conversations.invite", channel=room, users=[ANA, "UNOBODY"])
    call("conversations.invite", channel=room, users=[ANA, BEN, "UNOBODY"], force=True)
    assert slack.channels[room].members == [BOT, ANA, BEN]


def test_a_trigger_opens_one_form(call):
    title = {"type": "plain_text", "text": "A form"}
    view = {"type": "modal", "title": title, "blocks": [{"type": "divider"}]}
    call("views.open", trigger_id="1.2.3", view=view)
    with pytest.raises(SlackRefused, match="exchanged_trigger_id"):
        call("views.open", trigger_id="1.2.3", view=view)


def test_the_signer_agrees_with_the_example_on_slacks_page():
    """The secret, body and signature of "Verifying requests from Slack"."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = sign("8f742231b10e8888abcd99yyyzzz85a5", 1531420618, body)
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert headers["X-Slack-Signature"] == expected
