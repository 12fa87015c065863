"""Signing requests as Slack does, and sending them.

Written from Slack's page "Verifying requests from Slack", it shares nothing with the app's own
check, so that a mistake in one of them shows.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

#: What the fixtures set.
SIGNING_SECRET = "made-up-signing-secret"  # noqa: S105

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """What Slack would send: ``path`` below the host's root, and the exact bytes of the body."""

    path: str
    body: bytes
    content_type: str

    @property
    def data(self) -> dict[str, Any]:
        """The body decoded, with Slack's ``payload`` field unpacked."""
        if self.content_type == JSON:
            decoded: dict[str, Any] = json.loads(self.body)
            return decoded
        fields = dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))
        if "payload" in fields:
            payload: dict[str, Any] = json.loads(fields["payload"])
            return payload
        return fields


def sign(secret: str, timestamp: int | str, body: bytes) -> dict[str, str]:
    """The two headers with which Slack signs ``body`` at ``timestamp`` (seconds since 1970)."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": str(timestamp)}


def deliver(
    client: Any,
    request: Request,
    *,
    secret: str = SIGNING_SECRET,
    now: float | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """Post ``request`` signed, with ``django.test.Client``; answers Django's response.

    ``now`` is the time it is signed for, in seconds since 1970 (default: the real time).
    ``headers`` are added last, so they can spoil the signature or mark a retry.
    """
    signed = sign(secret, int(time.time() if now is None else now), request.body)
    return client.post(
        request.path,
        data=request.body,
        content_type=request.content_type,
        headers={**signed, **(headers or {})},
    )


@dataclass(frozen=True)
class HttpAnswer:
    """What a real server answered."""

    status: int
    body: bytes


def deliver_http(
    base_url: str,
    request: Request,
    secret: str = SIGNING_SECRET,
    *,
    now: float | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 60,
) -> HttpAnswer:
    """Post ``request`` signed to a real server. Raises OSError if nobody answers."""
    signed = sign(secret, int(time.time() if now is None else now), request.body)
    outgoing = urllib.request.Request(  # noqa: S310 - a server of the test's own
        urllib.parse.urljoin(base_url, request.path),
        data=request.body,
        headers={"Content-Type": request.content_type, **signed, **(headers or {})},
        method="POST",
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(outgoing, timeout=timeout) as response:
            return HttpAnswer(response.status, response.read())
    except urllib.error.HTTPError as refused:
        return HttpAnswer(refused.code, refused.read())
