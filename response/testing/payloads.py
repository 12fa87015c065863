"""Requests as Slack makes them, in Slack's shapes; ``deliver`` signs and sends them.

Ids come from counters, so no two requests are taken for a repeat of each other; give the id
(``event_id=``, ``view_id=``, ``trigger_id=``) to make one.
"""

from __future__ import annotations

import itertools
import json
import urllib.parse
from typing import Any

from response.testing.signing import FORM, JSON, Request
from response.testing.signing import SIGNING_SECRET as SIGNING_SECRET
from response.testing.signing import deliver as deliver
from response.testing.signing import deliver_http as deliver_http
from response.testing.signing import sign as sign

TEAM = "T0000000001"
APP = "A0000000001"
BOT = "UBOT"  #: the app's bot, as a user
BOT_ID = "BBOT"  #: the same, as the author of messages
ANA = "U0000000ANA"
BEN = "U0000000BEN"
CHLOE = "W00000CHLOE"
DAN = "U0000000DAN"
INCIDENTS = "CINCIDENTS"
REPORTS = "CREPORTS"
GENERAL = "CGENERAL"

_numbers = itertools.count(1)


def _id(prefix: str) -> str:
    return f"{prefix}{next(_numbers):010d}"


def new_ts() -> str:
    """A message timestamp later than the ones given before. Slack's own: a string, an id."""
    number = next(_numbers)
    return f"{1_710_000_000 + number}.{number % 1_000_000:06d}"


def new_trigger_id() -> str:
    """A trigger id in Slack's three-part form, never given twice."""
    return f"{next(_numbers)}.1000000001.{next(_numbers):032x}"


# Slash commands and interactivity


def _form(path: str, fields: dict[str, str]) -> Request:
    return Request(path, urllib.parse.urlencode(fields).encode(), FORM)


def _interaction(payload: dict[str, Any]) -> Request:
    return _form("/slack/action", {"payload": json.dumps(payload)})


def _who(user: str) -> dict[str, str]:
    name = user.strip("UW0").lower()
    return {"id": user, "username": name, "name": name, "team_id": TEAM}


def slash_command(
    text: str = "",
    *,
    user: str = ANA,
    channel: str = GENERAL,
    command: str = "/incident",
    trigger_id: str | None = None,
) -> Request:
    """Somebody typed ``/incident text``."""
    return _form(
        "/slack/slash_command",
        {
            "token": "deprecated",
            "api_app_id": APP,
            "team_id": TEAM,
            "team_domain": "example",
            "channel_id": channel,
            "channel_name": "general",
            "user_id": user,
            "user_name": _who(user)["name"],
            "command": command,
            "text": text,
            "response_url": f"https://hooks.slack.com/commands/{TEAM}/{next(_numbers)}/reply",
            "trigger_id": trigger_id or new_trigger_id(),
            "is_enterprise_install": "false",
        },
    )


def block_action(
    action_id: str,
    value: str = "",
    *,
    user: str = ANA,
    channel: str = INCIDENTS,
    message_ts: str | None = None,
    trigger_id: str | None = None,
    action: dict[str, Any] | None = None,
) -> Request:
    """Somebody pressed a button of a message; ``action`` replaces it by another element."""
    ts = message_ts or new_ts()
    pressed = {
        "type": "button",
        "action_id": action_id,
        "block_id": "actions",
        "text": {"type": "plain_text", "text": "Press", "emoji": True},
        "value": value,
        "action_ts": new_ts(),
    }
    return _interaction(
        {
            "type": "block_actions",
            "user": _who(user),
            "api_app_id": APP,
            "token": "deprecated",
            "container": {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel,
                "is_ephemeral": False,
            },
            "trigger_id": trigger_id or new_trigger_id(),
            "team": {"id": TEAM, "domain": "example"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel, "name": "a-channel"},
            "message": {"type": "message", "user": BOT, "bot_id": BOT_ID, "ts": ts, "text": ""},
            "state": {"values": {}},
            "response_url": f"https://hooks.slack.com/actions/{TEAM}/{next(_numbers)}/reply",
            "actions": [action or pressed],
        }
    )


