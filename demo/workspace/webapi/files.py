"""files.info, and the address at which the app fetches a file with its token."""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from .. import shapes, trouble
from ..models import File, Traffic, Workspace
from ..refusals import Refusal
from .call import Call, Json, method
from .endpoint import is_same, too_many_requests


@method("files.info", scopes=["files:read"])
def files_info(call: Call) -> Json:
    found = File.objects.select_related("message__author").filter(file_id=call.text("file"))
    file = found.first()
    if file is None:
        raise Refusal("file_not_found")
    return {"file": shapes.file(file, file.message), "comments": []}


@require_safe
def private(request: HttpRequest, file_id: str) -> HttpResponse:
    """The content of a file, for the token that may read files; others are led to a page."""
    response = _answer(request, file_id)
    Traffic.objects.create(
        direction=Traffic.TO_SLACK,
        what=f"file {file_id}"[:80],
        at=time.time(),
        status=str(response.status_code),
        ok=response.status_code == 200,
        answer=f"{len(response.content)} bytes",
    )
    return response


def _answer(request: HttpRequest, file_id: str) -> HttpResponse:
    struck = trouble.strike("file")
    if struck and struck.kind == "rate_limited":
        return too_many_requests(struck.seconds)
    if struck and struck.kind in ("slow", "answer_late"):
        time.sleep(struck.seconds)
    elif struck:
        return HttpResponse("upstream connect error", status=503, content_type="text/plain")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    knows = scheme.lower() == "bearer" and is_same(token, settings.SLACK_TOKEN)
    if not knows or "files:read" not in Workspace.objects.get().scopes:
        return redirect("workspace:front")
    file = File.objects.filter(file_id=file_id).first()
    if file is None:
        return HttpResponse("Not found", status=404)
    return HttpResponse(file.content, content_type=file.mimetype)
