"""Slack's rules for what stands inside blocks: texts, buttons, selects, inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

Json = dict[str, Any]

_WEB_ADDRESS = re.compile(r"^https?://[^\s/]\S*$")


class Problems:
    """What was found wrong, and the checks that every object shares."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, at: str, what: str) -> None:
        self.found.append(f"[ERROR] {what} [json-pointer:{at}]")

    def unknown(self, given: Json, allowed: Collection[str], at: str) -> None:
        for name in given:
            if name not in allowed:
                self.add(at, f"invalid additional property: {name}")

    def string(
        self, given: Json, name: str, at: str, *, most: int, required: bool = True, least: int = 0
    ) -> None:
        value = given.get(name)
        if value is None:
            if required:
                self.add(at, f"missing required field: {name}")
        elif not isinstance(value, str):
            self.add(f"{at}/{name}", "must provide a string")
        elif len(value) > most:
            self.add(f"{at}/{name}", f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.add(f"{at}/{name}", f"must be more than {least - 1} characters")

    def web_address(self, given: Json, name: str, at: str, *, required: bool) -> None:
        self.string(given, name, at, most=3000, required=required)
        value = given.get(name)
        if isinstance(value, str) and len(value) <= 3000 and not _WEB_ADDRESS.match(value):
            self.add(f"{at}/{name}", "must be a valid URL")

    def boolean(self, given: Json, name: str, at: str) -> None:
        if name in given and not isinstance(given[name], bool):
            self.add(f"{at}/{name}", "must be a boolean")

    def list_of(self, given: Json, name: str, at: str, *, most: int, least: int = 1) -> list[Any]:
        value = given.get(name)
        if not isinstance(value, list):
            self.add(at, f"missing required field: {name}")
            return []
        if len(value) > most:
            self.add(f"{at}/{name}", f"no more than {most} items allowed")
        if len(value) < least:
            self.add(f"{at}/{name}", f"no less than {least} items allowed")
        return value


def check_text(text: Any, at: str, problems: Problems, *, most: int, plain: bool = False) -> None:
    """Check a text object: its type, and 1 to ``most`` characters."""
    if text is None:
        problems.add(at, "missing required field: text")
        return
    if not isinstance(text, dict):
        problems.add(at, "must be an object")
        return
    kind = text.get("type")
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if kind not in allowed:
        problems.add(f"{at}/type", f"must be {' or '.join(allowed)}")
    extra = "verbatim" if kind == "mrkdwn" else "emoji"
    problems.unknown(text, {"type", "text", extra}, at)
    problems.boolean(text, extra, at)
    problems.string(text, "text", at, most=most, least=1)


def check_element(element: Any, at: str, problems: Problems, *, allowed: Collection[str]) -> None:
    """Check one interactive element or image against the types allowed where it stands."""
    if not isinstance(element, dict):
        problems.add(at, "must be an object")
        return
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in ELEMENTS or kind not in allowed:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    properties, check = ELEMENTS[kind]
    shared = {"type"} if kind == "image" else {"type", "action_id"}
    problems.unknown(element, properties | shared, at)
    if kind != "image":
        problems.string(element, "action_id", at, most=255, required=False, least=1)
    if "placeholder" in element:
        check_text(element["placeholder"], f"{at}/placeholder", problems, most=150, plain=True)
    if "confirm" in element:
        _check_confirm(element["confirm"], f"{at}/confirm", problems)
    problems.boolean(element, "focus_on_load", at)
    check(element, at, problems)


def _check_confirm(confirm: Any, at: str, problems: Problems) -> None:
    if not isinstance(confirm, dict):
        problems.add(at, "must be an object")
        return
    problems.unknown(confirm, {"title", "text", "confirm", "deny", "style"}, at)
    check_text(confirm.get("title"), f"{at}/title", problems, most=100, plain=True)
    check_text(confirm.get("text"), f"{at}/text", problems, most=300)
    for name in ("confirm", "deny"):
        if name in confirm:
            check_text(confirm[name], f"{at}/{name}", problems, most=30, plain=True)


def _check_option(option: Any, at: str, problems: Problems) -> None:
    if not isinstance(option, dict):
        problems.add(at, "must be an object")
        return
    problems.unknown(option, {"text", "value", "description", "url"}, at)
    check_text(option.get("text"), f"{at}/text", problems, most=75)
    problems.string(option, "value", at, most=150, least=1)
    if "description" in option:
        check_text(option["description"], f"{at}/description", problems, most=75)


def _options(element: Json, at: str, problems: Problems, most: int) -> list[Any]:
    options = problems.list_of(element, "options", at, most=most)
    for index, option in enumerate(options):
        _check_option(option, f"{at}/options/{index}", problems)
    return options


def _initial_is_offered(element: Json, offered: list[Any], at: str, problems: Problems) -> None:
    if "initial_option" in element and element["initial_option"] not in offered:
        problems.add(f"{at}/initial_option", "initial_option must be one of the options")
    chosen_already = element.get("initial_options", [])
    for chosen in chosen_already if isinstance(chosen_already, list) else [chosen_already]:
        if chosen not in offered:
            problems.add(f"{at}/initial_options", "initial_options must be among the options")


def _button(element: Json, at: str, problems: Problems) -> None:
    check_text(element.get("text"), f"{at}/text", problems, most=75, plain=True)
    problems.string(element, "value", at, most=2000, required=False, least=1)
    problems.web_address(element, "url", at, required=False)
    problems.string(element, "accessibility_label", at, most=75, required=False)
    if element.get("style", "primary") not in ("primary", "danger"):
        problems.add(f"{at}/style", "must be primary or danger")


def _static_select(element: Json, at: str, problems: Problems) -> None:
    if ("options" in element) == ("option_groups" in element):
        problems.add(at, "must have options or option_groups, and not both")
        return
    if "options" in element:
        offered = _options(element, at, problems, 100)
    else:
        offered = []
        groups = problems.list_of(element, "option_groups", at, most=100)
        for index, group in enumerate(groups):
            here = f"{at}/option_groups/{index}"
            if not isinstance(group, dict):
                problems.add(here, "must be an object")
                continue
            check_text(group.get("label"), f"{here}/label", problems, most=75, plain=True)
            offered += _options(group, here, problems, 100)
    _initial_is_offered(element, offered, at, problems)


def _few_options(most: int) -> Callable[[Json, str, Problems], None]:
    def check(element: Json, at: str, problems: Problems) -> None:
        offered = _options(element, at, problems, most)
        _initial_is_offered(element, offered, at, problems)

    return check


def _text_input(element: Json, at: str, problems: Problems) -> None:
    problems.string(element, "initial_value", at, most=3000, required=False)
    problems.boolean(element, "multiline", at)
    for name, least in (("min_length", 0), ("max_length", 1)):
        value = element.get(name)
        if value is not None and not (isinstance(value, int) and least <= value <= 3000):
            problems.add(f"{at}/{name}", f"must be an integer from {least} to 3000")
    longest = element.get("max_length")
    initial = element.get("initial_value")
    if isinstance(longest, int) and isinstance(initial, str) and len(initial) > longest:
        problems.add(f"{at}/initial_value", f"must be less than {longest + 1} characters")


def _number_input(element: Json, at: str, problems: Problems) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        problems.add(at, "missing required field: is_decimal_allowed")


def _image(element: Json, at: str, problems: Problems) -> None:
    problems.web_address(element, "image_url", at, required="slack_file" not in element)
    problems.string(element, "alt_text", at, most=2000)


def _picker(name: str) -> Callable[[Json, str, Problems], None]:
    def check(element: Json, at: str, problems: Problems) -> None:
        problems.string(element, name, at, most=255, required=False, least=1)

    return check


_COMMON = {"placeholder", "confirm", "focus_on_load"}
_SELECT = _COMMON | {"initial_option", "options", "option_groups"}
_TEXT = {"initial_value", "placeholder", "focus_on_load", "dispatch_action_config"}

#: Element type to the properties it may have beyond type and action_id, and its check.
ELEMENTS: dict[str, tuple[set[str], Callable[[Json, str, Problems], None]]] = {
    "button": (
        {"text", "value", "url", "style", "confirm", "accessibility_label"},
        _button,
    ),
    "image": ({"image_url", "slack_file", "alt_text"}, _image),
    "overflow": ({"options", "confirm"}, _few_options(5)),
    "radio_buttons": (_SELECT - {"placeholder"}, _few_options(10)),
    "checkboxes": ({"options", "initial_options", "confirm", "focus_on_load"}, _few_options(10)),
    "static_select": (_SELECT, _static_select),
    "multi_static_select": (_SELECT | {"initial_options", "max_selected_items"}, _static_select),
    "external_select": (_COMMON | {"initial_option", "min_query_length"}, _picker("action_id")),
    "users_select": (_COMMON | {"initial_user"}, _picker("initial_user")),
    "multi_users_select": (
        _COMMON | {"initial_users", "max_selected_items"},
        _picker("action_id"),
    ),
    "channels_select": (
        _COMMON | {"initial_channel", "response_url_enabled"},
        _picker("initial_channel"),
    ),
    "multi_channels_select": (
        _COMMON | {"initial_channels", "max_selected_items"},
        _picker("action_id"),
    ),
    "conversations_select": (
        _COMMON
        | {"initial_conversation", "default_to_current_conversation", "filter"}
        | {"response_url_enabled"},
        _picker("initial_conversation"),
    ),
    "datepicker": (_COMMON | {"initial_date"}, _picker("initial_date")),
    "timepicker": (_COMMON | {"initial_time", "timezone"}, _picker("initial_time")),
    "datetimepicker": ({"initial_date_time", "confirm", "focus_on_load"}, _picker("action_id")),
    "plain_text_input": (_TEXT | {"multiline", "min_length", "max_length"}, _text_input),
    "email_text_input": (_TEXT, _text_input),
    "url_text_input": (_TEXT, _text_input),
    "number_input": (_TEXT | {"is_decimal_allowed", "min_value", "max_value"}, _number_input),
}
