"""Every method of Response's own client, called against the practice workspace over HTTP."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from response.slack.client import SlackClient
from response.slack.errors import SlackInDoubt, SlackRateLimited, SlackRefused

from .conftest import TOKEN, Workspace
from .receiver import Received, Reply

INCIDENTS, GENERAL, REPORTS = "C02INCIDENTS", "C01GENERAL", "C03REPORTS"
ANA, BEN, DEV, BOT = "U01ANA", "U02BEN", "U04DEV", "U00INCIDENT"
FORM = {
    "type": "modal",
    "callback_id": "report",
    "title": {"type": "plain_text", "text": "Report"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}],
}

F = TypeVar("F", bound=Callable[..., Any])

checked: set[str] = set()


def checks(*methods: str) -> Callable[[F], F]:
    """Note which of the client's methods a test calls."""

    def note(test: F) -> F:
        checked.update(methods)
        return test

    return note


@pytest.fixture
def client(workspace: Workspace) -> SlackClient:
    return SlackClient(TOKEN, base_url=f"{workspace.url}/workspace/api/", timeout=20)


def refusal(call: Callable[..., Any], *arguments: Any) -> str | None:
    with pytest.raises(SlackRefused) as refused:
        call(*arguments)
    return refused.value.slack_error


# Messages


@checks("send_message")
def test_a_message_in_a_channel_in_a_thread_and_to_a_person(
    client: SlackClient, workspace: Workspace
) -> None:
    root = client.send_message(INCIDENTS, "One")["ts"]
    client.send_message(INCIDENTS, "Below", thread_ts=root)
    client.send_message(INCIDENTS, "Old", attachments=[{"text": "as it was"}])
    direct = client.send_message(ANA, "Well done")["channel"]

    history = workspace.slack.conversations_history(channel=INCIDENTS)["messages"]
    assert [(one["text"], one.get("reply_count", 0)) for one in history] == [
        ("Old", 0),
        ("One", 1),
    ]
    assert workspace.messages("ana", direct)[0]["text"] == "Well done"
    assert refusal(client.send_message, "C0NOWHERE", "x") == "channel_not_found"


@checks("send_ephemeral_message")
def test_a_message_for_one_person(client: SlackClient, workspace: Workspace) -> None:
    client.send_ephemeral_message(INCIDENTS, ANA, "Thank you")

    assert [one["text"] for one in workspace.messages("ana", INCIDENTS)] == ["Thank you"]
    assert workspace.messages("ben", INCIDENTS) == []


@checks("send_or_update_message_block")
def test_blocks_are_posted_and_put_into_the_message(
    client: SlackClient, workspace: Workspace
) -> None:
    ts = client.send_or_update_message_block(INCIDENTS, FORM["blocks"], "Fallback")["ts"]
    client.send_or_update_message_block(INCIDENTS, [{"type": "divider"}], "Later", ts=ts)

    (message,) = workspace.messages("ana", INCIDENTS)
    assert message["text"] == "Later"
    assert [block["type"] for block in message["blocks"]] == ["divider"]


@checks("add_reaction", "remove_reaction")
def test_reactions_come_and_go_as_often_as_one_asks(
    client: SlackClient, workspace: Workspace
) -> None:
    ts = workspace.say("ana", "incidents", "@incident close")
    for _time in range(2):
        client.add_reaction(":white_check_mark:", INCIDENTS, ts)
    (message,) = workspace.messages("ana", INCIDENTS)
    assert [one["name"] for one in message["reactions"]] == ["white_check_mark"]

    for _time in range(2):
        client.remove_reaction("white_check_mark", INCIDENTS, ts)
    (message,) = workspace.messages("ana", INCIDENTS)
    assert not message.get("reactions")
    assert refusal(client.add_reaction, "tada", INCIDENTS, "1.000000") == "message_not_found"


@checks("download")
def test_a_picture_is_fetched_if_it_is_not_too_large(
    client: SlackClient, workspace: Workspace
) -> None:
    picture = {"name": "graph.png", "content": "YSBwaWN0dXJl"}
    said = {"as_": "ben", "channel": "incidents", "text": "See", "files": [picture]}
    ts = workspace.do("messages", **said)["ts"]
    (message,) = [one for one in workspace.messages("ben", INCIDENTS) if one["ts"] == ts]
    address = message["files"][0]["url_private"]

    assert client.download(address, 9) == b"a picture"
    assert refusal(client.download, address, 8) == "file_too_large"
    workspace.do("trouble", kind="rate_limited", seconds=10, times=1)
    with pytest.raises(SlackRateLimited) as limited:
        client.download(address, 9)
    assert limited.value.retry_after == 10
    workspace.do("settings", scopes=[])
    assert refusal(client.download, address, 9) == "sign_in_page"


# Forms


@checks("open_view")
def test_a_form_opens_once_for_a_trigger(client: SlackClient, workspace: Workspace) -> None:
    triggers = []

    def answer(request: Received) -> Reply:
        triggers.append(request.fields["trigger_id"])
        client.open_view(triggers[0], FORM)
        return Reply()

    workspace.app.answer = answer
    workspace.do("messages", as_="ana", channel="general", text="/incident")

    assert workspace.see("views", as_="ana")["views"][0]["callback_id"] == "report"
    assert refusal(client.open_view, triggers[0], FORM) == "exchanged_trigger_id"


# Channels


@checks("get_channel_id", "get_channel_name")
def test_a_channel_is_found_by_its_name_and_by_its_id(client: SlackClient) -> None:
    assert client.get_channel_id("#incidents") == INCIDENTS
    assert client.get_channel_name(INCIDENTS) == "incidents"
    assert refusal(client.get_channel_id, "nowhere") == "channel_not_found"
    assert refusal(client.get_channel_name, "C0NOWHERE") == "channel_not_found"


