"""Slack's doors over HTTP: whether a request is Slack's, and what it is answered."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from response import doors, telemetry
from response.slack import reception
from response.slack.payloads import (
    MalformedPayloadError,
    form_of,
    interaction_of,
    json_of,
    type_of,
)
from response.slack.signing import refusal, signed

Door = Callable[[HttpRequest], HttpResponse]


def door(view: Door) -> Door:
    """A signed door for well-formed requests. Its view has transactions of its own."""

    def enter(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except MalformedPayloadError as error:
            return refusal(request, 400, f"it is signed, and makes no sense ({error}).")

    enter.__name__ = view.__name__
    # Slack signs its requests; it has no login, which a host's middleware may ask everyone for.
    return login_not_required(transaction.non_atomic_requests(_watched(signed(enter))))


def _watched(view: Door) -> Door:
    """A door whose log lines have the request's id, and that tells how long it took."""

    @functools.wraps(view)
    def enter(request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        with telemetry.about_request(request), doors.answering():
            response = view(request)
        telemetry.door_answered.send_robust(
            None,
            door=view.__name__,
            status=response.status_code,
            seconds=time.perf_counter() - begun,
        )
        return response

    return enter


@door
def slash_command(request: HttpRequest) -> HttpResponse:
    """``/incident``; or a probe of Slack's, whether the certificate is right."""
    fields = form_of(request)
    return _carrying({} if fields.get("ssl_check") else reception.answer_command(fields))


@door
def action(request: HttpRequest) -> HttpResponse:
    """Buttons that were pressed, forms that were sent, and shortcuts that were chosen."""
    return _carrying(reception.answer_interaction(interaction_of(request)))


@door
def event(request: HttpRequest) -> HttpResponse:
    """What happened in the workspace. A 503 has Slack come again."""
    payload = json_of(request.body)
    if type_of(payload) == "url_verification":
        return JsonResponse({"challenge": str(payload.get("challenge", ""))})
    return HttpResponse(status=200 if reception.hear(payload) else 503)


def _carrying(answer: reception.Answer) -> HttpResponse:
    return JsonResponse(answer) if answer else HttpResponse()
