"""What is told of each request of Slack's and each call to it, for whoever measures or logs.

A receiver must be quick and must not raise; whatever it raises is dropped.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse

#: A door of Slack's answered. ``door``: its name; ``status``: of HTTP; ``seconds``: it took.
door_answered = Signal()

#: Slack was asked. ``method``: of the Web API; ``outcome``: "ok", "refused", "rate_limited",
#: "not_reached" or "in_doubt"; ``seconds``: it took.
slack_called = Signal()

_current: ContextVar[str] = ContextVar("response_request_id", default="")

# What a proxy may have called a request; nothing else goes into a log line.
_FROM_OUTSIDE = re.compile(r"[A-Za-z0-9._:-]{1,80}")


@contextmanager
def about(request_id: str) -> Iterator[None]:
    """Have log lines written inside say what they are about."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def about_request(request: HttpRequest) -> Iterator[str]:
    """The same for a request: under the id that its X-Request-ID gives it, or a new one."""
    if known := _current.get():
        yield known
        return
    given = request.headers.get("X-Request-ID", "")
    request_id = given if _FROM_OUTSIDE.fullmatch(given) else uuid.uuid4().hex[:16]
    with about(request_id):
        yield request_id


class RequestIdFilter(logging.Filter):
    """For LOGGING: gives each record a ``request_id``. It is the request's, or in the background
    the key of what is handled; a dash where there is neither."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get() or "-"
        return True


class RequestIdMiddleware:
    """For MIDDLEWARE, where every page is to have an id: it stands in X-Request-ID of the answer.
    Slack's doors have theirs without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with about_request(request) as request_id:
            response = self._get_response(request)
        response["X-Request-ID"] = request_id
        return response
