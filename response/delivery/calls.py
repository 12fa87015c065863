"""Asking Slack for something: never inside a transaction, never before Slack said we may.

What Slack asked us to wait for stands in the database, so that every process keeps it, and a
restart does not forget it. Slack counts per method and workspace, and chat.postMessage per channel
(docs: "Rate limits").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection

from response.delivery import clock
from response.delivery.errors import DeliveryError, NotSent, Postponed, TokenRefused
from response.delivery.models import Pause

EVERYTHING = "*"

# How long everything waits where Slack cannot be reached, or does not know our token. Short
# enough that a person hardly notices when it is back, long enough not to be a storm.
UNREACHABLE_PAUSE = timedelta(seconds=2)
TOKEN_PAUSE = timedelta(seconds=15)

# Slack's files are on hosts of their own: where those cannot be reached, all the rest goes on.
FILES = "files"
FILES_PAUSE = timedelta(seconds=30)


class RateLimited(Exception):
    """Raised by a transport: not done, and not to be asked again before ``seconds`` passed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"rate limited for {seconds} s")
        self.seconds = seconds


class Transport(Protocol):
    """How Slack is reached. Raises RateLimited and the errors of ``delivery.errors``."""

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Call a Web API method once, and return Slack's answer."""
        ...

    def find(self, body: Mapping[str, Any], key: str, since: datetime) -> list[str]:
        """The ts of the messages that carry ``key``, where ``body`` would have put them."""
        ...

    def download(self, address: str, at_most: int) -> bytes:
        """Fetch a file of Slack's once, of ``at_most`` so many bytes."""
        ...


_transport: list[Transport] = []


def use_transport(transport: Transport) -> None:
    """Say how Slack is reached; done once, where the parts of Response are put together."""
    _transport[:] = [transport]


def call(
    method: str, body: Mapping[str, Any], *, begin: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Call a Web API method once. ``begin`` notes that Slack is asked, when it may be.

    Raises the errors of ``delivery.errors``; ``Postponed`` without asking where Slack told us to
    wait. It is a bug to call this inside a transaction, which would hold the database while we
    wait for Slack, and might tell Slack what is then rolled back.
    """
    _outside_transactions()
    scopes = _scopes(method, body)
    _respect_pauses(scopes)
    if begin is not None:
        begin()
    check = _check.get()
    # After the note: whoever takes over from us from here on reads it.
    check()
    failure: DeliveryError
    try:
        return _transport[0].call(method, body)
    except RateLimited as limited:
        failure = _postponed(scopes[-1], timedelta(seconds=limited.seconds), "ratelimited")
    except DeliveryError as error:
        failure = error
    if isinstance(failure, NotSent):
        pause(EVERYTHING, UNREACHABLE_PAUSE, str(failure))
    elif isinstance(failure, TokenRefused):
        pause(EVERYTHING, TOKEN_PAUSE, str(failure))
    # What was done is to be noted, by whom it may be. A failure that took its time is not: whoever
    # took over meanwhile may be at it, or done with it.
    check()
    raise failure


@contextmanager
def checking(check: Callable[[], None]) -> Iterator[None]:
    """Have ``check`` called before each call made inside, where there is none if it raises, and
    after one that failed, of which nobody learns if it raises."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


_check: ContextVar[Callable[[], None]] = ContextVar("response_check", default=lambda: None)


def find(body: Mapping[str, Any], key: str, since: datetime) -> list[str]:
    """Look in Slack for messages that carry ``key``; raises as ``call`` does."""
    _outside_transactions()
    return _transport[0].find(body, key, since)


def download(address: str, at_most: int) -> bytes:
    """Fetch a file that Slack has, of ``at_most`` so many bytes.

    Raises as ``call`` does; where Slack's files are out of reach or limited, only files wait.
    """
    _outside_transactions()
    _check.get()()
    _respect_pauses([EVERYTHING, FILES])
    try:
        return _transport[0].download(address, at_most)
    except RateLimited as limited:
        raise _postponed(FILES, timedelta(seconds=limited.seconds), "ratelimited") from None
    except NotSent as error:
        pause(FILES, FILES_PAUSE, str(error))
        raise


def pause(scope: str, length: timedelta, reason: str) -> datetime:
    """Ask nothing of this scope for a while; returns until when."""
    until = clock.now() + length
    longer = Pause.objects.filter(scope=scope, until__gte=until).first()
    if longer is not None:
        # Two that asked at once were both told to wait.
        return longer.until
    Pause.objects.update_or_create(scope=scope, defaults={"until": until, "reason": reason[:200]})
    return until


def everything_paused() -> bool:
    """Whether Slack is out of reach, or refuses our token, so that nobody need try."""
    return Pause.objects.filter(scope=EVERYTHING, until__gt=clock.now()).exists()


def _scopes(method: str, body: Mapping[str, Any]) -> list[str]:
    scopes = [EVERYTHING, method]
    if method == "chat.postMessage":
        scopes.append(f"{method} {body.get('channel', '')}")
    return scopes


def _respect_pauses(scopes: list[str]) -> None:
    held = Pause.objects.filter(scope__in=scopes, until__gt=clock.now()).order_by("until").last()
    if held is not None:
        raise Postponed(held.reason, held.until)


def _postponed(scope: str, length: timedelta, reason: str) -> Postponed:
    return Postponed(reason, pause(scope, length, reason))


def _outside_transactions() -> None:
    if connection.in_atomic_block:
        raise RuntimeError("Slack must not be asked for anything inside a transaction.")
