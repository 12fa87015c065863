"""Messages of ours that are kept up to date in place."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

from response.delivery import calls, clock, mirrors
from response.delivery.errors import InDoubt, Postponed, Refused
from response.delivery.mirrors import Work

logger = logging.getLogger(__name__)

_GONE = frozenset({"message_not_found", "cant_update_message"})


def digest(body: dict[str, Any]) -> str:
    """What tells whether a message is what it should be, without keeping its text."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def update(work: Work, channel_id: str, ts: str, body: dict[str, Any]) -> str:
    """Change the post; returns its ts, or nothing where there is none, or none any more."""
    if not ts:
        return ""
    try:
        calls.call("chat.update", {"channel": channel_id, "ts": ts, **body})
    except InDoubt as error:
        work.disbelieve()
        if error.timed_out:
            # Slack may still do it, and undo whatever is done before.
            raise Postponed(str(error), clock.now() + mirrors.HOLD) from error
        raise
    except Refused as refused:
        if refused.code not in _GONE:
            raise
        logger.info("A post is gone from Slack; it is posted anew.")
        return ""
    return ts


def delete(channel_id: str, ts: str) -> None:
    """Delete the post; one that is gone is as good."""
    try:
        calls.call("chat.delete", {"channel": channel_id, "ts": ts})
    except Refused as refused:
        if refused.code not in _GONE:
            raise
