"""The workspace behind the fake Slack: people, channels, messages, and what each Web API method
does to them. ``response.testing.fake_slack`` puts it on a port.

Methods refuse as Slack's reference pages say they do; what Response never calls is not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from response.testing.payloads import (
    ANA,
    APP,
    BEN,
    BOT,
    BOT_ID,
    CHLOE,
    DAN,
    GENERAL,
    INCIDENTS,
    REPORTS,
    TEAM,
)

Params = dict[str, Any]
Answer = dict[str, Any]


class RefusedError(Exception):
    """``ok: false``, with Slack's code and whatever else the answer carries."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Answer = {"ok": False, "error": error, **more}


@dataclass
class Message:
    """A message as it stands now."""

    ts: str
    text: str
    user: str
    blocks: list[Any] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    bot_id: str | None = None
    subtype: str | None = None
    edited: bool = False
    files: list[Answer] = field(default_factory=list)

    def shown(self, *, with_metadata: bool = False) -> Answer:
        """The message as Slack's history shows it."""
        shown = {"type": "message", **asdict(self)}
        shown["reactions"] = [
            {"name": name, "users": users, "count": len(users)}
            for name, users in self.reactions.items()
        ]
        if not with_metadata:
            shown.pop("metadata")
        if not self.edited:
            shown.pop("edited")
        return {key: value for key, value in shown.items() if value not in (None, [])}


@dataclass
class Ephemeral:
    """A message that one person saw once."""

    user: str
    text: str
    blocks: list[Any]
    thread_ts: str | None = None


@dataclass
class Channel:
    """A channel, or a direct conversation with ``is_im``."""

    id: str
    name: str
    creator: str = ANA
    created: int = 1_700_000_000
    members: list[str] = field(default_factory=list)
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    topic: str = ""
    purpose: str = ""
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[Answer] = field(default_factory=list)

    def shown(self) -> Answer:
        """The channel as ``conversations.info`` shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "creator": self.creator,
            "created": self.created,
            "is_channel": not self.is_im and not self.is_private,
            "is_group": self.is_private,
            "is_im": self.is_im,
            "is_private": self.is_private,
            "is_archived": self.is_archived,
            "is_member": BOT in self.members,
            "num_members": len(self.members),
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": self.purpose, "creator": "", "last_set": 0},
        }


def _user(id: str, name: str, **more: Any) -> Answer:
    real_name = more.pop("real_name", name.title())
    profile = {
        "real_name": real_name,
        "display_name": name,
        "email": f"{name}@example.com",
        **more.pop("profile", {}),
    }
    for key in ("email", "display_name"):
        if key in more:
            profile[key] = more.pop(key)
    return {
        "id": id,
        "team_id": TEAM,
        "name": name,
        "real_name": real_name,
        "deleted": False,
        "is_bot": False,
        "tz": "Etc/UTC",
        "profile": profile,
        **more,
    }


class Workspace:
    """All the state, and the moment's clock for the ids given out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.number = 0
        self.last_ts = Decimal("1700000000.000000")
        self.users: dict[str, Answer] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, Answer] = {}
        self.usergroups: dict[str, Answer] = {}
        #: Files by id: as Slack shows them, and what is in them.
        self.files: dict[str, tuple[Answer, bytes]] = {}
        self.used_triggers: set[str] = set()
        for id, name in ((ANA, "ana"), (BEN, "ben"), (CHLOE, "chloe"), (DAN, "dan")):
            self.users[id] = _user(id, name)
        bot = {"is_bot": True, "profile": {"bot_id": BOT_ID, "email": None}}
        self.users[BOT] = _user(BOT, "incident", **bot)
        people = [ANA, BEN, CHLOE, DAN]
        for id, name in ((GENERAL, "general"), (INCIDENTS, "incidents"), (REPORTS, "reports")):
            self.channels[id] = Channel(id, name, members=[*people, BOT])

    def next_id(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number:010d}"

    def next_ts(self) -> str:
        """Later than every ts before: the clock's, or a ten-thousandth more than the last."""
        clock = Decimal(f"{self.clock():.6f}")
        self.last_ts = max(clock, self.last_ts + Decimal("0.000100"))
        return f"{self.last_ts:.6f}"

    def add_user(self, id: str, name: str, **more: Any) -> Answer:
        self.users[id] = _user(id, name, **more)
        return self.users[id]

    def channel(self, params: Params, key: str = "channel") -> Channel:
        """The channel a call names by id. Private ones exist for their members only."""
        found = self.channels.get(str(params.get(key, "")))
        if found is None or (found.is_private and BOT not in found.members):
            raise RefusedError("channel_not_found")
        return found

    def named(self, name: str) -> Channel | None:
        return next((c for c in self.channels.values() if c.name == name), None)

    def direct(self, user: str) -> Channel:
        """The conversation of the bot with ``user``, opened if need be."""
        if user not in self.users:
            raise RefusedError("user_not_found")
        id = f"D{user[1:]}"
        if id not in self.channels:
            self.channels[id] = Channel(id, "", creator=BOT, members=[BOT, user], is_im=True)
        return self.channels[id]

    def add_file(self, name: str, content: bytes, address: str, **more: Any) -> Answer:
        id = self.next_id("F")
        file = {
            "id": id,
            "name": name,
            "title": name,
            "mimetype": "image/png",
            "mode": "hosted",
            "is_external": False,
            "size": len(content),
            "url_private": f"{address}{id}/{name}",
            "permalink": f"https://example.slack.com/files/{ANA}/{id}/{name}",
            **more,
        }
        self.files[id] = file, content
        return file

    def say(
        self,
        channel: str,
        text: str,
        *,
        user: str,
        thread_ts: str | None = None,
        files: Iterable[Answer] = (),
    ) -> str:
        message = Message(self.next_ts(), text, user, thread_ts=thread_ts, files=list(files))
        self.channels[channel].messages.append(message)
        return message.ts


