"""slack_sdk's own client, unchanged, against each method of the practice workspace."""

from __future__ import annotations

import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from .conftest import Refused, Workspace

INCIDENTS, GENERAL, REPORTS = "C02INCIDENTS", "C01GENERAL", "C03REPORTS"
BOT = "U00INCIDENT"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Hello*"}}
METADATA = {"event_type": "incident_headline", "event_payload": {"key": "headline:1"}}


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return str(refused.value.response["error"])


# The door


def test_a_token_is_needed(workspace: Workspace) -> None:
    url = f"{workspace.url}/workspace/api/"
    assert refusal(WebClient(base_url=url).auth_test) == "not_authed"
    assert refusal(WebClient("xoxb-wrong", base_url=url).auth_test) == "invalid_auth"


def test_an_unknown_method_says_so(workspace: Workspace) -> None:
    assert refusal(workspace.slack.api_call, api_method="incidents.declare") == "unknown_method"


def test_arguments_come_as_form_query_or_json(workspace: Workspace) -> None:
    call = workspace.slack.api_call
    for how in (
        {"params": {"user": BOT}, "http_verb": "GET"},
        {"data": {"user": BOT}},
        {"json": {"user": BOT}},
    ):
        assert call("users.info", **how)["user"]["name"] == "incident"


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"[1]", "application/json", "json_not_object"),
        (b"<x/>", "text/xml", "invalid_post_type"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    workspace: Workspace, body: bytes, content_type: str, error: str
) -> None:
    request = urllib.request.Request(f"{workspace.url}/workspace/api/auth.test", data=body)
    request.add_header("Content-Type", content_type)
    with urllib.request.urlopen(request) as response:
        assert f'"error": "{error}"' in response.read().decode()


def test_a_missing_scope_is_named(workspace: Workspace) -> None:
    workspace.do("settings", scopes=["chat:write"])
    with pytest.raises(SlackApiError) as refused:
        workspace.slack.pins_add(channel=INCIDENTS, timestamp="1.0")
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "pins:write"
    assert refused.value.response["provided"] == "chat:write"


# files


