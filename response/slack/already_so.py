"""Refusals that say that what was asked of Slack is so already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ALREADY_SO: Mapping[str, frozenset[str]] = {
    "reactions.add": frozenset({"already_reacted"}),
    "reactions.remove": frozenset({"no_reaction"}),
    "pins.add": frozenset({"already_pinned"}),
    "pins.remove": frozenset({"no_pin"}),
    "chat.delete": frozenset({"message_not_found"}),
    "conversations.invite": frozenset({"already_in_channel", "cant_invite_self"}),
    "conversations.unarchive": frozenset({"not_archived"}),
    "conversations.archive": frozenset({"already_archived"}),
}


def is_so_already(method: str, params: Mapping[str, Any], code: str) -> bool:
    """Whether a call that was refused with ``code`` need not be made any more."""
    return code in ALREADY_SO.get(method, ()) and not _are_several(params.get("users"))


def _are_several(users: object) -> bool:
    # What Slack says of one of them kept it from inviting the others too.
    if isinstance(users, str):
        users = users.split(",")
    return isinstance(users, (list, tuple)) and len(users) > 1
