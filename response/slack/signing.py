"""Whether a request is Slack's: the page "Verifying requests from Slack"."""

from __future__ import annotations

import functools
import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt

from response.conf import conf
from response.slack import sightings

logger = logging.getLogger(__name__)

LARGEST_BODY = 1_000_000  # bytes; Slack's own limit for a view is a quarter of it
OLDEST = 300  # seconds

# Only what Slack sends: int() would also take spaces, signs, underscores and other alphabets.
_TIMESTAMP = re.compile(r"[0-9]{10}")
_LENGTH = re.compile(r"[0-9]{1,10}")

View = Callable[[HttpRequest], HttpResponse]


def is_signed(
    body: bytes, timestamp: str, signature: str, *, secrets: Sequence[str], now: float
) -> bool:
    """Whether ``signature`` is Slack's for ``body`` at ``timestamp``, not long before ``now``.

    ``timestamp`` and ``signature`` are the headers as they came; ``now`` is in seconds since 1970.
    An empty secret signs nothing.
    """
    return _is_in_time(timestamp, now) and _matches(body, timestamp, signature, secrets)


def _is_in_time(timestamp: str, now: float) -> bool:
    return bool(_TIMESTAMP.fullmatch(timestamp)) and abs(now - int(timestamp)) <= OLDEST


def _matches(body: bytes, timestamp: str, signature: str, secrets: Sequence[str]) -> bool:
    given = signature.encode("utf-8", "replace")
    base = b"v0:" + timestamp.encode() + b":" + body
    matches = [
        hmac.compare_digest(
            b"v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest().encode(), given
        )
        for secret in secrets
        if secret
    ]
    return any(matches)


def signed(view: View) -> View:
    """A door of Slack's: POST only, of a bearable size, and signed; anything else is refused."""

    @csrf_exempt
    @functools.wraps(view)
    def door(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        body = _body_of(request)
        if body is None:
            return refusal(request, 413, "it is too large.")
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        now = time.time()
        if is_signed(body, timestamp, signature, secrets=_secrets(), now=now):
            sightings.see(sightings.SIGNED)
            return view(request)
        if signature:
            sightings.see(sightings.REFUSED)
        if _TIMESTAMP.fullmatch(timestamp) and _matches(body, timestamp, signature, _secrets()):
            return _refuse_for_its_time(request, now - int(timestamp))
        return refusal(request, 403, "its signature is missing or wrong.")

    return door


_told_of_the_time_at = [0.0]


def _refuse_for_its_time(request: HttpRequest, apart: float) -> HttpResponse:
    """Refuse what is signed for another time: a replay; or our clock is wrong, and then this is
    said of every request there is, which once a minute is enough for."""
    reason = (
        f"it is signed rightly, for {abs(apart):.0f} seconds {'ago' if apart > 0 else 'from now'}. "
        "If this goes on, this machine's clock is wrong, and all of Slack's requests are refused."
    )
    if is_first := abs(time.time() - _told_of_the_time_at[0]) >= 60:
        _told_of_the_time_at[0] = time.time()
    return refusal(request, 403, reason, level="error" if is_first else "debug")


def refusal(request: HttpRequest, status: int, reason: str, level: str = "warning") -> HttpResponse:
    """An empty answer of this status, and one line in the log that says why."""
    response = HttpResponse(status=status)
    # Django logs such answers too, unless it is told that this was done.
    log_response(
        "A request at %s was refused: %s",
        request.path,
        reason,
        response=response,
        request=request,
        logger=logger,
        level=level,
    )
    return response


def _body_of(request: HttpRequest) -> bytes | None:
    """The body, unless it is too large. It may be longer than it says, or not say how long."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not _LENGTH.fullmatch(length) or int(length) > LARGEST_BODY:
        return None
    return request.body if len(request.body) <= LARGEST_BODY else None


def _secrets() -> list[str]:
    configured = conf.SLACK_SIGNING_SECRET
    return [configured] if isinstance(configured, str) else list(configured)
