"""Socket Mode: what Slack says over a websocket is answered as over HTTP, by real processes."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from response.testing.payloads import (
    ANA,
    GENERAL,
    INCIDENTS,
    app_mention,
    block_action,
    chosen,
    event,
    person,
    slash_command,
    typed,
    view_submission,
)
from response.testing.signing import Request
from tests.servers import ROOT, Site, eventually, installed
from tests.socket_slack import APP_TOKEN, SocketSlack

REPORT = "incident-report-dialog"


class Receiver:
    """A process that runs ``manage.py response_socket`` over a site's database."""

    def __init__(self, site: Site, log: Path, **environment: str) -> None:
        self._log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "django", "response_socket"],
                cwd=ROOT,
                env={**site.environment, "TEST_SLACK_APP_TOKEN": APP_TOKEN, **environment},
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def end(self) -> int:
        """Ask it to end, as a deploy does; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def socket_slack() -> Iterator[SocketSlack]:
    with SocketSlack() as slack:
        yield slack


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, socket_slack: SocketSlack
) -> Iterator[Site]:
    with installed(tmp_path_factory.mktemp("site"), socket_slack, "socket") as site:
        yield site


@pytest.fixture
def slack(socket_slack: SocketSlack) -> Iterator[SocketSlack]:
    socket_slack.reset()
    socket_slack.follow_clock()
    socket_slack.asked.clear()
    socket_slack.answers.clear()
    yield socket_slack
    socket_slack.reset()


@pytest.fixture
def receive(
    installation: Site, slack: SocketSlack, tmp_path: Path
) -> Iterator[Callable[..., Receiver]]:
    """Start a process, and return once it is connected."""
    started: list[Receiver] = []

    def start(*, connects: bool = True, **environment: str) -> Receiver:
        connected = slack.connections
        log = tmp_path / f"receiver-{len(started)}.log"
        receiver = Receiver(installation, log, **environment)
        started.append(receiver)
        if connects:
            assert slack.wait_until(lambda: slack.connections > connected), receiver.said
        return receiver

    yield start
    for receiver in started:
        with contextlib.suppress(ProcessLookupError):
            receiver.process.kill()
        receiver.process.wait()
    assert slack.wait_until(lambda: slack.connections == 0)


def report(title: str, *, has_seen_others: bool = True) -> Request:
    """The form, sent by somebody who knows which incidents are open; or does not."""
    values = {
        "report": typed(title),
        "summary": typed(None),
        "impact": typed(None),
        "lead": person(None),
        "severity": chosen("1"),
    }
    seen = list(range(1, 200)) if has_seen_others else []
    return view_submission(REPORT, values, private_metadata=json.dumps({"seen": seen}))


def titles(site: Site) -> list[str]:
    return [title for (title,) in site.rows("SELECT report FROM response_incident ORDER BY id")]


def channel_of_an_incident(site: Site, slack: SocketSlack, title: str) -> str:
    """Declare an incident over the socket, have its channel made, and return the channel's id."""
    assert slack.answer_to(slack.tell(report(title))) is None
    (number,) = (
        pk for pk, known in site.rows("SELECT id, report FROM response_incident") if known == title
    )
    slack.tell(block_action("create-comms-channel-button", str(number)))

    def channels() -> list[str]:
        rows = site.rows("SELECT incident_id, channel_id FROM response_commschannel")
        return [channel for incident, channel in rows if incident == number]

    assert eventually(channels, timeout=60)
    return channels()[0]


def test_an_incident_is_declared_and_worked_on_with_no_address_of_ours(
    installation, slack, receive
):
    receiver = receive()

    assert slack.answer_to(slack.tell(slash_command("Checkout is failing"))) is None
    (form,) = slack.views
    assert form["callback_id"] == REPORT
    accepted = slack.tell(report("Checkout is failing"))
    assert slack.answer_to(accepted) is None
    assert "Checkout is failing" in titles(installation)

    # The same process does what Slack is owed, although nobody asks it for a page.
    assert slack.wait_for(lambda slack: slack.messages(INCIDENTS), timeout=60)
    channel = channel_of_an_incident(installation, slack, "Search is slow")
    ts = slack.say(channel, "@incident severity major")
    assert (
        slack.answer_to(slack.tell(app_mention("severity major", channel=channel, ts=ts))) is None
    )
    query = "SELECT severity FROM response_incident WHERE report = 'Search is slow'"
    assert eventually(lambda: installation.rows(query) == [("2",)], timeout=60)

    assert receiver.end() == 0


def test_a_field_that_does_not_fit_is_answered_in_the_acknowledgement(installation, slack, receive):
    receive()

    answer = slack.answer_to(slack.tell(report("   ")))

    assert answer["response_action"] == "errors"
    assert list(answer["errors"]) == ["report"]
    assert "   " not in titles(installation)


