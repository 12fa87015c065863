"""The events the app is told of, as Slack writes them, put into the queue of deliveries."""

from __future__ import annotations

import json
import time
from typing import Any

from . import shapes
from .change import Change, new_id
from .directory import bot
from .models import Channel, Delivery, Message, Person

Json = dict[str, Any]

#: What the app's manifest subscribes to. ``message`` stands for message.channels and .groups:
#: messages of direct conversations (message.im) are not asked for.
SUBSCRIBED = {
    *("app_mention", "message", "pin_added", "pin_removed", "reaction_added", "reaction_removed"),
    *("channel_rename", "group_rename", "member_joined_channel", "member_left_channel"),
    *("channel_archive", "channel_unarchive", "group_archive", "group_unarchive"),
    *("channel_id_changed",),
}
#: These come for every public channel, the others only where the bot is a member.
_WITHOUT_MEMBERSHIP = {"channel_rename", "channel_archive", "channel_unarchive"}


def tell(change: Change, event: Json, channel: Channel) -> None:
    """Queue one event for delivery, if the app may hear of it."""
    kind = event["type"]
    if kind not in SUBSCRIBED or (kind == "message" and channel.is_dm):
        return
    our_bot = bot()
    if not channel.has(our_bot) and (kind not in _WITHOUT_MEMBERSHIP or channel.is_private):
        return
    workspace = change.workspace
    event_id = new_id("Ev")
    envelope = {
        **{"token": "practice", "team_id": workspace.team_id, "api_app_id": workspace.app_id},
        **{"event": event, "type": "event_callback", "event_id": event_id},
        **{"event_time": int(time.time()), "event_context": f"4-{event_id}"},
        "authorizations": [
            {
                **{"enterprise_id": None, "team_id": workspace.team_id},
                **{"user_id": our_bot.user_id, "is_bot": True, "is_enterprise_install": False},
            }
        ],
        **{"is_ext_shared_channel": False, "context_team_id": workspace.team_id},
        "context_enterprise_id": None,
    }
    body = json.dumps(envelope, ensure_ascii=False)
    Delivery.objects.create(event_id=event_id, event_type=kind, body=body, due=time.time())


def message_posted(change: Change, message: Message) -> None:
    """Tell of a new message, and again as ``app_mention`` where it names the bot."""
    channel = message.channel
    shape = shapes.message(message, change.workspace)
    told = shape | {
        **{"channel": channel.channel_id, "event_ts": message.ts},
        "channel_type": shapes.channel_type(channel),
    }
    if "files" in told:
        told["subtype"] = "file_share"
    tell(change, told, channel)
    our_bot = bot()
    names_the_bot = f"<@{our_bot.user_id}>" in message.text
    if names_the_bot and not message.subtype and message.author != our_bot and not channel.is_dm:
        kept = ("client_msg_id", "user", "text", "ts", "team", "thread_ts", "parent_user_id")
        mention = {key: told[key] for key in kept if key in told}
        mention |= {"channel": channel.channel_id, "event_ts": message.ts}
        tell(change, {"type": "app_mention", **mention}, channel)


def message_changed(change: Change, message: Message, before: Json) -> None:
    ts = change.ts()
    event = {
        **{"type": "message", "subtype": "message_changed", "hidden": True},
        "message": shapes.message(message, change.workspace),
        "previous_message": before,
        **{"channel": message.channel.channel_id, "ts": ts, "event_ts": ts},
        "channel_type": shapes.channel_type(message.channel),
    }
    tell(change, event, message.channel)


def message_deleted(change: Change, channel: Channel, before: Json) -> None:
    ts = change.ts()
    event = {
        **{"type": "message", "subtype": "message_deleted", "hidden": True},
        **{"previous_message": before, "deleted_ts": before["ts"]},
        **{"channel": channel.channel_id, "ts": ts, "event_ts": ts},
        "channel_type": shapes.channel_type(channel),
    }
    tell(change, event, channel)


def pin(change: Change, message: Message, person: Person, pinned_at: int, *, added: bool) -> None:
    channel = message.channel
    shape = shapes.message(message, change.workspace, with_metadata=False)
    shape["permalink"] = shapes.permalink(message, change.workspace)
    event = {
        **{"type": "pin_added" if added else "pin_removed", "user": person.user_id},
        "channel_id": channel.channel_id,
        "item": {
            **{"type": "message", "created": pinned_at, "created_by": person.user_id},
            **{"channel": channel.channel_id, "message": shape},
        },
        "item_user": message.author.user_id,
        "pin_count": Message.objects.filter(channel=channel, pin__isnull=False).count(),
        "pinned_info": {
            **{"channel": channel.channel_id, "pinned_by": person.user_id},
            "pinned_ts": pinned_at,
        },
        "event_ts": change.ts(),
    }
    if not added:
        event["has_pins"] = event["pin_count"] > 0
    tell(change, event, channel)


def reaction(change: Change, message: Message, person: Person, name: str, *, added: bool) -> None:
    channel = message.channel
    event = {
        "type": "reaction_added" if added else "reaction_removed",
        **{"user": person.user_id, "reaction": name, "item_user": message.author.user_id},
        "item": {"type": "message", "channel": channel.channel_id, "ts": message.ts},
        "event_ts": change.ts(),
    }
    tell(change, event, channel)


def channel_renamed(change: Change, channel: Channel) -> None:
    event = {
        "type": "group_rename" if channel.is_private else "channel_rename",
        "channel": {
            **{"id": channel.channel_id, "name": channel.name, "name_normalized": channel.name},
            **{"is_channel": not channel.is_private, "is_mpim": False, "created": channel.created},
        },
        "event_ts": change.ts(),
    }
    tell(change, event, channel)


def channel_archived(change: Change, channel: Channel, person: Person, *, archived: bool) -> None:
    kind = "group" if channel.is_private else "channel"
    event = {
        "type": f"{kind}_{'archive' if archived else 'unarchive'}",
        **{"channel": channel.channel_id, "user": person.user_id, "event_ts": change.ts()},
    }
    tell(change, event, channel)


def channel_id_changed(change: Change, channel: Channel, old_id: str) -> None:
    event = {
        **{"type": "channel_id_changed", "old_channel_id": old_id},
        **{"new_channel_id": channel.channel_id, "event_ts": change.ts()},
    }
    tell(change, event, channel)


def membership(
    change: Change, channel: Channel, person: Person, inviter: Person | None, *, joined: bool
) -> None:
    event: Json = {
        "type": "member_joined_channel" if joined else "member_left_channel",
        **{"user": person.user_id, "channel": channel.channel_id},
        "channel_type": "G" if channel.is_private else "C",
        **{"team": change.workspace.team_id, "event_ts": change.ts()},
    }
    if joined and inviter:
        event["inviter"] = inviter.user_id
    tell(change, event, channel)
