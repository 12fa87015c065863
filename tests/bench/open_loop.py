"""Requests at a constant rate, as Slack sends them: whoever is slow is asked all the same.

Clients that wait for an answer before they ask again are patient with whom they measure: while
nothing is answered, nothing is asked. So each request here has an instant at which it is due, and
its time is counted from then.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from typing import Literal

from response.testing import payloads
from response.testing.payloads import Request
from tests.bench.jobs import FIRST_PRESSED, JOBS, SPEAKERS, Call, signed
from tests.bench.load import Measured

#: Enough for 200 a second of which each takes the third of a second.
SENDERS = 64
TIMEOUT = 10  # seconds

Kind = Literal["events", "forms", "buttons"]
Plan = list[tuple[Kind, Call]]

# Of twenty requests sixteen are messages, two are commands, one is a form, one a button.
_FORM, _BUTTON, _COMMANDS = 7, 17, (2, 12)
_OF = 20


def mixed(number: int, pressed_before: int) -> Plan:
    """So many requests of every kind. Each button is of an incident that has none pressed yet:
    so many have."""
    presses = itertools.count(pressed_before)
    return [_one(place % _OF, place // _OF, presses) for place in range(number)]


def presses_in(number: int) -> int:
    """How many buttons are pressed in so many requests of every kind."""
    return sum(place % _OF == _BUTTON for place in range(number))


def _one(place: int, round_of_all: int, presses: Iterator[int]) -> tuple[Kind, Call]:
    if place == _FORM:
        return "forms", signed(_edit(round_of_all) if round_of_all % 2 else _report())
    if place == _BUTTON:
        return "buttons", signed(_press(next(presses)))
    if place in _COMMANDS:
        return "events", JOBS["command event"].call("ours")
    return "events", JOBS["message in a comms channel"].call("ours")


def _report() -> Request:
    return JOBS["form submission"].make()


def _edit(number: int) -> Request:
    values = {"report": payloads.typed(f"Checkout is failing, seen {number} times")}
    opened = json.dumps({"incident": 1})
    return payloads.view_submission("incident-edit-dialog", values, private_metadata=opened)


def _press(number: int) -> Request:
    """One that opens no form: what opens one asks Slack while the person waits."""
    button = "create-comms-channel-button" if number % 2 else "close-incident-button"
    return payloads.block_action(button, str(FIRST_PRESSED + number))


def messages(number: int) -> Plan:
    """So many plain messages, in turn by everybody in every channel of ``fill_for_counting``."""
    said = itertools.cycle(SPEAKERS)
    return [
        ("events", signed(payloads.message("It is full again", user=user, channel=channel)))
        for user, channel in itertools.islice(said, number)
    ]


def at_rate(port: int, plan: Plan, rate: float) -> dict[Kind, Measured]:
    """Send these, ``rate`` a second; what came of them, by kind."""
    due = iter(list(enumerate(plan)))
    results: list[tuple[Kind, float, str]] = []
    ready = threading.Barrier(SENDERS + 1)
    begin = [0.0]

    def send() -> None:
        # Connected with its first request: gunicorn's threads wait for what comes on a new one.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        ready.wait()
        ready.wait()
        while (one := next(due, None)) is not None:
            place, (kind, call) = one
            due_at = begin[0] + place / rate
            time.sleep(max(0.0, due_at - time.perf_counter()))
            failure = _ask(connection, call)
            results.append((kind, time.perf_counter() - due_at, failure))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    ready.wait()
    begin[0] = time.perf_counter() + 0.1
    ready.wait()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begin[0]
    return {
        kind: Measured(
            latencies=[seconds for of, seconds, _failure in results if of == kind],
            failures=[failure for of, _seconds, failure in results if of == kind and failure],
            seconds=took,
        )
        for kind in dict.fromkeys(of for of, _call in plan)
    }


def _ask(connection: http.client.HTTPConnection, call: Call) -> str:
    """What was wrong with the answer; nothing where it was yes."""
    try:
        connection.request(call.method, call.path, call.body or None, call.headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return type(error).__name__
    return "" if answer.status == 200 and not body else f"{answer.status} {body[:80]!r}"


def run_mixed(port: int, number: int, rate: float, pressed: int) -> dict[Kind, Measured]:
    """For a process of its own: make the requests there, and send them."""
    return at_rate(port, mixed(number, pressed), rate)


def run_messages(port: int, number: int, rate: float) -> dict[Kind, Measured]:
    """The same for messages alone."""
    return at_rate(port, messages(number), rate)
