"""Commands, clicks and forms: the person waits, and sees what the app answers."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from .conftest import Refused, Workspace
from .receiver import Received, Reply

INCIDENTS = "C02INCIDENTS"
Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def entry(block_id: str, element: Json, *, optional: bool = False) -> Json:
    return {
        **{"type": "input", "block_id": block_id, "label": plain(block_id)},
        **{"element": {"action_id": block_id, **element}, "optional": optional},
    }


FORM: Json = {
    **{"type": "modal", "callback_id": "report", "private_metadata": "kept"},
    **{"title": plain("Report"), "submit": plain("Send"), "notify_on_close": True},
    "blocks": [
        entry("title", {"type": "plain_text_input", "max_length": 20}),
        entry("lead", {"type": "users_select"}, optional=True),
        entry(
            "severity",
            {
                "type": "static_select",
                "options": [
                    {"text": plain("Major"), "value": "2"},
                    {"text": plain("Minor"), "value": "3"},
                ],
            },
            optional=True,
        ),
    ],
}
BUTTONS = [
    {
        "type": "actions",
        "block_id": "buttons",
        "elements": [
            {"type": "button", "action_id": "edit", "text": plain("Edit"), "value": "7"},
            {
                "type": "static_select",
                "action_id": "choose",
                "options": [{"text": plain("Major"), "value": "2"}],
            },
        ],
    }
]


def opens_the_form(workspace: Workspace, view: Json = FORM) -> None:
    """Let the app open a form at every command and click, and accept what is sent in."""

    def answer(request: Received) -> Reply:
        if "trigger_id" in request.fields and request.fields.get("type") != "view_submission":
            workspace.slack.views_open(trigger_id=request.fields["trigger_id"], view=view)
        return Reply()

    workspace.app.answer = answer


def command(workspace: Workspace, text: str = "/incident Checkout is failing") -> Json:
    return workspace.do("messages", as_="ana", channel="general", text=text)


def open_form(workspace: Workspace) -> Json:
    opens_the_form(workspace)
    command(workspace)
    return workspace.see("views", as_="ana")["views"][0]


# Commands


def test_a_command_carries_who_where_and_what(workspace: Workspace) -> None:
    command(workspace, "/incident @ben saw A & B in #general")
    fields = workspace.app.wait_for(lambda one: one.door == "slash_command")[0].fields
    assert fields["command"] == "/incident"
    assert fields["text"] == "<@U02BEN> saw A &amp; B in <#C01GENERAL|general>"
    assert (fields["user_id"], fields["user_name"]) == ("U01ANA", "ana")
    assert (fields["channel_id"], fields["channel_name"]) == ("C01GENERAL", "general")
    assert fields["team_id"] == "T00PRACTICE"
    assert fields["response_url"].startswith("http")


def test_a_form_opens_for_the_person_who_asked(workspace: Workspace) -> None:
    opens_the_form(workspace)
    assert command(workspace)["ok"]
    assert workspace.see("views", as_="ana")["views"][0]["callback_id"] == "report"
    assert workspace.see("views", as_="ben")["views"] == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Say that in #incidents."),
        Reply({"text": "Say that in #incidents."}),
        Reply({"response_type": "ephemeral", "text": "Say that in #incidents."}),
    ],
)
def test_what_a_command_answers_is_seen_by_the_person_only(
    workspace: Workspace, reply: Reply
) -> None:
    workspace.app.answer = lambda request: reply
    assert command(workspace)["answer"] == "Say that in #incidents."
    assert workspace.messages("ana", "general")[-1]["text"] == "Say that in #incidents."
    assert workspace.messages("ben", "general") == []


def test_an_answer_in_the_channel_is_seen_by_all(workspace: Workspace) -> None:
    workspace.app.answer = lambda request: Reply({"response_type": "in_channel", "text": "All"})
    command(workspace)
    assert workspace.messages("ben", "general")[-1]["text"] == "All"


def test_a_command_that_fails_says_so(workspace: Workspace) -> None:
    workspace.app.answer = lambda request: Reply(status=500)
    assert command(workspace)["error"] == "dispatch_failed"
    assert "dispatch_failed" in workspace.messages("ana", "general")[-1]["text"]


def test_a_command_that_is_not_answered_in_three_seconds_says_so(workspace: Workspace) -> None:
    released = threading.Event()

    def answer(request: Received) -> Reply:
        released.wait(20)
        return Reply()

    workspace.app.answer = answer
    assert command(workspace)["error"] == "operation_timeout"
    released.set()
    assert "operation_timeout" in workspace.messages("ana", "general")[-1]["text"]


def test_commands_do_not_work_in_threads(workspace: Workspace) -> None:
    root = workspace.say("ana", "general", "Root")
    answer = workspace.do(
        "messages", as_="ana", channel="general", text="/incident x", thread_ts=root
    )
    assert "not supported in threads" in answer["answer"]
    assert [one for one in workspace.app.received if one.door == "slash_command"] == []


def test_an_unknown_command_is_named(workspace: Workspace) -> None:
    assert "not a valid command" in command(workspace, "/deploy now")["answer"]


# Triggers


def received_trigger(workspace: Workspace) -> str:
    command(workspace)
    return workspace.app.wait_for(lambda one: one.door == "slash_command")[0].fields["trigger_id"]


def test_a_trigger_opens_one_form_only(workspace: Workspace) -> None:
    trigger = received_trigger(workspace)
    workspace.slack.views_open(trigger_id=trigger, view=FORM)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        workspace.slack.views_open(trigger_id=trigger, view=FORM)


def test_a_trigger_dies_after_three_seconds(workspace: Workspace) -> None:
    trigger = received_trigger(workspace)
    workspace.do("time-passes", seconds=4)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        workspace.slack.views_open(trigger_id=trigger, view=FORM)


def test_a_made_up_trigger_is_invalid(workspace: Workspace) -> None:
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        workspace.slack.views_open(trigger_id="1.2.3", view=FORM)


# Clicks


def test_a_click_carries_the_message_and_a_trigger(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="x", blocks=BUTTONS)["ts"]
    opens_the_form(workspace)
    answer = workspace.do("press", as_="ben", channel="incidents", ts=ts, action_id="edit")
    assert [one["callback_id"] for one in answer["views"]] == ["report"]
    payload = workspace.app.wait_for(lambda one: one.door == "action")[0].fields
    assert payload["type"] == "block_actions"
    assert payload["user"]["id"] == "U02BEN"
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == ts
    assert payload["channel"] == {"id": INCIDENTS, "name": "incidents"}
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("edit", "buttons", "7")


def test_a_choice_carries_the_option(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="x", blocks=BUTTONS)["ts"]
    at = {"as_": "ben", "channel": "incidents", "ts": ts, "action_id": "choose"}
    workspace.do("press", value="2", **at)
    payload = workspace.app.wait_for(lambda one: one.door == "action")[0].fields
    assert payload["actions"][0]["selected_option"]["text"]["text"] == "Major"
    with pytest.raises(Refused, match="invalid_choice"):
        workspace.do("press", value="9", **at)


def test_a_click_that_fails_is_told_to_the_person(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="x", blocks=BUTTONS)["ts"]
    workspace.app.answer = lambda request: Reply(status=500)
    with pytest.raises(Refused, match="http_error"):
        workspace.do("press", as_="ben", channel="incidents", ts=ts, action_id="edit")


def test_nobody_presses_a_button_that_is_not_there(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="x", blocks=BUTTONS)["ts"]
    with pytest.raises(Refused, match="no_such_element"):
        workspace.do("press", as_="ben", channel="incidents", ts=ts, action_id="delete")


def test_a_message_shortcut_calls_the_app(workspace: Workspace) -> None:
    workspace.do("shortcuts", callback_id="to_timeline", name="Add to timeline")
    ts = workspace.say("ana", "incidents", "It started at two")
    workspace.do("shortcut", as_="ben", channel="incidents", ts=ts, callback_id="to_timeline")
    payload = workspace.app.wait_for(lambda one: one.door == "action")[0].fields
    assert (payload["type"], payload["callback_id"]) == ("message_action", "to_timeline")
    assert payload["message"]["text"] == "It started at two"


# Forms


def test_a_submission_carries_the_state_of_the_form(workspace: Workspace) -> None:
    view = open_form(workspace)
    values = {"title": "Checkout", "lead": "U02BEN", "severity": "2"}
    assert workspace.do(f"views/{view['id']}/submit", values=values)["ok"]
    sent = workspace.app.wait_for(
        lambda one: one.door == "action" and one.fields["type"] == "view_submission"
    )[0].fields
    assert sent["view"]["id"] == view["id"]
    assert sent["view"]["private_metadata"] == "kept"
    state = sent["view"]["state"]["values"]
    assert state["title"]["title"] == {"type": "plain_text_input", "value": "Checkout"}
    assert state["lead"]["lead"] == {"type": "users_select", "selected_user": "U02BEN"}
    assert state["severity"]["severity"]["selected_option"]["value"] == "2"
    assert workspace.see("views", as_="ana")["views"] == []


def test_an_empty_field_is_null_in_the_state(workspace: Workspace) -> None:
    view = open_form(workspace)
    workspace.do(f"views/{view['id']}/submit", values={"title": "x", "lead": "", "severity": None})
    sent = workspace.app.wait_for(
        lambda one: one.door == "action" and one.fields["type"] == "view_submission"
    )[0].fields["view"]["state"]["values"]
    assert sent["lead"]["lead"]["selected_user"] is None
    assert sent["severity"]["severity"]["selected_option"] is None


@pytest.mark.parametrize(
    ("values", "block"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 21}, "title"),
        ({"title": "x", "severity": "9"}, "severity"),
        ({"title": "x", "lead": "U0NOBODY"}, "lead"),
    ],
)
def test_what_slack_itself_would_not_send_stays_here(
    workspace: Workspace, values: Json, block: str
) -> None:
    view = open_form(workspace)
    answer = workspace.do(f"views/{view['id']}/submit", values=values)
    assert (answer["ok"], list(answer["errors"])) == (False, [block])
    assert [one for one in workspace.app.received if one.door == "action"] == []


def test_the_app_s_errors_are_shown_at_their_block(workspace: Workspace) -> None:
    view = open_form(workspace)
    errors = {"title": "Say what is failing."}
    workspace.app.answer = lambda request: Reply({"response_action": "errors", "errors": errors})
    answer = workspace.do(f"views/{view['id']}/submit", values={"title": "x"})
    assert (answer["ok"], answer["errors"]) == (False, errors)
    assert workspace.see("views", as_="ana")["views"][0]["errors"] == errors


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        Reply("this is not JSON"),
        Reply({"response_action": "errors", "errors": {"no_such_block": "x"}}),
        Reply({"response_action": "explode"}),
        Reply({"response_action": "update", "view": {"type": "modal"}}),
    ],
)
def test_an_answer_slack_cannot_use_leaves_the_form_open(
    workspace: Workspace, reply: Reply
) -> None:
    view = open_form(workspace)
    workspace.app.answer = lambda request: reply
    answer = workspace.do(f"views/{view['id']}/submit", values={"title": "x"})
    assert not answer["ok"]
    assert "trouble" in answer["notice"]
    assert len(workspace.see("views", as_="ana")["views"]) == 1


def test_forms_can_be_replaced_pushed_and_cleared(workspace: Workspace) -> None:
    view = open_form(workspace)
    second = FORM | {"title": plain("Second")}
    workspace.app.answer = lambda request: Reply({"response_action": "update", "view": second})
    workspace.do(f"views/{view['id']}/submit", values={"title": "x"})
    shown = workspace.see("views", as_="ana")["views"]
    assert [(one["id"], one["title"]["text"]) for one in shown] == [(view["id"], "Second")]
    workspace.app.answer = lambda request: Reply({"response_action": "push", "view": FORM})
    workspace.do(f"views/{view['id']}/submit", values={"title": "x"})
    below, above = workspace.see("views", as_="ana")["views"]
    assert above["previous_view_id"] == above["root_view_id"] == below["id"]
    workspace.app.answer = lambda request: Reply({"response_action": "clear"})
    workspace.do(f"views/{above['id']}/submit", values={"title": "x"})
    assert workspace.see("views", as_="ana")["views"] == []


def test_views_update_minds_the_hash(workspace: Workspace) -> None:
    view = open_form(workspace)
    update = workspace.slack.views_update
    update(view_id=view["id"], view=FORM | {"title": plain("New")}, hash=view["hash"])
    with pytest.raises(SlackApiError, match="hash_conflict"):
        update(view_id=view["id"], view=FORM, hash=view["hash"])
    with pytest.raises(SlackApiError, match="not_found"):
        update(view_id="V0", view=FORM)


def test_at_most_three_forms_lie_on_each_other(workspace: Workspace) -> None:
    pressable = FORM | {"blocks": [*FORM["blocks"], *BUTTONS]}
    opens_the_form(workspace, pressable)
    command(workspace)

    def push(request: Received) -> Reply:
        workspace.slack.views_push(trigger_id=request.fields["trigger_id"], view=pressable)
        return Reply()

    workspace.app.answer = push
    for depth in (2, 3):
        top = workspace.see("views", as_="ana")["views"][-1]
        pressed = workspace.do(f"views/{top['id']}/press", action_id="edit")
        assert len(pressed["views"]) == depth
    workspace.app.answer = lambda request: Reply()
    workspace.do(f"views/{pressed['views'][-1]['id']}/press", action_id="edit")
    trigger = workspace.app.received[-1].fields["trigger_id"]
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        workspace.slack.views_push(trigger_id=trigger, view=pressable)


def test_views_publish_gives_a_person_a_home(workspace: Workspace) -> None:
    home = {
        "type": "home",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*At home*"}}],
    }
    workspace.slack.views_publish(user_id="U01ANA", view=home)
    channel = workspace.do("direct-message", as_="ana")["channel"]
    with urllib.request.urlopen(f"{workspace.url}/workspace/as/ana/{channel}/") as page:
        assert "<strong>At home</strong>" in page.read().decode()


def test_closing_a_form_is_told_where_it_asks_for_it(workspace: Workspace) -> None:
    view = open_form(workspace)
    workspace.do(f"views/{view['id']}/close")
    closed = workspace.app.wait_for(lambda one: one.door == "action")[0].fields
    assert (closed["type"], closed["is_cleared"]) == ("view_closed", False)
    with pytest.raises(Refused, match="view_not_found"):
        workspace.do(f"views/{view['id']}/submit", values={"title": "x"})


# response_url


def test_a_response_url_takes_five_answers(workspace: Workspace) -> None:
    command(workspace)
    url = workspace.app.received[0].fields["response_url"]
    client = WebhookClient(url)
    assert client.send(text="Only you").body == "ok"
    assert client.send(text="All", response_type="in_channel").body == "ok"
    texts = [one["text"] for one in workspace.messages("ben", "general")]
    assert texts == ["All"]
    for number in range(3):
        assert client.send(text=f"More {number}").status_code == 200
    spent = client.send(text="Too much")
    assert (spent.status_code, "used_url" in spent.body) == (404, True)


def test_a_response_url_dies_after_thirty_minutes(workspace: Workspace) -> None:
    command(workspace)
    workspace.do("time-passes", seconds=1801)
    answer = WebhookClient(workspace.app.received[0].fields["response_url"]).send(text="Late")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


def test_a_response_url_replaces_and_deletes_its_message(workspace: Workspace) -> None:
    ts = workspace.slack.chat_postMessage(channel=INCIDENTS, text="x", blocks=BUTTONS)["ts"]
    workspace.do("press", as_="ben", channel="incidents", ts=ts, action_id="edit")
    payload = workspace.app.wait_for(lambda one: one.door == "action")[0].fields
    client = WebhookClient(payload["response_url"])
    client.send(text="Replaced", replace_original=True)
    assert workspace.messages("ben", "incidents")[-1]["text"] == "Replaced"
    client.send_dict({"delete_original": True})
    assert workspace.messages("ben", "incidents") == []
