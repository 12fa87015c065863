"""Slack's rules for blocks and forms.

Each rule that is broken becomes one message, in the form Slack gives them:
``[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]``.
The limits are those of docs.slack.dev, "Block Kit reference".
"""

from __future__ import annotations

import json
from typing import Any

from ..refusals import Refusal
from .elements import ELEMENTS, Problems, check_element, check_text

Json = dict[str, Any]

MOST_IN_MESSAGE, MOST_IN_VIEW = 50, 100
LONGEST_VIEW = 250_000

#: Block type to the properties it may have beyond type and block_id.
_PROPERTIES = {
    "section": {"text", "fields", "accessory", "expand"},
    "header": {"text"},
    "divider": set(),
    "context": {"elements"},
    "actions": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
    "markdown": {"text"},
    "rich_text": {"elements"},
}
_WHERE = {"markdown": {"message"}, "input": {"modal", "home", "message"}}
_IN_ACTIONS = {
    *("button", "static_select", "users_select", "channels_select", "conversations_select"),
    *("external_select", "overflow", "datepicker", "timepicker", "datetimepicker"),
    *("radio_buttons", "checkboxes"),
    *("multi_static_select", "multi_users_select", "multi_channels_select"),
}
_IN_SECTION = _IN_ACTIONS | {"image"}
_IN_INPUT = (_IN_ACTIONS - {"button", "overflow"}) | {
    *("plain_text_input", "email_text_input", "url_text_input", "number_input"),
}


def problems_with_blocks(blocks: Any, surface: str, at: str = "/blocks") -> list[str]:
    """Return what Slack would refuse in ``blocks``; ``surface`` is message, modal or home."""
    problems = Problems()
    if not isinstance(blocks, list):
        problems.add(at, "must be an array")
        return problems.found
    most = MOST_IN_MESSAGE if surface == "message" else MOST_IN_VIEW
    if len(blocks) > most:
        problems.add(at, f"no more than {most} items allowed")
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        here = f"{at}/{index}"
        if not isinstance(block, dict):
            problems.add(here, "must be an object")
            continue
        _check_block(block, surface, here, problems)
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in seen:
                problems.add(f"{here}/block_id", f"block_id {block_id!r} already exists")
            seen.add(block_id)
    return problems.found


def _check_block(block: Json, surface: str, at: str, problems: Problems) -> None:
    kind = block.get("type")
    if (
        not isinstance(kind, str)
        or kind not in _PROPERTIES
        or surface not in _WHERE.get(kind, {surface})
    ):
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    problems.unknown(block, _PROPERTIES[kind] | {"type", "block_id"}, at)
    problems.string(block, "block_id", at, most=255, required=False)
    CHECKS[kind](block, at, problems)


def _section(block: Json, at: str, problems: Problems) -> None:
    if "text" not in block and not block.get("fields"):
        problems.add(at, "missing required field: text or fields")
    if "text" in block:
        check_text(block["text"], f"{at}/text", problems, most=3000)
    if "fields" in block:
        for index, field in enumerate(problems.list_of(block, "fields", at, most=10)):
            check_text(field, f"{at}/fields/{index}", problems, most=2000)
    if "accessory" in block:
        check_element(block["accessory"], f"{at}/accessory", problems, allowed=_IN_SECTION)


def _header(block: Json, at: str, problems: Problems) -> None:
    check_text(block.get("text"), f"{at}/text", problems, most=150, plain=True)


def _divider(block: Json, at: str, problems: Problems) -> None:
    """A divider has nothing that could be wrong."""


def _context(block: Json, at: str, problems: Problems) -> None:
    for index, element in enumerate(problems.list_of(block, "elements", at, most=10)):
        here = f"{at}/elements/{index}"
        if isinstance(element, dict) and element.get("type") == "image":
            check_element(element, here, problems, allowed={"image"})
        else:
            check_text(element, here, problems, most=2000)


def _actions(block: Json, at: str, problems: Problems) -> None:
    seen: set[str] = set()
    for index, element in enumerate(problems.list_of(block, "elements", at, most=25)):
        here = f"{at}/elements/{index}"
        check_element(element, here, problems, allowed=_IN_ACTIONS)
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str):
            if action_id in seen:
                problems.add(f"{here}/action_id", f"action_id {action_id!r} already exists")
            seen.add(action_id)


