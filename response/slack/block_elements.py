"""The pieces that blocks are filled with (texts, buttons, menus, inputs), and Slack's limits.

Everything here is to be imported from ``response.slack.block_kit``, which explains it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

Json = dict[str, Any]

# How many characters Slack takes; the page of each piece says so.
_ID, _VALUE, _OPTION_VALUE, _URL, _INPUT = 255, 2000, 150, 3000, 3000
_SECTION, _BUTTON, _OPTION, _PLACEHOLDER = 3000, 75, 75, 150


class Piece(Protocol):
    """Anything that Block Kit is made of."""

    def serialize(self) -> Json:
        """Slack's JSON for it. Raises ValueError where Slack would refuse it."""
        ...


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of ``text``, the last one an ellipsis where some are missing."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def shortened_mrkdwn(text: str, limit: int) -> str:
    """The same for mrkdwn: no entity (``&amp;``) and no reference (``<@U123>``) is cut in two."""
    if len(text) <= limit:
        return text
    kept, rest = text[: limit - 1], text[limit - 1 :]
    reference = re.search(r"<[^<>\n]*$", kept)
    if reference and re.match(r"[^<>\n]*>", rest):
        kept = kept[: reference.start()]
    elif entity := re.search(r"&[a-z]{0,3}$", kept):
        kept = kept[: entity.start()]
    return f"{kept.rstrip()}…"


def within(limit: int, what: str, value: str) -> str:
    """``value``, which may not be cut."""
    if len(value) > limit:
        raise ValueError(f"{what} has {len(value)} characters; Slack takes {limit}")
    return value


def identifier(what: str, value: str) -> str:
    """``value``, by which a block or an action is found again."""
    if not value:
        raise ValueError(f"{what} is empty")
    return within(_ID, what, value)


def count(limit: int, what: str, pieces: Sequence[Any], *, least: int = 1) -> None:
    """Raise ValueError unless there are as many pieces as Slack takes."""
    if not least <= len(pieces) <= limit:
        raise ValueError(f"{what}: {len(pieces)}; Slack takes {least} to {limit}")


def plain(text: str, limit: int) -> Json:
    """A plain text, cut to ``limit``. Raises ValueError for an empty one, which Slack refuses."""
    if not text.strip():
        raise ValueError("a text to be shown is empty")
    return {"type": "plain_text", "text": shortened(text, limit), "emoji": True}


def known(**parts: Any) -> Json:
    """The parts that are there; the others are left out, as Slack knows no null."""
    return {name: part for name, part in parts.items() if part is not None}


def serialized(piece: Piece | None) -> Json | None:
    return None if piece is None else piece.serialize()


class Text:
    """A text that is formatted: mrkdwn, or plain text with ``text_type="plain_text"``.

    ``verbatim=False`` has Slack make links and mentions of what looks like them, an ``@here`` that
    somebody typed included; so it is on unless the whole text is your own.
    """

    def __init__(self, text: str, text_type: str = "mrkdwn", *, verbatim: bool = True) -> None:
        if text_type not in ("mrkdwn", "plain_text"):
            raise ValueError(f"{text_type} is neither mrkdwn nor plain_text")
        self.text = text
        self.text_type = text_type
        self.verbatim = verbatim

    def serialize(self, limit: int = _SECTION) -> Json:
        if self.text_type == "plain_text":
            return plain(self.text, limit)
        if not self.text.strip():
            raise ValueError("a text to be shown is empty")
        text = shortened_mrkdwn(self.text, limit)
        return {"type": "mrkdwn", "text": text, "verbatim": self.verbatim}


# Elements


class Confirm:
    """What is asked before a button does its work."""

    def __init__(
        self,
        title: str,
        text: str,
        confirm: str = "Yes",
        deny: str = "No",
        style: str | None = None,
    ) -> None:
        self.title = title
        self.text = text
        self.confirm = confirm
        self.deny = deny
        self.style = style

    def serialize(self) -> Json:
        return known(
            title=plain(self.title, 100),
            text=plain(self.text, 300),
            confirm=plain(self.confirm, 30),
            deny=plain(self.deny, 30),
            style=self.style,
        )


class Button:
    """``value`` (an incident's id, say) comes back when it is pressed; ``style`` is "primary",
    "danger" or None; a ``url`` is opened as well."""

    def __init__(
        self,
        text: str,
        action_id: str,
        value: str | int | None = None,
        confirm: Confirm | None = None,
        *,
        style: str | None = None,
        url: str | None = None,
    ) -> None:
        self.text = text
        self.action_id = identifier("action_id", action_id)
        self.value = None if value is None else within(_VALUE, "a button's value", str(value))
        self.confirm = confirm
        self.style = style
        self.url = None if url is None else within(_URL, "a button's url", url)

    def serialize(self) -> Json:
        return known(
            type="button",
            text=plain(self.text, _BUTTON),
            action_id=self.action_id,
            value=self.value,
            url=self.url,
            style=self.style,
            confirm=serialized(self.confirm),
        )