Method = Callable[[Workspace, Params], Answer]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """The function answers this Web API method."""

    def register(function: Method) -> Method:
        METHODS[name] = function
        return function

    return register


def flag(params: Params, key: str) -> bool:
    """A boolean as forms and JSON carry it."""
    return str(params.get(key, "")).lower() in ("1", "true")


def ids(value: Any) -> list[str]:
    """A list of ids: JSON, or separated by commas."""
    if isinstance(value, list):
        return [str(item) for item in value]
    return [item.strip() for item in str(value or "").split(",") if item.strip()]


def page(items: Iterable[Any], params: Params, default: int) -> tuple[list[Any], Answer]:
    """One page, and the ``response_metadata`` that leads to the next."""
    everything = list(items)
    try:
        start = int(str(params.get("cursor") or "page:0").removeprefix("page:"))
    except ValueError:
        raise RefusedError("invalid_cursor") from None
    end = start + (int(params.get("limit") or 0) or default)
    following = f"page:{end}" if end < len(everything) else ""
    return everything[start:end], {"response_metadata": {"next_cursor": following}}


def moment(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise RefusedError("invalid_ts_latest") from None


def find(channel: Channel, ts: Any, error: str = "message_not_found") -> Message:
    for message in channel.messages:
        if message.ts == str(ts):
            return message
    raise RefusedError(error)


def checked_name(name: Any) -> str:
    """What ``conversations.create`` accepts as a channel name."""
    text = str(name or "")
    if not text:
        raise RefusedError("invalid_name_required")
    if len(text) > 80:
        raise RefusedError("invalid_name_maxlength")
    if not re.fullmatch(r"[a-z0-9_-]+", text):
        raise RefusedError("invalid_name_specials")
    if not re.search(r"[a-z0-9]", text):
        raise RefusedError("invalid_name_punctuation")
    return text


def checked_blocks(params: Params, limit: int = 50) -> list[Any]:
    blocks = params.get("blocks") or []
    if not isinstance(blocks, list):
        raise RefusedError("invalid_blocks_format")
    ids_seen = [block.get("block_id") for block in blocks if block.get("block_id")]
    if len(blocks) > limit or len(set(ids_seen)) != len(ids_seen):
        raise RefusedError("invalid_blocks")
    for block in blocks:
        text = (block.get("text") or {}).get("text")
        long = 150 if block.get("type") == "header" else 3000
        if text is not None and not 1 <= len(text) <= long:
            raise RefusedError("invalid_blocks")
    return blocks


def own_profile() -> Answer:
    return {"id": BOT_ID, "name": "incident", "app_id": APP, "team_id": TEAM, "deleted": False}
