"""views.*"""

from __future__ import annotations

import time

from .. import shapes
from ..change import Change, new_id
from ..models import Person, Trigger, View
from ..refusals import Refusal
from .block_kit import checked_view
from .call import Call, Json, method

#: Seconds a trigger lives from when the app was sent it.
TRIGGER_LIVES = 3.0
DEEPEST_STACK = 3


def _spend_trigger(call: Call) -> Trigger:
    """Use a trigger up. Raises invalid_trigger_id, expired_trigger_id, exchanged_trigger_id."""
    trigger = (
        Trigger.objects.filter(trigger_id=call.text("trigger_id"))
        .select_related("person", "view")
        .first()
    )
    if trigger is None:
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    if time.time() - trigger.sent > TRIGGER_LIVES:
        raise Refusal("expired_trigger_id")
    trigger.used = True
    trigger.save()
    return trigger


def open_views(person: Person) -> list[View]:
    """Return the forms open before a person, the lowest first."""
    return [
        view
        for view in View.objects.filter(person=person, state=View.OPEN).select_related("under")
        if view.content["type"] == "modal"
    ]


def show(change: Change, person: Person, content: Json, under: View | None = None) -> View:
    """Put a form before a person, on top of another or in place of all that were open.

    Raises:
        Refusal: push_limit_reached above three, duplicate_external_id.
    """
    opened = open_views(person)
    if under is None:
        for other in opened:
            other.state = View.CLOSED
            other.save()
    elif len(opened) >= DEEPEST_STACK:
        raise Refusal("push_limit_reached")
    _external_id_is_free(content)
    return View.objects.create(
        view_id=new_id("V"),
        person=person,
        content=content,
        hash=f"{change.ts()}.{new_id('')}",
        under=under,
    )


def replace(change: Change, view: View, content: Json) -> None:
    """Give an open form another content. What was entered stays where block and action do."""
    _external_id_is_free(content, view)
    view.content = content
    view.hash = f"{change.ts()}.{new_id('')}"
    view.errors = {}
    view.save()


def _external_id_is_free(content: Json, but: View | None = None) -> None:
    external_id = content.get("external_id")
    if not external_id:
        return
    others = View.objects.filter(state=View.OPEN, content__external_id=external_id)
    if others.exclude(pk=but.pk if but else None).exists():
        raise Refusal("duplicate_external_id")


def _answer(call: Call, view: View) -> Json:
    return {"view": shapes.view(view, call.workspace, call.bot)}


def _modal(call: Call) -> Json:
    view = checked_view(call.json("view"))
    if view["type"] != "modal":
        raise Refusal("invalid_arguments")
    return view


@method("views.open", writes=True)
def open_(call: Call) -> Json:
    content = _modal(call)
    trigger = _spend_trigger(call)
    return _answer(call, show(call.change, trigger.person, content))


@method("views.push", writes=True)
def push(call: Call) -> Json:
    content = _modal(call)
    trigger = _spend_trigger(call)
    opened = open_views(trigger.person)
    if trigger.view is None or not opened:
        raise Refusal("invalid_trigger_id")
    return _answer(call, show(call.change, trigger.person, content, under=opened[-1]))


@method("views.update", writes=True)
def update(call: Call) -> Json:
    content = _modal(call)
    if call.has("view_id"):
        found = View.objects.filter(view_id=call.text("view_id"))
    else:
        found = View.objects.filter(content__external_id=call.text("external_id"))
    view = found.filter(state=View.OPEN).first()
    if view is None:
        raise Refusal("not_found")
    if call.has("hash") and call.text("hash") != view.hash:
        raise Refusal("hash_conflict")
    replace(call.change, view, content)
    return _answer(call, view)


@method("views.publish", writes=True)
def publish(call: Call) -> Json:
    content = checked_view(call.json("view"))
    if content["type"] != "home":
        raise Refusal("invalid_arguments")
    person = call.person(call.text("user_id"))
    view = View.objects.filter(person=person, content__type="home").first()
    if view is None:
        view = show_home(call.change, person, content)
    elif call.has("hash") and call.text("hash") != view.hash:
        raise Refusal("hash_conflict")
    else:
        replace(call.change, view, content)
    return _answer(call, view)


def show_home(change: Change, person: Person, content: Json) -> View:
    return View.objects.create(
        view_id=new_id("V"), person=person, content=content, hash=f"{change.ts()}.{new_id('')}"
    )
