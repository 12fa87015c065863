"""The port of the fake Slack: HTTP in, HTTP out; see ``response.testing.fake_slack``."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

_JSON_FIELDS = ("blocks", "view", "metadata", "attachments", "users")


@dataclass(frozen=True)
class Reply:
    """What goes over the wire."""

    body: bytes | None  # None: close the connection instead
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(
        cls, answer: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
    ) -> Reply:
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return cls(json.dumps(answer).encode(), status, {**kind, **(headers or {})})


class Slack(Protocol):
    """What the server asks for its answers."""

    #: How far Slack's clock is ahead of this machine's.
    seconds_ahead: float

    @property
    def is_down(self) -> bool: ...

    def answer(self, method: str, params: dict[str, Any], token: str) -> Reply: ...


class FakeServer(ThreadingHTTPServer):
    """Takes the requests and asks the fake Slack what to answer."""

    allow_reuse_port = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, slack: Slack) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.slack = slack

    def shutdown_request(self, request: Any) -> None:
        # Closing alone: after it a connection that lingers for no time is reset.
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that gave up are part of the tests; they are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: FakeServer
    timeout = 30

    def do_POST(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.slack.is_down:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        params = _params(url.query, body, self.headers.get_content_type())
        token = str(params.pop("token", ""))
        scheme, _, bearer = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            token = bearer
        method = url.path.removeprefix("/api/")
        if url.path.startswith("/files/"):
            method, params = "file", {"file": url.path.split("/")[2], "path": url.path}
        reply = self.server.slack.answer(method, params, token)
        if reply.body is None:
            self.close_connection = True
            return
        with contextlib.suppress(OSError):  # the caller may have left
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        now = time.time() if timestamp is None else timestamp
        return super().date_time_string(now + self.server.slack.seconds_ahead)

    do_GET = do_POST  # noqa: N815  (the name is http.server's)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the calls are kept in ``FakeSlack.calls``."""


def _params(query: str, body: bytes, content_type: str) -> dict[str, Any]:
    fields: dict[str, Any] = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    if content_type == "application/json":
        with contextlib.suppress(ValueError):
            fields.update(json.loads(body))
        return fields
    fields.update(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    for name in _JSON_FIELDS:
        if str(fields.get(name, ""))[:1] in ("[", "{"):
            with contextlib.suppress(ValueError):
                fields[name] = json.loads(fields[name])
    return fields
