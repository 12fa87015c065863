"""Messages and forms stay within what Slack takes. slack_sdk's own models are a second judge."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from response.slack.block_elements import shortened_mrkdwn
from response.slack.block_kit import (
    Actions,
    Button,
    Confirm,
    Context,
    Divider,
    Header,
    Image,
    Input,
    Message,
    Modal,
    PlainTextInput,
    RadioButtons,
    Section,
    StaticSelect,
    StaticSelectOption,
    Text,
    UsersSelect,
)
from response.slack.client import SlackClient
from response.slack.mrkdwn import outgoing
from response.testing import FakeSlack
from response.testing.payloads import INCIDENTS

LONG = "word " * 2000


def options(number: int) -> list[StaticSelectOption]:
    return [StaticSelectOption(f"Option {n}", n) for n in range(number)]


def everything() -> Message:
    """A message with each kind of block, every text of it longer than Slack takes."""
    confirm = Confirm(LONG, LONG, LONG, LONG, style="danger")
    message = Message()
    message.set_fallback_text(LONG)
    message.add_block(Header(LONG, block_id="header"))
    message.add_block(Section(block_id="report", text=Text(LONG)))
    message.add_block(Section(text=Text(LONG, "plain_text"), accessory=UsersSelect("who", LONG)))
    message.add_block(Section(fields=[Text(LONG), Text(LONG)]))
    message.add_block(Divider())
    message.add_block(Image("https://example.com/a.png", LONG, title=LONG))
    message.add_block(Context([Text("small"), Image("https://example.com/a.png", "a picture")]))
    actions = Actions(block_id="actions")
    actions.add_element(Button(LONG, "press", value=1, confirm=confirm, style="primary"))
    actions.add_element(Button("Open", "open", url="https://example.com"))
    menu = [StaticSelectOption(LONG, "long")]
    actions.add_element(StaticSelect(LONG, "menu", menu, initial_option="long"))
    message.add_block(actions)
    return message


def form() -> Modal:
    """A form with each kind of question, every text of it longer than Slack takes."""
    title = PlainTextInput("title", initial_value="as it was", placeholder=LONG, max_length=200)
    modal = Modal("report", title=LONG, submit=LONG, close=LONG, private_metadata="{}")
    modal.add_block(Input(LONG, title, block_id="title", hint=LONG))
    modal.add_block(Input("Lead", UsersSelect("lead", initial_user="U1"), optional=True))
    modal.add_block(Input("Kind", RadioButtons("kind", options(10), initial_option=3)))
    modal.add_block(Input("Severity", StaticSelect("Choose", "severity", options(100))))
    modal.add_block(Input("Notes", PlainTextInput("notes", multiline=True, min_length=0)))
    return modal


def texts_of(piece: Any) -> list[str]:
    """Every text shown in some JSON of Slack's."""
    if isinstance(piece, list):
        return [text for item in piece for text in texts_of(item)]
    if not isinstance(piece, dict):
        return []
    own = [piece["text"]] if isinstance(piece.get("text"), str) else []
    return own + [text for item in piece.values() for text in texts_of(item)]


# As Slack wants it


def test_a_message_in_the_predecessors_style():
    message = Message()
    message.set_fallback_text("Down, reported by @ana")
    message.add_block(Section(block_id="report", text=Text("*Down*")))
    message.add_block(Divider())
    message.add_block(Actions(block_id="actions", elements=[Button("Close", "close", value=7)]))
    assert message.serialize() == [
        {
            "type": "section",
            "block_id": "report",
            "text": {"type": "mrkdwn", "text": "*Down*", "verbatim": True},
        },
        {"type": "divider"},
        {
            "type": "actions",
            "block_id": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Close", "emoji": True},
                    "action_id": "close",
                    "value": "7",
                }
            ],
        },
    ]


def test_the_sdks_own_models_find_nothing_wrong_with_a_message():
    blocks = everything().serialize()
    parsed = [Block.parse(block) for block in blocks]
    for block in parsed:
        assert block is not None
        block.validate_json()
    assert [block.to_dict()["type"] for block in parsed if block] == [b["type"] for b in blocks]


def test_the_sdks_own_models_find_nothing_wrong_with_a_form():
    view = View(**form().serialize())
    view.validate_json()
    assert len(view.to_dict()["blocks"]) == 5


def test_what_is_not_there_is_left_out_for_slack_knows_no_null():
    def nulls(piece: Any) -> bool:
        if isinstance(piece, dict):
            return any(nulls(item) for item in piece.values())
        if isinstance(piece, list):
            return any(nulls(item) for item in piece)
        return piece is None

    assert not nulls(everything().serialize())
    assert not nulls(form().serialize())


# Too long to be read


def test_text_that_is_too_long_ends_in_an_ellipsis():
    for piece in (everything().serialize(), form().serialize()):
        cut = [text for text in texts_of(piece) if len(text) > 20]
        assert cut
        assert all(text.endswith("…") or len(text) < 75 for text in cut)


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        pytest.param("short", 5, "short", id="fits"),
        pytest.param("longer", 5, "long…", id="cut"),
        pytest.param("one two", 5, "one…", id="no blank before the ellipsis"),
        pytest.param("abc&amp;de", 6, "abc…", id="within an entity"),
        pytest.param("abc&amp;de", 8, "abc…", id="before the end of an entity"),
        pytest.param("abc&amp;de", 9, "abc&amp;…", id="after an entity"),
        pytest.param("ask <@U12345> now", 9, "ask…", id="within a mention"),
        pytest.param("ask <@U12345> now", 14, "ask <@U12345>…", id="after a mention"),
        pytest.param("<https://a.example/?x&amp;y|label>", 30, "…", id="within a link"),
        pytest.param("a < b and so on", 8, "a < b a…", id="a lone bracket"),
    ],
)
def test_mrkdwn_is_cut_between_its_parts(text, limit, shown):
    assert shortened_mrkdwn(text, limit) == shown


