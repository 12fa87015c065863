"""One call of Slack's Web API: slack_sdk builds it and reads the answer, our transport sends it.

One try, one of the four kinds of SlackError where it fails, and ``slack_called`` tells how it went.
"""

from __future__ import annotations

import json
import logging
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from response.slack import transport
from response.slack.errors import (
    SlackError,
    SlackInDoubt,
    SlackNotReached,
    SlackRateLimited,
    SlackRefused,
    error_of_answer,
)
from response.telemetry import slack_called
from response.transactions import lend_connection

Answer = dict[str, Any]

#: slack_sdk logs requests and answers, which hold what people wrote. This logger stands outside the
#: tree of loggers, so no configuration of the host's brings it to speak.
SILENCE = logging.Logger("slack_sdk", level=logging.CRITICAL + 1)  # noqa: LOG001

_OUTCOMES = {
    SlackRateLimited: "rate_limited",
    SlackInDoubt: "in_doubt",
    SlackNotReached: "not_reached",
}


def ask(
    method: str, params: Mapping[str, Any], *, token: str, base_url: str, timeout: float
) -> tuple[Answer, dict[str, str]]:
    """Call ``method`` once; returns the answer, and its headers by their names in lower case.

    Lists and objects among ``params`` are sent as JSON, lists of strings as Slack's comma-separated
    lists. ``timeout`` is in seconds, as ``response.slack.transport.send`` counts them. Raises the
    errors of ``response.slack.errors``.
    """
    if not token:
        raise SlackRefused(f"No token to call {method} with: set SLACK_TOKEN", "not_authed")
    if not base_url.startswith(("https://", "http://")):
        raise SlackNotReached(f"Slack was not reached for {method}: SLACK_API_URL is no URL")
    sdk = _OneTry(
        token=token,
        base_url=base_url,
        timeout=timeout,  # type: ignore[arg-type]  # handed on to a socket, which takes floats
        retry_handlers=[],
        logger=SILENCE,
    )
    with telling(method):
        try:
            response = sdk.api_call(method, params=_form(params))
        except transport.UnconnectedError as error:
            raise SlackNotReached(f"Slack was not reached for {method}: {error}") from error
        except transport.BrokenOffError as error:
            raise SlackInDoubt(
                f"Slack did not answer {method}: {error}", timed_out=error.timed_out
            ) from error
        except SlackApiError as error:
            answer = error.response
            data = object_of(answer.data)
            # From None: the SDK's error prints the answer, which may hold what people wrote.
            raise error_of_answer(method, answer.status_code, answer.headers, data) from None
    headers = {name.lower(): str(value) for name, value in response.headers.items()}
    return object_of(response.data) or {}, headers


@contextmanager
def telling(method: str) -> Iterator[None]:
    """Around asking Slack: tell how it went and how long it took; meanwhile others have the
    connection to the database."""
    lend_connection()
    begun, outcome = time.perf_counter(), "ok"
    try:
        yield
    except SlackError as error:
        outcome = _OUTCOMES.get(type(error), "refused")
        raise
    finally:
        seconds = time.perf_counter() - begun
        slack_called.send_robust(None, method=method, outcome=outcome, seconds=seconds)


def object_of(data: object) -> Answer | None:
    """An answer, or a part of one, where it is a JSON object."""
    return data if isinstance(data, dict) else None


class _OneTry(WebClient):
    """slack_sdk's client, sending through our transport."""

    def _perform_urllib_http_request_internal(
        self, url: str, req: urllib.request.Request
    ) -> dict[str, Any]:
        answer = transport.send(req, self.timeout)
        text = answer.body.decode("utf-8", "replace")
        # The SDK expects an object and puts anything else into its error messages.
        body = text if _is_object(text) else "{}"
        return {"status": answer.status, "headers": answer.headers, "body": body}


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _form(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as a form's fields, which every method takes; not all of them take JSON."""
    return {name: _field(value) for name, value in params.items()}


def _field(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and value and all(isinstance(v, str) for v in value):
        value = ",".join(value)
    elif isinstance(value, (dict, list, tuple)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        # Half of a surrogate pair has no UTF-8.
        return value.encode("utf-8", "replace").decode()
    return value
