"""What people do: write, react, pin, press, fill in, come and go."""

from __future__ import annotations

import base64
import mimetypes
import time
from typing import Any

from .. import channels, composer, interactions, messages, shapes
from ..change import changing, new_id
from ..directory import dm_with, humans
from ..models import Channel, Membership, Message, Person, Shortcut, Workspace
from ..refusals import Refusal
from ..signing import Answer
from ..webapi.marks import name_of_emoji
from ..webapi.views import open_views
from ..wire import to_wire
from .request import Wish, control

Json = dict[str, Any]


def _message(one: Message, workspace: Workspace) -> Json:
    shape = shapes.message(one, workspace) | {
        "pinned": hasattr(one, "pin"),
        "ephemeral": one.only_for is not None,
    }
    shape.setdefault("blocks", [])
    return shape


@control("GET")
def state(wish: Wish) -> Json:
    """Who and what there is."""
    workspace = Workspace.objects.get()
    return {
        "revision": workspace.revision,
        "people": [
            shapes.person(one, workspace) | {"first_name": one.display_name} for one in humans()
        ],
        "channels": [
            {
                **{"id": one.channel_id, "name": one.name, "topic": one.topic},
                **{"is_private": one.is_private, "is_archived": one.is_archived},
                "dm_with": one.dm_with.user_id if one.dm_with else None,
                "members": list(one.memberships.values_list("person__user_id", flat=True)),
            }
            for one in Channel.objects.order_by("pk")
        ],
    }


@control("GET", "POST")
def message_list(wish: Wish) -> Json:
    """GET: the messages a person sees in a channel or thread. POST: press Enter in the composer."""
    if wish.posted:
        thread_ts = wish.text("thread_ts", "")
        return composer.send(
            wish.person,
            wish.channel,
            wish.text("text"),
            thread_ts=thread_ts,
            uploads=_uploads(wish),
        )
    person, channel = wish.person, wish.channel
    workspace = Workspace.objects.get()
    found = channel.messages.select_related("author", "channel", "only_for")
    if thread_ts := wish.text("thread_ts", ""):
        found = found.filter(thread_ts=thread_ts)
    seen = [one for one in found if one.only_for in (None, person)]
    return {"messages": [_message(one, workspace) for one in seen]}


