"""How delivery reaches Slack: the client's answers, said in delivery's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from response.delivery import calls
from response.delivery.calls import RateLimited
from response.delivery.errors import InDoubt, NotSent, Refused, TokenRefused
from response.slack import pages
from response.slack.already_so import is_so_already
from response.slack.client import configured_client
from response.slack.errors import (
    SlackInDoubt,
    SlackNotReached,
    SlackRateLimited,
    SlackRefused,
)

TOKEN_REFUSALS = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)

# Calls that a bot outside the channel is refused, and that are worth joining it for.
_WORTH_JOINING = frozenset(
    {"chat.postMessage", "conversations.history", "conversations.replies", "reactions.add"}
)

# How Slack says that the bot, or who was to hear it, is not where it was to speak.
_OUTSIDE = frozenset({"channel_not_found", "not_in_channel", "user_not_in_channel"})

# Slack's clock and ours may differ by this much before a message is looked for too late.
_CLOCKS_APART = timedelta(minutes=2)


class WebApi:
    """Slack's Web API as ``delivery.calls.Transport``."""

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Call a method once; where the bot or a person is not in the channel, find another way.

        A public channel is joined, if the message is for everyone in it. What only one person is
        to see, anywhere they may be, they get as a direct message instead.
        """
        try:
            return _call(method, body)
        except Refused as refused:
            if refused.code not in _OUTSIDE:
                raise
            # Through delivery from here on, which keeps the Retry-After of these calls too.
            if method == "chat.postEphemeral":
                kept = {name: body[name] for name in ("text", "blocks") if name in body}
                return calls.call("chat.postMessage", {"channel": body["user"], **kept})
            if refused.code != "not_in_channel" or method not in _WORTH_JOINING:
                raise
            try:
                calls.call("conversations.join", {"channel": body["channel"]})
            except Refused:
                raise refused from None
            return _call(method, body)

    def find(self, body: Mapping[str, Any], key: str, since: datetime) -> list[str]:
        """Look through the channel, or the thread, where ``body`` would have put its message."""
        return [
            str(message["ts"])
            for message in _history(body, since - _CLOCKS_APART)
            if _key_of(message) == key
        ]

    def download(self, address: str, at_most: int) -> bytes:
        """Fetch a file from where Slack has its files."""
        with _in_words_of_delivery():
            return configured_client().download(address, at_most)


def _key_of(message: Mapping[str, Any]) -> object:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return payload.get("key")


def _history(body: Mapping[str, Any], oldest: datetime) -> Iterator[Mapping[str, Any]]:
    query = {
        "channel": body["channel"],
        "oldest": f"{oldest.timestamp():.6f}",
        "include_all_metadata": True,
    }
    if body.get("thread_ts"):
        return pages.items_of("conversations.replies", "messages", ts=body["thread_ts"], **query)
    return pages.items_of("conversations.history", "messages", **query)


def _call(method: str, body: Mapping[str, Any]) -> dict[str, Any]:
    with _in_words_of_delivery():
        try:
            return configured_client().api_call(method, **body)
        except SlackRefused as refused:
            if is_so_already(method, body, str(refused.slack_error)):
                return {"ok": True}
            raise


@contextmanager
def _in_words_of_delivery() -> Iterator[None]:
    try:
        yield
    except SlackRefused as refused:
        code = str(refused.slack_error)
        if code in TOKEN_REFUSALS:
            raise TokenRefused(str(refused)) from None
        raise Refused(str(refused), code) from None
    except SlackRateLimited as limited:
        raise RateLimited(limited.retry_after) from None
    except SlackNotReached as error:
        raise NotSent(str(error)) from None
    except SlackInDoubt as error:
        raise InDoubt(str(error), timed_out=error.timed_out) from None