def fetched(url: str, token: str) -> tuple[str, bytes]:
    """Where a request for a file ends, and what is there."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as response:
        return response.url, response.read()


def test_a_picture_on_a_message_is_fetched_with_the_token(workspace: Workspace) -> None:
    picture = {"name": "graph.png", "content": b64encode(b"a picture").decode(), "alt": "Errors"}
    said = {"as_": "ben", "channel": "incidents", "text": "See", "files": [picture]}
    ts = workspace.do("messages", **said)["ts"]
    (message,) = workspace.slack.conversations_history(
        channel=INCIDENTS, oldest=ts, latest=ts, inclusive=True
    )["messages"]
    (file,) = message["files"]
    assert (file["name"], file["mimetype"], file["mode"]) == ("graph.png", "image/png", "hosted")
    assert (file["alt_txt"], file["size"]) == ("Errors", 9)
    assert workspace.slack.files_info(file=file["id"])["file"] == file

    token = workspace.slack.token
    assert fetched(file["url_private"], token) == (file["url_private"], b"a picture")
    for wrong in ("xoxb-wrong", ""):
        where, page = fetched(file["url_private"], wrong)
        assert where != file["url_private"]
        assert b"a picture" not in page
    workspace.do("settings", scopes=["channels:history"])
    assert fetched(file["url_private"], token)[0] != file["url_private"]
    assert refusal(workspace.slack.files_info, file=file["id"]) == "missing_scope"


def test_a_file_that_is_not_there_is_not_found(workspace: Workspace) -> None:
    assert refusal(workspace.slack.files_info, file="F0NONE") == "file_not_found"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetched(f"{workspace.url}/workspace/files-pri/F0NONE", workspace.slack.token)


@pytest.mark.parametrize("files", ["x", [1], [{}], [{"name": "x", "content": "no base64!"}]])
def test_odd_files_are_refused(workspace: Workspace, files: Any) -> None:
    with pytest.raises(Refused):
        workspace.do("messages", as_="ben", channel="incidents", text="See", files=files)


# auth, team, users, groups


def test_auth_test_names_the_bot(workspace: Workspace) -> None:
    answer = workspace.slack.auth_test()
    assert (answer["user_id"], answer["bot_id"]) == (BOT, "B00INCIDENT")


def test_team_info(workspace: Workspace) -> None:
    assert workspace.slack.team_info()["team"]["id"] == "T00PRACTICE"


def test_users_list_goes_page_by_page(workspace: Workspace) -> None:
    pages = [page["members"] for page in workspace.slack.users_list(limit=4)]
    assert [len(page) for page in pages] == [4, 2]
    people = {one["name"]: one for page in pages for one in page}
    assert people["ana"]["profile"]["email"] == "ana@example.com"
    assert people["incident"]["is_bot"]
    assert people["slackbot"]["id"] == "USLACKBOT"


def test_users_list_without_the_scope_keeps_emails_back(workspace: Workspace) -> None:
    workspace.do("settings", scopes=["users:read"])
    assert "email" not in workspace.slack.users_info(user="U01ANA")["user"]["profile"]


def test_users_info_and_profile(workspace: Workspace) -> None:
    assert workspace.slack.users_info(user="U02BEN")["user"]["real_name"] == "Ben Okafor"
    profile = workspace.slack.users_profile_get(user="U02BEN")["profile"]
    assert profile["display_name"] == "Ben"
    assert refusal(workspace.slack.users_info, user="U0NOBODY") == "user_not_found"


def test_users_lookup_by_email(workspace: Workspace) -> None:
    look = workspace.slack.users_lookupByEmail
    assert look(email="dev@example.com")["user"]["id"] == "U04DEV"
    workspace.do("people/deactivate", as_="dev")
    assert refusal(look, email="dev@example.com") == "users_not_found"


def test_usergroups(workspace: Workspace) -> None:
    groups = workspace.slack.usergroups_list(include_users=True)["usergroups"]
    assert (groups[0]["handle"], groups[0]["users"]) == ("oncall", ["U02BEN", "U04DEV"])
    users = workspace.slack.usergroups_users_list(usergroup="S01ONCALL")["users"]
    assert users == ["U02BEN", "U04DEV"]
    assert refusal(workspace.slack.usergroups_users_list, usergroup="S0") == "no_such_subteam"


# Messages


def test_a_post_keeps_blocks_and_metadata(workspace: Workspace) -> None:
    posted = workspace.slack.chat_postMessage(
        channel=INCIDENTS, text="Hello", blocks=[SECTION], metadata=METADATA
    )
    assert posted["message"]["bot_id"] == "B00INCIDENT"
    history = workspace.slack.conversations_history(channel=INCIDENTS, include_all_metadata=True)
    assert history["messages"][0]["metadata"] == METADATA
    assert history["messages"][0]["blocks"][0]["block_id"]
    plain = workspace.slack.conversations_history(channel=INCIDENTS)
    assert "metadata" not in plain["messages"][0]


def test_a_person_as_channel_opens_a_direct_message(workspace: Workspace) -> None:
    posted = workspace.slack.chat_postMessage(channel="U01ANA", text="Well done")
    assert posted["channel"].startswith("D")
    assert workspace.messages("ana", posted["channel"])[0]["text"] == "Well done"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "incidents", "text": "x"}, "channel_not_found"),
        ({"channel": "U0NOBODY", "text": "x"}, "channel_not_found"),
        ({"channel": INCIDENTS, "text": ""}, "no_text"),
        ({"channel": INCIDENTS, "text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
        ({"channel": INCIDENTS, "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": INCIDENTS, "text": "x", "blocks": [{}]}, "invalid_blocks"),
        ({"channel": INCIDENTS, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ({"channel": INCIDENTS, "text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
    ],
)
def test_a_post_that_slack_would_refuse(
    workspace: Workspace, arguments: dict[str, Any], error: str
) -> None:
    assert refusal(workspace.slack.chat_postMessage, **arguments) == error


def test_posting_from_outside_needs_the_public_scope(workspace: Workspace) -> None:
    assert workspace.slack.chat_postMessage(channel=GENERAL, text="Hello")["ok"]
    workspace.do("settings", scopes=["chat:write"])
    post = workspace.slack.chat_postMessage
    assert refusal(post, channel=GENERAL, text="Hello") == "not_in_channel"


def test_a_text_over_forty_thousand_characters_is_cut(workspace: Workspace) -> None:
    posted = workspace.slack.chat_postMessage(channel=INCIDENTS, text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000


def test_an_update_changes_the_message(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="One", blocks=[SECTION])["ts"]
    workspace.slack.chat_update(channel=INCIDENTS, ts=ts, text="Two")
    message = workspace.messages("ana", "incidents")[-1]
    assert message["text"] == "Two"
    assert message["blocks"] == []
    assert message["edited"]["user"] == BOT


def test_an_update_takes_less_text_than_a_post(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="One")["ts"]
    update = workspace.slack.chat_update
    assert refusal(update, channel=INCIDENTS, ts=ts, text="x" * 4_001) == "msg_too_long"


def test_only_own_messages_can_be_updated_or_deleted(workspace: Workspace) -> None:
    ts = workspace.say("ana", "incidents", "Mine")
    slack = workspace.slack
    assert refusal(slack.chat_update, channel=INCIDENTS, ts=ts, text="x") == "cant_update_message"
    assert refusal(slack.chat_delete, channel=INCIDENTS, ts=ts) == "cant_delete_message"
    assert refusal(slack.chat_update, channel=INCIDENTS, ts="1.0", text="x") == "message_not_found"


def test_a_deleted_message_is_gone(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="One")["ts"]
    workspace.slack.chat_delete(channel=INCIDENTS, ts=ts)
    assert refusal(workspace.slack.chat_delete, channel=INCIDENTS, ts=ts) == "message_not_found"


def test_an_ephemeral_is_seen_by_its_person_only(workspace: Workspace) -> None:
    workspace.slack.chat_postEphemeral(channel=INCIDENTS, user="U01ANA", text="Thank you")
    assert [one["ephemeral"] for one in workspace.messages("ana", "incidents")] == [True]
    assert workspace.messages("ben", "incidents") == []
    assert workspace.slack.conversations_history(channel=INCIDENTS)["messages"] == []


def test_an_ephemeral_needs_both_inside(workspace: Workspace) -> None:
    whisper = workspace.slack.chat_postEphemeral
    assert refusal(whisper, channel=GENERAL, user="U01ANA", text="x") == "not_in_channel"
    channel = workspace.slack.conversations_create(name="inc-1")["channel"]["id"]
    assert refusal(whisper, channel=channel, user="U01ANA", text="x") == "user_not_in_channel"
    assert refusal(whisper, channel=channel, user="U0NOBODY", text="x") == "user_not_found"


def test_a_permalink_leads_to_the_message_on_the_page(workspace: Workspace) -> None:
    ts = workspace.say("ana", "incidents", "Look here")
    link = workspace.slack.chat_getPermalink(channel=INCIDENTS, message_ts=ts)["permalink"]
    with urllib.request.urlopen(link.replace("localhost", "127.0.0.1")) as response:
        assert "Look here" in response.read().decode()


def test_the_link_into_a_channel_that_a_document_shows_leads_there(workspace: Workspace) -> None:
    workspace.say("ana", "incidents", "Look here")
    link = urljoin(workspace.slack.base_url, f"../app_redirect?channel={INCIDENTS}")
    with urllib.request.urlopen(link.replace("localhost", "127.0.0.1")) as response:
        assert "Look here" in response.read().decode()


def test_history_is_paged_and_bounded(workspace: Workspace) -> None:
    stamps = [workspace.say("ana", "incidents", f"Message {number}") for number in range(5)]
    history = workspace.slack.conversations_history
    pages = [
        [one["text"][-1] for one in page["messages"]]
        for page in history(channel=INCIDENTS, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    after = history(channel=INCIDENTS, oldest=stamps[2])["messages"]
    assert [one["ts"] for one in after] == stamps[:2:-1]
    inclusive = history(channel=INCIDENTS, oldest=stamps[2], latest=stamps[3], inclusive=True)
    assert [one["ts"] for one in inclusive["messages"]] == [stamps[3], stamps[2]]
    assert refusal(history, channel=INCIDENTS, cursor="rubbish") == "invalid_cursor"
    assert refusal(history, channel=INCIDENTS, oldest="yesterday") == "invalid_ts_oldest"
    assert refusal(history, channel=GENERAL) == "not_in_channel"


def test_replies_are_kept_out_of_the_channel(workspace: Workspace) -> None:
    root = workspace.say("ana", "incidents", "Root")
    workspace.say("ben", "incidents", "Reply", thread_ts=root)
    workspace.slack.chat_postMessage(channel=INCIDENTS, text="Bot", thread_ts=root)
    history = workspace.slack.conversations_history(channel=INCIDENTS)["messages"]
    assert [(one["text"], one["reply_count"]) for one in history] == [("Root", 2)]
    thread = workspace.slack.conversations_replies(channel=INCIDENTS, ts=root)["messages"]
    assert [one["text"] for one in thread] == ["Root", "Reply", "Bot"]
    assert thread[1]["parent_user_id"] == "U01ANA"
    missing = refusal(workspace.slack.conversations_replies, channel=INCIDENTS, ts="1.0")
    assert missing == "thread_not_found"


# Channels


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("---", "invalid_name_punctuation"),
        ("Checkout", "invalid_name_specials"),
        ("check out", "invalid_name_specials"),
        ("köln", "invalid_name_specials"),
        ("general", "name_taken"),
    ],
)
def test_a_new_channel_s_name_is_checked(workspace: Workspace, name: str, error: str) -> None:
    assert refusal(workspace.slack.conversations_create, name=name) == error


def test_an_archived_channel_keeps_its_name(workspace: Workspace) -> None:
    slack = workspace.slack
    channel = slack.conversations_create(name="inc-1")["channel"]["id"]
    slack.conversations_archive(channel=channel)
    assert refusal(slack.conversations_create, name="inc-1") == "name_taken"
    assert refusal(slack.chat_postMessage, channel=channel, text="x") == "is_archived"
    assert refusal(slack.conversations_archive, channel=channel) == "already_archived"
    assert refusal(slack.conversations_setTopic, channel=channel, topic="x") == "is_archived"
    assert refusal(slack.conversations_join, channel=channel) == "is_archived"
    slack.conversations_unarchive(channel=channel)
    assert refusal(slack.conversations_unarchive, channel=channel) == "not_archived"


def test_rename_fits_the_name_where_create_refuses_it(workspace: Workspace) -> None:
    slack = workspace.slack
    channel = slack.conversations_create(name="inc-1")["channel"]["id"]
    renamed = slack.conversations_rename(channel=channel, name="Inc Checkout!")
    assert renamed["channel"]["name"] == "inc-checkout-"
    assert refusal(slack.conversations_rename, channel=channel, name="general") == "name_taken"
    assert refusal(slack.conversations_rename, channel=INCIDENTS, name="x") == "not_authorized"


def test_topic_and_purpose(workspace: Workspace) -> None:
    slack = workspace.slack
    topic = slack.conversations_setTopic(channel=INCIDENTS, topic="Now")["channel"]["topic"]
    assert topic["value"] == "Now"
    slack.conversations_setPurpose(channel=INCIDENTS, purpose="Later")
    assert slack.conversations_info(channel=INCIDENTS)["channel"]["purpose"]["value"] == "Later"
    assert refusal(slack.conversations_setTopic, channel=INCIDENTS, topic="x" * 251) == "too_long"
    assert refusal(slack.conversations_setTopic, channel=GENERAL, topic="x") == "not_in_channel"


def test_joining_and_leaving(workspace: Workspace) -> None:
    slack = workspace.slack
    assert slack.conversations_join(channel=REPORTS)["warning"] == "already_in_channel"
    assert "warning" not in slack.conversations_join(channel=GENERAL)
    assert BOT in slack.conversations_members(channel=GENERAL)["members"]
    assert refusal(slack.conversations_leave, channel=GENERAL) == "cant_leave_general"
    slack.conversations_leave(channel=REPORTS)
    assert slack.conversations_leave(channel=REPORTS)["not_in_channel"]


def test_one_bad_id_fails_an_invitation_unless_forced(workspace: Workspace) -> None:
    slack = workspace.slack
    channel = slack.conversations_create(name="inc-1")["channel"]["id"]
    with pytest.raises(SlackApiError) as refused:
        slack.conversations_invite(channel=channel, users="U01ANA,U0NOBODY")
    assert refused.value.response["errors"] == [
        {"user": "U0NOBODY", "ok": False, "error": "user_not_found"}
    ]
    assert slack.conversations_members(channel=channel)["members"] == [BOT]
    slack.conversations_invite(channel=channel, users="U01ANA,U0NOBODY", force=True)
    assert slack.conversations_members(channel=channel)["members"] == [BOT, "U01ANA"]


@pytest.mark.parametrize(
    ("users", "error"),
    [
        ("U01ANA", "already_in_channel"),
        (BOT, "cant_invite_self"),
        ("U0NOBODY", "user_not_found"),
        (",".join(["U01ANA"] * 101), "too_many_users"),
    ],
)
def test_an_invitation_that_slack_would_refuse(
    workspace: Workspace, users: str, error: str
) -> None:
    assert refusal(workspace.slack.conversations_invite, channel=INCIDENTS, users=users) == error


def test_kicking(workspace: Workspace) -> None:
    kick = workspace.slack.conversations_kick
    kick(channel=INCIDENTS, user="U01ANA")
    assert refusal(kick, channel=INCIDENTS, user="U01ANA") == "not_in_channel"
    assert refusal(kick, channel=INCIDENTS, user=BOT) == "cant_kick_self"


def test_private_channels_are_not_found_from_outside(workspace: Workspace) -> None:
    channel = workspace.do("channels", as_="ana", name="secret", private=True)["channel"]
    assert refusal(workspace.slack.conversations_info, channel=channel) == "channel_not_found"
    assert refusal(workspace.slack.conversations_join, channel=channel) == "channel_not_found"


def test_conversations_list_filters_after_paging(workspace: Workspace) -> None:
    slack = workspace.slack
    slack.conversations_archive(channel=slack.conversations_create(name="inc-1")["channel"]["id"])
    pages = slack.conversations_list(limit=3, exclude_archived=True)
    assert [len(page["channels"]) for page in pages] == [3, 0]
    mine = slack.users_conversations(types="public_channel", exclude_archived=True)
    assert {one["name"] for one in mine["channels"]} == {"incidents", "reports"}
    assert refusal(slack.conversations_list, types="rooms") == "invalid_types"
    assert refusal(slack.conversations_list, limit=1001) == "invalid_limit"


def test_opening_a_direct_message(workspace: Workspace) -> None:
    opened = workspace.slack.conversations_open(users="U01ANA", return_im=True)
    assert opened["channel"]["user"] == "U01ANA"
    again = workspace.slack.conversations_open(users="U01ANA")
    assert again["already_open"]
    assert again["channel"]["id"] == opened["channel"]["id"]
    assert refusal(workspace.slack.conversations_open, users="U0NOBODY") == "user_not_found"


def test_a_direct_message_is_no_room(workspace: Workspace) -> None:
    slack = workspace.slack
    channel = slack.conversations_open(users="U01ANA")["channel"]["id"]
    for call, more in (
        (slack.conversations_setTopic, {"topic": "x"}),
        (slack.conversations_rename, {"name": "x"}),
        (slack.conversations_invite, {"users": "U02BEN"}),
        (slack.conversations_archive, {}),
    ):
        error = refusal(call, channel=channel, **more)
        assert error == "method_not_supported_for_channel_type"


# Reactions, pins, bookmarks


def test_reactions(workspace: Workspace) -> None:
    slack = workspace.slack
    at = {"channel": INCIDENTS, "timestamp": workspace.say("ana", "incidents", "Hello")}
    slack.reactions_add(name="white_check_mark", **at)
    slack.reactions_add(name="wave::skin-tone-3", **at)
    message = slack.reactions_get(**at)["message"]
    assert [one["name"] for one in message["reactions"]] == [
        "white_check_mark",
        "wave::skin-tone-3",
    ]
    assert refusal(slack.reactions_add, name="white_check_mark", **at) == "already_reacted"
    slack.reactions_remove(name="white_check_mark", **at)
    assert refusal(slack.reactions_remove, name="white_check_mark", **at) == "no_reaction"
    assert refusal(slack.reactions_add, name="no_such_emoji", **at) == "invalid_name"
    gone = at | {"timestamp": "1.000000"}
    assert refusal(slack.reactions_add, name="tada", **gone) == "message_not_found"


def test_pins(workspace: Workspace) -> None:
    slack = workspace.slack
    at = {"channel": INCIDENTS, "timestamp": workspace.say("ana", "incidents", "Hello")}
    slack.pins_add(**at)
    assert slack.pins_list(channel=INCIDENTS)["items"][0]["message"]["text"] == "Hello"
    assert refusal(slack.pins_add, **at) == "already_pinned"
    slack.pins_remove(**at)
    assert refusal(slack.pins_remove, **at) == "no_pin"


def test_bookmarks(workspace: Workspace) -> None:
    slack = workspace.slack
    added = slack.bookmarks_add(
        channel_id=INCIDENTS, title="Document", type="link", link="https://example.com/1"
    )["bookmark"]
    slack.bookmarks_edit(bookmark_id=added["id"], channel_id=INCIDENTS, title="Incident 1")
    listed = slack.bookmarks_list(channel_id=INCIDENTS)["bookmarks"]
    assert [(one["title"], one["link"]) for one in listed] == [
        ("Incident 1", "https://example.com/1")
    ]
    slack.bookmarks_remove(bookmark_id=added["id"], channel_id=INCIDENTS)
    assert slack.bookmarks_list(channel_id=INCIDENTS)["bookmarks"] == []
    wrong = {"channel_id": INCIDENTS, "title": "x", "type": "link", "link": "ftp://x"}
    assert refusal(slack.bookmarks_add, **wrong) == "invalid_link"
