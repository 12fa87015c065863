"""conversations.*: the channels themselves and what was said in them."""

from __future__ import annotations

import time
from decimal import Decimal, InvalidOperation

from .. import channels, shapes
from ..directory import dm_with
from ..models import Channel, Message
from ..refusals import Refusal, invalid_arguments
from .call import Call, Json, method
from .paging import page

_MANAGE = ["channels:manage", "groups:write"]
_READ = ["channels:read", "groups:read", "im:read"]
_HISTORY = ["channels:history", "groups:history", "im:history"]


def _shape(call: Call, channel: Channel, *, members: bool = False) -> Json:
    return shapes.channel(channel, call.workspace, call.bot, members=members)


def _room(call: Call, *, member: bool = True) -> Channel:
    """Return a channel that is no direct message, which have no names, topics or guests."""
    channel = call.channel(member=member)
    if channel.is_dm:
        raise Refusal("method_not_supported_for_channel_type")
    return channel


@method("conversations.create", writes=True, scopes=_MANAGE)
def create(call: Call) -> Json:
    name = call.arguments.get("name")
    if not isinstance(name, str):
        raise Refusal("invalid_name_required")
    private = call.flag("is_private")
    call.needs("groups:write" if private else "channels:manage")
    return {"channel": _shape(call, channels.create(call.change, name, call.bot, private=private))}


@method("conversations.list", scopes=_READ)
def list_(call: Call) -> Json:
    types = call.words("types", "public_channel")
    if not set(types) <= {"public_channel", "private_channel", "mpim", "im"}:
        raise Refusal("invalid_types")
    # Filters run after paging, so a page may be empty and still have a cursor.
    found, metadata = page(call, list(Channel.objects.order_by("pk")), default=100, most=1000)
    bot = call.bot
    shown = [
        one
        for one in found
        if ("im" if one.is_dm else "private_channel" if one.is_private else "public_channel")
        in types
        and not (one.is_private and not one.has(bot))
        and not (one.is_archived and call.flag("exclude_archived"))
    ]
    return {"channels": [_shape(call, one, members=True) for one in shown], **metadata}


@method("conversations.info", scopes=_READ)
def info(call: Call) -> Json:
    return {"channel": _shape(call, call.channel(), members=call.flag("include_num_members"))}


@method("conversations.members", scopes=_READ)
def members(call: Call) -> Json:
    channel = call.channel()
    ids = list(channel.memberships.order_by("pk").values_list("person__user_id", flat=True))
    found, metadata = page(call, ids, default=100, most=1000)
    return {"members": found, **metadata}


def _instant(call: Call, name: str) -> Decimal | None:
    if not call.has(name) or call.text(name, "") == "":
        return None
    try:
        return Decimal(call.text(name))
    except InvalidOperation:
        raise Refusal(f"invalid_ts_{name}") from None


def _between(call: Call, found: list[Message]) -> list[Message]:
    """Keep the messages between ``oldest`` and ``latest``; the bounds count if ``inclusive``."""
    oldest, latest = _instant(call, "oldest"), _instant(call, "latest")
    inclusive = call.flag("inclusive")

    def fits(message: Message) -> bool:
        at = Decimal(message.ts)
        if inclusive and at in (oldest, latest):
            return True
        return (oldest is None or at > oldest) and (latest is None or at < latest)

    return [message for message in found if fits(message)]


def _readable(call: Call) -> Channel:
    channel = call.channel(member=True)
    kind = "im" if channel.is_dm else "groups" if channel.is_private else "channels"
    call.needs(f"{kind}:history")
    return channel


@method("conversations.history", scopes=_HISTORY)
def history(call: Call) -> Json:
    channel = _readable(call)
    everything = channel.messages.filter(only_for=None).select_related("author", "channel")
    shown = [one for one in everything.order_by("-ts") if not one.is_reply or one.broadcast]
    found, metadata = page(call, _between(call, shown), default=100, most=999)
    with_metadata = call.flag("include_all_metadata")
    answer: Json = {
        "messages": [
            shapes.message(one, call.workspace, with_metadata=with_metadata) for one in found
        ],
        "has_more": bool(metadata["response_metadata"]["next_cursor"]),
        **{"pin_count": channel.messages.filter(pin__isnull=False).count()},
        **{"channel_actions_ts": None, "channel_actions_count": 0},
    }
    return answer | (metadata if answer["has_more"] else {})


@method("conversations.replies", scopes=_HISTORY)
def replies(call: Call) -> Json:
    channel = _readable(call)
    given = channel.messages.filter(ts=call.text("ts"), only_for=None).first()
    if given is None:
        raise Refusal("thread_not_found")
    root = given.thread_ts or given.ts
    thread = channel.messages.filter(only_for=None).select_related("author", "channel")
    rest = _between(call, list(thread.filter(thread_ts=root).exclude(ts=root)))
    # The first message comes with every page's start, whatever the bounds are.
    everything = [thread.get(ts=root), *rest] if thread.filter(ts=root).exists() else rest
    found, metadata = page(call, everything, default=1000, most=1000)
    with_metadata = call.flag("include_all_metadata")
    answer: Json = {
        "messages": [
            shapes.message(one, call.workspace, with_metadata=with_metadata) for one in found
        ],
        "has_more": bool(metadata["response_metadata"]["next_cursor"]),
    }
    return answer | (metadata if answer["has_more"] else {})