@given(st.text(st.sampled_from("ab &<>@#|\n;é😀"), max_size=80), st.integers(1, 60))
def test_what_people_wrote_survives_cutting(text, limit):
    shown = shortened_mrkdwn(outgoing(text), limit)
    assert len(shown) <= limit
    assert re.fullmatch(r"(?:[^&<>]|&(?:amp|lt|gt);)*", shown)


def test_a_mention_typed_as_text_does_not_ping():
    [block] = _message(Section(text=Text(outgoing("<!channel> & @here")))).serialize()
    assert block["text"] == {"type": "mrkdwn", "text": "@channel &amp; @here", "verbatim": True}


# What cannot be cut is refused


def _message(*blocks: Any) -> Message:
    message = Message()
    for block in blocks:
        message.add_block(block)
    return message


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: Button("B", "x" * 256), id="action_id"),
        pytest.param(lambda: Button("B", ""), id="no action_id"),
        pytest.param(lambda: Button("B", "b", value="x" * 2001), id="button's value"),
        pytest.param(lambda: Button("B", "b", url="https://" + "x" * 3000), id="url"),
        pytest.param(lambda: Button(" ", "b").serialize(), id="button without a word"),
        pytest.param(lambda: Divider("x" * 256), id="block_id"),
        pytest.param(lambda: Divider(""), id="empty block_id"),
        pytest.param(lambda: Text("a", "html"), id="another type of text"),
        pytest.param(lambda: Section(text=Text("")).serialize(), id="empty text"),
        pytest.param(lambda: Section().serialize(), id="empty section"),
        pytest.param(lambda: Section(fields=[Text("a")] * 11).serialize(), id="11 fields"),
        pytest.param(lambda: Context([Text("a")] * 11).serialize(), id="11 in a context"),
        pytest.param(lambda: Actions().serialize(), id="no actions"),
        pytest.param(lambda: Actions(elements=[Button("b", "b")] * 26).serialize(), id="26"),
        pytest.param(lambda: _message(*[Divider()] * 51).serialize(), id="51 blocks"),
        pytest.param(lambda: _message(Divider("a"), Divider("a")).serialize(), id="one id twice"),
        pytest.param(lambda: StaticSelectOption("a", "x" * 151), id="option's value"),
        pytest.param(lambda: StaticSelect("a", "a").serialize(), id="nothing to choose"),
        pytest.param(lambda: StaticSelect("a", "a", options(101)).serialize(), id="101 options"),
        pytest.param(lambda: RadioButtons("a", options(11)).serialize(), id="11 radio buttons"),
        pytest.param(
            lambda: StaticSelect("a", "a", options(2), initial_option=5).serialize(),
            id="begins with what is not there",
        ),
        pytest.param(lambda: PlainTextInput("a", initial_value="x" * 3001), id="3001 characters"),
        pytest.param(lambda: PlainTextInput("a", initial_value="abc", max_length=2), id="too long"),
        pytest.param(lambda: PlainTextInput("a", max_length=3001), id="max_length"),
        pytest.param(lambda: PlainTextInput("a", max_length=0), id="room for nothing"),
        pytest.param(lambda: PlainTextInput("a", min_length=9, max_length=3), id="min over max"),
        pytest.param(lambda: Modal("x" * 256, "T"), id="callback_id"),
        pytest.param(lambda: Modal("a", "T", private_metadata="x" * 3001), id="private_metadata"),
        pytest.param(lambda: Modal("a", "T").serialize(), id="empty form"),
        pytest.param(lambda: Modal("a", "T", blocks=[Divider()] * 101).serialize(), id="101"),
        pytest.param(
            lambda: Modal("a", "T", None, blocks=[Input("L", UsersSelect("u"))]).serialize(),
            id="questions without a button",
        ),
    ],
)
def test_what_cannot_be_cut_is_refused(build):
    with pytest.raises(ValueError, match=r"\w"):
        build()


def test_an_option_to_begin_with_is_named_by_itself_or_its_value():
    by_value = StaticSelect("Choose", "a", options(3), initial_option=2).serialize()
    by_itself = StaticSelect("Choose", "a", options(3), initial_option=options(3)[2]).serialize()
    assert by_value == by_itself
    assert by_value["initial_option"] in by_value["options"]


# Sent


@pytest.fixture
def own_client(settings, slack: FakeSlack) -> SlackClient:
    settings.SLACK_CLIENT = SlackClient(slack.token, base_url=slack.url)
    return settings.SLACK_CLIENT


@pytest.mark.usefixtures("own_client")
def test_a_message_is_sent_and_then_updated_in_place(slack: FakeSlack):
    message = everything()
    ts = message.send(INCIDENTS)["ts"]
    message.add_block(Divider("last"))
    message.send(INCIDENTS, ts)
    [shown] = slack.messages(INCIDENTS)
    assert shown.edited
    assert shown.blocks == message.serialize()
    assert len(shown.text) <= 4000


@pytest.mark.usefixtures("own_client")
def test_without_a_fallback_text_the_texts_of_the_blocks_are_read_out(slack: FakeSlack):
    _message(Header("Down"), Divider(), Section(text=Text("since *noon*"))).send(INCIDENTS)
    assert slack.messages(INCIDENTS)[0].text == "Down\nsince *noon*"


def test_a_form_is_opened(slack: FakeSlack, own_client: SlackClient):
    own_client.open_view("1.2.3", form().serialize())
    assert slack.views[0]["callback_id"] == "report"
    assert len(slack.views[0]["title"]["text"]) <= 24
