"""What the client sends, what it owes, and what it keeps to itself."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from response.slack.client import (
    SlackClient,
    SlackError,
    SlackInDoubt,
    SlackRefused,
    configured_client,
    deferring,
)
from response.testing import FakeSlack
from response.testing.payloads import ANA, BEN, BOT, GENERAL, INCIDENTS

SECRET_TEXT = "the database password is swordfish"


@pytest.fixture
def client(slack: FakeSlack) -> SlackClient:
    return SlackClient(slack.token, base_url=slack.url)


# What is sent


def test_a_message_arrives_with_its_blocks_and_metadata(slack: FakeSlack, client: SlackClient):
    blocks = [{"type": "divider"}]
    metadata = {"event_type": "response", "event_payload": {"key": "k1"}}
    answer = client.send_message(INCIDENTS, "Ünïcode & <text>", blocks=blocks, metadata=metadata)
    [message] = slack.messages(INCIDENTS)
    assert message.text == "Ünïcode & <text>"
    assert (message.blocks, message.metadata) == (blocks, metadata)
    assert answer["ts"] == message.ts


def test_parameters_that_are_none_are_left_out(slack: FakeSlack, client: SlackClient):
    client.api_call("chat.postMessage", channel=INCIDENTS, text="x", thread_ts=None)
    assert "thread_ts" not in slack.calls[-1].params


def test_half_a_surrogate_pair_does_not_stop_a_message(slack: FakeSlack, client: SlackClient):
    client.send_message(INCIDENTS, "half \ud83d", blocks=[{"type": "x", "a": "half \ud83d"}])
    assert slack.messages(INCIDENTS)[0].text == "half ?"


def test_a_message_with_a_ts_is_updated_in_place(slack: FakeSlack, client: SlackClient):
    ts = client.send_or_update_message_block(INCIDENTS, [{"type": "divider"}], "one")["ts"]
    client.send_or_update_message_block(INCIDENTS, [], "two", ts=ts)
    [message] = slack.messages(INCIDENTS)
    assert (message.text, message.blocks) == ("two", [])


def test_an_ephemeral_message_is_seen_by_one_person(slack: FakeSlack, client: SlackClient):
    client.send_ephemeral_message(INCIDENTS, ANA, "just you")
    assert [(e.user, e.text) for e in slack.ephemerals(INCIDENTS)] == [(ANA, "just you")]
    assert slack.messages(INCIDENTS) == []


def test_a_reaction_that_is_there_already_is_done(slack: FakeSlack, client: SlackClient):
    ts = slack.say(GENERAL, "hello")
    client.add_reaction("white_check_mark", GENERAL, ts)
    assert client.add_reaction(":white_check_mark:", GENERAL, ts)["ok"]
    assert slack.messages(GENERAL)[0].reactions == {"white_check_mark": [BOT]}


def test_a_reaction_that_is_gone_already_is_done(slack: FakeSlack, client: SlackClient):
    ts = slack.say(GENERAL, "hello")
    client.add_reaction("question", GENERAL, ts)
    client.remove_reaction("question", GENERAL, ts)
    assert client.remove_reaction("question", GENERAL, ts)["ok"]
    assert slack.messages(GENERAL)[0].reactions == {}


def test_a_reaction_to_a_message_that_is_not_there_is_refused(client: SlackClient):
    with pytest.raises(SlackRefused) as caught:
        client.add_reaction("eyes", GENERAL, "1.000001")
    assert caught.value.slack_error == "message_not_found"


def test_a_form_is_opened(slack: FakeSlack, client: SlackClient):
    title = {"type": "plain_text", "text": "Report"}
    client.open_view("1.2.3", {"type": "modal", "title": title, "blocks": [{"type": "divider"}]})
    assert slack.views[0]["title"] == title


# Channels and people


def test_a_channel_through_its_life(slack: FakeSlack, client: SlackClient):
    channel = client.create_channel("inc-1")
    client.invite_user_to_channel(ANA, channel)
    client.invite_user_to_channel(ANA, channel)
    client.invite_user_to_channel(BOT, channel)
    client.set_channel_topic(channel, "Checkout is failing")
    assert client.rename_channel(channel, "Inc Checkout") == "inc-checkout"
    client.leave_channel(channel)
    client.join_channel(channel)
    assert client.get_channel_name(channel) == "inc-checkout"
    assert slack.channels[channel].topic == "Checkout is failing"
    assert sorted(slack.channels[channel].members) == sorted([ANA, BOT])


def test_a_channel_is_found_on_a_later_page(slack: FakeSlack, client: SlackClient):
    for number in range(450):
        slack.add_channel(f"C{number:04d}", f"room-{number}")
    assert client.get_channel_id("#room-449") == "C0449"
    assert len(slack.calls_to("conversations.list")) == 3


def test_an_archived_channel_comes_back_when_asked_for(slack: FakeSlack, client: SlackClient):
    slack.add_channel("C9", "inc-9", is_archived=True)
    assert client.get_channel_id("inc-9") == "C9"
    assert slack.channels["C9"].is_archived
    assert client.get_or_create_channel("inc-9", auto_unarchive=True) == "C9"
    assert not slack.channels["C9"].is_archived
    assert client.unarchive_channel("C9")["ok"]


def test_a_channel_of_no_such_name_is_refused(client: SlackClient):
    with pytest.raises(SlackError) as caught:
        client.get_channel_id("nowhere")
    assert caught.value.slack_error == "channel_not_found"


def test_channels_are_found_without_the_scope_for_private_ones(
    slack: FakeSlack, client: SlackClient
):
    slack.refuse("conversations.list", "missing_scope", times=1, needed="groups:read")
    assert client.get_channel_id("general") == GENERAL
    assert slack.calls[-1].params["types"] == "public_channel"


def test_a_channel_that_cannot_be_made_is_no_reason_to_look_for_it(
    slack: FakeSlack, client: SlackClient
):
    slack.refuse("conversations.create", "restricted_action")
    with pytest.raises(SlackRefused):
        client.get_or_create_channel("general")
    assert slack.calls_to("conversations.list") == []


def test_people_are_found_by_id_name_and_address(slack: FakeSlack, client: SlackClient):
    ben = {"id": BEN, "name": "ben", "fullname": "Ben", "email": "ben@example.com"}
    ben |= {"deleted": False, "is_bot": False}
    assert client.get_user_profile(BEN) == ben
    assert client.get_user_profile_by_email("ben@example.com") == ben
    assert client.get_user_id("@ben") == BEN
    assert client.get_slack_token_owner() == BOT


def test_a_person_who_is_not_there_is_refused(client: SlackClient):
    with pytest.raises(SlackRefused, match="user_not_found"):
        client.get_user_profile("UNOBODY")
    with pytest.raises(SlackRefused) as caught:
        client.get_user_id("nobody")
    assert caught.value.slack_error == "user_not_found"


def test_a_group_and_its_people(slack: FakeSlack, client: SlackClient):
    slack.usergroups["S1"] = {"id": "S1", "handle": "oncall", "name": "On call", "users": [ANA]}
    assert client.get_usergroup_id("@oncall") == "S1"
    assert client.get_usergroup_users("S1") == [ANA]
    with pytest.raises(SlackRefused):
        client.get_usergroup_id("nobody")


def test_people_are_read_page_by_page(slack: FakeSlack, client: SlackClient):
    for number in range(400):
        slack.add_user(f"U{number:04d}", f"person{number}")
    read = [user for page in client.pages("users.list") for user in page["members"]]
    assert len(read) == len(slack.users)
    first = client.get_paginated_users(limit=10)
    second = client.get_paginated_users(10, first["response_metadata"]["next_cursor"])
    assert {u["id"] for u in first["members"]}.isdisjoint(u["id"] for u in second["members"])


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({}, id="no metadata"),
        pytest.param({"response_metadata": {}}, id="no cursor"),
        pytest.param({"response_metadata": None}, id="metadata null"),
        pytest.param({"response_metadata": {"next_cursor": ""}}, id="empty"),
        pytest.param({"response_metadata": {"next_cursor": None}}, id="null"),
    ],
)
def test_reading_pages_ends_without_a_cursor(slack: FakeSlack, client: SlackClient, metadata):
    slack.refuse("users.list", "", ok=True, members=[], **metadata)
    assert len(list(client.pages("users.list"))) == 1


def test_reading_pages_ends_where_a_cursor_comes_again(slack: FakeSlack, client: SlackClient):
    again = {"response_metadata": {"next_cursor": "again"}}
    slack.refuse("users.list", "", ok=True, members=[], **again)
    assert len(list(client.pages("users.list"))) == 2


# What is owed rather than sent


def test_while_deferring_messages_and_reactions_are_owed(slack: FakeSlack, client: SlackClient):
    owed = []

    def owe(method, params):
        owed.append((method, params))
        return {"ok": True, "ts": "stand-in"}

    token = deferring.set(owe)
    try:
        assert client.send_message(GENERAL, "x") == {"ok": True, "ts": "stand-in"}
        client.send_ephemeral_message(GENERAL, ANA, "y")
        client.send_or_update_message_block(GENERAL, [], "z", ts="1.1")
        client.add_reaction("eyes", GENERAL, "1.1")
        client.remove_reaction("eyes", GENERAL, "1.1")
        assert slack.calls == []
        assert client.get_channel_name(GENERAL) == "general"
    finally:
        deferring.reset(token)
    assert [method for method, _ in owed] == [
        "chat.postMessage",
        "chat.postEphemeral",
        "chat.update",
        "reactions.add",
        "reactions.remove",
    ]
    assert owed[0][1] == {"channel": GENERAL, "text": "x"}
    assert owed[3][1] == {"name": "eyes", "channel": GENERAL, "timestamp": "1.1"}


def test_while_deferring_other_calls_go_out_with_one_try(slack: FakeSlack, client: SlackClient):
    slack.refuse("users.info", "fatal_error")
    token = deferring.set(lambda method, params: {"ok": True})
    try:
        with pytest.raises(SlackInDoubt):
            client.get_user_profile(ANA)
    finally:
        deferring.reset(token)
    assert len(slack.calls) == 1


# Secrets, settings, imports


def test_nothing_written_by_people_and_no_token_is_shown_or_logged(
    slack: FakeSlack, client: SlackClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    shown = [repr(client), str(client), repr(client.with_timeout(1))]
    client.send_message(GENERAL, SECRET_TEXT)
    for trouble in (
        lambda: slack.refuse(error="invalid_blocks", message=SECRET_TEXT),
        lambda: slack.status(500),
        lambda: slack.down(),
        lambda: slack.unreachable(),
    ):
        trouble()
        with pytest.raises(SlackError) as caught:
            client.send_message(GENERAL, SECRET_TEXT)
        error: BaseException | None = caught.value
        while error is not None:
            shown += [repr(error), str(error)]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        slack.recover()
    written = "\n".join([*shown, caplog.text])
    assert "swordfish" not in written
    assert slack.token not in written


def test_the_host_says_which_client_is_used(settings):
    own = SlackClient("xoxb-own")
    settings.SLACK_CLIENT = own
    assert configured_client() is own


def test_without_a_client_of_the_hosts_one_is_made_from_the_token(settings, slack: FakeSlack):
    settings.SLACK_CLIENT = None
    settings.SLACK_TOKEN = slack.token
    settings.SLACK_API_URL = slack.url
    assert configured_client() is configured_client()
    assert configured_client().get_slack_token_owner() == BOT
    settings.SLACK_TOKEN = "xoxb-rotated"
    with pytest.raises(SlackRefused, match="invalid_auth"):
        configured_client().get_slack_token_owner()


def test_a_settings_file_may_make_a_client():
    """With no setting anywhere, and nobody to reach."""
    code = "from response.slack.client import SlackClient; print(SlackClient('x'))"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout == "<SlackClient of SLACK_API_URL>\n"