def _uploads(wish: Wish) -> list[messages.Upload]:
    """The pictures in ``files``: each with its name and, in base64, its content."""
    listed = wish.fields.get("files", [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Refusal("wrong_field", message="files must be a list of objects.")
    return [_upload(Wish(each, posted=True)) for each in listed]


def _upload(wish: Wish) -> messages.Upload:
    name = wish.text("name")[:200]
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    try:
        content = base64.b64decode(wish.text("content"), validate=True)
    except ValueError:
        raise Refusal("wrong_field", message="content must be base64.") from None
    return messages.Upload(name, kind, content, wish.text("alt", ""))


def _own(wish: Wish) -> Message:
    message = wish.message
    if message.author != wish.person or message.subtype:
        raise Refusal("cant_update_message", message="People change their own messages only.")
    return message


@control("POST")
def edit(wish: Wish) -> Json:
    message = _own(wish)
    text = wish.text("text")
    if not text.strip():
        raise Refusal("no_text")
    with changing() as change:
        messages.edit(change, message, wish.person, text=to_wire(text), blocks=[])
    return {"ts": message.ts}


@control("POST")
def delete(wish: Wish) -> Json:
    """Delete one's own message, or dismiss an ephemeral one."""
    message = wish.message
    if message.only_for is None:
        message = _own(wish)
    with changing() as change:
        messages.delete(change, message)
    return {}


@control("POST")
def reactions(wish: Wish, what: str) -> Json:
    name = name_of_emoji(wish.text("emoji"))
    act = {"add": messages.react, "remove": messages.unreact}[what]
    with changing() as change:
        act(change, wish.message, wish.person, name)
    return {"name": name}


@control("POST")
def pins(wish: Wish, what: str) -> Json:
    act = {"add": messages.pin, "remove": messages.unpin}[what]
    with changing() as change:
        act(change, wish.message, wish.person)
    return {}


@control("POST")
def read(wish: Wish) -> Json:
    """Mark a channel as read to its end."""
    channel = wish.channel
    last = channel.messages.order_by("-ts").values_list("ts", flat=True).first() or "0"
    Membership.objects.filter(channel=channel, person=wish.person).update(last_read=last)
    return {"last_read": last}


def _outcome(answer: Answer) -> Json:
    if not answer.ok:
        raise Refusal(answer.reason or "http_error", message=interactions.TROUBLE)
    return {"status": answer.status}


def _views(person: Person) -> Json:
    workspace = Workspace.objects.get()
    opened = open_views(person)
    return {
        "views": [shapes.view(one, workspace, person) | {"errors": one.errors} for one in opened]
    }


@control("POST")
def press(wish: Wish) -> Json:
    """Press a button of a message, or choose in one of its menus; answers with the open forms."""
    answer = interactions.press(
        wish.person,
        wish.message,
        wish.text("action_id"),
        block_id=wish.text("block_id", ""),
        chosen=wish.fields.get("value"),
    )
    return _outcome(answer) | _views(wish.person)


@control("POST")
def shortcut(wish: Wish) -> Json:
    found = Shortcut.objects.filter(callback_id=wish.text("callback_id")).first()
    if found is None:
        raise Refusal("unknown_shortcut")
    answer = interactions.message_shortcut(wish.person, wish.message, found)
    return _outcome(answer) | _views(wish.person)


@control("GET")
def views(wish: Wish) -> Json:
    """The forms open before a person, the lowest first."""
    return _views(wish.person)


def _entered(wish: Wish) -> Json:
    entered = wish.fields.get("values", {})
    if not isinstance(entered, dict):
        raise Refusal("wrong_field", message="values must be an object.")
    return entered


@control("POST")
def submit_view(wish: Wish, view_id: str) -> Json:
    """Send a form in. ``ok`` false with ``errors`` or ``notice`` means that it stays open."""
    return interactions.submit(wish.view(view_id), _entered(wish))


@control("POST")
def close_view(wish: Wish, view_id: str) -> Json:
    interactions.close(wish.view(view_id), everything=wish.flag("everything"))
    return {}


@control("POST")
def press_in_view(wish: Wish, view_id: str) -> Json:
    view = wish.view(view_id)
    answer = interactions.press_in_view(
        view,
        wish.text("action_id"),
        block_id=wish.text("block_id", ""),
        chosen=wish.fields.get("value"),
        entered=_entered(wish),
    )
    return _outcome(answer) | _views(view.person)


@control("POST")
def new_channel(wish: Wish) -> Json:
    with changing() as change:
        channel = channels.create(
            change, wish.text("name"), wish.person, private=wish.flag("private")
        )
    return {"channel": channel.channel_id, "name": channel.name}


@control("POST")
def new_id_of_channel(wish: Wish) -> Json:
    with changing() as change:
        return {"channel": channels.change_id(change, wish.channel)}


@control("POST")
def direct_message(wish: Wish) -> Json:
    """Open the conversation of a person with the bot."""
    with changing():
        channel = dm_with(wish.person, int(time.time()))
    return {"channel": channel.channel_id}


@control("POST")
def new_person(wish: Wish) -> Json:
    handle = wish.text("handle").lower()
    if Person.objects.filter(handle=handle).exists():
        raise Refusal("handle_taken")
    with changing() as change:
        person = Person.objects.create(
            user_id=new_id("U"),
            handle=handle,
            full_name=wish.text("full_name"),
            email=wish.text("email", f"{handle}@example.com"),
        )
        channels.join(change, Channel.objects.get(name="general"), person)
    return {"user": person.user_id}


@control("POST")
def deactivate_person(wish: Wish) -> Json:
    person = wish.person
    with changing():
        person.deleted = True
        person.save()
    return {}
