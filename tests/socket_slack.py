"""A Slack that is reached by Socket Mode: ``FakeSlack``, and the websockets its apps open.

It speaks Slack's envelopes ("Using Socket Mode"): each goes to one of the connections, in turn, and
is noted as acknowledged when its answer comes. It can repeat envelopes, refuse connections, and end
them as Slack does or as a cut cable does.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import struct
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from response.testing import FakeSlack
from response.testing.fake_server import Reply
from response.testing.fake_workspace import Answer, Params
from response.testing.signing import Request

APP_TOKEN = "xapp-1-made-up"

KINDS = {
    "/slack/event": "events_api",
    "/slack/action": "interactive",
    "/slack/slash_command": "slash_commands",
}


class SocketSlack(FakeSlack):
    """See the module. ``answers`` has what each acknowledged envelope was acknowledged with, by
    id; ``asked`` has the methods that were called, from the moment that they are."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._sockets: list[ServerConnection] = []
        self._numbers = itertools.count()
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.opened = 0
        self.takes_connections = True
        self._websockets: Server | None = None

    def start(self) -> SocketSlack:
        super().start()
        if self._websockets is None:
            self._websockets = serve(self._serve, "127.0.0.1", 0, compression=None)
            threading.Thread(target=self._websockets.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        if self._websockets is not None:
            self._websockets.shutdown()
        super().stop()

    @property
    def socket_url(self) -> str:
        assert self._websockets is not None
        port = self._websockets.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket={self.opened}&app_id=A1"

    # Looking

    @property
    def connections(self) -> int:
        """How many are open, and were greeted."""
        with self._changed:
            return len(self._sockets)

    def wait_until(self, happened: Any, timeout: float = 60) -> bool:
        """Wait until ``happened()`` is true, looking after each change of connections and answers;
        False if it was not within ``timeout`` seconds."""
        with self._changed:
            return bool(self._changed.wait_for(happened, timeout))

    # Sending

    def tell(self, request: Request, *, attempt: int = 0, by: int | None = None) -> str:
        """Send what would come over HTTP in an envelope, over the next connection in turn, or the
        one of this number; gives the envelope's id."""
        return self.send(envelope_of(request, f"envelope-{next(self._numbers)}", attempt), by=by)

    def send(self, envelope: dict[str, Any] | str, *, by: int | None = None) -> str:
        """Send an envelope, or whatever else, as it is."""
        with self._changed:
            number = next(self._numbers) if by is None else by
            connection = self._sockets[number % len(self._sockets)]
        text = envelope if isinstance(envelope, str) else json.dumps(envelope)
        connection.send(text)
        return "" if isinstance(envelope, str) else str(envelope.get("envelope_id", ""))

    def answer_to(self, envelope_id: str, timeout: float = 60) -> Any:
        """What an envelope was acknowledged with (None: with nothing), once it was."""
        assert self.wait_until(lambda: envelope_id in self.answers, timeout), "not acknowledged"
        return self.answers[envelope_id]

    # Trouble

    def ask_to_reconnect(self) -> None:
        """Say that all connections are to be taken up anew; and end them, as Slack does."""
        with self._changed:
            old = list(self._sockets)
        for connection in old:
            connection.send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
            self.wait_until(lambda: self.connections > len(old), timeout=10)
            with contextlib.suppress(ConnectionClosed):
                connection.close()

    def cut(self) -> None:
        """End all connections without a word."""
        with self._changed:
            old, self._sockets = self._sockets, []
        for connection in old:
            linger = struct.pack("ii", 1, 0)
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
            connection.socket.close()

    # Serving

    def answer(self, method: str, params: Params, token: str) -> Reply:
        with self._changed:
            self.asked.append(method)
            self._changed.notify_all()
        return super().answer(method, params, token)

    def _perform(self, method: str, params: Params, token: str) -> Answer:
        if method != "apps.connections.open":
            return super()._perform(method, params, token)
        if token != APP_TOKEN:
            wrong_kind = token.startswith("xoxb-")
            error = "not_allowed_token_type" if wrong_kind else "invalid_auth"
            return {"ok": False, "error": error}
        self.opened += 1
        return {"ok": True, "url": self.socket_url}

    def _serve(self, connection: ServerConnection) -> None:
        if not self.takes_connections:
            return
        with self._changed:
            number = len(self._sockets) + 1
        greeting = {"type": "hello", "num_connections": number, "connection_info": {"app_id": "A1"}}
        connection.send(json.dumps(greeting))
        with self._changed:
            self._sockets.append(connection)
            self._changed.notify_all()
        try:
            for said in connection:
                self._note_answer(json.loads(said))
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                if connection in self._sockets:
                    self._sockets.remove(connection)
                self._changed.notify_all()

    def _note_answer(self, said: dict[str, Any]) -> None:
        with self._changed:
            self.answers[said["envelope_id"]] = said.get("payload")
            self._changed.notify_all()


def envelope_of(request: Request, envelope_id: str, attempt: int = 0) -> dict[str, Any]:
    """The envelope of what a request of ``response.testing.payloads`` has in its body."""
    kind = KINDS[request.path]
    return {
        "type": kind,
        "envelope_id": envelope_id,
        "payload": request.data,
        "accepts_response_payload": kind != "events_api",
        **({"retry_attempt": attempt, "retry_reason": "timeout"} if kind == "events_api" else {}),
    }