class StaticSelectOption:
    """One thing to choose: what is read, and the value that comes back."""

    def __init__(self, text: str, value: str | int) -> None:
        self.text = text
        self.value = within(_OPTION_VALUE, "an option's value", str(value))

    def serialize(self) -> Json:
        return {"text": plain(self.text, _OPTION), "value": self.value}


def _chosen(options: Sequence[StaticSelectOption], value: str | int | None) -> Json | None:
    """The option to begin with. Slack wants it exactly as it stands among the options."""
    if value is None:
        return None
    for option in options:
        if option.value == str(value):
            return option.serialize()
    raise ValueError("the option to begin with is not among the options")


class _Choice:
    """What a menu and radio buttons have in common."""

    def __init__(
        self,
        action_id: str,
        options: Iterable[StaticSelectOption],
        initial_option: StaticSelectOption | str | int | None,
        confirm: Confirm | None,
    ) -> None:
        self.action_id = identifier("action_id", action_id)
        self.options = list(options)
        self.initial_option = initial_option
        self.confirm = confirm

    def add_option(self, option: StaticSelectOption) -> None:
        self.options.append(option)

    def _serialize(self, type: str, most: int, placeholder: str | None = None) -> Json:
        count(most, "options", self.options)
        initial = self.initial_option
        value = initial.value if isinstance(initial, StaticSelectOption) else initial
        return known(
            type=type,
            action_id=self.action_id,
            placeholder=plain(placeholder, _PLACEHOLDER) if placeholder else None,
            options=[option.serialize() for option in self.options],
            initial_option=_chosen(self.options, value),
            confirm=serialized(self.confirm),
        )


class StaticSelect(_Choice):
    """A menu. ``initial_option``: one of the options, or its value."""

    def __init__(
        self,
        placeholder: str,
        action_id: str,
        options: Iterable[StaticSelectOption] = (),
        initial_option: StaticSelectOption | str | int | None = None,
        confirm: Confirm | None = None,
    ) -> None:
        super().__init__(action_id, options, initial_option, confirm)
        self.placeholder = placeholder

    def serialize(self) -> Json:
        return self._serialize("static_select", 100, self.placeholder)


class RadioButtons(_Choice):
    """At most ten options, all in sight."""

    def __init__(
        self,
        action_id: str,
        options: Iterable[StaticSelectOption] = (),
        initial_option: StaticSelectOption | str | int | None = None,
        confirm: Confirm | None = None,
    ) -> None:
        super().__init__(action_id, options, initial_option, confirm)

    def serialize(self) -> Json:
        return self._serialize("radio_buttons", 10)


class UsersSelect:
    """A person to choose. ``initial_user``: the Slack id of the one to begin with."""

    def __init__(
        self,
        action_id: str,
        placeholder: str | None = None,
        initial_user: str | None = None,
        confirm: Confirm | None = None,
    ) -> None:
        self.action_id = identifier("action_id", action_id)
        self.placeholder = placeholder
        self.initial_user = initial_user
        self.confirm = confirm

    def serialize(self) -> Json:
        placeholder = plain(self.placeholder, _PLACEHOLDER) if self.placeholder else None
        return known(
            type="users_select",
            action_id=self.action_id,
            placeholder=placeholder,
            initial_user=self.initial_user or None,
            confirm=serialized(self.confirm),
        )


class PlainTextInput:
    """A line, or with ``multiline`` several, to type in.

    ``min_length`` and ``max_length`` count characters, up to 3000. ``initial_value`` is never cut:
    sent back, what is missing of it would be lost.
    """

    def __init__(
        self,
        action_id: str,
        *,
        multiline: bool = False,
        initial_value: str | None = None,
        placeholder: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
    ) -> None:
        longest = _INPUT if max_length is None else max_length
        if not (0 <= (min_length or 0) <= longest and 1 <= longest <= _INPUT):
            raise ValueError(f"no text is at least {min_length} and at most {max_length} long")
        self.action_id = identifier("action_id", action_id)
        self.multiline = multiline
        self.initial_value = within(longest, "initial_value", initial_value or "")
        self.placeholder = placeholder
        self.min_length = min_length
        self.max_length = max_length

    def serialize(self) -> Json:
        return known(
            type="plain_text_input",
            action_id=self.action_id,
            multiline=self.multiline,
            initial_value=self.initial_value or None,
            placeholder=plain(self.placeholder, _PLACEHOLDER) if self.placeholder else None,
            min_length=self.min_length,
            max_length=self.max_length,
        )
