"""What each Web API method of the fake Slack does; see ``response.testing.fake_slack``."""

from __future__ import annotations

import re
from typing import Any

from response.testing.fake_workspace import (
    Answer,
    Channel,
    Ephemeral,
    Message,
    Params,
    RefusedError,
    Workspace,
    checked_blocks,
    checked_name,
    find,
    flag,
    ids,
    method,
    moment,
    own_profile,
    page,
)
from response.testing.payloads import APP, BOT, BOT_ID, TEAM

# Messages


def _content(params: Params, longest: int) -> tuple[str, list[Any], dict[str, Any] | None]:
    text, blocks = str(params.get("text") or ""), checked_blocks(params)
    if not text and not blocks:
        raise RefusedError("no_text")
    if len(text) > longest:
        raise RefusedError("msg_too_long")
    metadata = params.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise RefusedError("invalid_metadata_format")
    return text, blocks, metadata


def _writable(workspace: Workspace, params: Params) -> Channel:
    target = str(params.get("channel", ""))
    if target[:1] in ("U", "W"):
        return workspace.direct(target)
    named = workspace.named(target.removeprefix("#"))
    channel = named or workspace.channel(params)
    if channel.is_archived:
        raise RefusedError("is_archived")
    return channel


@method("chat.postMessage")
def post_message(workspace: Workspace, params: Params) -> Answer:
    channel = _writable(workspace, params)
    text, blocks, metadata = _content(params, 40_000)
    thread_ts = params.get("thread_ts")
    message = Message(workspace.next_ts(), text, BOT, blocks, metadata, thread_ts, bot_id=BOT_ID)
    channel.messages.append(message)
    shown = {**message.shown(with_metadata=True), "app_id": APP, "bot_profile": own_profile()}
    return {"channel": channel.id, "ts": message.ts, "message": shown}


