"""What Slack sends, as objects: the only place that knows the shape of its JSON.

Everything here comes from outside. What is missing or of another type makes the payload malformed,
which is answered with a 400; and characters that no database keeps are taken out at this edge.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict

from response.exceptions import ResponseError
from response.slack import mrkdwn

# What Slack sends is nowhere near as deep, nor are its ids so long.
DEEPEST = 100
LONGEST_KEY = 200


class MalformedPayloadError(ResponseError):
    """What came is not what Slack sends."""


@dataclass(frozen=True)
class SlashCommand:
    """Somebody typed ``/incident text``; the text is as they wrote it."""

    user_id: str
    user_name: str
    channel_id: str
    text: str
    trigger_id: str
    response_url: str

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        return cls(
            user_id=_required(fields, "user_id", 20),
            user_name=_text(fields, "user_name"),
            channel_id=_id(fields, "channel_id"),
            text=mrkdwn.unescape(_text(fields, "text")).strip(),
            trigger_id=_required(fields, "trigger_id"),
            response_url=_text(fields, "response_url"),
        )


@dataclass(frozen=True)
class Click:
    """Somebody pressed a button, or chose from a menu, in a message."""

    action_id: str
    value: str
    user_id: str
    user_name: str
    channel_id: str
    message_ts: str
    trigger_id: str
    response_url: str
    #: The form that the button stands in, where it stands in one.
    view_id: str = ""
    #: The message, as it came, where it stands in one that Slack keeps.
    message: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        actions = payload.get("actions")
        if not isinstance(actions, list) or not actions or not isinstance(actions[0], dict):
            raise MalformedPayloadError("actions")
        action = actions[0]
        user = _object(payload, "user")
        container = _object(payload, "container")
        return cls(
            action_id=_required(action, "action_id", 255),
            value=answer if isinstance(answer := _answer(action), str) else "",
            user_id=_required(user, "id", 20),
            user_name=_text(user, "name") or _text(user, "username"),
            channel_id=_id(_object(payload, "channel"), "id") or _id(container, "channel_id"),
            message_ts=_text(container, "message_ts"),
            trigger_id=_required(payload, "trigger_id"),
            response_url=_text(payload, "response_url"),
            view_id=_text(_object(payload, "view"), "id"),
            message=_object(payload, "message"),
        )


@dataclass(frozen=True)
class Shortcut:
    """Somebody chose a shortcut of the app's; on a message, or in the workspace at large, where
    there are neither ``channel_id`` nor ``message``."""

    callback_id: str
    user_id: str
    user_name: str
    channel_id: str
    message: Mapping[str, Any]
    trigger_id: str
    response_url: str

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        user = _object(payload, "user")
        return cls(
            callback_id=_required(payload, "callback_id", 255),
            user_id=_required(user, "id", 20),
            user_name=_text(user, "name") or _text(user, "username"),
            channel_id=_id(_object(payload, "channel"), "id"),
            message=_object(payload, "message"),
            trigger_id=_required(payload, "trigger_id"),
            response_url=_text(payload, "response_url"),
        )


@dataclass(frozen=True)
class Submission:
    """Somebody sent a form.

    ``values`` holds the text, the id or the option's value that each block's input was filled
    with, by block id, and None for one left empty. ``answers`` has the same, and lists where
    several can be chosen. ``metadata`` is what we gave the form when it was opened.
    """

    view_id: str
    callback_id: str
    user_id: str
    user_name: str
    values: Mapping[str, str | None]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        view = _object(payload, "view")
        user = _object(payload, "user")
        answers = answers_of(_object(_object(view, "state"), "values"))
        return cls(
            view_id=_required(view, "id"),
            callback_id=_text(view, "callback_id"),
            user_id=_required(user, "id", 20),
            user_name=_text(user, "name") or _text(user, "username"),
            values={name: one if isinstance(one, str) else None for name, one in answers.items()},
            answers=answers,
            metadata=_metadata(_text(view, "private_metadata")),
        )


@dataclass(frozen=True)
class ChannelEvent:
    """Something happened in the workspace. ``event`` is Slack's inner event, as it came."""

    event_id: str
    type: str
    subtype: str
    channel_id: str
    user_id: str
    is_of_bot: bool
    bot_user_id: str
    event: Mapping[str, Any]

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        event = _object(payload, "event")
        return cls(
            event_id=_required(payload, "event_id"),
            type=_required(event, "type"),
            subtype=_text(event, "subtype"),
            channel_id=_channel(event),
            user_id=_id(event, "user"),
            bot_user_id=_bot(payload),
            is_of_bot=_is_of_bot(event) or _is_ours(payload, event),
            event=event,
        )