def _image(block: Json, at: str, problems: Problems) -> None:
    problems.web_address(block, "image_url", at, required="slack_file" not in block)
    problems.string(block, "alt_text", at, most=2000)
    if "title" in block:
        check_text(block["title"], f"{at}/title", problems, most=2000, plain=True)


def _input(block: Json, at: str, problems: Problems) -> None:
    check_text(block.get("label"), f"{at}/label", problems, most=2000, plain=True)
    if "hint" in block:
        check_text(block["hint"], f"{at}/hint", problems, most=2000, plain=True)
    problems.boolean(block, "optional", at)
    problems.boolean(block, "dispatch_action", at)
    if "element" not in block:
        problems.add(at, "missing required field: element")
    else:
        check_element(block["element"], f"{at}/element", problems, allowed=_IN_INPUT)


def _markdown(block: Json, at: str, problems: Problems) -> None:
    problems.string(block, "text", at, most=12_000)


def _rich_text(block: Json, at: str, problems: Problems) -> None:
    problems.list_of(block, "elements", at, most=100)


CHECKS = {
    **{"section": _section, "header": _header, "divider": _divider, "context": _context},
    **{"actions": _actions, "image": _image, "input": _input, "markdown": _markdown},
    "rich_text": _rich_text,
}


def checked_blocks(blocks: Any) -> list[Json]:
    """Return a message's blocks with the ids Slack gives to those without.

    Raises:
        Refusal: invalid_blocks_format where it is no list, invalid_blocks with what is wrong.
    """
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if problems := problems_with_blocks(blocks, "message"):
        raise Refusal("invalid_blocks", errors=problems, response_metadata={"messages": problems})
    return with_ids(blocks)


def checked_view(view: Any) -> Json:
    """Return a modal or a home with ids given to blocks and elements without.

    Raises:
        Refusal: invalid_arguments with what is wrong, view_too_large over 250 kB.
    """
    problems = Problems()
    if not isinstance(view, dict):
        raise Refusal(
            "invalid_arguments",
            response_metadata={"messages": ["[ERROR] missing required field: view"]},
        )
    if len(json.dumps(view).encode()) > LONGEST_VIEW:
        raise Refusal("view_too_large")
    kind = view.get("type")
    if not isinstance(kind, str) or kind not in ("modal", "home"):
        problems.add("/view/type", f"unsupported type: {kind}")
        kind = "modal"
    allowed = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
    if kind == "modal":
        allowed |= {"title", "close", "submit", "clear_on_close", "notify_on_close"}
        allowed |= {"submit_disabled"}
        check_text(view.get("title"), "/view/title", problems, most=24, plain=True)
        for name in ("submit", "close"):
            if view.get(name) is not None:
                check_text(view[name], f"/view/{name}", problems, most=24, plain=True)
    problems.unknown(view, allowed, "/view")
    problems.string(view, "private_metadata", "/view", most=3000, required=False)
    problems.string(view, "callback_id", "/view", most=255, required=False)
    problems.string(view, "external_id", "/view", most=255, required=False)
    if "blocks" not in view:
        problems.add("/view", "missing required field: blocks")
    problems.found += problems_with_blocks(view.get("blocks", []), kind, "/view/blocks")
    has_input = any(
        isinstance(block, dict) and block.get("type") == "input"
        for block in view.get("blocks", [])
        if isinstance(view.get("blocks"), list)
    )
    if kind == "modal" and has_input and not view.get("submit"):
        problems.add("/view", "missing required field: submit, as there are input blocks")
    if problems.found:
        raise Refusal("invalid_arguments", response_metadata={"messages": problems.found})
    return view | {"blocks": with_ids(view["blocks"])}


def with_ids(blocks: list[Json]) -> list[Json]:
    """Return the blocks with a block_id each, and an action_id for each element."""
    given = []
    for number, block in enumerate(blocks):
        block = {"block_id": f"b{number}"} | block
        if not block["block_id"]:
            block["block_id"] = f"b{number}"
        for name in ("accessory", "element"):
            if name in block:
                block[name] = _with_action_id(block[name], f"{block['block_id']}-{name}")
        if block["type"] == "actions":
            block["elements"] = [
                _with_action_id(element, f"{block['block_id']}-{place}")
                for place, element in enumerate(block["elements"])
            ]
        given.append(block)
    return given


def _with_action_id(element: Json, action_id: str) -> Json:
    if element["type"] in ELEMENTS and element["type"] != "image":
        return {"action_id": action_id} | element
    return element
