"""One HTTP request: one try, bounded in time, and honest about how far it got.

slack_sdk builds the requests to Slack and reads the answers. It sends with urllib, whose time-out
starts again with every byte, whose redirects take the token elsewhere, and whose errors do not say
whether the request had left. So the sending is ours.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The largest body read: a page of 200 people is about 400 kB.
LARGEST_ANSWER = 20_000_000


class UnconnectedError(Exception):
    """There was no connection to send on, so nothing was sent."""


class BrokenOffError(Exception):
    """The request was under way, wholly or in part, and there is no answer to it.

    ``timed_out``: because we stopped waiting.
    """

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


class TooLongError(BrokenOffError):
    """The answer is longer than it may be."""


@dataclass(frozen=True)
class HttpAnswer:
    """An answer of whatever status, redirects and errors too."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    request: urllib.request.Request, timeout: float, *, longest: int = LARGEST_ANSWER
) -> HttpAnswer:
    """Send ``request`` once, for an answer of at most ``longest`` bytes.

    ``timeout`` is in seconds: so long may sending take, and so long after that the last byte of
    the answer may arrive. Connecting has the same time for each address of the host, and within
    the TLS handshake from packet to packet; looking the host up is bounded by the system's resolver
    alone. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are followed, as urllib does; redirects are not.

    Raises UnconnectedError where nothing was sent, BrokenOffError where something may have been.
    """
    opener = urllib.request.build_opener(_HTTP, _HTTPS, _NoRedirects)
    try:
        with _open(opener, request, timeout) as response:
            body: bytes = response.read(longest + 1)
            answer = HttpAnswer(response.status, response.headers, body)
    except (_NoConnectionError, http.client.InvalidURL) as error:
        raise UnconnectedError(str(error)) from error
    except ValueError:
        # From None: the error quotes the header, which is the token.
        raise UnconnectedError("a header has characters that HTTP cannot carry") from None
    except urllib.error.URLError as error:
        # urllib wraps so what fails until the request is sent, and nothing after that.
        if isinstance(error.reason, _NoConnectionError):
            raise UnconnectedError(str(error.reason)) from error
        raise _broken_off(error.reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise _broken_off(error) from error
    if len(body) > longest:
        raise TooLongError("the answer is too long")
    return answer


def _open(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float
) -> Any:
    try:
        return opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as answer:
        return answer  # of a status that urllib dislikes


def _broken_off(reason: object) -> BrokenOffError:
    return BrokenOffError(type(reason).__name__, timed_out=isinstance(reason, TimeoutError))


class _NoConnectionError(OSError):
    """Raised below urllib, which lets an OSError pass."""


class _BoundedReader(io.RawIOBase):
    """What a socket receives, up to ``end`` (of time.monotonic())."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(remaining)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A response whose head and body arrive before ``seconds`` have passed."""

    def __init__(self, sock: socket.socket, *args: Any, seconds: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_BoundedReader(sock, time.monotonic() + seconds))


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, UnicodeError) as error:
            raise _NoConnectionError(str(error)) from error

    def getresponse(self) -> http.client.HTTPResponse:
        seconds = self.sock.gettimeout() or 0.0
        bounded: Any = functools.partial(_BoundedResponse, seconds=seconds)
        self.response_class = bounded
        return super().getresponse()


class _TLSConnection(_Connection, http.client.HTTPSConnection):
    pass


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _HTTP(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _HTTPS(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_TLSConnection, req, context=_tls())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """None: the redirect is the answer."""