def message_shortcut(
    callback_id: str,
    text: str = "",
    *,
    user: str = ANA,
    author: str = ANA,
    channel: str = GENERAL,
    message_ts: str | None = None,
    trigger_id: str | None = None,
    files: list[dict[str, Any]] | None = None,
) -> Request:
    """``user`` chose a shortcut on the message ``text``, with ``files``, of ``author``."""
    ts = message_ts or new_ts()
    said = {"type": "message", "user": author, "ts": ts, "text": text, "team": TEAM}
    return _interaction(
        {
            "type": "message_action",
            "token": "deprecated",
            "action_ts": new_ts(),
            "team": {"id": TEAM, "domain": "example"},
            "user": _who(user),
            "channel": {"id": channel, "name": "a-channel"},
            "is_enterprise_install": False,
            "enterprise": None,
            "callback_id": callback_id,
            "trigger_id": trigger_id or new_trigger_id(),
            "response_url": f"https://hooks.slack.com/app/{TEAM}/{next(_numbers)}/reply",
            "message_ts": ts,
            "message": {**said, "files": files} if files else said,
        }
    )


def global_shortcut(callback_id: str, *, user: str = ANA, trigger_id: str | None = None) -> Request:
    """``user`` chose a shortcut beside the composer, or in the search."""
    return _interaction(
        {
            "type": "shortcut",
            "token": "deprecated",
            "action_ts": new_ts(),
            "team": {"id": TEAM, "domain": "example"},
            "user": _who(user),
            "is_enterprise_install": False,
            "enterprise": None,
            "callback_id": callback_id,
            "trigger_id": trigger_id or new_trigger_id(),
        }
    )


def view_submission(
    callback_id: str,
    values: dict[str, dict[str, Any]] | None = None,
    *,
    user: str = ANA,
    private_metadata: str = "",
    view_id: str | None = None,
    trigger_id: str | None = None,
    title: str = "A form",
) -> Request:
    """Somebody sent a form. ``values`` maps each block id to one of :func:`typed`,
    :func:`chosen`, :func:`person`, :func:`radio`; the action id is the block id, unless the
    answer of one of those was made with another."""
    state = {}
    for block_id, answer in (values or {}).items():
        fields = dict(answer)
        state[block_id] = {fields.pop("action_id", None) or block_id: fields}
    view = view_id or _id("V")
    return _interaction(
        {
            "type": "view_submission",
            "team": {"id": TEAM, "domain": "example"},
            "user": _who(user),
            "api_app_id": APP,
            "token": "deprecated",
            "trigger_id": trigger_id or new_trigger_id(),
            "view": {
                "id": view,
                "team_id": TEAM,
                "type": "modal",
                "title": {"type": "plain_text", "text": title, "emoji": True},
                "submit": {"type": "plain_text", "text": "Send", "emoji": True},
                "close": {"type": "plain_text", "text": "Cancel", "emoji": True},
                "blocks": [],
                "private_metadata": private_metadata,
                "callback_id": callback_id,
                "external_id": "",
                "state": {"values": state},
                "hash": f"{next(_numbers)}.hash",
                "clear_on_close": False,
                "notify_on_close": False,
                "root_view_id": view,
                "previous_view_id": None,
                "app_id": APP,
                "app_installed_team_id": TEAM,
                "bot_id": BOT_ID,
            },
            "response_urls": [],
            "is_enterprise_install": False,
            "enterprise": None,
        }
    )


def typed(text: str | None, *, action_id: str | None = None) -> dict[str, Any]:
    """What a person typed into a ``plain_text_input``; None when it was left empty."""
    return {"type": "plain_text_input", "value": text, "action_id": action_id}


def chosen(
    value: str | None,
    label: str = "",
    *,
    element: str = "static_select",
    action_id: str | None = None,
) -> dict[str, Any]:
    """What a person chose in a ``static_select``; None when nothing was."""
    option = None
    if value is not None:
        text = {"type": "plain_text", "text": label or value or "-", "emoji": True}
        option = {"text": text, "value": value}
    return {"type": element, "selected_option": option, "action_id": action_id}


def radio(value: str | None, label: str = "", *, action_id: str | None = None) -> dict[str, Any]:
    """What a person chose among ``radio_buttons``."""
    return chosen(value, label, element="radio_buttons", action_id=action_id)


def person(user: str | None, *, action_id: str | None = None) -> dict[str, Any]:
    """Whom a person chose in a ``users_select``."""
    return {"type": "users_select", "selected_user": user, "action_id": action_id}


# The Events API


def event(type: str, event_fields: dict[str, Any], event_id: str | None = None) -> Request:
    """Something happened in the workspace: ``event_fields`` as Slack's page of the event says."""
    at = new_ts()
    body = {
        "token": "deprecated",
        "team_id": TEAM,
        "api_app_id": APP,
        "event": {"type": type, "event_ts": at, **event_fields},
        "type": "event_callback",
        "event_id": event_id or _id("Ev"),
        "event_time": int(at.split(".")[0]),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{next(_numbers)}",
    }
    return Request("/slack/event", json.dumps(body).encode(), JSON)


