"""Reactions, pins, bookmarks and forms of the fake Slack; see ``response.testing.fake_slack``."""

from __future__ import annotations

import re
from typing import Any

from response.testing.fake_workspace import (
    Answer,
    Channel,
    Message,
    Params,
    RefusedError,
    Workspace,
    checked_blocks,
    find,
    method,
)
from response.testing.payloads import APP, BOT, BOT_ID, TEAM

# Reactions and pins


def _reaction(workspace: Workspace, params: Params) -> tuple[Message, str]:
    message = find(workspace.channel(params), params.get("timestamp"))
    name = str(params.get("name") or "")
    if not re.fullmatch(r"[a-z0-9_'+-]+(::skin-tone-[2-6])?", name):
        raise RefusedError("invalid_name")
    return message, name


@method("reactions.add")
def add_reaction(workspace: Workspace, params: Params) -> Answer:
    message, name = _reaction(workspace, params)
    people = message.reactions.setdefault(name, [])
    if BOT in people:
        raise RefusedError("already_reacted")
    people.append(BOT)
    return {}


@method("reactions.remove")
def remove_reaction(workspace: Workspace, params: Params) -> Answer:
    message, name = _reaction(workspace, params)
    people = message.reactions.get(name, [])
    if BOT not in people:
        raise RefusedError("no_reaction")
    people.remove(BOT)
    if not people:
        del message.reactions[name]
    return {}


@method("reactions.get")
def get_reactions(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    message = find(channel, params.get("timestamp"))
    return {"type": "message", "channel": channel.id, "message": message.shown()}


def _pin(workspace: Workspace, params: Params) -> tuple[Channel, str]:
    channel = workspace.channel(params)
    return channel, find(channel, params.get("timestamp")).ts


@method("pins.add")
def add_pin(workspace: Workspace, params: Params) -> Answer:
    channel, ts = _pin(workspace, params)
    if ts in channel.pins:
        raise RefusedError("already_pinned")
    channel.pins.append(ts)
    return {}


@method("pins.remove")
def remove_pin(workspace: Workspace, params: Params) -> Answer:
    channel, ts = _pin(workspace, params)
    if ts not in channel.pins:
        raise RefusedError("no_pin")
    channel.pins.remove(ts)
    return {}


@method("pins.list")
def list_pins(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    pinned = [m.shown() for m in channel.messages if m.ts in channel.pins]
    return {"items": [{"type": "message", "message": message} for message in pinned]}


# Bookmarks


@method("bookmarks.add")
def add_bookmark(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params, "channel_id")
    if params.get("type") != "link":
        raise RefusedError("invalid_bookmark_type")
    if not params.get("title") or not params.get("link"):
        raise RefusedError("invalid_arguments")
    bookmark = {"id": workspace.next_id("Bk"), "channel_id": channel.id, "type": "link"}
    bookmark |= {"title": params["title"], "link": params["link"]}
    channel.bookmarks.append(bookmark)
    return {"bookmark": bookmark}


@method("bookmarks.list")
def list_bookmarks(workspace: Workspace, params: Params) -> Answer:
    return {"bookmarks": workspace.channel(params, "channel_id").bookmarks}


def _bookmark(workspace: Workspace, params: Params) -> tuple[Channel, Answer]:
    channel = workspace.channel(params, "channel_id")
    for bookmark in channel.bookmarks:
        if bookmark["id"] == params.get("bookmark_id"):
            return channel, bookmark
    raise RefusedError("not_found")


@method("bookmarks.edit")
def edit_bookmark(workspace: Workspace, params: Params) -> Answer:
    _, bookmark = _bookmark(workspace, params)
    bookmark |= {key: params[key] for key in ("title", "link") if key in params}
    return {"bookmark": bookmark}


@method("bookmarks.remove")
def remove_bookmark(workspace: Workspace, params: Params) -> Answer:
    channel, bookmark = _bookmark(workspace, params)
    channel.bookmarks.remove(bookmark)
    return {}


# Forms


def _text_within(part: Any, longest: int) -> bool:
    text = part.get("text") if isinstance(part, dict) else None
    plain = isinstance(part, dict) and part.get("type") == "plain_text"
    return plain and isinstance(text, str) and 1 <= len(text) <= longest


def _checked_view(params: Params) -> Answer:
    view = params.get("view")
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise RefusedError("invalid_arguments")
    blocks = checked_blocks(view, limit=100)
    takes_input = any(block.get("type") == "input" for block in blocks)
    wrong = [
        not _text_within(view.get("title"), 24),
        takes_input and not _text_within(view.get("submit"), 24),
        "close" in view and not _text_within(view["close"], 24),
        len(view.get("private_metadata", "")) > 3000,
        len(view.get("callback_id", "")) > 255,
        not blocks,
    ]
    if any(wrong):
        raise RefusedError("invalid_arguments")
    return view


def _use_trigger(workspace: Workspace, params: Params) -> None:
    trigger = str(params.get("trigger_id") or "")
    if not trigger:
        raise RefusedError("invalid_trigger_id")
    if trigger in workspace.used_triggers:
        raise RefusedError("exchanged_trigger_id")
    workspace.used_triggers.add(trigger)


def _opened(workspace: Workspace, view: Answer, id: str) -> Answer:
    shown = {
        **view,
        "id": id,
        "team_id": TEAM,
        "app_id": APP,
        "bot_id": BOT_ID,
        "hash": f"{workspace.next_ts()}.hash",
        "root_view_id": id,
        "previous_view_id": None,
        "state": {"values": {}},
    }
    workspace.views[id] = shown
    return {"view": shown}


@method("views.open")
def open_view(workspace: Workspace, params: Params) -> Answer:
    view = _checked_view(params)
    _use_trigger(workspace, params)
    return _opened(workspace, view, workspace.next_id("V"))


@method("views.push")
def push_view(workspace: Workspace, params: Params) -> Answer:
    return open_view(workspace, params)


@method("views.update")
def update_view(workspace: Workspace, params: Params) -> Answer:
    view = _checked_view(params)
    current = workspace.views.get(str(params.get("view_id", "")))
    if current is None:
        raise RefusedError("not_found")
    if params.get("hash") and params["hash"] != current["hash"]:
        raise RefusedError("hash_conflict")
    return _opened(workspace, view, current["id"])


@method("views.publish")
def publish_view(workspace: Workspace, params: Params) -> Answer:
    if params.get("user_id") not in workspace.users:
        raise RefusedError("user_not_found")
    view = _checked_view(params)
    return _opened(workspace, view, workspace.next_id("V"))