@method("chat.update")
def update_message(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    if channel.is_archived:
        raise RefusedError("is_inactive")
    message = find(channel, params.get("ts"))
    if message.user != BOT:
        raise RefusedError("cant_update_message")
    text, blocks, metadata = _content(params, 4_000)
    message.text, message.blocks, message.edited = text, blocks, True
    message.metadata = metadata or message.metadata
    shown = message.shown(with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown}


@method("chat.delete")
def delete_message(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    message = find(channel, params.get("ts"))
    if message.user != BOT:
        raise RefusedError("cant_delete_message")
    channel.messages.remove(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral")
def post_ephemeral(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    if channel.is_archived:
        raise RefusedError("is_archived")
    user = str(params.get("user", ""))
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    text, blocks, _ = _content(params, 40_000)
    channel.ephemerals.append(Ephemeral(user, text, blocks, params.get("thread_ts")))
    return {"message_ts": workspace.next_ts()}


@method("chat.getPermalink")
def permalink(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    message = find(channel, params.get("message_ts"))
    path = f"{channel.id}/p{message.ts.replace('.', '')}"
    link = f"https://example.slack.com/archives/{path}"
    return {"channel": channel.id, "permalink": link}


# Conversations


@method("conversations.create")
def create(workspace: Workspace, params: Params) -> Answer:
    name = checked_name(params.get("name"))
    if workspace.named(name):
        raise RefusedError("name_taken")
    id = workspace.next_id("C")
    created = int(moment(workspace.next_ts()))
    private = flag(params, "is_private")
    channel = Channel(id, name, BOT, created, [BOT], is_private=private)
    workspace.channels[id] = channel
    return {"channel": channel.shown()}


@method("conversations.join")
def join(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    if channel.is_im or channel.is_private:
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise RefusedError("is_archived")
    if BOT in channel.members:
        return {"channel": channel.shown(), "warning": "already_in_channel"}
    channel.members.append(BOT)
    return {"channel": channel.shown()}


@method("conversations.leave")
def leave(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    if BOT not in channel.members:
        return {"not_in_channel": True}
    channel.members.remove(BOT)
    return {}


@method("conversations.info")
def info(workspace: Workspace, params: Params) -> Answer:
    return {"channel": workspace.channel(params).shown()}


@method("conversations.list")
def list_channels(workspace: Workspace, params: Params) -> Answer:
    kinds = ids(params.get("types")) or ["public_channel"]
    found, following = page(workspace.channels.values(), params, 100)

    def kind(channel: Channel) -> str:
        if channel.is_im:
            return "im"
        return "private_channel" if channel.is_private else "public_channel"

    # Slack filters after it has cut the page, so that a page can be short or empty.
    shown = [
        channel.shown()
        for channel in found
        if kind(channel) in kinds
        and not (channel.is_archived and flag(params, "exclude_archived"))
        and not (channel.is_private and BOT not in channel.members)
    ]
    return {"channels": shown, **following}


@method("conversations.members")
def members(workspace: Workspace, params: Params) -> Answer:
    found, following = page(workspace.channel(params).members, params, 100)
    return {"members": found, **following}


def _as_member(workspace: Workspace, params: Params) -> Channel:
    channel = workspace.channel(params)
    if BOT not in channel.members:
        raise RefusedError("not_in_channel")
    if channel.is_archived:
        raise RefusedError("is_archived")
    return channel


@method("conversations.invite")
def invite(workspace: Workspace, params: Params) -> Answer:
    channel, people = _as_member(workspace, params), ids(params.get("users"))
    if not people:
        raise RefusedError("no_user")
    errors = []
    for user in people:
        problem = None
        if user == BOT:
            problem = "cant_invite_self"
        elif user not in workspace.users:
            problem = "user_not_found"
        elif user in channel.members:
            problem = "already_in_channel"
        if problem:
            errors.append({"user": user, "ok": False, "error": problem})
    if errors and not (flag(params, "force") and len(errors) < len(people)):
        raise RefusedError(str(errors[0]["error"]), errors=errors)
    bad = [error["user"] for error in errors]
    channel.members.extend(user for user in people if user not in bad)
    return {"channel": channel.shown(), **({"errors": errors} if errors else {})}


@method("conversations.kick")
def kick(workspace: Workspace, params: Params) -> Answer:
    channel, user = _as_member(workspace, params), params.get("user")
    if user not in channel.members:
        raise RefusedError("not_in_channel")
    channel.members.remove(user)
    return {}


@method("conversations.rename")
def rename(workspace: Workspace, params: Params) -> Answer:
    channel = _as_member(workspace, params)
    if channel.creator != BOT:
        raise RefusedError("not_authorized")
    wanted = str(params.get("name") or "").lower()
    if not wanted:
        raise RefusedError("invalid_name_required")
    # Slack makes the name fit here, where conversations.create would refuse it.
    name = checked_name(re.sub(r"[^a-z0-9_-]+", "-", wanted)[:80])
    if (holder := workspace.named(name)) and holder is not channel:
        raise RefusedError("name_taken")
    channel.name = name
    return {"channel": channel.shown()}


def _describe(workspace: Workspace, params: Params, what: str) -> Answer:
    channel, text = _as_member(workspace, params), str(params.get(what) or "")
    if len(text) > 250:
        raise RefusedError("too_long")
    setattr(channel, what, text)
    return {"channel": channel.shown()}


@method("conversations.setTopic")
def set_topic(workspace: Workspace, params: Params) -> Answer:
    return _describe(workspace, params, "topic")


@method("conversations.setPurpose")
def set_purpose(workspace: Workspace, params: Params) -> Answer:
    return _describe(workspace, params, "purpose")


@method("conversations.archive")
def archive(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    if channel.is_archived:
        raise RefusedError("already_archived")
    channel.is_archived = True
    return {}


@method("conversations.unarchive")
def unarchive(workspace: Workspace, params: Params) -> Answer:
    channel = workspace.channel(params)
    if not channel.is_archived:
        raise RefusedError("not_archived")
    channel.is_archived = False
    return {}


@method("conversations.open")
def open_conversation(workspace: Workspace, params: Params) -> Answer:
    people = ids(params.get("users"))
    if len(people) != 1:
        raise RefusedError("users_list_not_supplied")
    channel = workspace.direct(people[0])
    return {"channel": {"id": channel.id}}


def _window(messages: list[Message], params: Params) -> list[Message]:
    oldest, latest = params.get("oldest"), params.get("latest")
    inclusive = flag(params, "inclusive")

    def inside(message: Message) -> bool:
        at = moment(message.ts)
        if oldest and (at < moment(oldest) or (at == moment(oldest) and not inclusive)):
            return False
        return not (latest and (at > moment(latest) or (at == moment(latest) and not inclusive)))

    return [message for message in messages if inside(message)]


def _read(workspace: Workspace, params: Params) -> Channel:
    channel = workspace.channel(params)
    if BOT not in channel.members:
        raise RefusedError("not_in_channel")
    return channel


def _page_of(messages: list[Message], params: Params) -> Answer:
    found, following = page(messages, params, 100)
    metadata = flag(params, "include_all_metadata")
    return {
        "messages": [message.shown(with_metadata=metadata) for message in found],
        "has_more": bool(following["response_metadata"]["next_cursor"]),
        **following,
    }


@method("conversations.history")
def history(workspace: Workspace, params: Params) -> Answer:
    channel = _read(workspace, params)
    top = [m for m in channel.messages if m.thread_ts in (None, m.ts)]
    return _page_of(_window(top, params)[::-1], params)


@method("conversations.replies")
def replies(workspace: Workspace, params: Params) -> Answer:
    channel = _read(workspace, params)
    parent = find(channel, params.get("ts"), "thread_not_found")
    root = parent.thread_ts or parent.ts
    answers = [m for m in channel.messages if m.thread_ts == root and m.ts != root]
    first = [m for m in channel.messages if m.ts == root]
    return _page_of(first + _window(answers, params), params)


# Files


@method("files.info")
def file_info(workspace: Workspace, params: Params) -> Answer:
    found = workspace.files.get(str(params.get("file")))
    if found is None:
        raise RefusedError("file_not_found")
    return {"file": found[0], "comments": []}


# People


@method("auth.test")
def auth_test(workspace: Workspace, params: Params) -> Answer:
    return {
        "url": "https://example.slack.com/",
        "team": "Example",
        "user": "incident",
        "team_id": TEAM,
        "user_id": BOT,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


@method("users.info")
def user_info(workspace: Workspace, params: Params) -> Answer:
    user = workspace.users.get(str(params.get("user", "")))
    if user is None:
        raise RefusedError("user_not_found")
    return {"user": user}


@method("users.list")
def list_users(workspace: Workspace, params: Params) -> Answer:
    found, following = page(workspace.users.values(), params, 200)
    return {"members": found, **following}


@method("users.lookupByEmail")
def user_by_email(workspace: Workspace, params: Params) -> Answer:
    email = params.get("email")
    for user in workspace.users.values():
        if email and user["profile"].get("email") == email and not user["deleted"]:
            return {"user": user}
    raise RefusedError("users_not_found")


@method("usergroups.list")
def list_usergroups(workspace: Workspace, params: Params) -> Answer:
    shown = [
        {key: value for key, value in group.items() if key != "users"}
        for group in workspace.usergroups.values()
    ]
    return {"usergroups": shown}


@method("usergroups.users.list")
def usergroup_users(workspace: Workspace, params: Params) -> Answer:
    group = workspace.usergroups.get(str(params.get("usergroup", "")))
    if group is None:
        raise RefusedError("no_such_subteam")
    return {"users": group["users"]}
