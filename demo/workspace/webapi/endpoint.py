"""The door of the Web API: token, trouble, arguments, method, answer."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import time
from typing import Any

from demo.environment import PRACTICE_APP_TOKEN
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .. import courier, trouble
from ..change import changing
from ..models import Traffic, Workspace
from ..refusals import Refusal
from .call import METHODS, Call, Json, Method, RateLimited

_SHOWN = 20_000
_MOST_KEPT = 1_000


@csrf_exempt
def web_api(request: HttpRequest, method: str) -> HttpResponse:
    """Answer one call as ``https://slack.com/api/METHOD`` would.

    Refusals are 200 with ``{"ok": false, "error": …}``; only rate limits (429) and an outage (503)
    have another status.
    """
    began = time.monotonic()
    arguments: Json = {}
    try:
        arguments = _arguments(request)
        token = _token(request, method, arguments)
        response = _answer(request, method, token, arguments)
    except Refusal as refusal:
        response = JsonResponse({"ok": False, "error": refusal.error, **refusal.more})
    _note(method, arguments, response, began)
    courier.ring()
    return response


def _arguments(request: HttpRequest) -> Json:
    """Return the arguments of the query, a form or a JSON object, whichever came."""
    arguments: Json = request.GET.dict()
    if request.method != "POST":
        return arguments
    if request.content_type == "application/json":
        try:
            body = json.loads(request.body or b"{}")
            # Lone surrogates are JSON, but no text that could be stored.
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Refusal("invalid_json") from None
        if not isinstance(body, dict):
            raise Refusal("json_not_object")
        return arguments | body
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data", ""):
        return arguments | request.POST.dict()
    raise Refusal("invalid_post_type")


def _token(request: HttpRequest, method: str, arguments: Json) -> str:
    """Return the caller's token. Raises not_authed, invalid_auth, not_allowed_token_type."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    in_arguments = arguments.pop("token", None)
    token = bearer.strip() if scheme.lower() == "bearer" else in_arguments
    if not token:
        raise Refusal("not_authed")
    bot_s, app_s = settings.SLACK_TOKEN, PRACTICE_APP_TOKEN
    right, wrong = (app_s, bot_s) if method.startswith("apps.") else (bot_s, app_s)
    if is_same(token, wrong):
        raise Refusal("not_allowed_token_type")
    if not is_same(token, right):
        raise Refusal("invalid_auth")
    return str(token)


def is_same(token: object, expected: str) -> bool:
    return secrets.compare_digest(str(token).encode(), expected.encode())


def _answer(request: HttpRequest, name: str, token: str, arguments: Json) -> HttpResponse:
    struck = trouble.strike(name)
    if struck and struck.kind == "down":
        return HttpResponse("upstream connect error", status=503, content_type="text/plain")
    if struck and struck.kind == "rate_limited":
        return too_many_requests(struck.seconds)
    if struck and struck.kind == "error":
        raise Refusal(struck.error)
    if struck and struck.kind == "slow":
        time.sleep(struck.seconds)

    try:
        answer = run(name, arguments)
    except RateLimited as limited:
        return too_many_requests(limited.seconds)

    if struck and struck.kind == "answer_late":
        time.sleep(struck.seconds)
    if struck and struck.kind == "answer_lost":
        _cut_connection(request)
        return HttpResponse(status=504)
    # As Slack says what a token may do, beside every answer.
    scopes = ",".join(Workspace.objects.get().scopes)
    return JsonResponse(answer, headers={"X-OAuth-Scopes": scopes})


def run(name: str, arguments: Json) -> Json:
    """Run a method and return its answer, refusals included.

    Raises:
        RateLimited: it may be asked again later.
    """
    method = METHODS.get(name)
    if method is None:
        return {"ok": False, "error": "unknown_method", "req_method": name}
    try:
        if method.writes:
            with changing() as change:
                answer = _run(method, Call(name, arguments, change.workspace, change))
        else:
            answer = _run(method, Call(name, arguments, Workspace.objects.get()))
    except Refusal as refusal:
        return {"ok": False, "error": refusal.error, **refusal.more}
    return answer


def _run(method: Method, call: Call) -> Json:
    call.needs(*method.scopes)
    answer = {"ok": True, **method.run(call)}
    if call.notes:
        answer["response_metadata"] = answer.get("response_metadata", {}) | call.notes
    return answer


def too_many_requests(seconds: float) -> HttpResponse:
    response = JsonResponse({"ok": False, "error": "ratelimited"}, status=429)
    response.headers["Retry-After"] = str(max(1, round(seconds)))
    return response


def _cut_connection(request: HttpRequest) -> None:
    """Close the caller's connection with nothing said; only gunicorn hands its socket out."""
    open_socket: Any = request.META.get("gunicorn.socket")
    if open_socket is not None:
        with contextlib.suppress(OSError):
            open_socket.shutdown(socket.SHUT_RDWR)


def _note(method: str, arguments: Json, response: HttpResponse, began: float) -> None:
    body = response.content.decode()
    status = str(response.status_code)
    ok = response.status_code == 200
    if ok:
        answer = json.loads(body)
        ok = answer["ok"]
        status = "ok" if ok else str(answer["error"])
    row = Traffic.objects.create(
        direction=Traffic.TO_SLACK,
        what=method[:80],
        at=time.time(),
        took_ms=round((time.monotonic() - began) * 1000, 1),
        status=status[:60],
        ok=ok,
        request=json.dumps(arguments, ensure_ascii=False)[:_SHOWN],
        answer=body[:_SHOWN],
    )
    if row.pk % 100 == 0:
        Traffic.objects.filter(pk__lt=row.pk - _MOST_KEPT).delete()
