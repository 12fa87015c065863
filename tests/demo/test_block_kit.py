"""Slack's limits on blocks and forms, each one step over."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from .conftest import Workspace

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("Press"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "One", value: str = "1") -> Json:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def entry(**more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "t", **more.pop("element", {})}
    return {"type": "input", "label": plain("Title"), "element": element, **more}


FITS = [
    section("x" * 3000),
    section(fields=[plain("x")] * 10),
    section(accessory=button()),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [plain("x")] * 10},
    actions(*(button(action_id=f"a{number}") for number in range(25))),
    actions(button(value="x" * 2000, style="danger"), select(options=[option()] * 100)),
    {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"},
    actions(button(confirm={"title": plain("Sure?"), "text": plain("It ends.")})),
]
BREAKS = [
    ([section()] * 51, "/blocks", "no more than 50 items allowed"),
    ([section("x" * 3001)], "/blocks/0/text/text", "must be less than 3001 characters"),
    ([section("")], "/blocks/0/text/text", "must be more than 0 characters"),
    ([section(fields=[plain("x")] * 11)], "/blocks/0/fields", "no more than 10 items allowed"),
    ([section(fields=[plain("x" * 2001)])], "/blocks/0/fields/0/text", "less than 2001"),
    ([{"type": "section"}], "/blocks/0", "missing required field: text or fields"),
    ([section(colour="red")], "/blocks/0", "invalid additional property: colour"),
    ([{"type": "carousel"}], "/blocks/0/type", "unsupported type: carousel"),
    ([{"type": []}], "/blocks/0/type", "unsupported type"),
    (["text"], "/blocks/0", "must be an object"),
    ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text", "less than 151"),
    (
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        "/blocks/0/text/type",
        "must be plain_text",
    ),
    ([{"type": "context", "elements": [plain("x")] * 11}], "/blocks/0/elements", "no more than 10"),
    ([actions()], "/blocks/0/elements", "no less than 1 items allowed"),
    ([actions(*[button()] * 26)], "/blocks/0/elements", "no more than 25 items allowed"),
    ([actions(button(), button())], "/blocks/0/elements/1/action_id", "already exists"),
    ([actions(button(text=plain("x" * 76)))], "/blocks/0/elements/0/text/text", "less than 76"),
    ([actions(button(value="x" * 2001))], "/blocks/0/elements/0/value", "less than 2001"),
    ([actions(button(url="javascript:x"))], "/blocks/0/elements/0/url", "must be a valid URL"),
    ([actions(button(url="x" * 3001))], "/blocks/0/elements/0/url", "less than 3001"),
    ([actions(button(action_id="x" * 256))], "/blocks/0/elements/0/action_id", "less than 256"),
    ([actions(button(style="green"))], "/blocks/0/elements/0/style", "primary or danger"),
    ([actions(select(options=[option()] * 101))], "/blocks/0/elements/0/options", "more than 100"),
    (
        [actions(select(options=[option("x" * 76)]))],
        "/blocks/0/elements/0/options/0/text/text",
        "less than 76",
    ),
    (
        [actions(select(options=[option(value="x" * 151)]))],
        "/blocks/0/elements/0/options/0/value",
        "less than 151",
    ),
    (
        [actions(select(initial_option=option("Two", "2")))],
        "/blocks/0/elements/0/initial_option",
        "must be one of the options",
    ),
    ([section(block_id="x" * 256)], "/blocks/0/block_id", "less than 256"),
    ([section(block_id="b"), section(block_id="b")], "/blocks/1/block_id", "already exists"),
    ([{"type": "image", "image_url": "https://example.com"}], "/blocks/0", "field: alt_text"),
    ([actions({"type": "plain_text_input"})], "/blocks/0/elements/0/type", "unsupported type"),
]


def test_blocks_within_the_limits_are_taken(workspace: Workspace) -> None:
    assert workspace.slack.chat_postMessage(channel="C02INCIDENTS", text="x", blocks=FITS)["ok"]


@pytest.mark.parametrize(("blocks", "at", "what"), BREAKS)
def test_a_block_over_a_limit_is_refused_with_its_place(
    workspace: Workspace, blocks: list[Any], at: str, what: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        workspace.slack.chat_postMessage(channel="C02INCIDENTS", text="x", blocks=blocks)
    answer = refused.value.response
    assert answer["error"] == "invalid_blocks"
    first = answer["response_metadata"]["messages"][0]
    assert first.startswith("[ERROR] ")
    assert what in first
    assert first.endswith(f"[json-pointer:{at}]")


def modal(**more: Any) -> Json:
    return {
        **{"type": "modal", "title": plain("Form"), "submit": plain("Send")},
        **{"blocks": [entry()], **more},
    }


FORMS_THAT_BREAK = [
    (modal(title=plain("x" * 25)), "less than 25"),
    (modal(submit=plain("x" * 25)), "less than 25"),
    (modal(submit=None), "missing required field: submit"),
    (modal(private_metadata="x" * 3001), "less than 3001"),
    (modal(callback_id="x" * 256), "less than 256"),
    (modal(blocks=[section()] * 101), "no more than 100 items allowed"),
    (modal(blocks=[entry(label=plain("x" * 2001))]), "less than 2001"),
    (modal(blocks=[entry(hint=plain("x" * 2001))]), "less than 2001"),
    (modal(blocks=[entry(element={"max_length": 3001})]), "from 1 to 3000"),
    (
        modal(blocks=[entry(element={"max_length": 3, "initial_value": "four"})]),
        "less than 4 characters",
    ),
    (modal(blocks=[entry(element={"type": "button", "text": plain("x")})]), "unsupported type"),
    (modal(footer="x"), "invalid additional property: footer"),
    ({"type": "modal", "title": plain("x")}, "missing required field: blocks"),
    ({"type": "window", "blocks": []}, "unsupported type: window"),
]


@pytest.mark.parametrize(("view", "what"), FORMS_THAT_BREAK)
def test_a_form_over_a_limit_is_refused(workspace: Workspace, view: Json, what: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        workspace.slack.views_open(trigger_id="any", view=view)
    answer = refused.value.response
    assert answer["error"] == "invalid_arguments"
    assert what in " ".join(answer["response_metadata"]["messages"])


def test_a_form_of_a_quarter_of_a_megabyte_is_too_large(workspace: Workspace) -> None:
    with pytest.raises(SlackApiError, match="view_too_large"):
        workspace.slack.views_open(
            trigger_id="any", view=modal(blocks=[section("x" * 2900) for _ in range(90)])
        )
