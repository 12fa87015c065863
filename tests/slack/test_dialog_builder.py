"""A host's older dialogs open as modals, and their handlers get what they always got."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from response.exceptions import UserError
from response.slack.client import SlackClient
from response.slack.dialog_builder import (
    Dialog,
    SelectFromUsers,
    SelectWithOptions,
    Text,
    TextArea,
    opened_from,
)
from response.slack.payloads import answers_of
from response.slack.reference_utils import channel_reference, reference_to_id, user_reference
from response.testing import FakeSlack
from response.testing.payloads import BEN, chosen, person, typed, view_submission


@pytest.fixture(autouse=True)
def _client(settings, slack: FakeSlack) -> None:
    settings.SLACK_CLIENT = SlackClient(slack.token, base_url=slack.url)


def postpone(**more: Any) -> Dialog:
    return Dialog(
        title="Postpone",
        submit_label="Do it",
        elements=[
            Text(label="Until", name="until", placeholder="10:30", value="11:00", hint="Today"),
            TextArea(label="Why", name="why", optional=True, max_length=500),
            SelectWithOptions([("Low", "1"), ("High", 2)], label="Risk", name="risk", value=2),
            SelectFromUsers(label="Agreed with", name="agreed_with", value=BEN, optional=True),
        ],
        **more,
    )


def test_a_dialog_becomes_a_modal():
    modal = postpone().to_modal("postpone").serialize()
    View(**modal).validate_json()
    assert modal["callback_id"] == "postpone"
    assert [block["block_id"] for block in modal["blocks"]] == [
        "until",
        "why",
        "risk",
        "agreed_with",
    ]
    assert [block["element"]["action_id"] for block in modal["blocks"]] == [
        block["block_id"] for block in modal["blocks"]
    ]
    until, why, risk, agreed_with = (block["element"] for block in modal["blocks"])
    assert (until["initial_value"], until["multiline"]) == ("11:00", False)
    assert (why["multiline"], why["max_length"]) == (True, 500)
    assert risk["initial_option"]["text"]["text"] == "High"
    assert agreed_with["initial_user"] == BEN
    assert [block["optional"] for block in modal["blocks"]] == [False, True, False, True]


def test_options_may_be_written_as_slack_wrote_them():
    options = [{"label": "Low", "value": "1"}]
    dialog = Dialog("T", "Go", [SelectWithOptions(options, label="Risk", name="risk")])
    [block] = dialog.to_modal("a").serialize()["blocks"]
    assert block["element"]["options"][0]["value"] == "1"


@pytest.mark.parametrize(
    ("subtype", "type"),
    [
        ("email", "email_text_input"),
        ("number", "number_input"),
        ("url", "url_text_input"),
        ("tel", "plain_text_input"),
        (None, "plain_text_input"),
    ],
)
def test_slack_checks_what_the_subtype_says(subtype, type):
    dialog = Dialog("T", "Go", [Text("Label", "name", subtype=subtype, value="1")])
    modal = dialog.to_modal("a").serialize()
    View(**modal).validate_json()
    assert modal["blocks"][0]["element"]["type"] == type


def test_a_subtype_slack_has_not_is_refused():
    with pytest.raises(ValueError, match="colour"):
        Text("Label", "name", subtype="colour")


def test_a_dialog_is_opened_with_its_state_and_where_it_was_opened(slack: FakeSlack):
    token = opened_from.set({"channel": "C1", "incident": 7})
    try:
        postpone(state="7").send_open_dialog("postpone", "1.2.3")
    finally:
        opened_from.reset(token)
    came_with = json.loads(slack.views[0]["private_metadata"])
    assert came_with == {"channel": "C1", "incident": 7, "state": "7"}


def test_a_dialog_opened_from_nowhere_carries_nothing(slack: FakeSlack):
    postpone().send_open_dialog("postpone", "1.2.3")
    assert "private_metadata" not in slack.views[0]


def test_a_trigger_that_has_run_out_is_said(slack: FakeSlack):
    slack.refuse("views.open", "expired_trigger_id")
    with pytest.raises(UserError, match="Please try again"):
        postpone().send_open_dialog("postpone", "1.2.3")


def test_what_was_sent_comes_back_flat():
    answers = {
        "until": typed("10:30"),
        "why": typed(None),
        "risk": chosen("2", "High"),
        "agreed_with": person(BEN),
    }
    request = view_submission("postpone", answers)
    assert answers_of(request.data["view"]["state"]["values"]) == {
        "until": "10:30",
        "why": None,
        "risk": "2",
        "agreed_with": BEN,
    }


@pytest.mark.parametrize(
    ("element", "answer"),
    [
        pytest.param({"type": "static_select", "selected_option": None}, None, id="not chosen"),
        pytest.param({"type": "channels_select", "selected_channel": "C1"}, "C1", id="channel"),
        pytest.param({"type": "datepicker", "selected_date": "2026-01-02"}, "2026-01-02", id="day"),
        pytest.param(
            {"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]},
            ["a", "b"],
            id="several options",
        ),
        pytest.param(
            {"type": "multi_users_select", "selected_users": ["U1", "U2"]},
            ["U1", "U2"],
            id="several people",
        ),
        pytest.param({"type": "checkboxes", "selected_options": ["a", None]}, []),
        pytest.param({"type": "static_select", "selected_option": "a"}, None, id="no option"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_each_kind_of_answer(element, answer):
    assert answers_of({"name": {"name": element}}) == {"name": answer}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "selected_option", "selected_options", "type", "a"]), inner
        )
    ),
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_answers_of_any_shape_are_taken_without_an_error(values):
    assert set(answers_of(values)) <= set(values)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<@U123>", "U123"),
        ("<@W123|ana>", "W123"),
        ("hello <@U1> and <@U2>", "U1"),
        ("<#C123>", "C123"),
        ("<#C123|incidents>", "C123"),
        ("<#C123|>", "C123"),
        ("<!subteam^S123|@oncall>", "S123"),
        ("@ana", None),
        ("<@>", None),
        ("<!here>", None),
        ("<https://example.com>", None),
        ("", None),
        (None, None),
    ],
)
def test_the_id_in_a_reference(text, found):
    assert reference_to_id(text) == found


def test_references_read_back_as_what_they_refer_to():
    assert reference_to_id(user_reference("U123")) == "U123"
    assert reference_to_id(channel_reference("C123")) == "C123"


def test_no_reference_can_be_made_to_ping_a_channel():
    assert "<" not in user_reference("U1> <!channel")