@dataclass(frozen=True)
class PictureFile:
    """A picture on a message, as Slack's object of a file tells of it.

    ``width`` and ``height`` are 0 where they are not known; ``link`` leads people to it.
    """

    file_id: str
    name: str
    alt_text: str
    link: str
    width: int
    height: int

    @classmethod
    def of(cls, file: Mapping[str, Any]) -> Self:
        width, height = _extent(file, "thumb_960_w", "thumb_960_h")
        if not width:
            width, height = _extent(file, "original_w", "original_h")
        return cls(
            file_id=_required(file, "id", 40),
            name=(_text(file, "title") or _text(file, "name"))[:255],
            alt_text=_text(file, "alt_txt")[:2000],
            link=_text(file, "permalink"),
            width=width,
            height=height,
        )


@dataclass(frozen=True)
class PictureSource:
    """An address at which Slack has a picture, in one of its sizes."""

    address: str
    width: int
    height: int


# From the size that is wanted to those that are better than nothing.
_SMALLER = ("1024", "800", "720", "480", "360")

_NOT_AT_SLACK = frozenset({"external", "hidden_by_limit", "tombstone"})


def pictures_of(message: Mapping[str, Any]) -> list[PictureFile]:
    """The pictures on a message that Slack has itself, each once; what is odd is left out."""
    files = message.get("files")
    found = {}
    for file in files if isinstance(files, list) else []:
        if isinstance(file, dict) and _is_picture(file):
            try:
                picture = PictureFile.of(file)
            except MalformedPayloadError:
                continue
            found[picture.file_id] = picture
    return list(found.values())


def sources_of(file: Mapping[str, Any], *, most_bytes: int) -> list[PictureSource]:
    """Where a picture can be had, the best first: 960 pixels wide, else as it is where that is not
    too much, else smaller."""
    found = [_thumbnail(file, "960")]
    size = file.get("size")
    if isinstance(size, int) and 0 < size <= most_bytes and _text(file, "url_private"):
        found.append(
            PictureSource(_text(file, "url_private"), *_extent(file, "original_w", "original_h"))
        )
    found += [_thumbnail(file, pixels) for pixels in _SMALLER]
    return [source for source in found if source is not None]


def _thumbnail(file: Mapping[str, Any], pixels: str) -> PictureSource | None:
    name = f"thumb_{pixels}"
    address = _text(file, name)
    return PictureSource(address, *_extent(file, f"{name}_w", f"{name}_h")) if address else None


def _is_picture(file: Mapping[str, Any]) -> bool:
    kind = _text(file, "mimetype")
    # A drawing in SVG can hold scripts.
    return (
        kind.startswith("image/")
        and not kind.startswith("image/svg")
        and _text(file, "mode") not in _NOT_AT_SLACK
        and file.get("is_external") is not True
    )


def _extent(file: Mapping[str, Any], *names: str) -> tuple[int, int]:
    """Width and height in pixels; twice 0 where either is missing or absurd."""
    width, height = (file.get(name) for name in names)
    for number in (width, height):
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= 50_000:
            return 0, 0
    return int(width or 0), int(height or 0)