def test_another_form_in_its_place_comes_in_the_acknowledgement(slack, receive):
    receive()
    slack.answer_to(slack.tell(report("Search is down")))

    answer = slack.answer_to(slack.tell(report("Search is down", has_seen_others=False)))

    assert answer["response_action"] == "update"
    assert "Search is down" in json.dumps(answer["view"])


def test_the_answer_to_a_command_is_shown_to_the_person(slack, receive):
    receive()

    answer = slack.answer_to(slack.tell(slash_command("help")))

    assert answer["response_type"] == "ephemeral"
    assert "/incident" in answer["text"]


def test_an_envelope_that_comes_again_is_acknowledged_and_changes_nothing(
    installation, slack, receive
):
    receive()
    once = report("Declared once")
    slack.answer_to(slack.tell(once))
    assert slack.answer_to(slack.tell(once)) is None
    assert titles(installation).count("Declared once") == 1

    channel = channel_of_an_incident(installation, slack, "Spoken of twice")
    ts = slack.say(channel, "@incident action Call the bank")
    mention = app_mention("action Call the bank", channel=channel, ts=ts)
    for attempt in range(3):
        assert slack.answer_to(slack.tell(mention, attempt=attempt)) is None

    def actions() -> list[str]:
        return [details for (details,) in installation.rows("SELECT details FROM response_action")]

    assert eventually(lambda: "Call the bank" in actions(), timeout=60)
    assert actions().count("Call the bank") == 1
    keys = [key for (key,) in installation.rows("SELECT key FROM response_inbox")]
    assert keys.count(f"event:{mention.data['event_id']}") == 1


def gone_and_back(slack: SocketSlack) -> None:
    """Slack refuses connections for a while."""
    slack.takes_connections = False
    asked = slack.opened
    slack.cut()
    assert slack.wait_until(lambda: slack.opened >= asked + 2)
    slack.takes_connections = True


def api_away(slack: SocketSlack) -> None:
    """Not even an address is to be had for a while."""
    slack.refuse("apps.connections.open", "internal_error")
    asked = slack.asked.count("apps.connections.open")
    slack.cut()
    assert slack.wait_until(lambda: slack.asked.count("apps.connections.open") > asked + 1)
    slack.recover()


@pytest.mark.parametrize(
    "end_connections", [SocketSlack.ask_to_reconnect, SocketSlack.cut, gone_and_back, api_away]
)
def test_a_connection_that_ends_is_taken_up_anew(installation, slack, receive, end_connections):
    receiver = receive()
    slack.answer_to(slack.tell(report("Before")))

    end_connections(slack)

    assert slack.wait_until(lambda: slack.connections), receiver.said
    after = f"After {end_connections.__name__}"
    assert slack.answer_to(slack.tell(report(after))) is None
    assert after in titles(installation)


SHOWN = "SELECT name FROM response_heartbeat WHERE name = 'socket'"
FORGET = "from response.delivery.models import Heartbeat; Heartbeat.objects.all().delete()"


def test_while_it_is_connected_it_shows_itself_and_what_it_hears_without_a_sweep_too(
    installation, slack, receive
):
    installation.run(FORGET)
    receiver = receive(TEST_SWEEP="0")
    assert eventually(lambda: installation.rows(SHOWN), timeout=60), receiver.said
    slack.answer_to(slack.tell(slash_command("Checkout is failing")))
    command = "SELECT name FROM response_heartbeat WHERE name = 'slack: command'"
    assert eventually(lambda: installation.rows(command), timeout=60), receiver.said
    assert receiver.end() == 0


def test_a_connection_over_which_slack_says_nothing_is_none(installation, slack, receive):
    installation.run(FORGET)
    slack.takes_connections = False
    opened = slack.opened
    receiver = receive(connects=False, TEST_SWEEP="0")
    assert slack.wait_until(lambda: slack.opened >= opened + 3), receiver.said
    assert installation.rows(SHOWN) == []
    slack.takes_connections = True
    assert eventually(lambda: installation.rows(SHOWN), timeout=60), receiver.said


def test_it_waits_for_a_slack_that_is_not_there_yet(installation, slack, receive):
    slack.unreachable()
    receiver = receive(connects=False)
    assert eventually(lambda: "no connection to Slack" in receiver.said, timeout=60)

    slack.recover()

    assert slack.wait_until(lambda: slack.connections), receiver.said
    assert slack.answer_to(slack.tell(slash_command("help")))


