"""What the app is sent: signed, in Slack's shapes, again when it did not answer."""

from __future__ import annotations

import pytest

from .conftest import Refused, Workspace
from .receiver import Reply

INCIDENTS = "C02INCIDENTS"


def test_every_delivery_is_signed_as_slack_signs(workspace: Workspace) -> None:
    workspace.say("ana", "incidents", "Grüße <&> :tada:")
    workspace.do("messages", as_="ana", channel="general", text="/incident")
    assert workspace.app.events("message")[0].signed
    assert workspace.app.wait_for(lambda one: one.door == "slash_command")[0].signed


def test_a_message_arrives_in_its_envelope(workspace: Workspace) -> None:
    ts = workspace.say("ana", "incidents", "Hello <b> & all")
    envelope = workspace.app.events("message")[0].envelope
    assert envelope["type"] == "event_callback"
    assert envelope["team_id"] == "T00PRACTICE"
    assert envelope["authorizations"][0]["user_id"] == "U00INCIDENT"
    assert envelope["event_id"].startswith("Ev")
    assert isinstance(envelope["event_time"], int)
    assert envelope["event"] | {"client_msg_id": ""} == {
        **{"type": "message", "user": "U01ANA", "text": "Hello &lt;b&gt; &amp; all"},
        **{"ts": ts, "event_ts": ts, "channel": INCIDENTS, "channel_type": "channel"},
        **{"team": "T00PRACTICE", "client_msg_id": ""},
    }


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("@incident lead @Ben", "<@U00INCIDENT> lead <@U02BEN>"),
        ("@chloe, @nobody, @oncall", "<@U03CHLOE>, @nobody, <!subteam^S01ONCALL|@oncall>"),
        ("see #general and #nowhere", "see <#C01GENERAL|general> and #nowhere"),
        ("https://example.com/a?b=1&c=2.", "<https://example.com/a?b=1&amp;c=2>."),
        ("@here 🎉 a < b", "<!here> :tada: a &lt; b"),
        ("`@ben` stays", "`@ben` stays"),
        ("ana@example.com", "ana@example.com"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_what_is_typed_is_put_into_wire_form(workspace: Workspace, typed: str, wire: str) -> None:
    workspace.say("ana", "incidents", typed)
    assert workspace.app.events("message")[0].event["text"] == wire


def test_a_post_that_names_the_bot_arrives_twice(workspace: Workspace) -> None:
    ts = workspace.say("ana", "incidents", "@incident help")
    mention = workspace.app.events("app_mention")[0]
    message = workspace.app.events("message")[0]
    assert mention.event["ts"] == message.event["ts"] == ts
    assert mention.envelope["event_id"] != message.envelope["event_id"]


def test_the_bot_hears_nothing_where_it_is_no_member(workspace: Workspace) -> None:
    workspace.say("ana", "general", "@incident help")
    workspace.say("ana", "incidents", "Something else")
    assert [one.event["channel"] for one in workspace.app.events("message")] == [INCIDENTS]
    whispered = workspace.messages("ana", "general")[-1]
    assert "not in this channel" in whispered["text"]
    assert whispered["ephemeral"]


def test_the_bot_s_own_posts_come_back_with_its_id(workspace: Workspace) -> None:
    workspace.slack.chat_postMessage(channel=INCIDENTS, text="Mine")
    event = workspace.app.events("message")[0].event
    assert (event["bot_id"], event["user"]) == ("B00INCIDENT", "U00INCIDENT")
    assert event["bot_profile"]["name"] == "incident"


def test_edits_and_deletions_are_told(workspace: Workspace) -> None:
    ts = workspace.say("ana", "incidents", "One")
    workspace.do("messages/edit", as_="ana", channel="incidents", ts=ts, text="Two @ben")
    changed = workspace.app.events("message", "message_changed")[0].event
    assert changed["message"]["text"] == "Two <@U02BEN>"
    assert changed["previous_message"]["text"] == "One"
    assert changed["hidden"] is True
    workspace.do("messages/delete", as_="ana", channel="incidents", ts=ts)
    deleted = workspace.app.events("message", "message_deleted")[0].event
    assert deleted["deleted_ts"] == deleted["previous_message"]["ts"] == ts


def test_an_update_by_the_bot_is_told_too(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="One")["ts"]
    workspace.slack.chat_update(channel=INCIDENTS, ts=ts, text="Two")
    changed = workspace.app.events("message", "message_changed")[0].event
    assert changed["message"]["bot_id"] == "B00INCIDENT"


def test_an_update_that_changes_nothing_is_not_told(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="One")["ts"]
    workspace.slack.chat_update(channel=INCIDENTS, ts=ts, text="One")
    workspace.say("ana", "incidents", "After")
    workspace.app.wait_for(lambda one: one.event.get("text") == "After")
    assert [one for one in workspace.app.received if one.event.get("subtype")] == []


def test_pins_carry_the_whole_message(workspace: Workspace) -> None:
    ts = workspace.say("ben", "incidents", "Rolling back")
    workspace.do("pins/add", as_="ana", channel="incidents", ts=ts)
    event = workspace.app.events("pin_added")[0].event
    assert (event["user"], event["item_user"]) == ("U01ANA", "U02BEN")
    assert event["channel_id"] == INCIDENTS
    assert "channel" not in event
    assert event["item"]["message"]["text"] == "Rolling back"
    assert event["item"]["message"]["pinned_to"] == [INCIDENTS]
    assert workspace.app.events("message", "pinned_item")
    workspace.do("pins/remove", as_="ana", channel="incidents", ts=ts)
    removed = workspace.app.events("pin_removed")[0].event
    assert (removed["item"]["message"]["ts"], removed["has_pins"]) == (ts, False)


def test_reactions_are_told(workspace: Workspace) -> None:
    ts = workspace.say("ben", "incidents", "Hello")
    workspace.do("reactions/add", as_="ana", channel="incidents", ts=ts, emoji="🎉")
    event = workspace.app.events("reaction_added")[0].event
    assert event["reaction"] == "tada"
    assert event["item"] == {"type": "message", "channel": INCIDENTS, "ts": ts}
    workspace.do("reactions/remove", as_="ana", channel="incidents", ts=ts, emoji=":tada:")
    assert workspace.app.events("reaction_removed")


def test_what_happens_to_a_channel_is_told(workspace: Workspace) -> None:
    channel = workspace.slack.conversations_create(name="inc-1")["channel"]["id"]
    workspace.slack.conversations_invite(channel=channel, users="U01ANA")
    joined = workspace.app.events("member_joined_channel", count=2)[1].event
    assert (joined["user"], joined["inviter"], joined["channel_type"]) == (
        "U01ANA",
        "U00INCIDENT",
        "C",
    )
    workspace.do("messages", as_="ana", channel="inc-1", text="/rename Inc 2")
    renamed = workspace.app.events("channel_rename")[0].event["channel"]
    assert (renamed["id"], renamed["name"]) == (channel, "inc-2")
    new_id = workspace.do("channels/new-id", as_="ana", channel=channel)["channel"]
    changed = workspace.app.events("channel_id_changed")[0].event
    assert (changed["old_channel_id"], changed["new_channel_id"]) == (channel, new_id)
    workspace.do("messages", as_="ana", channel=new_id, text="/archive")
    assert workspace.app.events("channel_archive")[0].event["channel"] == new_id


def test_direct_messages_are_not_subscribed_to(workspace: Workspace) -> None:
    channel = workspace.do("direct-message", as_="ana")["channel"]
    workspace.say("ana", channel, "@incident help")
    workspace.say("ana", "incidents", "After")
    workspace.app.wait_for(lambda one: one.event.get("text") == "After")
    assert [one.event["channel"] for one in workspace.app.received] == [INCIDENTS]


def test_a_failed_event_comes_again_with_the_same_id(workspace: Workspace) -> None:
    workspace.app.answer = lambda request: Reply(status=500)
    workspace.say("ana", "incidents", "Hello")
    for attempts, seconds in ((2, 60), (3, 300)):
        workspace.until_tried(attempts)
        workspace.do("time-passes", seconds=seconds)
    tries = workspace.app.events("message", count=4)
    assert len({one.envelope["event_id"] for one in tries}) == 1
    assert [one.headers.get("x-slack-retry-num") for one in tries] == [None, "1", "2", "3"]
    assert tries[1].headers["x-slack-retry-reason"] == "http_error"


def test_after_three_repetitions_it_is_given_up(workspace: Workspace) -> None:
    workspace.app.answer = lambda request: Reply(status=503)
    workspace.say("ana", "incidents", "Hello")
    for attempts in (2, 3, 4):
        workspace.until_tried(attempts)
        workspace.do("time-passes", seconds=300)
    given_up = workspace.see("deliveries", state="given_up")["deliveries"]
    assert [(one["attempts"], one["reason"]) for one in given_up] == [(4, "http_error")]


def test_an_app_may_ask_for_no_repetition(workspace: Workspace) -> None:
    headers = (("X-Slack-No-Retry", "1"),)
    workspace.app.answer = lambda request: Reply(status=500, headers=headers)
    workspace.say("ana", "incidents", "Hello")
    workspace.until_tried(1)
    assert workspace.see("deliveries")["deliveries"][0]["state"] == "given_up"


def test_events_can_be_held_back_doubled_and_repeated(workspace: Workspace) -> None:
    workspace.do("settings", deliveries_held=True)
    workspace.say("ana", "incidents", "Hello")
    waiting = workspace.see("deliveries", state="waiting")["deliveries"]
    assert [one["type"] for one in waiting] == ["message"]
    workspace.do("settings", deliveries_held=False, deliveries_doubled=True)
    first, second = workspace.app.events("message", count=2)
    assert first.envelope == second.envelope
    workspace.until_tried(1)
    workspace.do("settings", deliveries_doubled=False)
    workspace.do("deliveries/repeat", event_id=waiting[0]["event_id"])
    assert workspace.app.events("message", count=3)
    with pytest.raises(Refused, match="no_such_event"):
        workspace.do("deliveries/repeat", event_id="Ev0")


def test_the_url_is_verified_by_a_challenge(workspace: Workspace) -> None:
    workspace.app.answer = lambda request: Reply(request.envelope["challenge"])
    assert workspace.do("verify-url")["verified"]
    workspace.app.answer = lambda request: Reply("something else")
    assert not workspace.do("verify-url")["verified"]
