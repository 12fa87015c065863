"""Socket Mode, as far as no connection is needed: answers, addresses, patience."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError, connection

from response.delivery import clock
from response.delivery.models import Heartbeat, Inbox
from response.slack.errors import SlackInDoubt
from response.slack.payloads import MalformedPayloadError
from response.slack.signing import LARGEST_BODY
from response.slack.socket_mode import (
    LONGEST_ACKNOWLEDGEMENT,
    Pace,
    Presence,
    TooSoonError,
    acknowledgement,
    address_in,
    answer_envelope,
)
from response.testing.payloads import app_mention, slash_command
from tests.socket_slack import envelope_of


def raw(request) -> str:
    return json.dumps(envelope_of(request, "envelope"))


# Answers


def test_what_the_database_does_not_take_is_not_acknowledged_so_that_slack_comes_again(
    transactional_db, channel
):
    def refuse(*_args):
        raise OperationalError("the database is away")

    mention = raw(app_mention("close", channel=channel.channel_id))
    with connection.execute_wrapper(refuse):
        assert answer_envelope(mention) is None
    assert Inbox.objects.filter(kind="event").count() == 0

    assert answer_envelope(mention) == {}
    assert Inbox.objects.filter(kind="event").count() == 1


def test_a_command_that_the_database_does_not_take_is_answered_in_words(
    transactional_db, slack, channel
):
    def refuse(*_args):
        raise OperationalError("the database is away")

    command = slash_command("close", channel=channel.channel_id)
    with connection.execute_wrapper(refuse):
        answer_envelope(raw(command))
    assert slack.views  # The form opens, with what was typed: nobody could tell that it is one.


def test_what_is_too_large_is_not_read():
    with pytest.raises(MalformedPayloadError):
        answer_envelope(json.dumps({"type": "events_api", "padding": "x" * LARGEST_BODY}))


def test_half_characters_and_nul_are_left_out():
    with pytest.raises(MalformedPayloadError):
        answer_envelope(
            '{"type": "events_api", "payload": {"type": "event_callback", "\ud800": 1}}'
        )
    assert answer_envelope('{"type": "hello\\u0000", "payload": {"\\ud800": "\\u0000"}}') == {}


def test_an_answer_that_slack_cannot_be_given_is_replaced_by_a_sentence():
    long = {"response_type": "ephemeral", "text": "é" * LONGEST_ACKNOWLEDGEMENT}
    said = acknowledgement("envelope", long, "slash_commands")
    assert said is not None
    assert "too long" in said["payload"]["text"]
    assert len(json.dumps(said)) <= LONGEST_ACKNOWLEDGEMENT


def test_a_form_whose_answer_is_too_long_stays_open(caplog):
    long = {"response_action": "update", "view": {"blocks": ["CANARY"] * LONGEST_ACKNOWLEDGEMENT}}
    assert acknowledgement("envelope", long, "interactive") is None
    assert "too long" in caplog.text
    assert "CANARY" not in caplog.text


def test_an_answer_with_nothing_to_say_is_the_envelope_s_id():
    assert acknowledgement("envelope", {}, "events_api") == {"envelope_id": "envelope"}


# Addresses: the token's bearer is whoever answers there


@pytest.mark.parametrize(
    "url",
    [
        "wss://wss-primary.slack.com/link/?ticket=1&app_id=A1",
        "wss://wss-primary.slack.com:443/link/?ticket=1",
    ],
)
def test_an_address_that_is_encrypted_is_taken(settings, url):
    settings.SLACK_API_URL = "https://slack.com/api/"
    assert address_in({"ok": True, "url": url}) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        1,
        "",
        "wss://",
        "ws://wss-primary.slack.com/link",
        "http://wss-primary.slack.com/link",
        # slack_sdk encrypts on port 443 alone.
        "wss://wss-primary.slack.com:8443/link",
        "wss://wss-primary.slack.com:99999/link",
        "wss://[::1/link",
    ],
)
def test_an_address_that_is_not_is_refused(settings, url):
    settings.SLACK_API_URL = "https://slack.com/api/"
    with pytest.raises(SlackInDoubt):
        address_in({"ok": True, "url": url})


def test_where_the_web_api_is_not_encrypted_the_websocket_need_not_be(settings):
    settings.SLACK_API_URL = "http://127.0.0.1:8000/workspace/api/"
    assert address_in({"url": "ws://127.0.0.1:9000/"}) == "ws://127.0.0.1:9000/"


# Patience


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def attempts(pace: Pace, clock: Clock, seconds: int) -> list[float]:
    """When attempts are made, by somebody who tries each tenth of a second."""
    made, begun = [], clock.now
    for tenth in range(seconds * 10):
        clock.now = begun + tenth / 10
        try:
            pace.begin()
        except TooSoonError:
            continue
        made.append(round(clock.now - begun, 1))
    return made


def test_while_no_connection_comes_of_it_slack_is_asked_ever_more_seldom():
    assert attempts(Pace(clock := Clock()), clock, 120) == [
        0,
        0.1,
        2.1,
        6.1,
        14.1,
        30.1,
        60.1,
        90.1,
    ]


def test_after_a_connection_that_lasted_the_next_is_asked_for_at_once():
    pace = Pace(clock := Clock())
    attempts(pace, clock, 60)
    clock.now += 60
    pace.begin()
    pace.succeeded()
    clock.now += 60
    pace.ended()
    assert pace.left() == 0
    assert attempts(pace, clock, 2) == [0, 0.1]


def test_connections_that_end_as_soon_as_they_are_made_are_no_success():
    pace = Pace(clock := Clock())
    made = []
    for _ in range(600):
        clock.now += 0.1
        try:
            pace.begin()
        except TooSoonError:
            continue
        pace.succeeded()
        pace.ended()
        made.append(clock.now)
    assert len(made) == 6


def test_what_slack_says_to_wait_is_waited():
    pace = Pace(clock := Clock())
    pace.begin()
    pace.wait(45)
    assert pace.left() == 45
    assert attempts(pace, clock, 60)[0] == 45


# Being seen


def is_shown() -> bool:
    """Whether it was written down since it was last asked."""
    return bool(Heartbeat.objects.filter(name=clock.SOCKET).delete()[0])


def test_a_process_that_is_connected_shows_itself_once_a_minute_and_no_more(transactional_db):
    now = [0.0]
    presence = Presence(lambda: now[0])
    shown = []
    for second in range(0, 181, 1):
        now[0] = float(second)
        presence.show()
        if is_shown():
            shown.append(second)
    assert shown == [0, 60, 120, 180]


def test_a_database_that_is_away_does_not_end_the_connection(transactional_db, caplog):
    def refuse(*_args):
        raise OperationalError("the database is away")

    now = [0.0]
    presence = Presence(lambda: now[0])
    with connection.execute_wrapper(refuse):
        presence.show()
    assert "connected" in caplog.text
    now[0] = 60.0
    presence.show()
    assert is_shown()
