"""Files that Slack has: from where they may be fetched, and what may come of it.

The token goes along, so it goes to Slack and to nobody else: an address of another host is refused
before anything is sent, and no redirect is followed. Slack redirects to its sign-in whoever may not
have a file (its page "Working with files").
"""

from __future__ import annotations

import re
import urllib.request
from urllib.parse import urlsplit

from response.slack import transport
from response.slack.errors import (
    SlackError,
    SlackInDoubt,
    SlackNotReached,
    SlackRefused,
    error_of_answer,
)

# Codes of our own, in the place of Slack's; for files it has none.
ELSEWHERE = "not_at_slack"
SIGN_IN = "sign_in_page"
TOO_LARGE = "file_too_large"
GONE = "file_not_found"

_SLACK = ".slack.com"

# What comes in the place of a file may be longer than the file may be.
_LONGEST_PAGE = 100_000

# Parsers differ in what they make of anything else, and so in the host they find.
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_REST = re.compile(r"[!-\[\]-~]*")  # printable ASCII but the backslash


def fetch(address: str, *, token: str, base_url: str, timeout: float, at_most: int) -> bytes:
    """Fetch a file of at most so many bytes, by one request.

    ``base_url`` is where the Web API is: files may be at its host, at those below it, and at those
    of slack.com. Raises the errors of ``response.slack.errors``.
    """
    if not _is_slacks(address, base_url):
        raise SlackRefused("The file is not at Slack, so it is not fetched", ELSEWHERE)
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        answer = transport.send(request, timeout, longest=max(at_most, _LONGEST_PAGE))
    except transport.UnconnectedError as error:
        raise SlackNotReached(f"Slack's files were not reached: {error}") from error
    except transport.TooLongError:
        raise _too_large(at_most) from None
    except transport.BrokenOffError as error:
        reason = f"Slack did not give the file: {error}"
        raise SlackInDoubt(reason, timed_out=error.timed_out) from error
    kind = str(answer.headers.get("Content-Type") or "")
    if answer.status != 200 or kind.startswith("text/html"):
        raise _refusal(answer)
    if len(answer.body) > at_most:
        raise _too_large(at_most)
    return answer.body


def _too_large(at_most: int) -> SlackRefused:
    return SlackRefused(f"The file is larger than {at_most} bytes", TOO_LARGE)


def _refusal(answer: transport.HttpAnswer) -> SlackError:
    if answer.status in (404, 410):
        return SlackRefused("Slack does not have the file any more", GONE)
    if answer.status == 200 or 300 <= answer.status < 400:
        # That it answers 200 and a page is what it does for some clients.
        return SlackRefused(
            "Slack asks to sign in instead of giving the file: does the app have the scope "
            f"files:read? ({SIGN_IN})",
            SIGN_IN,
        )
    if answer.status == 429 or answer.status >= 500:
        return error_of_answer("a file", answer.status, answer.headers, None)
    return SlackRefused(f"Slack refused the file: HTTP {answer.status}", f"http_{answer.status}")


def _is_slacks(address: str, base_url: str) -> bool:
    try:
        place, api = urlsplit(address), urlsplit(base_url)
        ours = (api.scheme, api.port)
        theirs = (place.scheme, place.port)
    except ValueError:
        return False
    rest = address[len(f"{place.scheme}://{place.netloc}") :]
    if not _HOST.fullmatch(place.netloc) or not _REST.fullmatch(rest):
        return False
    host = f".{(place.hostname or '').lower()}"
    at_api = theirs == ours and host.endswith(f".{(api.hostname or '').lower()}")
    return at_api or (theirs == ("https", None) and host.endswith(_SLACK))
