"""What can go wrong between us and Slack's Web API, sorted by what the caller may do next.

==================  ================================================  =======================
error               what is known                                     trying again
==================  ================================================  =======================
SlackRefused        Slack answered and did not do it                  pointless as it stands
SlackRateLimited    Slack answered "later", and did not do it         after ``retry_after``
SlackNotReached     the request never left this machine               any time
SlackInDoubt        it left; nobody knows whether Slack did it        after looking it up
==================  ================================================  =======================

No text of a message and no token is in what these errors print: they may be logged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from response.exceptions import ResponseError


class SlackError(ResponseError):
    """A call to Slack did not succeed; the base of the four kinds above.

    ``slack_error`` is Slack's own code ("channel_not_found"), or None where Slack sent none.
    """

    def __init__(self, message: str, slack_error: str | None = None) -> None:
        super().__init__(message)
        self.slack_error = slack_error


class SlackRefused(SlackError):
    """Slack answered ``ok: false``. ``details`` is the whole answer, for instance the ``errors``
    of conversations.invite or the ``needed`` scope of missing_scope."""

    def __init__(
        self, message: str, slack_error: str, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, slack_error)
        self.details: Mapping[str, Any] = details or {}


class SlackRateLimited(SlackError):
    """Too many calls of this method. ``retry_after``: seconds to leave it alone for."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message, "ratelimited")
        self.retry_after = retry_after


class SlackNotReached(SlackError):
    """No connection: the name does not resolve, it is refused, the certificate is wrong."""


class SlackInDoubt(SlackError):
    """The request may have been carried out. ``timed_out``: whether we stopped waiting, so that
    Slack may even carry it out later."""

    def __init__(
        self, message: str, slack_error: str | None = None, *, timed_out: bool = False
    ) -> None:
        super().__init__(message, slack_error)
        self.timed_out = timed_out


#: Slack always says how long. Where something on the way answers 429 without it, half of the
#: minute over which Slack counts ("Rate limits") is long enough not to make it worse.
UNSAID_RETRY_AFTER = 30.0
#: Nobody waits longer on the word of one header.
LONGEST_RETRY_AFTER = 3600.0

#: The codes with which Slack says that something broke on its side. The reference page of every
#: method says of them that some aspect of the operation may have succeeded.
_BROKEN_AT_SLACK = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
_RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})


def error_of_answer(
    method: str, status: int, headers: Mapping[str, str], answer: Mapping[str, Any] | None
) -> SlackError:
    """The error that an answer other than a success stands for.

    ``answer`` is the JSON object of the body, or None where it is something else.
    """
    code = answer.get("error") if answer is not None else None
    code = code if isinstance(code, str) and code else None
    if status == 429 or code in _RATE_LIMITED:
        seconds = _retry_after(headers)
        return SlackRateLimited(f"Slack limits {method} for {seconds:g} s", seconds)
    if code in _BROKEN_AT_SLACK or status >= 500:
        return SlackInDoubt(f"Slack failed at {method}: {code or f'HTTP {status}'}", code)
    if answer is None or code is None:
        return SlackInDoubt(f"Slack's answer to {method} makes no sense (HTTP {status})")
    hint = ""
    if code == "missing_scope" and isinstance(needed := answer.get("needed"), str):
        hint = f" (the app needs the scope {needed})"
    return SlackRefused(f"Slack refused {method}: {code}{hint}", code, answer)


def _retry_after(headers: Mapping[str, str]) -> float:
    said = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(said)
    except ValueError:
        return UNSAID_RETRY_AFTER
    if not math.isfinite(seconds) or seconds < 0:
        return UNSAID_RETRY_AFTER
    return min(seconds, LONGEST_RETRY_AFTER)
