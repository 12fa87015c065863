"""Slack's other door: a websocket that we open, so that Slack need not reach us.

What comes over it is what comes over HTTP, in envelopes, and is answered by the same ``reception``;
see Slack's page "Using Socket Mode". slack_sdk's client keeps the connection: it answers pings, and
takes up a new one where Slack says so or the old one is gone.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db import close_old_connections, reset_queries
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin import SocketModeClient

from response import doors
from response.conf import conf
from response.delivery import clock
from response.exceptions import ResponseError
from response.slack import reception, sightings
from response.slack.client import SlackClient
from response.slack.errors import SlackError, SlackInDoubt, SlackRateLimited, SlackRefused
from response.slack.payloads import MalformedPayloadError, envelope_of, type_of
from response.slack.signing import LARGEST_BODY
from response.slack.web_call import SILENCE
from response.transactions import DATABASE_TROUBLE, lend_connection

logger = logging.getLogger(__name__)

#: How many things are answered at a time; each may wait for Slack, which opens a form, for 2 s.
AT_ONCE = 10

#: Seconds between the pings by which a lost connection is noticed; four without an answer are it.
PING = 2.0

#: Seconds between two looks at whether there is a connection, and between two notes that there is.
LOOK, SHOWN_EVERY = 1.0, 60.0

#: Bytes; more, slack_sdk's client does not fit into a frame.
LONGEST_ACKNOWLEDGEMENT = 65_535

TOO_LONG = "The answer to this is too long to be shown here."


def answer_envelope(raw: str) -> reception.Answer | None:
    """What an envelope is acknowledged with; nothing to say is an empty answer.

    None where it must not be acknowledged, so that Slack comes again with it. Raises
    MalformedPayloadError.
    """
    if len(raw) > LARGEST_BODY:
        raise MalformedPayloadError("too large")
    kind, payload = envelope_of(raw)
    with doors.answering():
        match kind:
            case "events_api":
                return {} if reception.hear(payload) else None
            case "interactive":
                return reception.answer_interaction(payload)
            case "slash_commands":
                return reception.answer_command(payload)
    logger.info("Nothing here answers envelopes of the type %r.", kind)
    return {}


def acknowledgement(envelope_id: str, answer: reception.Answer, kind: str) -> dict[str, Any] | None:
    """What is said to Slack when an envelope of this ``kind`` was answered; None where it is too
    long to be said."""
    said: dict[str, Any] = {"envelope_id": envelope_id}
    said |= {"payload": answer} if answer else {}
    if len(json.dumps(said)) <= LONGEST_ACKNOWLEDGEMENT:
        return said
    logger.error("The answer to an envelope (%s) is too long for Socket Mode.", kind)
    if kind != "slash_commands":
        # Not acknowledged, a form stays open with what was typed.
        return None
    return {**said, "payload": {"response_type": "ephemeral", "text": TOO_LONG}}


class SocketMode:
    """A connection to Slack, and the threads that answer what comes over it.

    ``token`` is the app-level one (xapp-…) with the scope connections:write.
    """

    def __init__(self, token: str) -> None:
        self._stopping = threading.Event()
        self._presence = Presence()
        self._greeted: str | None = None
        self._connection = _Connection(token)
        self._connection.message_listeners.append(self._take)

    def run(self) -> None:
        """Answer what Slack tells us until ``stop``; then finish what was begun.

        Waits where Slack cannot be reached. Raises SlackRefused where it refuses to be connected
        with from the start, which a person has to do something about.
        """
        try:
            while not self._stopping.is_set() and not self._connects():
                self._stopping.wait(self._connection.pace.left())
            while not self._stopping.wait(LOOK):
                sightings.here.write_down_soon()
                if self._is_heard():
                    self._presence.show()
        finally:
            self._stopping.set()
            # In this order: what is being answered is acknowledged before the connection ends.
            self._connection.message_workers.shutdown()
            self._connection.close()

    def stop(self) -> None:
        """End ``run`` soon. What comes from now on is left for the other connections."""
        self._stopping.set()

    def _connects(self) -> bool:
        """Whether it came to a connection, which is then kept, or taken up anew."""
        try:
            self._connection.connect()
        except SlackRefused:
            raise
        except (SlackError, TooSoonError):
            return False
        return True

    def _is_heard(self) -> bool:
        """Whether there is a connection over which Slack has said something."""
        is_greeted = self._greeted == self._connection.session_id()
        return is_greeted and self._connection.is_connected()

    def _take(self, _client: object, message: Mapping[str, Any], raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self._connection.pace.succeeded()
            self._greeted = self._connection.session_id()
            logger.info("Connected to Slack, which has %s.", _connections_of(message))
        envelope_id = message.get("envelope_id")
        if not isinstance(envelope_id, str) or raw is None or self._stopping.is_set():
            return
        reset_queries()
        close_old_connections()
        try:
            answer = answer_envelope(raw)
        except MalformedPayloadError as error:
            # Acknowledged, for it would make no more sense if it came again.
            logger.warning("An envelope of Slack's makes no sense (%s).", error)
            answer = {}
        except Exception:
            logger.exception("An envelope was not acknowledged, because answering it failed.")
            return
        finally:
            close_old_connections()
        if answer is not None:
            self._acknowledge(envelope_id, answer, type_of(message))

    def _acknowledge(self, envelope_id: str, answer: reception.Answer, kind: str) -> None:
        said = acknowledgement(envelope_id, answer, kind)
        if said is None:
            return
        try:
            self._connection.send_socket_mode_response(said)
        except SlackClientNotConnectedError:
            logger.warning("The connection was lost before an envelope (%s) was answered.", kind)


class Presence:
    """Keeps in the database, about once a minute, that there is a connection to Slack.

    ``seconds`` is a clock that never goes back.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._shown_at = -SHOWN_EVERY

    def show(self) -> None:
        """There is one just now."""
        now = self._seconds()
        if now - self._shown_at < SHOWN_EVERY:
            return
        self._shown_at = now
        close_old_connections()
        try:
            clock.beat(clock.SOCKET)
        except DATABASE_TROUBLE:
            logger.warning("The database was not told that Slack is connected.", exc_info=True)
        finally:
            close_old_connections()
            lend_connection()