@method("conversations.join", writes=True, scopes=["channels:join"])
def join(call: Call) -> Json:
    channel = call.channel()
    answer: Json = {}
    if not channels.join(call.change, channel, call.bot):
        answer = {"warning": "already_in_channel"}
        call.notes["warnings"] = ["already_in_channel"]
    return {"channel": _shape(call, channel), **answer}


@method("conversations.leave", writes=True, scopes=_MANAGE)
def leave(call: Call) -> Json:
    if channels.leave(call.change, call.channel(), call.bot):
        return {}
    return {"not_in_channel": True}


@method("conversations.invite", writes=True, scopes=[*_MANAGE, "channels:write.invites"])
def invite(call: Call) -> Json:
    channel = _room(call)
    if channel.is_archived:
        raise Refusal("is_archived")
    ids = call.words("users")
    if not ids:
        raise Refusal("no_user")
    if len(ids) > 100:
        raise Refusal("too_many_users")
    errors: list[Json] = []
    welcome = []
    for user_id in ids:
        try:
            person = call.person(user_id)
            if person.deleted:
                raise Refusal("user_not_found")
            if person == call.bot:
                raise Refusal("cant_invite_self")
            if channel.has(person):
                raise Refusal("already_in_channel")
            if person not in welcome:
                welcome.append(person)
        except Refusal as refusal:
            errors.append({"user": user_id, "ok": False, "error": refusal.error})
    # One bad id fails the call, unless the caller forces the good ones through.
    if errors and not (call.flag("force") and welcome):
        raise Refusal(errors[0]["error"], errors=errors)
    for person in welcome:
        channels.invite(call.change, channel, person, call.bot)
    return {"channel": _shape(call, channel), **({"errors": errors} if errors else {})}


@method("conversations.kick", writes=True, scopes=_MANAGE)
def kick(call: Call) -> Json:
    channel = _room(call)
    person = call.person(call.text("user"))
    if person == call.bot:
        raise Refusal("cant_kick_self")
    if not channels.leave(call.change, channel, person, kicked=True):
        raise Refusal("not_in_channel")
    return {"errors": {}}


@method("conversations.rename", writes=True, scopes=_MANAGE)
def rename(call: Call) -> Json:
    channel = _room(call)
    if channel.creator != call.bot:
        raise Refusal("not_authorized")
    channels.rename(call.change, channel, call.text("name"), call.bot)
    return {"channel": _shape(call, channel)}


@method("conversations.setTopic", writes=True, scopes=[*_MANAGE, "channels:write.topic"])
def set_topic(call: Call) -> Json:
    channel = _room(call)
    if channel.is_archived:
        raise Refusal("is_archived")
    if not call.has("topic"):
        raise invalid_arguments("missing required field: topic")
    channels.set_topic(call.change, channel, call.text("topic", ""), call.bot)
    return {"channel": _shape(call, channel)}


@method("conversations.setPurpose", writes=True, scopes=[*_MANAGE, "channels:write.topic"])
def set_purpose(call: Call) -> Json:
    channel = _room(call)
    if channel.is_archived:
        raise Refusal("is_archived")
    if not call.has("purpose"):
        raise invalid_arguments("missing required field: purpose")
    channels.set_purpose(call.change, channel, call.text("purpose", ""), call.bot)
    return {"purpose": channel.purpose, "channel": _shape(call, channel)}


@method("conversations.archive", writes=True, scopes=_MANAGE)
def archive(call: Call) -> Json:
    channel = _room(call, member=False)
    if not channel.is_archived and not channel.has(call.bot):
        raise Refusal("not_in_channel")
    channels.archive(call.change, channel, call.bot)
    return {}


@method("conversations.unarchive", writes=True, scopes=_MANAGE)
def unarchive(call: Call) -> Json:
    channels.unarchive(call.change, call.channel(), call.bot)
    return {}


@method("conversations.open", writes=True, scopes=["im:write"])
def open_(call: Call) -> Json:
    if call.has("channel"):
        channel = call.channel()
        if not channel.is_dm:
            raise Refusal("method_not_supported_for_channel_type")
        return {"channel": _shape(call, channel), "no_op": True, "already_open": True}
    ids = call.words("users")
    if not ids:
        raise Refusal("users_list_not_supplied")
    if len(ids) > 1:
        # Conversations of several people are not part of the practice workspace.
        raise Refusal("method_not_supported_for_channel_type")
    person = call.person(ids[0])
    if person.deleted:
        raise Refusal("user_disabled")
    if person.is_bot:
        raise Refusal("cannot_dm_bot")
    was_open = Channel.objects.filter(dm_with=person).exists()
    channel = dm_with(person, int(time.time()))
    shape = _shape(call, channel) if call.flag("return_im") else {"id": channel.channel_id}
    return {"channel": shape, "no_op": was_open, "already_open": was_open}