def message(
    text: str,
    *,
    user: str = ANA,
    channel: str = GENERAL,
    ts: str | None = None,
    subtype: str | None = None,
    event_id: str | None = None,
    **more: Any,
) -> Request:
    """A message in a channel; ``more`` are further fields of the event (``bot_id``, …)."""
    own_ts = ts or new_ts()
    fields: dict[str, Any] = {
        "client_msg_id": _id("m"),
        "user": user,
        "team": TEAM,
        "text": text,
        "ts": own_ts,
        "event_ts": own_ts,
        "channel": channel,
        "channel_type": "channel",
    }
    if subtype:
        fields["subtype"] = subtype
    return event("message", {**fields, **more}, event_id)


def app_mention(
    text: str,
    *,
    user: str = ANA,
    channel: str = GENERAL,
    ts: str | None = None,
    event_id: str | None = None,
    **more: Any,
) -> Request:
    """Somebody wrote ``@incident text``; ``text`` comes without the mention of the bot."""
    own_ts = ts or new_ts()
    fields = {
        "client_msg_id": _id("m"),
        "user": user,
        "team": TEAM,
        "text": f"<@{BOT}> {text}",
        "ts": own_ts,
        "event_ts": own_ts,
        "channel": channel,
    }
    return event("app_mention", {**fields, **more}, event_id)


def _pin(
    type: str,
    text: str,
    message_ts: str,
    author: str,
    user: str,
    channel: str,
    event_id: str | None,
    more: dict[str, Any],
    files: list[dict[str, Any]] | None = None,
) -> Request:
    pinned: dict[str, Any] = {
        "type": "message",
        "user": author,
        "text": text,
        "ts": message_ts,
        "team": TEAM,
    }
    if files:
        pinned["files"] = files
    created = 1_710_000_000 + next(_numbers)
    fields = {
        "user": user,
        "channel_id": channel,
        "item": {
            "type": "message",
            "created": created,
            "created_by": user,
            "channel": channel,
            "message": {
                **pinned,
                "pinned_to": [channel] if type == "pin_added" else [],
                "permalink": f"https://example.slack.com/archives/{channel}/p{message_ts}",
            },
        },
        "item_user": author,
        "pin_count": 1 if type == "pin_added" else 0,
        "pinned_info": {"channel": channel, "pinned_by": user, "pinned_ts": created},
    }
    if type == "pin_removed":
        fields["has_pins"] = False
    return event(type, {**fields, **more}, event_id)


def pin_added(
    text: str,
    *,
    message_ts: str,
    author: str = ANA,
    user: str = ANA,
    channel: str = GENERAL,
    event_id: str | None = None,
    files: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Request:
    """``user`` pinned the message ``text``, with ``files``, that ``author`` wrote at
    ``message_ts``."""
    return _pin("pin_added", text, message_ts, author, user, channel, event_id, more, files)


def pin_removed(
    text: str,
    *,
    message_ts: str,
    author: str = ANA,
    user: str = ANA,
    channel: str = GENERAL,
    event_id: str | None = None,
    **more: Any,
) -> Request:
    """``user`` took the pin off the message that ``author`` wrote at ``message_ts``."""
    return _pin("pin_removed", text, message_ts, author, user, channel, event_id, more)


def channel_rename(channel: str, name: str, *, event_id: str | None = None) -> Request:
    """The channel is now called ``name``."""
    renamed = {
        "id": channel,
        "is_channel": True,
        "is_mpim": False,
        "name": name,
        "name_normalized": name,
        "created": 1_710_000_000,
    }
    return event("channel_rename", {"channel": renamed}, event_id)


def member_joined(
    user: str, channel: str, *, inviter: str | None = None, event_id: str | None = None
) -> Request:
    """``user`` is now in the channel, by their own doing or invited."""
    fields = {"user": user, "channel": channel, "channel_type": "C", "team": TEAM}
    if inviter:
        fields["inviter"] = inviter
    return event("member_joined_channel", fields, event_id)


def url_verification(challenge: str = "a challenge") -> Request:
    """Slack asks, once, whether the event door is ours."""
    body = {"token": "deprecated", "challenge": challenge, "type": "url_verification"}
    return Request("/slack/event", json.dumps(body).encode(), JSON)