def test_several_processes_share_the_load_and_each_thing_is_done_once(installation, slack, receive):
    receivers = [receive(), receive()]
    assert slack.connections == 2
    channel = channel_of_an_incident(installation, slack, "Shared")

    told = []
    for number in range(20):
        text = f"action Number {number}"
        ts = slack.say(channel, f"@incident {text}")
        mention = app_mention(text, channel=channel, ts=ts)
        # Over either, and every third over both.
        told.append((mention, slack.tell(mention, by=number)))
        if number % 3 == 0:
            told.append((mention, slack.tell(mention, attempt=1, by=number + 1)))
    for mention, envelope_id in told:
        if not slack.wait_until(partial(slack.answers.__contains__, envelope_id), 20):
            # What found the database locked by the other process, Slack tells again.
            envelope_id = slack.tell(mention, attempt=2, by=0)
        assert slack.answer_to(envelope_id) is None

    actions = "SELECT details FROM response_action WHERE details LIKE 'Number %'"
    assert eventually(lambda: len(installation.rows(actions)) == 20, timeout=90)
    assert len({details for (details,) in installation.rows(actions)}) == 20

    # One may end; what comes afterwards goes to the other.
    assert receivers[0].end() == 0
    assert slack.wait_until(lambda: slack.connections == 1)
    assert slack.answer_to(slack.tell(slash_command("help")))


def test_what_waits_for_slack_holds_up_nothing_else(slack, receive):
    receive()
    slack.hang(60, "views.open")
    waits = slack.tell(slash_command("Checkout is failing"))
    assert slack.wait_until(lambda: "views.open" in slack.asked)

    help_ = slack.tell(slash_command("help"))
    slack.answer_to(help_)

    # That one was answered first; and the other is told why no form opened.
    assert "too long" in slack.answer_to(waits)["text"]
    assert list(slack.answers).index(help_) < list(slack.answers).index(waits)


def test_told_to_end_it_first_answers_what_it_is_at(slack, receive):
    receiver = receive()
    slack.hang(60, "views.open")
    at_work = slack.tell(slash_command("Checkout is failing"))
    assert slack.wait_until(lambda: "views.open" in slack.asked)

    assert receiver.end() == 0

    assert "too long" in slack.answer_to(at_work)["text"]


@pytest.mark.parametrize(
    ("token", "advice"),
    [
        ("", "SLACK_APP_TOKEN is not set"),
        ("xoxb-made-up-token", "has to be an app-level token"),
        ("xapp-of-another-app", "Copy SLACK_APP_TOKEN again"),
    ],
)
def test_a_token_that_slack_does_not_take_is_told_of_and_ends_it(slack, receive, token, advice):
    receiver = receive(connects=False, TEST_SLACK_APP_TOKEN=token)

    assert receiver.process.wait(timeout=60) == 1
    assert advice in receiver.said
    assert "Traceback" not in receiver.said
    assert not token or token not in receiver.said


def test_a_missing_scope_is_named(slack, receive):
    slack.refuse("apps.connections.open", "missing_scope", needed="connections:write")
    receiver = receive(connects=False)

    assert receiver.process.wait(timeout=60) == 1
    assert "connections:write" in receiver.said


NONSENSE = [
    "CANARY",
    "",
    '["CANARY"]',
    '{"type": "hello", "num_connections": "CANARY"}',
    '{"type": "events_api", "payload": {"text": "CANARY"}}',
    '{"type": "interactive", "envelope_id": 1, "payload": {}}',
    '{"type": "interactive", "envelope_id": null, "payload": null}',
    '{"type": {"CANARY": 1}, "envelope_id": ["CANARY"], "payload": null}',
    '{"a":' * 100_000,
]


def test_what_is_no_envelope_disturbs_nothing_and_stays_out_of_the_log(slack, receive):
    receiver = receive()

    for text in NONSENSE:
        slack.send(text)
        assert slack.answer_to(slack.tell(slash_command("help"))), text[:100]

    assert "CANARY" not in receiver.said


MALFORMED = {
    "an event without its id": (
        "events_api",
        {"type": "event_callback", "event": {"text": "CANARY"}},
    ),
    "a click without actions": ("interactive", {"type": "block_actions", "user": {"id": ANA}}),
    "a form without a view": ("interactive", {"type": "view_submission", "user": {"id": ANA}}),
    "a command without a person": ("slash_commands", {"text": "CANARY", "channel_id": GENERAL}),
    "a number beyond floats": ("interactive", {"type": "CANARY", "n": float("inf")}),
    "a payload that is a text": ("interactive", "CANARY"),
    "no payload": ("interactive", None),
    "a kind of which nobody knows": ("telegrams", {"text": "CANARY"}),
}


def test_an_envelope_that_makes_no_sense_is_acknowledged_and_does_not_come_again(slack, receive):
    receiver = receive()

    for what, (kind, payload) in MALFORMED.items():
        slack.send({"type": kind, "envelope_id": what, "payload": payload})
        assert slack.answer_to(what) is None, what

    assert "Traceback" not in receiver.said
    assert "CANARY" not in receiver.said


def test_the_longest_thing_that_slack_sends_is_read(installation, slack, receive):
    receive()
    padding = event("a_long_event", {"text": "é" * 200_000})
    assert slack.answer_to(slack.tell(padding)) is None
    too_long = event("a_longer_event", {"text": "x" * 1_100_000})
    assert slack.answer_to(slack.tell(too_long)) is None
    assert slack.answer_to(slack.tell(report("After much"))) is None
    assert "After much" in titles(installation)
