"""Socket Mode of the practice workspace: what goes to the app's doors goes over websockets instead.

A process of its own (``python -m workspace.socket_relay``), because a websocket belongs to one
process, and the workspace is served by several. To them it is the app: they send it the requests
that the app's doors would get, and it answers what the app acknowledged. To the app it is Slack:
it takes the connections whose address ``apps.connections.open`` gave out, and sends each thing in
an envelope over one of them, in turn (docs.slack.dev, "Using Socket Mode").

It prints the two ports it listens at, as JSON, and ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import itertools
import json
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from demo.environment import PRACTICE_SIGNING_SECRET
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

Json = dict[str, Any]

#: Seconds that Slack waits for an acknowledgement, and that an address of a connection is good for.
PATIENCE = 3.0
TICKET_LIVES = 30

KINDS = {"event": "events_api", "action": "interactive", "slash_command": "slash_commands"}


def new_ticket(now: float) -> str:
    """What lets an app connect, for half a minute from ``now`` (seconds since 1970)."""
    return f"{int(now)}-{_signature(int(now))}"


def is_ticket(ticket: str, now: float) -> bool:
    given_out, _, signature = ticket.partition("-")
    if not given_out.isdecimal() or not 0 <= now - int(given_out) <= TICKET_LIVES:
        return False
    return hmac.compare_digest(signature.encode(), _signature(int(given_out)).encode())


def _signature(given_out: int) -> str:
    secret = PRACTICE_SIGNING_SECRET.encode()
    return hmac.new(secret, f"ticket:{given_out}".encode(), hashlib.sha256).hexdigest()


class Relay:
    """The connections of the app, and the envelopes that wait for their acknowledgement."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[ServerConnection] = []
        self._turns = itertools.count()
        self._waiting: dict[str, Queue[Json]] = {}

    def tell(self, kind: str, payload: Json, retry: Json) -> Json | None:
        """Send something to the app; what it was acknowledged with, or None where it was not."""
        envelope_id = str(uuid.uuid4())
        envelope = {
            **{"type": kind, "envelope_id": envelope_id, "payload": payload},
            **{"accepts_response_payload": kind != "events_api", **retry},
        }
        answers: Queue[Json] = Queue()
        with self._lock:
            if not self._connections:
                return None
            connection = self._connections[next(self._turns) % len(self._connections)]
            self._waiting[envelope_id] = answers
        try:
            connection.send(json.dumps(envelope))
            return answers.get(timeout=PATIENCE)
        except (ConnectionClosed, Empty):
            return None
        finally:
            with self._lock:
                self._waiting.pop(envelope_id, None)

    def serve(self, connection: ServerConnection) -> None:
        """Keep a connection until the app ends it."""
        with self._lock:
            self._connections.append(connection)
            number = len(self._connections)
        try:
            connection.send(json.dumps({"type": "hello", "num_connections": number}))
            for said in connection:
                self._acknowledge(said)
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                self._connections.remove(connection)

    def _acknowledge(self, said: str | bytes) -> None:
        try:
            answer = json.loads(said)
            with self._lock:
                answers = self._waiting.get(answer["envelope_id"])
        except (ValueError, KeyError, TypeError):
            return
        if answers is not None:
            answers.put(answer.get("payload") or {})


class Doors(ThreadingHTTPServer):
    """Takes what the workspace has for the app."""

    daemon_threads = True

    def __init__(self, relay: Relay) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.relay = relay


class _Door(BaseHTTPRequestHandler):
    server: Doors

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        kind = KINDS.get(self.path.removeprefix("/slack/"))
        if kind is None:
            self._answer(404)
            return
        answer = self.server.relay.tell(kind, _payload(kind, body), self._retry(kind))
        if answer is None:
            self._answer(503)
        else:
            self._answer(200, json.dumps(answer).encode() if answer else b"")

    def _retry(self, kind: str) -> Json:
        if kind != "events_api":
            return {}
        attempt = int(self.headers.get("X-Slack-Retry-Num") or 0)
        reason = self.headers.get("X-Slack-Retry-Reason") or ""
        return {"retry_attempt": attempt, "retry_reason": reason}

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the workspace keeps its traffic."""


def _payload(kind: str, body: str) -> Json:
    if kind == "events_api":
        payload: Json = json.loads(body)
        return payload
    fields = dict(parse_qsl(body, keep_blank_values=True))
    return json.loads(fields["payload"]) if kind == "interactive" else fields


def _refuse_strangers(connection: ServerConnection, request: Request) -> Response | None:
    (ticket,) = parse_qs(urlsplit(request.path).query).get("ticket") or [""]
    return None if is_ticket(ticket, time.time()) else connection.respond(403, "no ticket\n")


def main() -> None:
    relay = Relay()
    doors = Doors(relay)
    sockets = serve(
        relay.serve, "127.0.0.1", 0, process_request=_refuse_strangers, compression=None
    )
    for server in (doors, sockets):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = {"doors": doors.server_address[1], "sockets": sockets.socket.getsockname()[1]}
    print(json.dumps(ports), flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.read()


if __name__ == "__main__":
    main()
