"""Messages and forms, built piece by piece, in the classes that hosts know from the predecessor.

    message = Message()
    message.set_fallback_text("Checkout is failing, reported by @ana")
    message.add_block(Section(block_id="report", text=Text("*Checkout is failing*")))
    message.add_block(Actions(block_id="actions", elements=[Button("Close", "close", value=1)]))
    message.send(channel_id)

Every piece has ``serialize()``, which gives Slack's JSON. Slack refuses a whole message for one
piece that is too long, so its limits ("Block Kit" reference) are held here: text to be read is cut
and ends in an ellipsis; ids, values and numbers of pieces beyond the limit raise ValueError, since
cutting those would change what they mean.

``Text`` and ``fallback_text`` are Slack's mrkdwn, so what people wrote has to go through
``response.slack.mrkdwn.outgoing`` first. Everything given as a plain ``str`` to the other classes
is plain text, and safe as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from response.slack.block_elements import (
    Button,
    Confirm,
    Json,
    Piece,
    PlainTextInput,
    RadioButtons,
    StaticSelect,
    StaticSelectOption,
    Text,
    UsersSelect,
    count,
    identifier,
    known,
    plain,
    serialized,
    shortened,
    shortened_mrkdwn,
    within,
)
from response.slack.client import configured_client

__all__ = [
    "Actions",
    "Button",
    "Confirm",
    "Context",
    "Divider",
    "Header",
    "Image",
    "Input",
    "Message",
    "Modal",
    "PlainTextInput",
    "RadioButtons",
    "Section",
    "StaticSelect",
    "StaticSelectOption",
    "Text",
    "UsersSelect",
]

# How many characters Slack takes; the page of each piece says so. The fallback text goes through
# chat.update as well, which takes fewer than chat.postMessage.
_URL, _METADATA, _FIELD, _FALLBACK = 3000, 3000, 2000, 4000
_HEADER, _LABEL, _TITLE, _ALT = 150, 2000, 24, 2000


def _block_id(block_id: str | None) -> str | None:
    return None if block_id is None else identifier("block_id", block_id)


def _blocks(pieces: Sequence[Piece]) -> list[Json]:
    blocks = [piece.serialize() for piece in pieces]
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    for block_id in ids:
        if ids.count(block_id) > 1:
            raise ValueError(f"two blocks have the block_id {block_id}")
    return blocks


class Image:
    """A picture, as a block or in a context. ``alt_text`` is for those who do not see it."""

    def __init__(
        self, image_url: str, alt_text: str, title: str | None = None, block_id: str | None = None
    ) -> None:
        self.image_url = within(_URL, "image_url", image_url)
        self.alt_text = alt_text
        self.title = title
        self.block_id = _block_id(block_id)

    def serialize(self) -> Json:
        return known(
            type="image",
            image_url=self.image_url,
            alt_text=shortened(self.alt_text, _ALT),
            title=plain(self.title, _LABEL) if self.title else None,
            block_id=self.block_id,
        )


class Divider:
    """A line across."""

    def __init__(self, block_id: str | None = None) -> None:
        self.block_id = _block_id(block_id)

    def serialize(self) -> Json:
        return known(type="divider", block_id=self.block_id)


class Header:
    """A line in large letters."""

    def __init__(self, text: str, block_id: str | None = None) -> None:
        self.text = text
        self.block_id = _block_id(block_id)

    def serialize(self) -> Json:
        return known(type="header", text=plain(self.text, _HEADER), block_id=self.block_id)


class Section:
    """A text, or up to ten ``fields`` in two columns, or both; ``accessory`` stands at its side."""

    def __init__(
        self,
        block_id: str | None = None,
        text: Text | None = None,
        accessory: Piece | None = None,
        fields: Iterable[Text] | None = None,
    ) -> None:
        self.block_id = _block_id(block_id)
        self.text = text
        self.accessory = accessory
        self.fields = list(fields or [])

    def add_field(self, field: Text) -> None:
        self.fields.append(field)

    def serialize(self) -> Json:
        count(10, "fields", self.fields, least=0 if self.text else 1)
        return known(
            type="section",
            block_id=self.block_id,
            text=serialized(self.text),
            fields=[field.serialize(_FIELD) for field in self.fields] or None,
            accessory=serialized(self.accessory),
        )


class Context:
    """Up to ten small texts and pictures in a row."""

    def __init__(self, elements: Iterable[Text | Image] = (), block_id: str | None = None) -> None:
        self.elements = list(elements)
        self.block_id = _block_id(block_id)

    def add_element(self, element: Text | Image) -> None:
        self.elements.append(element)

    def serialize(self) -> Json:
        count(10, "elements of a context", self.elements)
        elements = [element.serialize() for element in self.elements]
        return known(type="context", block_id=self.block_id, elements=elements)


class Actions:
    """Up to 25 buttons and menus in a row."""

    def __init__(
        self, block_id: str | None = None, elements: Iterable[Piece] | None = None
    ) -> None:
        self.block_id = _block_id(block_id)
        self.elements = list(elements or [])

    def add_element(self, element: Piece) -> None:
        self.elements.append(element)

    def serialize(self) -> Json:
        count(25, "elements of actions", self.elements)
        elements = [element.serialize() for element in self.elements]
        return known(type="actions", block_id=self.block_id, elements=elements)


class Input:
    """A question in a form, its ``element`` the place for the answer."""

    def __init__(
        self,
        label: str,
        element: Piece,
        block_id: str | None = None,
        hint: str | None = None,
        optional: bool = False,
    ) -> None:
        self.label = label
        self.element = element
        self.block_id = _block_id(block_id)
        self.hint = hint
        self.optional = optional

    def serialize(self) -> Json:
        return known(
            type="input",
            block_id=self.block_id,
            label=plain(self.label, _LABEL),
            element=self.element.serialize(),
            hint=plain(self.hint, _LABEL) if self.hint else None,
            optional=self.optional,
        )


# Wholes


class Message:
    """Up to 50 blocks, and the text for notifications and screen readers, which read no blocks."""

    def __init__(self) -> None:
        self.blocks: list[Piece] = []
        self.fallback_text = ""

    def add_block(self, block: Piece) -> None:
        self.blocks.append(block)

    def set_fallback_text(self, text: str) -> None:
        """Mrkdwn. Without it, the texts of the blocks are put together."""
        self.fallback_text = text

    def serialize(self) -> list[Json]:
        count(50, "blocks of a message", self.blocks, least=0)
        return _blocks(self.blocks)

    def text(self) -> str:
        """What goes out beside the blocks, within what chat.update takes (4000 characters)."""
        shown = [block.get("text") for block in self.serialize()]
        from_blocks = "\n".join(text["text"] for text in shown if text)
        return shortened_mrkdwn(self.fallback_text or from_blocks, _FALLBACK)

    def send(self, channel: str, ts: str | None = None) -> Mapping[str, Any]:
        """Post in a channel, or put it into the message ``ts``; gives Slack's answer, or inside a
        handler its stand-in (``response.slack.client.deferring``). Raises SlackError."""
        client = configured_client()
        blocks, text = self.serialize(), self.text()
        return client.send_or_update_message_block(channel, blocks, text, ts=ts)


class Modal:
    """A form. Its ``callback_id`` names the handler of what is sent; ``private_metadata`` (at most
    3000 characters) comes back with it and is shown to nobody."""

    def __init__(
        self,
        callback_id: str,
        title: str,
        submit: str | None = "Submit",
        close: str | None = "Cancel",
        blocks: Iterable[Piece] = (),
        private_metadata: str = "",
    ) -> None:
        self.callback_id = identifier("callback_id", callback_id)
        self.title = title
        self.submit = submit
        self.close = close
        self.blocks = list(blocks)
        self.private_metadata = within(_METADATA, "private_metadata", private_metadata)

    def add_block(self, block: Piece) -> None:
        self.blocks.append(block)

    def serialize(self) -> Json:
        count(100, "blocks of a modal", self.blocks)
        blocks = _blocks(self.blocks)
        if not self.submit and any(block["type"] == "input" for block in blocks):
            raise ValueError("a form with questions needs the word on its button (submit)")
        return known(
            type="modal",
            callback_id=self.callback_id,
            title=plain(self.title, _TITLE),
            submit=plain(self.submit, _TITLE) if self.submit else None,
            close=plain(self.close, _TITLE) if self.close else None,
            blocks=blocks,
            private_metadata=self.private_metadata or None,
        )
