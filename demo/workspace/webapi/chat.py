"""chat.*"""

from __future__ import annotations

import re
import time
from typing import Any

from .. import messages, shapes
from ..directory import dm_with
from ..models import Channel, Message
from ..refusals import Refusal
from .block_kit import checked_blocks
from .call import Call, Json, RateLimited, method

#: chat.update takes less than chat.postMessage.
LONGEST_UPDATE = 4_000
_EVENT_TYPE = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")


def _content(call: Call) -> Json:
    """Return the text, blocks and attachments of a call.

    Raises:
        Refusal: no_text where there is nothing to show, invalid_blocks and its kin,
            too_many_attachments.
    """
    blocks = call.json("blocks", "invalid_blocks_format")
    attachments = call.json("attachments", "invalid_attachments")
    text = call.text("text", "")
    if call.has("markdown_text"):
        if text or blocks:
            raise Refusal("markdown_text_conflict")
        text = call.text("markdown_text")
        if len(text) > 12_000:
            raise Refusal("msg_too_long")
    if attachments is not None:
        _check_attachments(attachments)
    content: Json = {"text": text}
    if blocks is not None:
        content["blocks"] = checked_blocks(blocks)
    if attachments is not None:
        content["attachments"] = attachments
    if not (text.strip() or content.get("blocks") or attachments):
        raise Refusal("no_text")
    if not text and content.get("blocks"):
        call.notes.setdefault("warnings", []).append("missing_text_in_message")
    return content


def _check_attachments(attachments: Any) -> None:
    if not isinstance(attachments, list):
        raise Refusal("invalid_attachments")
    if len(attachments) > 100:
        raise Refusal("too_many_attachments")
    for attachment in attachments:
        if not isinstance(attachment, dict):
            raise Refusal("invalid_attachments")
        for name in ("text", "fallback", "title"):
            if not isinstance(attachment.get(name, ""), str):
                raise Refusal("invalid_attachments")
        attachment["blocks"] = checked_blocks(attachment.get("blocks"))


def _metadata(call: Call) -> Json | None:
    """Return the message metadata. Raises invalid_metadata_format."""
    metadata: Any = call.json("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    event_type = metadata.get("event_type") if isinstance(metadata, dict) else None
    if (
        not isinstance(event_type, str)
        or not _EVENT_TYPE.match(event_type)
        or not isinstance(metadata.get("event_payload"), dict)
        or set(metadata) - {"event_type", "event_payload"}
    ):
        raise Refusal("invalid_metadata_format")
    return metadata


def _target(call: Call) -> Channel:
    """Return where to post: a channel by its id, or a person's direct message by U… or W…"""
    given = call.text("channel")
    if given[:1] in "UW":
        person = call.person(given, "channel_not_found")
        if person.is_bot:
            raise Refusal("cannot_dm_bot")
        if person.deleted:
            raise Refusal("user_disabled")
        return dm_with(person, int(time.time()))
    channel = call.channel()
    if not channel.has(call.bot) and "chat:write.public" not in call.workspace.scopes:
        raise Refusal("not_in_channel")
    return channel


@method("chat.postMessage", writes=True, scopes=["chat:write"])
def post_message(call: Call) -> Json:
    channel = _target(call)
    content = _content(call)
    thread_ts = call.text("thread_ts", "")
    if call.flag("reply_broadcast") and not thread_ts:
        raise Refusal("invalid_arguments")
    _one_a_second(call, channel)
    message = messages.post(
        call.change,
        channel,
        call.bot,
        metadata=_metadata(call),
        thread_ts=thread_ts,
        broadcast=call.flag("reply_broadcast"),
        **content,
    )
    return {
        **{"channel": channel.channel_id, "ts": message.ts},
        "message": shapes.message(message, call.workspace),
    }


def _one_a_second(call: Call, channel: Channel) -> None:
    now = time.time_ns() // 1000
    if call.workspace.one_post_a_second and now - channel.bot_posted < 1_000_000:
        raise RateLimited(1)
    Channel.objects.filter(pk=channel.pk).update(bot_posted=now)
    channel.bot_posted = now


@method("chat.postEphemeral", writes=True, scopes=["chat:write"])
def post_ephemeral(call: Call) -> Json:
    channel = call.channel()
    person = call.person(call.text("user"))
    content = _content(call)
    if channel.is_archived:
        raise Refusal("is_archived")
    if not channel.has(call.bot):
        raise Refusal("not_in_channel")
    if not channel.has(person):
        raise Refusal("user_not_in_channel")
    thread_ts = call.text("thread_ts", "")
    whispered = messages.whisper(
        call.change, channel, call.bot, person, thread_ts=thread_ts, **content
    )
    return {"message_ts": whispered.ts}


def _own(call: Call, error: str) -> Message:
    channel = call.channel()
    message = call.message(channel)
    if message.author != call.bot or message.subtype:
        raise Refusal(error)
    return message


@method("chat.update", writes=True, scopes=["chat:write"])
def update(call: Call) -> Json:
    message = _own(call, "cant_update_message")
    content = _content(call)
    if len(content["text"]) > LONGEST_UPDATE:
        raise Refusal("msg_too_long")
    # Text alone takes the blocks away, attachments as well.
    content = {"blocks": [], "attachments": []} | content
    if call.has("metadata"):
        content["metadata"] = _metadata(call)
    messages.edit(call.change, message, call.bot, **content)
    return {
        **{"channel": message.channel.channel_id, "ts": message.ts, "text": message.text},
        "message": shapes.message(message, call.workspace),
    }


@method("chat.delete", writes=True, scopes=["chat:write"])
def delete(call: Call) -> Json:
    message = _own(call, "cant_delete_message")
    channel_id, ts = message.channel.channel_id, message.ts
    messages.delete(call.change, message)
    return {"channel": channel_id, "ts": ts}


@method("chat.getPermalink")
def get_permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, "message_ts")
    return {
        "channel": channel.channel_id,
        "permalink": shapes.permalink(message, call.workspace),
    }
