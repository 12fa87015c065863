"""How a request of the control interface is read and answered."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .. import courier
from ..directory import channel_called, message_at, person_called
from ..models import Channel, Message, Person, View
from ..refusals import Refusal

Json = dict[str, Any]


class Wish:
    """What was asked for: the fields of the JSON body or of the query."""

    def __init__(self, fields: Json, *, posted: bool) -> None:
        self.fields = fields
        #: Whether it may change anything.
        self.posted = posted

    def text(self, name: str, default: str | None = None) -> str:
        value = self.fields.get(name, default)
        if value is None:
            raise Refusal("missing_field", message=f"Say {name}.")
        if not isinstance(value, str):
            raise Refusal("wrong_field", message=f"{name} must be text.")
        return value

    def number(self, name: str, default: int) -> int:
        try:
            return int(str(self.fields.get(name, default)))
        except ValueError:
            raise Refusal("wrong_field", message=f"{name} must be a number.") from None

    def flag(self, name: str) -> bool:
        return self.fields.get(name) in (True, "true", "1")

    @property
    def person(self) -> Person:
        """Who acts: an id, a handle or a first name in the field ``as``."""
        person = person_called(self.text("as"))
        if person is None or person.is_bot or person.deleted:
            raise Refusal("user_not_found", message="There is nobody of that name to act as.")
        return person

    @property
    def channel(self) -> Channel:
        """Where: an id or a name in the field ``channel``."""
        channel = channel_called(self.text("channel"))
        if channel is None or (
            (channel.is_private or channel.is_dm) and not channel.has(self.person)
        ):
            raise Refusal("channel_not_found", message="There is no such channel.")
        return channel

    @property
    def message(self) -> Message:
        """Which message: its ``channel`` and ``ts``."""
        return message_at(self.channel, self.text("ts"), seen_by=self.person)

    def view(self, view_id: str) -> View:
        """A form that is open. It is its person's, so nobody need be named."""
        view = View.objects.filter(view_id=view_id, state=View.OPEN).select_related("person")
        found = view.first()
        if found is None:
            raise Refusal("view_not_found", message="That form is not open any more.")
        return found


def control(*methods: str) -> Callable[[Callable[..., Json]], Callable[..., HttpResponse]]:
    """Make a view of a function from a Wish to the fields of the answer.

    A POST must say that it carries JSON, which no other site's page can do unasked, so it needs no
    CSRF token. What was refused is 400 with ``error`` and, where there is more to say, ``message``.
    """

    def decorate(function: Callable[..., Json]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @functools.wraps(function)
        def view(request: HttpRequest, **path: str) -> HttpResponse:
            if request.method not in methods:
                response = JsonResponse({"ok": False, "error": "method_not_allowed"}, status=405)
                response.headers["Allow"] = ", ".join(methods)
                return response
            try:
                wish = Wish(_fields(request), posted=request.method == "POST")
                answer = {"ok": True, **function(wish, **path)}
            except Refusal as refusal:
                answer = {"ok": False, "error": refusal.error, **refusal.more}
                return JsonResponse(answer, status=400)
            if request.method == "POST":
                courier.ring()
            return JsonResponse(answer)

        return view

    return decorate


def _fields(request: HttpRequest) -> Json:
    if request.method != "POST":
        return request.GET.dict()
    if request.content_type != "application/json":
        raise Refusal("not_json", message="Send Content-Type: application/json.")
    try:
        fields = json.loads(request.body or b"{}")
        # Lone surrogates are JSON, but no text that could be stored.
        json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal("invalid_json", message="The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise Refusal("json_not_object", message="The body must be a JSON object.")
    return fields
