"""What a person has entered in a form, as Slack writes it in ``view.state.values``."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .models import Channel, Person

Json = dict[str, Any]

REQUIRED = "Please complete this required field."

#: Element type to the key that holds what was chosen; "value" where nothing is said.
_KEYS = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
_MANY = {"multi_static_select", "checkboxes", "multi_users_select", "multi_channels_select"}
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


class Wrong(Exception):
    """What was entered does not fit its element; the text is shown at the block."""


def state_key(kind: str) -> str:
    return _KEYS.get(kind, "value")


def initial(element: Json) -> Any:
    """Return what an element holds before anyone touches it: an id, a text, an option or a list."""
    key = state_key(element["type"])
    if key == "value":
        return element.get("initial_value")
    given = element.get(key.replace("selected_", "initial_"))
    return given if given is not None else [] if element["type"] in _MANY else None


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]


def inputs(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Return each input block with its element."""
    return [(block, block["element"]) for block in blocks if block["type"] == "input"]


def read(blocks: list[Json], entered: Json) -> tuple[Json, dict[str, str]]:
    """Turn what was entered into the state of the form, and say what Slack would not let through.

    Args:
        entered: by block id, what the person put there: a text, an option's value, an id, or a
            list; or a dictionary with it by action id. A block left out keeps its initial value.

    Returns:
        The state by block and action id, and the errors by block id.
    """
    values: Json = {}
    errors: dict[str, str] = {}
    for block, element in inputs(blocks):
        block_id, action_id = block["block_id"], element["action_id"]
        raw = entered.get(block_id, _default(element))
        if isinstance(raw, dict):
            raw = raw.get(action_id)
        try:
            chosen = accept(element, raw)
            if chosen in (None, "", []) and not block.get("optional"):
                raise Wrong(REQUIRED)
        except Wrong as wrong:
            errors[block_id] = str(wrong)
            continue
        state = {"type": element["type"], state_key(element["type"]): chosen}
        values[block_id] = {action_id: state}
    return values, errors


def _default(element: Json) -> Any:
    value = initial(element)
    if isinstance(value, dict):
        return value["value"]
    if isinstance(value, list):
        return [one["value"] if isinstance(one, dict) else one for one in value]
    return value


def accept(element: Json, raw: Any) -> Any:
    """Return one entry as Slack keeps it.

    Raises:
        Wrong: the client would not accept it: too long, no such option, no e-mail address…
    """
    kind = element["type"]
    if kind in _MANY:
        listed = raw if isinstance(raw, list) else [] if raw in (None, "") else [raw]
        return [_one(kind.removeprefix("multi_"), element, one) for one in listed]
    if raw is None or raw == "":
        return None
    return _one(kind, element, raw)


def _one(kind: str, element: Json, raw: Any) -> Any:
    if kind in ("static_select", "radio_buttons", "checkboxes", "overflow"):
        for option in options_of(element):
            if option["value"] == raw:
                return option
        raise Wrong("Please choose one of the options.")
    if not isinstance(raw, str):
        raise Wrong("Please enter text.")
    if kind == "users_select":
        if not Person.objects.filter(user_id=raw).exists():
            raise Wrong("Please choose a person of this workspace.")
    elif kind in ("channels_select", "conversations_select"):
        if not Channel.objects.filter(channel_id=raw).exists():
            raise Wrong("Please choose a channel of this workspace.")
    elif kind == "email_text_input" and not _EMAIL.match(raw):
        raise Wrong("Please enter an email address.")
    elif kind == "number_input" and not _NUMBER.match(raw):
        raise Wrong("Please enter a number.")
    elif kind == "url_text_input" and not urlsplit(raw).netloc:
        raise Wrong("Please enter a web address.")
    elif kind == "plain_text_input":
        longest, shortest = element.get("max_length", 3000), element.get("min_length", 0)
        if len(raw) > longest:
            raise Wrong(f"This entry is longer than {longest} characters.")
        if len(raw) < shortest:
            raise Wrong(f"Please enter at least {shortest} characters.")
    return raw
