"""The one way the workspace says no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Slack's error code, with what else the answer carries.

    ``Refusal("missing_scope", needed="pins:write")`` becomes
    ``{"ok": false, "error": "missing_scope", "needed": "pins:write"}``.
    """

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


def invalid_arguments(*messages: str) -> Refusal:
    """Return the refusal of arguments that are missing or make no sense, with what is wrong."""
    listed = [f"[ERROR] {message}" for message in messages]
    return Refusal("invalid_arguments", response_metadata={"messages": listed})