class TooSoonError(ResponseError):
    """It is too early to ask Slack for another connection."""


class Pace:
    """How often Slack is asked for a connection: ever more seldom while none lasts.

    The method is one of the most limited ("Rate limits", tier 1). ``seconds`` is a clock that
    never goes back.
    """

    SLOWEST = 30.0  # seconds
    STEADY = 10.0  # seconds that a connection lasts which was worth having

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._asked = 0
        self._not_before = 0.0
        self._connected_at: float | None = None

    def begin(self) -> None:
        """Count an attempt. Raises TooSoonError."""
        with self._lock:
            now = self._seconds()
            self._end(now)
            if now < self._not_before:
                raise TooSoonError(f"{self._not_before - now:.1f} s too soon")
            # The second may be at once: Slack may ask for it as soon as it has greeted us.
            self._not_before = now + (min(2.0**self._asked, self.SLOWEST) if self._asked else 0.0)
            self._asked += 1

    def wait(self, seconds: float) -> None:
        """Make no attempt for so long."""
        with self._lock:
            self._not_before = max(self._not_before, self._seconds() + seconds)

    def succeeded(self) -> None:
        """The attempt led to a connection."""
        with self._lock:
            self._connected_at = self._seconds()

    def ended(self) -> None:
        """There is a connection no longer; if it lasted, the next may be had at once."""
        with self._lock:
            self._end(self._seconds())

    def _end(self, now: float) -> None:
        if self._connected_at is not None and now - self._connected_at >= self.STEADY:
            self._asked, self._not_before = 0, 0.0
        self._connected_at = None

    def left(self) -> float:
        """Seconds until the next attempt."""
        with self._lock:
            return max(self._not_before - self._seconds(), 0.0)


class _Connection(SocketModeClient):
    """slack_sdk's client, which asks for its addresses as we do, and logs nothing: its lines have
    what people wrote in them."""

    def __init__(self, token: str) -> None:
        super().__init__(
            token,
            logger=SILENCE,
            ping_interval=PING,
            receive_buffer_size=65_536,
            concurrency=AT_ONCE,
            on_error_listeners=[self._note_error],
            on_close_listeners=[self._note_end],
        )
        self.pace = Pace()

    def issue_new_wss_url(self) -> str:
        self.pace.begin()
        try:
            answer = SlackClient(self.app_token).api_call("apps.connections.open")
            return address_in(answer)
        except SlackRateLimited as limited:
            self.pace.wait(limited.retry_after)
            logger.warning("Slack was asked for a connection too often: %s", limited)
            raise
        except SlackError as error:
            logger.warning("There is no connection to Slack: %s", error)
            raise

    def connect(self) -> None:
        if self.wss_uri is None:
            self.wss_uri = self.issue_new_wss_url()
        # The SDK takes the proxy from the environment, and knows of no exceptions (NO_PROXY).
        host = urlsplit(self.wss_uri).hostname or ""
        is_direct = urllib.request.proxy_bypass(host)
        self.proxy = None if is_direct else urllib.request.getproxies().get("https")
        super().connect()

    def _note_error(self, error: Exception) -> None:
        self.pace.ended()
        logger.warning("The connection to Slack was lost (%s).", type(error).__name__)

    def _note_end(self, code: int, _reason: str | None = None) -> None:
        self.pace.ended()
        logger.info("Slack ended a connection (%s).", code)


def address_in(answer: Mapping[str, Any]) -> str:
    """The address of the websocket in an answer of apps.connections.open, if it is safe to go
    there: slack_sdk encrypts on port 443 alone, whatever the scheme says. Raises SlackInDoubt."""
    url = answer.get("url")
    if not isinstance(url, str) or not _is_safe(url):
        raise SlackInDoubt("Slack's answer to apps.connections.open has no address to go to")
    return url


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    # Where the Web API is not encrypted either, somebody tries something out.
    is_tried_out = parts.scheme == "ws" and conf.SLACK_API_URL.startswith("http://")
    is_encrypted = parts.scheme == "wss" and port in (None, 443)
    return bool(parts.hostname) and (is_encrypted or is_tried_out)


def _connections_of(message: Mapping[str, Any]) -> str:
    number = message.get("num_connections")
    if not isinstance(number, int):
        return "connections of this app"
    return "1 connection of this app" if number == 1 else f"{number} connections of this app"