def json_of(body: bytes) -> dict[str, Any]:
    """A body of JSON as Slack sends it: an object, in UTF-8. Raises MalformedPayloadError."""
    try:
        decoded = json.loads(body.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise MalformedPayloadError(type(error).__name__) from None
    if not isinstance(decoded, dict):
        raise MalformedPayloadError("not an object")
    return {clean(key): _cleaned(value, DEEPEST) for key, value in decoded.items()}


def form_of(request: HttpRequest) -> QueryDict:
    """The fields of a form as Slack sends it. Raises MalformedPayloadError."""
    try:
        return QueryDict(request.body.decode("utf-8"))
    except (ValueError, SuspiciousOperation) as error:
        raise MalformedPayloadError(type(error).__name__) from None


def interaction_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON in the ``payload`` field, where interactions come. Raises MalformedPayloadError."""
    payloads = form_of(request).getlist("payload")
    if len(payloads) != 1:
        raise MalformedPayloadError("payload")
    return json_of(payloads[0].encode("utf-8", "surrogatepass"))


def envelope_of(raw: str) -> tuple[str, Mapping[str, Any]]:
    """What kind of thing an envelope of Socket Mode holds, and that thing itself ("Using Socket
    Mode"). Raises MalformedPayloadError."""
    envelope = json_of(raw.encode("utf-8", "surrogatepass"))
    return type_of(envelope), _object(envelope, "payload")


def type_of(payload: Mapping[str, Any]) -> str:
    """What kind of request it is; empty where that is no word."""
    return _text(payload, "type")[:100]


def clean(text: str) -> str:
    """Text without what no database keeps: NUL, and halves of characters."""
    if text.isascii():
        return text.replace("\x00", "")
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def _cleaned(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | dict) and not depth:
        raise MalformedPayloadError("too deep")
    if isinstance(value, list):
        return [_cleaned(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item, depth - 1) for key, item in value.items()}
    return value


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    # 1e999 is well-formed; the infinity that it becomes is not, and no database keeps it.
    return number if math.isfinite(number) else _no_number("infinite")


def _object(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _text(parent: Mapping[str, Any] | QueryDict, key: str) -> str:
    value = parent.get(key)
    return clean(value) if isinstance(value, str) else ""


def _required(parent: Mapping[str, Any] | QueryDict, key: str, longest: int = LONGEST_KEY) -> str:
    value = _text(parent, key)
    if not 0 < len(value) <= longest:
        raise MalformedPayloadError(key)
    return value


def _id(parent: Mapping[str, Any] | QueryDict, key: str) -> str:
    # Our columns for Slack's ids hold more than any id Slack gives; what is longer is none.
    value = _text(parent, key)
    return value if len(value) <= 20 else ""


def _is_of_bot(event: Mapping[str, Any]) -> bool:
    # An edit of a message (message_changed) has the message, and its author, inside.
    return event.get("subtype") == "bot_message" or any(
        _text(message, "bot_id") for message in (event, _object(event, "message"))
    )


def _is_ours(payload: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether our own bot did it: pinned its message, joined its channel."""
    authorizations = payload.get("authorizations")
    return bool(_id(event, "user")) and any(
        isinstance(authorization, dict)
        and authorization.get("is_bot") is True
        and _id(authorization, "user_id") == _id(event, "user")
        for authorization in (authorizations if isinstance(authorizations, list) else [])
    )


def _bot(payload: Mapping[str, Any]) -> str:
    """As whom the event was delivered to us, which is the bot."""
    authorizations = payload.get("authorizations")
    for authorization in authorizations if isinstance(authorizations, list) else []:
        if isinstance(authorization, dict):
            return _id(authorization, "user_id")
    return ""


def _channel(event: Mapping[str, Any]) -> str:
    for found in (
        _id(event, "channel"),
        _id(event, "channel_id"),
        _id(_object(event, "channel"), "id"),
        _id(_object(event, "item"), "channel"),
        _id(event, "old_channel_id"),
    ):
        if found:
            return found
    return ""


def answers_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a form by block id, from ``view.state.values`` of a view_submission.

    An answer is a text, an id or an option's value; None where there is none; a list where several
    can be chosen. What has not the shape of an answer is left out.
    """
    return {
        block_id: _answer(element)
        for block_id, elements in state.items()
        if isinstance(elements, dict)
        for element in list(elements.values())[:1]
        if isinstance(element, dict)
    }


_ANSWERS = (
    *("value", "selected_user", "selected_channel", "selected_conversation"),
    *("selected_date", "selected_time", "selected_date_time"),
    *("selected_users", "selected_channels", "selected_conversations"),
)


def _answer(element: Mapping[str, Any]) -> Any:
    options = element.get("selected_options")
    if isinstance(options, list):
        return [_text(option, "value") for option in options if isinstance(option, dict)]
    if "selected_option" in element:
        return _text(_object(element, "selected_option"), "value") or None
    return next((element[key] for key in _ANSWERS if element.get(key) not in (None, "")), None)


def _metadata(text: str) -> Mapping[str, Any]:
    if not text:
        return {}
    try:
        return json_of(text.encode())
    except MalformedPayloadError:
        return {}
