"""The jobs that are measured, each as the HTTP requests that ask for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from response.testing import payloads
from response.testing.payloads import Request

#: What ``seed.fill`` makes: the incident that is read, its channel, and a reader's session.
INCIDENT = 1
CHANNEL = "CBENCH"
SESSION = "thesessionofthebenchmarksreader0"

#: The thousandth page of the change feed comes after this place in it.
FEED_AFTER = 99_900

#: What ``seed.fill_for_load`` makes: people in channels of incidents, who talk by turns, and
#: incidents of which each is pressed a button of once.
SPEAKERS = [(f"USPEAKER{one:02}", f"CCOUNT{place}") for one in range(20) for place in range(10)]
FIRST_PRESSED, MOST_PRESSED = 1001, 400

Side = Literal["ours", "bare"]


@dataclass(frozen=True)
class Call:
    """One HTTP request, ready to be sent."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Job:
    """``make`` makes the next request of Slack's, or the one page; none is a repeat.

    ``many``: it is asked over the rows of ``seed.fill_for_programs``.
    """

    name: str
    make: Callable[[], Request]
    many: bool = False

    def call(self, side: Side) -> Call:
        """The next request, signed now."""
        request = self.make()
        path = request.path if side == "ours" else f"/bare{request.path}"
        if not request.body:
            return Call("GET", path, b"", {"Cookie": f"sessionid={SESSION}"})
        return signed(request, path)


def signed(request: Request, path: str = "") -> Call:
    """A request of Slack's, to its own path or another, signed now: its five minutes begin."""
    headers = payloads.sign(payloads.SIGNING_SECRET, int(time.time()), request.body)
    headers["Content-Type"] = request.content_type
    return Call("POST", path or request.path, request.body, headers)


def _report() -> Request:
    return payloads.view_submission(
        "incident-report-dialog",
        {
            "report": payloads.typed("Checkout was failing"),
            # One that is over: of live ones it would ask whether it is one of the others.
            "incident_type": payloads.radio("report"),
            "summary": payloads.typed("One in five payments is refused since the deploy."),
            "impact": payloads.typed("Everyone who pays by card."),
            "lead": payloads.person(payloads.BEN),
            "severity": payloads.chosen("2", "major"),
        },
        private_metadata=json.dumps({"channel": payloads.GENERAL}),
    )


def _page(path: str) -> Request:
    return Request(path, b"", "")


#: What Slack is answered once one row is stored.
ACKNOWLEDGEMENTS = ("message in a comms channel", "command event")

JOBS = {
    job.name: job
    for job in (
        # Reading first: what the others write makes the tables longer.
        Job("list page", lambda: _page("/")),
        Job("incident document", lambda: _page(f"/incident/{INCIDENT}/")),
        Job("slash command", lambda: payloads.slash_command("Checkout is failing")),
        Job(
            "message outside",
            lambda: payloads.message("Has anyone seen my mug?", channel=payloads.GENERAL),
        ),
        Job(
            "message in a comms channel",
            lambda: payloads.message("It is the new pool size", channel=CHANNEL),
        ),
        Job("command event", lambda: payloads.app_mention("duration", channel=CHANNEL)),
        Job("form submission", _report),
        # Last: they have very many rows of their own.
        Job("API incidents", lambda: _page("/core/incidents/?limit=100"), many=True),
        Job("API feed", lambda: _page(f"/core/events/?limit=100&after={FEED_AFTER}"), many=True),
    )
}
