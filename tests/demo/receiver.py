"""An app at the other end: it takes what the workspace sends, checks it, and answers as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier

SIGNING_SECRET = "practice-workspace-signing-secret"

Json = dict[str, Any]


@dataclass(frozen=True)
class Received:
    """One request as it came, with what slack_sdk thinks of its signature."""

    path: str
    headers: dict[str, str]
    body: str
    signed: bool

    @property
    def door(self) -> str:
        return self.path.rstrip("/").rpartition("/")[2]

    @property
    def fields(self) -> Json:
        """The fields of a command, or the payload of a click or a form."""
        fields = {name: values[0] for name, values in parse_qs(self.body, True).items()}
        return json.loads(fields["payload"]) if "payload" in fields else fields

    @property
    def envelope(self) -> Json:
        return json.loads(self.body)

    @property
    def event(self) -> Json:
        return self.envelope.get("event", {})


@dataclass(frozen=True)
class Reply:
    body: str | Json = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Receiver:
    """A real HTTP server that stands where the app would."""

    def __init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._verifier = SignatureVerifier(SIGNING_SECRET)
        self._changed = threading.Condition()
        self.reset()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], Reply] = lambda request: Reply()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Received(
            handler.path, headers, raw.decode(), self._verifier.is_valid_request(raw, headers)
        )
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
        reply = self.answer(request)
        is_json = isinstance(reply.body, dict)
        content = (json.dumps(reply.body) if is_json else str(reply.body)).encode()
        handler.send_response(reply.status)
        handler.send_header("Content-Type", "application/json" if is_json else "text/plain")
        handler.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def wait_for(self, wanted: Callable[[Received], bool], count: int = 1) -> list[Received]:
        """Return the requests that fit, as soon as there are ``count`` of them."""

        def found() -> list[Received]:
            return [one for one in self.received if wanted(one)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, timeout=20), [
                (one.door, one.body[:200]) for one in self.received
            ]
            return found()

    def events(self, type_: str, subtype: str | None = None, count: int = 1) -> list[Received]:
        """Wait for events of a type, and of a subtype if one is given ("" for none)."""
        return self.wait_for(
            lambda one: (
                one.door == "event"
                and one.event.get("type") == type_
                and (subtype is None or one.event.get("subtype", "") == subtype)
            ),
            count,
        )