@checks("create_channel", "get_or_create_channel", "unarchive_channel")
def test_a_channel_is_made_found_and_brought_back(
    client: SlackClient, workspace: Workspace
) -> None:
    made = client.create_channel("inc-checkout")
    assert refusal(client.create_channel, "inc-checkout") == "name_taken"
    assert client.get_or_create_channel("inc-checkout") == made
    assert client.get_or_create_channel("inc-search") != made

    workspace.slack.conversations_archive(channel=made)
    assert client.get_or_create_channel("inc-checkout", auto_unarchive=True) == made
    for _time in range(2):
        client.unarchive_channel(made)
    assert not workspace.slack.conversations_info(channel=made)["channel"]["is_archived"]


@checks("join_channel", "leave_channel")
def test_the_bot_joins_and_leaves(client: SlackClient, workspace: Workspace) -> None:
    client.join_channel(GENERAL)
    assert BOT in workspace.slack.conversations_members(channel=GENERAL)["members"]
    assert refusal(client.leave_channel, GENERAL) == "cant_leave_general"

    client.leave_channel(REPORTS)
    assert BOT not in workspace.slack.conversations_members(channel=REPORTS)["members"]


@checks("invite_user_to_channel")
def test_people_are_invited_once(client: SlackClient, workspace: Workspace) -> None:
    made = client.create_channel("inc-checkout")
    for _time in range(2):
        client.invite_user_to_channel(ANA, made)

    assert workspace.slack.conversations_members(channel=made)["members"] == [BOT, ANA]
    assert refusal(client.invite_user_to_channel, "U0NOBODY", made) == "user_not_found"


@checks("rename_channel", "set_channel_topic")
def test_a_channel_gets_a_name_and_a_topic(client: SlackClient, workspace: Workspace) -> None:
    made = client.create_channel("inc-checkout")

    assert client.rename_channel(made, "Inc Checkout!") == "inc-checkout-"
    assert client.get_channel_name(made) == "inc-checkout-"
    client.set_channel_topic(made, "Cards & more")
    topic = workspace.slack.conversations_info(channel=made)["channel"]["topic"]["value"]
    assert topic in {"Cards & more", "Cards &amp; more"}
    assert refusal(client.set_channel_topic, made, "x" * 251) == "too_long"


# People


@checks("get_user_id", "get_user_profile", "get_user_profile_by_email")
def test_a_person_is_found_by_name_id_and_address(
    client: SlackClient, workspace: Workspace
) -> None:
    assert client.get_user_id("@ben") == BEN
    profile = client.get_user_profile(BEN)
    assert profile == {
        "id": BEN,
        "name": "ben",
        "fullname": "Ben Okafor",
        "email": "ben@example.com",
        "deleted": False,
        "is_bot": False,
    }
    assert client.get_user_profile_by_email("ben@example.com") == profile
    assert refusal(client.get_user_id, "nobody") == "user_not_found"
    assert refusal(client.get_user_profile, "U0NOBODY") == "user_not_found"
    assert refusal(client.get_user_profile_by_email, "no@example.com") == "users_not_found"


@checks("get_paginated_users", "pages")
def test_everyone_is_read_page_by_page(client: SlackClient) -> None:
    first = client.get_paginated_users(limit=4)
    second = client.get_paginated_users(limit=4, cursor=first["response_metadata"]["next_cursor"])
    assert [len(first["members"]), len(second["members"])] == [4, 2]

    pages = list(client.pages("users.list", limit=4))
    assert [page["members"] for page in pages] == [first["members"], second["members"]]


@checks("get_usergroup_id", "get_usergroup_users")
def test_a_group_and_who_is_in_it(client: SlackClient) -> None:
    group = client.get_usergroup_id("@oncall")
    assert client.get_usergroup_users(group) == [BEN, DEV]
    assert refusal(client.get_usergroup_id, "nobody") == "no_such_subteam"


@checks("get_slack_token_owner", "api_call")
def test_who_the_token_is(client: SlackClient, workspace: Workspace) -> None:
    assert client.get_slack_token_owner() == BOT
    assert client.api_call("team.info")["team"]["id"] == "T00PRACTICE"
    assert refusal(client.api_call, "incidents.declare") == "unknown_method"

    stranger = SlackClient("xoxb-wrong", base_url=f"{workspace.url}/workspace/api/")
    assert refusal(stranger.get_slack_token_owner) == "invalid_auth"


@checks("who_am_i")
def test_slack_says_beside_its_answer_what_the_token_may_do(
    client: SlackClient, workspace: Workspace
) -> None:
    who, headers = client.who_am_i()
    assert who["bot_id"]
    assert "chat:write" in headers["x-oauth-scopes"].split(",")
    assert headers["date"]


# Trouble


@checks("with_timeout")
def test_nobody_waits_longer_than_the_timeout(client: SlackClient, workspace: Workspace) -> None:
    workspace.do("trouble", kind="slow", seconds=5)

    with pytest.raises(SlackInDoubt) as doubt:
        client.with_timeout(0.3).get_slack_token_owner()
    assert doubt.value.timed_out


def test_a_limit_says_how_long_to_wait(client: SlackClient, workspace: Workspace) -> None:
    workspace.do("trouble", kind="rate_limited", seconds=7, method="chat.postMessage")

    with pytest.raises(SlackRateLimited) as limited:
        client.send_message(INCIDENTS, "Too much")
    assert limited.value.retry_after == 7


def test_every_method_of_the_client_is_checked_here() -> None:
    methods = {
        name
        for name, _method in inspect.getmembers(SlackClient, inspect.isfunction)
        if not name.startswith("_")
    }
    assert checked == methods
