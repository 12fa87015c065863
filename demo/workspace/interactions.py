"""Commands, clicks and forms: what a person does that waits for the app's answer.

Each is a signed request sent from the person's own request, outside any transaction, as the app
answers it by calling the Web API before it is done.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from . import form_state, messages, shapes
from .change import changing
from .directory import bot, slackbot
from .models import Channel, Message, Person, ResponseUrl, Shortcut, Trigger, View, Workspace
from .refusals import Refusal
from .signing import Answer, send
from .webapi.block_kit import checked_blocks, checked_view
from .webapi.views import open_views, replace, show

Json = dict[str, Any]

_FORM = "application/x-www-form-urlencoded"
TROUBLE = "We had some trouble connecting. Try again?"


def _new_trigger(person: Person, view: View | None = None) -> str:
    trigger_id = f"{time.time_ns() // 1000}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
    Trigger.objects.create(trigger_id=trigger_id, person=person, view=view, sent=time.time())
    return trigger_id


def _new_response_url(channel: Channel, person: Person, message_ts: str = "") -> str:
    key = secrets.token_urlsafe(24)
    ResponseUrl.objects.create(
        key=key, channel=channel, person=person, message_ts=message_ts, created=time.time()
    )
    return f"{settings.PRACTICE_URL.rstrip('/')}/workspace/response/{key}"


def _who(person: Person, workspace: Workspace) -> Json:
    return {
        **{"id": person.user_id, "username": person.handle, "name": person.handle},
        "team_id": workspace.team_id,
    }


def _frame(kind: str, person: Person, workspace: Workspace) -> Json:
    return {
        **{"type": kind, "team": {"id": workspace.team_id, "domain": workspace.domain}},
        **{"user": _who(person, workspace), "api_app_id": workspace.app_id},
        **{"token": "practice", "enterprise": None, "is_enterprise_install": False},
    }


def _send_payload(payload: Json) -> Answer:
    body = urlencode({"payload": json.dumps(payload, ensure_ascii=False)})
    return send("action", body, content_type=_FORM, what=payload["type"])


def _said_by_slackbot(channel: Channel, person: Person, text: str) -> None:
    with changing() as change:
        messages.whisper(change, channel, slackbot(), person, text)


# Slash commands


def slash_command(person: Person, channel: Channel, command: str, text: str) -> Json:
    """Send a command; show its answer, or Slackbot's regret, to the person.

    Returns:
        ``{"ok": bool, "error": str, "answer": str}``; error is operation_timeout or
        dispatch_failed.
    """
    workspace = Workspace.objects.get()
    if channel.is_dm:
        name = "directmessage"
    else:
        name = "privategroup" if channel.is_private else channel.name or ""
    body = urlencode(
        {
            **{"token": "practice", "team_id": workspace.team_id},
            **{"team_domain": workspace.domain, "channel_id": channel.channel_id},
            **{"channel_name": name, "user_id": person.user_id, "user_name": person.handle},
            **{"command": command, "text": text, "api_app_id": workspace.app_id},
            "is_enterprise_install": "false",
            "response_url": _new_response_url(channel, person),
            "trigger_id": _new_trigger(person),
        }
    )
    answer = send("slash_command", body, content_type=_FORM, what=command)
    if not answer.ok:
        error = "operation_timeout" if answer.reason == "http_timeout" else "dispatch_failed"
        _said_by_slackbot(channel, person, f'{command} failed with the error "{error}"')
        return {"ok": False, "error": error, "answer": ""}
    said = _read_reply(answer)
    if said:
        _show_reply(said, channel, person)
    return {"ok": True, "error": "", "answer": said.get("text", "") if said else ""}


def _read_reply(answer: Answer) -> Json | None:
    """Read what a 200 carries: nothing, plain text, or JSON with text or blocks."""
    if not answer.body.strip():
        return None
    if "json" in answer.content_type:
        try:
            said = json.loads(answer.body)
        except ValueError:
            return None
        return said if isinstance(said, dict) and (said.get("text") or said.get("blocks")) else None
    return {"text": answer.body}


def _show_reply(said: Json, channel: Channel, person: Person, thread_ts: str = "") -> None:
    """Show a reply to a command or to a response_url, to the person or to the channel.

    Raises:
        Refusal: invalid_blocks and its kin.
    """
    blocks = checked_blocks(said.get("blocks"))
    text = said.get("text") or ""
    if not isinstance(text, str) or not (text.strip() or blocks):
        raise Refusal("no_text")
    with changing() as change:
        if said.get("response_type") == "in_channel":
            messages.post(change, channel, bot(), text, blocks=blocks, thread_ts=thread_ts)
        else:
            messages.whisper(change, channel, bot(), person, text, blocks=blocks)


def respond(key: str, said: Json) -> None:
    """Take what the app sends to a response_url.

    Raises:
        Refusal: expired_url after 30 minutes, used_url after five uses, invalid_blocks, no_text.
    """
    url = ResponseUrl.objects.filter(key=key).select_related("channel", "person").first()
    if url is None or time.time() - url.created > 30 * 60:
        raise Refusal("expired_url")
    if url.uses >= 5:
        raise Refusal("used_url")
    url.uses += 1
    url.save()
    if not isinstance(said.get("text") or "", str):
        raise Refusal("no_text")
    original = url.channel.messages.filter(ts=url.message_ts).first() if url.message_ts else None
    if original and said.get("delete_original"):
        with changing() as change:
            messages.delete(change, original)
    elif original and said.get("replace_original"):
        with changing() as change:
            fields = {"text": said.get("text") or "", "blocks": checked_blocks(said.get("blocks"))}
            messages.edit(change, original, bot(), **fields)
    else:
        _show_reply(said, url.channel, url.person, str(said.get("thread_ts", "")))


# Clicks


def find_element(blocks: list[Json], action_id: str, block_id: str = "") -> tuple[Json, Json]:
    """Return the block and the element that carry an action id. Raises no_such_element."""
    for block in blocks:
        if block_id and block.get("block_id") != block_id:
            continue
        for element in (
            *(block.get("elements", []) if block["type"] == "actions" else []),
            *(block[name] for name in ("accessory", "element") if name in block),
        ):
            if element.get("action_id") == action_id:
                return block, element
    raise Refusal("no_such_element")


def _action(block: Json, element: Json, chosen: Any) -> Json:
    """Return one entry of ``actions`` for a pressed button or a changed select."""
    action = {
        **{"action_id": element["action_id"], "block_id": block["block_id"]},
        **{"type": element["type"], "action_ts": f"{time.time():.6f}"},
    }
    if element["type"] == "button":
        kept = ("text", "value", "url", "style", "confirm")
        return action | {name: element[name] for name in kept if name in element}
    try:
        action[form_state.state_key(element["type"])] = form_state.accept(element, chosen)
    except form_state.Wrong as wrong:
        raise Refusal("invalid_choice", message=str(wrong)) from None
    if "placeholder" in element:
        action["placeholder"] = element["placeholder"]
    return action


def press(
    person: Person, message: Message, action_id: str, *, block_id: str = "", chosen: Any = None
) -> Answer:
    """Press a button of a message or choose in one of its selects. Raises no_such_element."""
    workspace = Workspace.objects.get()
    block, element = find_element(message.blocks, action_id, block_id)
    channel = message.channel
    container = {
        **{"type": "message", "message_ts": message.ts, "channel_id": channel.channel_id},
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = _frame("block_actions", person, workspace) | {
        "container": container,
        "trigger_id": _new_trigger(person),
        "channel": {"id": channel.channel_id, "name": channel.name or "directmessage"},
        "message": shapes.message(message, workspace),
        "state": {"values": {}},
        "response_url": _new_response_url(channel, person, message.ts),
        "actions": [_action(block, element, chosen)],
    }
    return _send_payload(payload)


def press_in_view(
    view: View, action_id: str, *, block_id: str = "", chosen: Any = None, entered: Json
) -> Answer:
    """Press or choose something inside a form that is open."""
    workspace = Workspace.objects.get()
    block, element = find_element(view.content["blocks"], action_id, block_id)
    view.values, _ = form_state.read(view.content["blocks"], entered)
    payload = _frame("block_actions", view.person, workspace) | {
        "container": {"type": "view", "view_id": view.view_id},
        "trigger_id": _new_trigger(view.person, view),
        "view": shapes.view(view, workspace, bot()),
        "actions": [_action(block, element, chosen)],
    }
    return _send_payload(payload)


def message_shortcut(person: Person, message: Message, shortcut: Shortcut) -> Answer:
    """Choose one of the app's entries in a message's menu."""
    workspace = Workspace.objects.get()
    channel = message.channel
    payload = _frame("message_action", person, workspace) | {
        "callback_id": shortcut.callback_id,
        "trigger_id": _new_trigger(person),
        "response_url": _new_response_url(channel, person, message.ts),
        "message_ts": message.ts,
        "message": shapes.message(message, workspace),
        "channel": {"id": channel.channel_id, "name": channel.name or "directmessage"},
        "action_ts": f"{time.time():.6f}",
    }
    return _send_payload(payload)


# Forms


def submit(view: View, entered: Json) -> Json:
    """Send a form in. It stays open, with the text in it, unless the app takes it.

    Returns:
        ``{"ok": bool, "errors": {block_id: text}, "notice": str}``.
    """
    workspace = Workspace.objects.get()
    values, errors = form_state.read(view.content["blocks"], entered)
    if errors:
        return _kept_open(view, errors)
    view.values = values
    payload = _frame("view_submission", view.person, workspace) | {
        "trigger_id": _new_trigger(view.person, view),
        "view": shapes.view(view, workspace, bot()),
        "response_urls": [],
    }
    answer = _send_payload(payload)
    if not answer.ok:
        return _kept_open(view, {}, TROUBLE)
    try:
        said = json.loads(answer.body) if answer.body.strip() else {}
        return _obey(view, said)
    except (ValueError, TypeError, KeyError, AttributeError, Refusal):
        # An answer Slack would not understand; the inspector shows it.
        return _kept_open(view, {}, TROUBLE)


def _kept_open(view: View, errors: dict[str, str], notice: str = "") -> Json:
    with changing():
        View.objects.filter(pk=view.pk).update(errors=errors)
    return {"ok": False, "errors": errors, "notice": notice}


def _obey(view: View, said: Json) -> Json:
    """Do what the app's answer to a submission asks for."""
    wanted = said.get("response_action")
    if wanted == "errors":
        errors = {str(block_id): str(text) for block_id, text in said["errors"].items()}
        known = {block["block_id"] for block, _ in form_state.inputs(view.content["blocks"])}
        if not errors or not set(errors) <= known:
            raise Refusal("invalid_errors")
        return _kept_open(view, errors)
    with changing() as change:
        view.errors = {}
        if wanted == "update":
            replace(change, view, checked_view(said["view"]))
        elif wanted == "push":
            view.save()
            show(change, view.person, checked_view(said["view"]), under=view)
        elif wanted == "clear":
            for other in open_views(view.person):
                _set_state(other, View.SUBMITTED)
        elif wanted is None:
            _set_state(view, View.SUBMITTED)
        else:
            raise Refusal("unknown_response_action")
    return {"ok": True, "errors": {}, "notice": ""}


def _set_state(view: View, state: str) -> None:
    view.state = state
    view.save()


def close(view: View, *, everything: bool = False) -> None:
    """Cancel a form, or all that lie under it too; tell the app where the form asks for it."""
    workspace = Workspace.objects.get()
    closing = open_views(view.person) if everything else [view]
    with changing():
        for one in closing:
            _set_state(one, View.CLOSED)
    for one in closing:
        if one.content.get("notify_on_close"):
            payload = _frame("view_closed", one.person, workspace) | {
                "view": shapes.view(one, workspace, bot()),
                "is_cleared": everything,
            }
            _send_payload(payload)
