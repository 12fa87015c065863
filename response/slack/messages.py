"""Saying something in Slack: each is owed in the running transaction, and sent after it, once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from response.delivery import outbox
from response.delivery.models import OutboxMessage
from response.delivery.outbox import Doubt

Body = dict[str, Any]
Blocks = Sequence[Body]


@dataclass(frozen=True)
class Owed:
    """A call that is about to be owed, as ``delivery.outbox.owe`` takes it."""

    key: str
    method: str
    body: Body
    lane: str
    in_doubt: str = Doubt.LOOK


#: Set while something speaks whose messages are to be owed otherwise: under another key, with
#: more in them. Whatever is owed by this module goes through the function.
shaping: ContextVar[Callable[[Owed], Owed] | None] = ContextVar("shaping", default=None)


def marked(key: str) -> dict[str, Any]:
    """The metadata by which a message is known again (Slack's page "Message metadata")."""
    return {"event_type": "response", "event_payload": {"key": key}}


def post(
    channel_id: str,
    text: str,
    *,
    blocks: Blocks | None = None,
    thread_ts: str | None = None,
    key: str | None = None,
) -> None:
    """Post a message. ``text`` is Slack's mrkdwn: what people wrote must be made safe before
    (``mrkdwn.outgoing``). With a ``key``, a second message of the same key is not sent."""
    _owe(_post(channel_id, text, blocks=blocks, thread_ts=thread_ts, key=key))


def change(channel_id: str, ts: str, text: str, *, blocks: Blocks | None = None) -> None:
    """Put something else into a message of ours."""
    body: Body = {"channel": channel_id, "ts": ts, "text": text}
    if blocks is not None:
        body["blocks"] = list(blocks)
    key = f"change:{uuid.uuid4()}"
    outbox.owe(key, "chat.update", body, lane=channel_id, in_doubt=Doubt.REPEAT)


def tell(
    channel_id: str,
    user_id: str,
    text: str,
    *,
    blocks: Blocks | None = None,
    key: str | None = None,
) -> None:
    """Show a message to one person in a channel, and to nobody else (an ephemeral message)."""
    body: Body = {"channel": channel_id, "user": user_id, "text": text}
    if blocks is not None:
        body["blocks"] = list(blocks)
    key = key or f"tell:{uuid.uuid4()}"
    # Ephemeral messages are in no history to be looked for.
    _owe(Owed(key, "chat.postEphemeral", body, lane=channel_id, in_doubt=Doubt.DROP))


def direct(user_id: str, text: str, *, blocks: Blocks | None = None, key: str) -> None:
    """Send a direct message to a person, at most once."""
    body: Body = {"channel": user_id, "text": text, "metadata": marked(key)}
    if blocks is not None:
        body["blocks"] = list(blocks)
    _owe(Owed(key, "chat.postMessage", body, lane=user_id, in_doubt=Doubt.DROP))


def react(channel_id: str, ts: str, emoji: str) -> None:
    """Put a reaction on a message; ``emoji`` is its name without colons."""
    _owe(_reaction("reactions.add", channel_id, ts, emoji))


def unreact(channel_id: str, ts: str, emoji: str) -> None:
    """Take our reaction off a message."""
    _owe(_reaction("reactions.remove", channel_id, ts, emoji))


def answer(
    channel_id: str, ts: str, *, mark: str, no_more: str = "", reply: str | None = None
) -> None:
    """Answer a message: a reaction on it, another that it no longer has, and a message after it;
    written down at once."""
    owed = [_reaction("reactions.add", channel_id, ts, mark)]
    if no_more:
        owed.append(_reaction("reactions.remove", channel_id, ts, no_more))
    if reply:
        owed.append(_post(channel_id, reply))
    outbox.owe_together(
        OutboxMessage(
            key=each.key,
            method=each.method,
            body=each.body,
            lane=each.lane,
            in_doubt=each.in_doubt,
        )
        for each in map(_shaped, owed)
    )


def owe_call(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Owe a call that a handler made through the client; what ``client.deferring`` is set to.

    Returns what the handler gets in place of Slack's answer.
    """
    key = f"call:{uuid.uuid4()}"
    body = dict(params)
    if method == "chat.postMessage":
        body.setdefault("metadata", marked(key))
        doubt = Doubt.LOOK if str(body.get("channel", "")).startswith(("C", "G")) else Doubt.DROP
    else:
        doubt = Doubt.DROP if method == "chat.postEphemeral" else Doubt.REPEAT
    _owe(Owed(key, method, body, lane=str(body.get("channel", "")), in_doubt=doubt))
    return {"ok": True, "channel": body.get("channel"), "ts": "", "deferred": True}


def _post(
    channel_id: str,
    text: str,
    *,
    blocks: Blocks | None = None,
    thread_ts: str | None = None,
    key: str | None = None,
) -> Owed:
    key = key or f"post:{uuid.uuid4()}"
    body: Body = {"channel": channel_id, "text": text, "metadata": marked(key)}
    if blocks is not None:
        body["blocks"] = list(blocks)
    if thread_ts:
        body["thread_ts"] = thread_ts
    return Owed(key, "chat.postMessage", body, lane=channel_id)


def _reaction(method: str, channel_id: str, ts: str, emoji: str) -> Owed:
    body = {"channel": channel_id, "timestamp": ts, "name": emoji}
    key = f"{method}:{uuid.uuid4()}"
    return Owed(key, method, body, lane=channel_id, in_doubt=Doubt.REPEAT)


def _shaped(owed: Owed) -> Owed:
    shape = shaping.get()
    return owed if shape is None else shape(owed)


def _owe(owed: Owed) -> None:
    owed = _shaped(owed)
    outbox.owe(owed.key, owed.method, owed.body, lane=owed.lane, in_doubt=owed.in_doubt)
