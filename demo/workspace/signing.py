"""Signed requests to the app, as Slack sends them."""

from __future__ import annotations

import hashlib
import hmac
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings

from .models import Traffic

#: What Slack waits for, in seconds.
PATIENCE = 3.0
_SHOWN = 20_000


@dataclass(frozen=True)
class Answer:
    """What the app said: an HTTP status, its body; or no status and why there is none."""

    status: int | None
    body: str = ""
    content_type: str = ""
    no_retry: bool = False
    #: Slack's word for what went wrong: http_timeout, connection_failed, http_error; else empty.
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the v0 signature: HMAC-SHA256 of ``v0:timestamp:body``, in hex after ``v0=``.

    See docs.slack.dev, "Verifying requests from Slack".
    """
    base = b":".join((b"v0", timestamp.encode(), body))
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def send(
    door: str,
    body: str,
    *,
    content_type: str,
    what: str,
    headers: dict[str, str] | None = None,
) -> Answer:
    """POST a signed body to one of the app's doors and wait up to three seconds.

    Args:
        door: ``slash_command``, ``action`` or ``event``.
        what: the inspector's name for it.
    """
    data = body.encode()
    timestamp = str(int(time.time()))
    url = urljoin(settings.PRACTICE_APP_URL.rstrip("/") + "/", f"slack/{door}")
    request = urllib.request.Request(url, data=data, method="POST")  # noqa: S310  from settings
    request.add_header("Content-Type", content_type)
    request.add_header("User-Agent", "Slackbot 1.0 (practice workspace)")
    request.add_header("X-Slack-Request-Timestamp", timestamp)
    request.add_header(
        "X-Slack-Signature", signature(settings.SLACK_SIGNING_SECRET, timestamp, data)
    )
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    began = time.monotonic()
    answer = _post(request)
    Traffic.objects.create(
        direction=Traffic.TO_APP,
        what=what,
        at=time.time(),
        took_ms=round((time.monotonic() - began) * 1000, 1),
        status=answer.reason if answer.status is None else str(answer.status),
        ok=answer.ok,
        request=body[:_SHOWN],
        answer=answer.body[:_SHOWN],
    )
    return answer


def _post(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return Answer(
                response.status,
                response.read().decode(errors="replace"),
                response.headers.get("Content-Type", ""),
            )
    except urllib.error.HTTPError as error:
        with error:
            return Answer(
                error.code,
                error.read().decode(errors="replace"),
                no_retry=error.headers.get("X-Slack-No-Retry") == "1",
                reason="http_error",
            )
    except TimeoutError:
        return Answer(None, reason="http_timeout")
    except urllib.error.URLError as error:
        timed_out = isinstance(error.reason, TimeoutError)
        return Answer(None, reason="http_timeout" if timed_out else "connection_failed")
    except OSError:
        return Answer(None, reason="connection_failed")
