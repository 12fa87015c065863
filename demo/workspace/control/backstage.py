"""What no person does: trouble, settings, deliveries, the record of the traffic."""

from __future__ import annotations

import json
import time
from typing import Any

from django.db import transaction
from django.db.models import F

from .. import seed
from ..change import changing, new_id
from ..models import (
    SCOPES,
    Channel,
    Delivery,
    ResponseUrl,
    Shortcut,
    Traffic,
    Trigger,
    Trouble,
    Workspace,
)
from ..refusals import Refusal
from ..router import ALIAS
from ..signing import send
from ..webapi.call import METHODS
from .request import Wish, control

Json = dict[str, Any]
_SWITCHES = ("one_post_a_second", "deliveries_held", "deliveries_doubled")


def _limit(wish: Wish) -> int:
    return min(max(wish.number("limit", 100), 1), 1_000)


@control("GET", "POST")
def trouble(wish: Wish) -> Json:
    """GET: what is wrong now. POST: make something go wrong."""
    if wish.posted:
        _make_trouble(wish)
    return {"trouble": [one.shape() for one in Trouble.objects.all()], "kinds": Trouble.KINDS}


def _make_trouble(wish: Wish) -> None:
    kind, method = wish.text("kind"), wish.text("method", "*")
    seconds, times = wish.fields.get("seconds", 5), wish.fields.get("times")
    if kind not in Trouble.KINDS:
        raise Refusal("unknown_kind", message=f"Kinds are {', '.join(Trouble.KINDS)}.")
    if method != "*" and method not in METHODS:
        raise Refusal("unknown_method", message=f"There is no method {method}.")
    if kind == "error" and not wish.text("error", ""):
        raise Refusal("missing_field", message="Say which error.")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 120:
        raise Refusal("wrong_field", message="seconds must be a number from 0 to 120.")
    if times is not None and not (isinstance(times, int) and times > 0):
        raise Refusal("wrong_field", message="times must be a whole number above 0.")
    with changing():
        Trouble.objects.create(
            method=method,
            kind=kind,
            error=wish.text("error", ""),
            seconds=float(seconds),
            times=times,
        )


@control("POST")
def clear_trouble(wish: Wish) -> Json:
    """Remove one trouble by ``id``, those of a ``kind``, or all."""
    with changing():
        found = Trouble.objects.all()
        if "id" in wish.fields:
            found = found.filter(pk=wish.number("id", 0))
        if "kind" in wish.fields:
            found = found.filter(kind=wish.text("kind"))
        found.delete()
    return {"trouble": [one.shape() for one in Trouble.objects.all()]}


@control("GET", "POST")
def settings(wish: Wish) -> Json:
    """The switches of the workspace and the scopes of its token."""
    if wish.posted:
        _change_settings(wish)
    workspace = Workspace.objects.get()
    return {name: getattr(workspace, name) for name in (*_SWITCHES, "scopes")}


def _change_settings(wish: Wish) -> None:
    scopes = wish.fields.get("scopes")
    if scopes == "all":
        scopes = list(SCOPES)
    if scopes is not None and not isinstance(scopes, list):
        raise Refusal("wrong_field", message='scopes must be a list, or "all".')
    with changing():
        workspace = Workspace.objects.get()
        for name in _SWITCHES:
            if name in wish.fields:
                setattr(workspace, name, wish.flag(name))
        if scopes is not None:
            workspace.scopes = [str(one) for one in scopes]
        # Named, as the revision is the change's to write.
        workspace.save(update_fields=[*_SWITCHES, "scopes"])


@control("GET")
def deliveries(wish: Wish) -> Json:
    found = Delivery.objects.order_by("-pk")
    if state := wish.text("state", ""):
        found = found.filter(state=state)
    return {
        "deliveries": [
            {
                **{"event_id": one.event_id, "type": one.event_type, "state": one.state},
                **{"attempts": one.attempts, "reason": one.reason},
                "due_in_seconds": round(one.due - time.time(), 1),
                "event": json.loads(one.body)["event"],
            }
            for one in found[: _limit(wish)]
        ]
    }


@control("POST")
def hurry_deliveries(wish: Wish) -> Json:
    """Make the repetitions that wait for their minute due now."""
    count = Delivery.objects.filter(state=Delivery.WAITING).update(due=time.time())
    return {"hurried": count}


@control("POST")
def time_passes(wish: Wish) -> Json:
    """Make what expires, waits or is repeated so many ``seconds`` older."""
    seconds = wish.number("seconds", 0)
    with changing():
        Trigger.objects.update(sent=F("sent") - seconds)
        ResponseUrl.objects.update(created=F("created") - seconds)
        Channel.objects.update(bot_posted=F("bot_posted") - seconds * 1_000_000)
        Delivery.objects.filter(state=Delivery.WAITING).update(due=F("due") - seconds)
    return {}


@control("POST")
def repeat_delivery(wish: Wish) -> Json:
    """Deliver an event again, as Slack does when its answer was lost."""
    event_id = wish.text("event_id")
    found = Delivery.objects.filter(event_id=event_id)
    if not found.update(state=Delivery.WAITING, due=time.time(), reason="http_timeout"):
        raise Refusal("no_such_event")
    return {}


@control("POST")
def verify_url(wish: Wish) -> Json:
    """Ask the app's event door to answer a challenge, as Slack does when the address is entered."""
    challenge = new_id("", 40)
    body = json.dumps({"token": "practice", "challenge": challenge, "type": "url_verification"})
    answer = send("event", body, content_type="application/json", what="url_verification")
    said = answer.body.strip()
    if "json" in answer.content_type:
        try:
            said = json.loads(said).get("challenge", "")
        except (ValueError, AttributeError):
            said = ""
    return {"verified": answer.ok and said == challenge, "status": answer.status}


@control("GET")
def traffic(wish: Wish) -> Json:
    """The latest requests both ways, the latest first."""
    found = Traffic.objects.all()
    if direction := wish.text("direction", ""):
        found = found.filter(direction=direction)
    if what := wish.text("what", ""):
        found = found.filter(what=what)
    return {
        "traffic": [
            {
                **{"id": one.pk, "direction": one.direction, "what": one.what, "at": one.at},
                **{"took_ms": one.took_ms, "status": one.status, "good": one.ok},
                **{"request": one.request, "answer": one.answer},
            }
            for one in found[: _limit(wish)]
        ]
    }


@control("POST")
def shortcuts(wish: Wish) -> Json:
    """Register an entry of the message menu: ``callback_id`` and ``name``."""
    with changing():
        Shortcut.objects.update_or_create(
            callback_id=wish.text("callback_id"), defaults={"name": wish.text("name")[:24]}
        )
    return {}


@control("POST")
def start_over(wish: Wish) -> Json:
    """Forget everything and begin with the first day's people and channels."""
    with transaction.atomic(using=ALIAS):
        seed.start_over()
    return {}
