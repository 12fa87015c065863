"""What a method of the Web API gets, and how it is registered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..change import Change
from ..directory import bot
from ..models import Channel, Message, Person, Workspace
from ..refusals import Refusal, invalid_arguments

Json = dict[str, Any]
_TRUE, _FALSE = {"1", "true"}, {"0", "false", ""}


class RateLimited(Exception):
    """The caller may ask again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Call:
    """One call: the arguments as they came, and the workspace they act on.

    ``change`` is there for methods that write, and for them only.
    """

    method: str
    arguments: Json
    workspace: Workspace
    #: Open transaction of a method that writes.
    opened: Change | None = None
    #: Warnings and notes for ``response_metadata`` of the answer.
    notes: Json = field(default_factory=dict)

    @property
    def change(self) -> Change:
        if self.opened is None:
            raise RuntimeError(f"{self.method} writes but is not registered so")
        return self.opened

    @property
    def bot(self) -> Person:
        return bot()

    def has(self, name: str) -> bool:
        return self.arguments.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return an argument as text. Raises invalid_arguments where it is required and missing."""
        value = self.arguments.get(name)
        if value is None or value == "":
            if default is None:
                raise invalid_arguments(f"missing required field: {name}")
            return default if value is None else ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise invalid_arguments(f"must be a string [json-pointer:/{name}]")
        return str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.arguments.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if str(value).lower() in _TRUE:
            return True
        if str(value).lower() in _FALSE:
            return False
        raise invalid_arguments(f"must be a boolean [json-pointer:/{name}]")

    def number(self, name: str, default: int) -> int:
        value = self.arguments.get(name)
        if value is None or value == "":
            return default
        try:
            return int(str(value))
        except ValueError:
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]") from None

    def words(self, name: str, default: str = "") -> list[str]:
        """Return a list given as JSON array or with commas between."""
        value = self.arguments.get(name, default)
        if isinstance(value, str):
            value = value.split(",")
        if not isinstance(value, list):
            raise invalid_arguments(f"must be a string or a list [json-pointer:/{name}]")
        return [str(word).strip() for word in value if str(word).strip()]

    def json(self, name: str, error: str = "invalid_arguments") -> Any:
        """Return an argument that is JSON, whether it came inside JSON or as text of a form."""
        value = self.arguments.get(name)
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                found = json.loads(value)
                json.dumps(found, ensure_ascii=False).encode()
                return found
            except (ValueError, RecursionError):
                raise Refusal(
                    error, response_metadata={"messages": [f"[ERROR] {name} is not JSON"]}
                ) from None
        return value

    def channel(self, name: str = "channel", *, member: bool = False) -> Channel:
        """Return the channel an argument names by its id.

        Raises:
            Refusal: channel_not_found, also for private channels the bot is not in and for names
                instead of ids; not_in_channel where ``member`` is asked for.
        """
        given = self.text(name)
        channel = Channel.objects.filter(channel_id=given).select_related("creator").first()
        if channel is None:
            raise Refusal("channel_not_found")
        inside = channel.has(self.bot)
        if channel.is_private and not inside:
            raise Refusal("channel_not_found")
        if member and not inside:
            raise Refusal("not_in_channel")
        return channel

    def person(self, user_id: str, error: str = "user_not_found") -> Person:
        person = Person.objects.filter(user_id=user_id).first()
        if person is None:
            raise Refusal(error)
        return person

    def message(self, channel: Channel, name: str = "ts") -> Message:
        ts = self.text(name)
        message = channel.messages.filter(ts=ts, only_for=None).select_related("channel").first()
        if message is None:
            raise Refusal("message_not_found")
        return message

    def needs(self, *scopes: str) -> None:
        """Ask for one of these scopes. Raises missing_scope."""
        if scopes and not set(scopes) & set(self.workspace.scopes):
            provided = ",".join(self.workspace.scopes)
            raise Refusal("missing_scope", needed=scopes[0], provided=provided)


@dataclass(frozen=True)
class Method:
    run: Callable[[Call], Json]
    writes: bool
    scopes: tuple[str, ...]


METHODS: dict[str, Method] = {}


def method(
    name: str, *, writes: bool = False, scopes: Iterable[str] = ()
) -> Callable[[Callable[[Call], Json]], Callable[[Call], Json]]:
    """Register a method: it returns the answer without ``ok``, or raises Refusal.

    Args:
        writes: it runs inside a change, which is undone if it refuses.
        scopes: the token must have one of these.
    """

    def register(run: Callable[[Call], Json]) -> Callable[[Call], Json]:
        METHODS[name] = Method(run, writes, tuple(scopes))
        return run

    return register
