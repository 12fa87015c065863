"""Forms in the classes that hosts know from the predecessor, opened as modals.

    dialog = Dialog(
        title="Postpone",
        submit_label="Postpone",
        elements=[
            Text(label="Until", name="until", placeholder="10:30"),
            SelectWithOptions([("Low", "low"), ("High", "high")], label="Risk", name="risk"),
            SelectFromUsers(label="Agreed with", name="agreed_with", optional=True),
        ],
    )
    dialog.send_open_dialog("postpone", context.trigger_id)

Slack's dialogs are outmoded ("Upgrading outmoded dialogs to modals"), so this speaks of modals to
Slack and of dialogs to the host: its ``@dialog_handler("postpone")`` gets the answers by the
elements' names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from response.slack import block_kit
from response.slack.block_elements import Json, Piece, known, plain

#: Where the click or command came from that opens a form: ``{"channel": id, "incident": pk}``.
#: Whoever calls a handler sets it, so that what the form sends finds the way back, though a modal,
#: unlike a dialog, does not know its channel. It becomes part of the form's private_metadata.
opened_from: ContextVar[Mapping[str, Any] | None] = ContextVar("opened_from", default=None)

_PLACEHOLDER = 150


class _Element:
    """One question. ``name`` is the key of its answer, ``value`` the answer to begin with."""

    def __init__(
        self,
        label: str,
        name: str,
        optional: bool = False,
        placeholder: str | None = None,
        value: str | int | None = None,
        hint: str | None = None,
    ) -> None:
        self.label = label
        self.name = name
        self.optional = optional
        self.placeholder = placeholder
        self.value = value
        self.hint = hint

    def input_element(self) -> Piece:
        raise NotImplementedError

    def to_block(self) -> block_kit.Input:
        """The question as a block of a modal, whose block id and action id are the name."""
        return block_kit.Input(
            self.label,
            self.input_element(),
            block_id=self.name,
            hint=self.hint,
            optional=self.optional,
        )


class Text(_Element):
    """A line to type in. ``subtype``: "email", "number" or "url" have Slack check what is typed;
    "tel", which modals do not know, is a line like any other."""

    multiline = False

    def __init__(
        self,
        label: str,
        name: str,
        optional: bool = False,
        placeholder: str | None = None,
        value: str | int | None = None,
        hint: str | None = None,
        subtype: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
    ) -> None:
        super().__init__(label, name, optional, placeholder, value, hint)
        if subtype not in (None, "", "email", "number", "tel", "url"):
            raise ValueError(f"{subtype} is no subtype of a text")
        self.subtype = subtype
        self.min_length = min_length
        self.max_length = max_length

    def input_element(self) -> Piece:
        value = None if self.value is None else str(self.value)
        if self.subtype in ("email", "number", "url"):
            return _CheckedInput(self.subtype, self.name, value, self.placeholder)
        return block_kit.PlainTextInput(
            self.name,
            multiline=self.multiline,
            initial_value=value,
            placeholder=self.placeholder,
            min_length=self.min_length,
            max_length=self.max_length,
        )


class TextArea(Text):
    """Several lines to type in."""

    multiline = True


class SelectWithOptions(_Element):
    """A menu of ``(label, value)`` pairs; ``{"label": …, "value": …}`` will do as well."""

    def __init__(
        self,
        options: Iterable[Sequence[Any] | Mapping[str, Any]],
        label: str,
        name: str,
        optional: bool = False,
        placeholder: str | None = None,
        value: str | int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(label, name, optional, placeholder, value, hint)
        self.options = [_option(option) for option in options]

    def input_element(self) -> Piece:
        return block_kit.StaticSelect(
            self.placeholder or "", self.name, self.options, initial_option=self.value
        )


class SelectFromUsers(_Element):
    """A person of the workspace; the value is their Slack id."""

    def input_element(self) -> Piece:
        initial = None if self.value is None else str(self.value)
        return block_kit.UsersSelect(self.name, self.placeholder, initial)


class Dialog:
    """A form. ``state`` (text) is given back to the handler."""

    def __init__(
        self,
        title: str,
        submit_label: str,
        elements: Iterable[_Element] = (),
        state: str | None = None,
    ) -> None:
        self.title = title
        self.submit_label = submit_label
        self.elements = list(elements)
        self.state = state

    def add_element(self, element: _Element) -> None:
        self.elements.append(element)

    def to_modal(self, callback_id: str, private_metadata: str = "") -> block_kit.Modal:
        """The form as a modal. Raises ValueError where Slack would refuse it."""
        return block_kit.Modal(
            callback_id,
            title=self.title,
            submit=self.submit_label,
            blocks=[element.to_block() for element in self.elements],
            private_metadata=private_metadata,
        )

    def send_open_dialog(self, callback_id: str, trigger_id: str) -> None:
        """Show the form to the person whose click gave ``trigger_id``, less than three seconds ago;
        ``callback_id`` is that of the ``@dialog_handler``.

        Its private_metadata is a JSON object: ``state``, and what is in ``opened_from``.
        Raises UserError, with what the person can do, where Slack does not open it in time.
        """
        # It needs the models, and hosts may import this module before there are any.
        from response.slack import modals

        came_with = {**(opened_from.get() or {}), **known(state=self.state)}
        metadata = json.dumps(came_with, ensure_ascii=False) if came_with else ""
        modal = self.to_modal(callback_id, metadata)
        modals.open_modal(trigger_id, modal.serialize())


def _option(option: Sequence[Any] | Mapping[str, Any]) -> block_kit.StaticSelectOption:
    if isinstance(option, Mapping):
        return block_kit.StaticSelectOption(str(option["label"]), option["value"])
    label, value = option
    return block_kit.StaticSelectOption(str(label), value)


class _CheckedInput:
    """An input that takes nothing but an address, a number or a link."""

    def __init__(
        self, kind: str, action_id: str, initial_value: str | None, placeholder: str | None
    ) -> None:
        self.kind = kind
        self.action_id = action_id
        self.initial_value = initial_value
        self.placeholder = placeholder

    def serialize(self) -> Json:
        number = self.kind == "number"
        return known(
            type="number_input" if number else f"{self.kind}_text_input",
            is_decimal_allowed=True if number else None,
            action_id=self.action_id,
            initial_value=self.initial_value or None,
            placeholder=plain(self.placeholder, _PLACEHOLDER) if self.placeholder else None,
        )
