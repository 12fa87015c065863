"""The door behind a response_url."""

from __future__ import annotations

import json
import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ..interactions import respond
from ..models import Traffic
from ..refusals import Refusal


@csrf_exempt
@require_POST
def response_url(request: HttpRequest, key: str) -> HttpResponse:
    """Take one of the five answers of a response_url: JSON, or a form with ``payload``.

    Answers ``ok`` as text, or ``{"ok": false, "error": …}``: 404 for an address that is used up.
    """
    said = None
    try:
        if request.content_type == "application/json":
            said = json.loads(request.body)
        else:
            said = json.loads(request.POST.get("payload", ""))
        json.dumps(said, ensure_ascii=False).encode()  # no lone surrogates
        if not isinstance(said, dict):
            raise Refusal("invalid_payload")
        respond(key, said)
    except (ValueError, RecursionError):
        status, answer = 400, {"ok": False, "error": "invalid_payload"}
    except Refusal as refusal:
        gone = refusal.error in ("expired_url", "used_url")
        status = 404 if gone else 400 if refusal.error == "invalid_payload" else 200
        answer = {"ok": False, "error": refusal.error, **refusal.more}
    else:
        status, answer = 200, {"ok": True}
    Traffic.objects.create(
        direction=Traffic.TO_SLACK,
        what="response_url",
        at=time.time(),
        status=str(answer.get("error", "ok")),
        ok=bool(answer["ok"]),
        request=json.dumps(said)[:20_000],
        answer=json.dumps(answer),
    )
    if answer["ok"]:
        return HttpResponse("ok", content_type="text/plain")
    return JsonResponse(answer, status=status)
