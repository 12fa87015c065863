"""The doors for a clock of the host's, and the commands that do the same."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.test import Client

from response.delivery import clock
from response.slack import messages
from response.testing.payloads import GENERAL
from tests.servers import ROOT

DOORS = ["/slack/cron_minute", "/slack/cron_daily"]
TOKEN = "made-up-cron-token"


@pytest.fixture
def done(settings, time_stands_still):
    """What was done, of a job of each minute and one of each day."""
    settings.RESPONSE_CRON_TOKEN = TOKEN
    done = []

    def minutely():
        done.append("minute")

    def daily():
        done.append("day")

    clock.each_minute(minutely)
    clock.each_day(daily)
    yield done
    clock._jobs[clock.MINUTE].remove(minutely)
    clock._jobs[clock.DAY].remove(daily)


def knock(door, token=TOKEN, scheme="Bearer", client=None):
    return (client or Client()).post(door, headers={"Authorization": f"{scheme} {token}"})


def test_the_minute_door_does_what_each_minute_needs_and_the_day_once(done, time_stands_still):
    assert knock("/slack/cron_minute").status_code == 200
    time_stands_still.shift(59)
    assert knock("/slack/cron_minute").status_code == 200
    assert done == ["minute", "day", "minute"]


def test_the_day_door_does_what_each_day_needs(done, time_stands_still):
    assert knock("/slack/cron_daily").status_code == 200
    time_stands_still.shift(24 * 3600 - 5)
    assert knock("/slack/cron_daily").status_code == 200
    assert done == ["day", "day"]


@pytest.mark.parametrize("door", DOORS)
def test_what_is_owed_is_left_to_after_the_response(door, done, slack):
    messages.post(GENERAL, "Hello")
    assert knock(door).status_code == 200
    assert slack.calls == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("scheme", "token"),
    [
        ("Bearer", "another"),
        ("Bearer", ""),
        ("Bearer", TOKEN[:-1]),
        ("Bearer", f"{TOKEN}x"),
        ("Bearer", TOKEN.upper()),
        ("Bearer", "tökén"),
        ("Bearer", f"{TOKEN} {TOKEN}"),
        ("Basic", TOKEN),
        ("", TOKEN),
        (TOKEN, ""),
    ],
)
def test_another_token_opens_nothing(door, scheme, token, done):
    assert knock(door, token, scheme).status_code == 403
    assert done == []


@pytest.mark.parametrize("door", DOORS)
def test_nobody_enters_without_a_token(door, done):
    assert Client().post(door).status_code == 403
    assert Client().post(door, {"token": TOKEN}).status_code == 403
    assert done == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_post_knocks(door, method, done):
    answer = getattr(Client(), method)(door, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert done == []


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("token", ["", None])
def test_without_a_token_in_the_settings_there_are_no_doors(door, method, token, settings, done):
    settings.RESPONSE_CRON_TOKEN = token
    for given in ("", TOKEN, "None"):
        answer = getattr(Client(), method)(door, headers={"Authorization": f"Bearer {given}"})
        assert answer.status_code == 404
    assert done == []


def test_a_clock_needs_no_cookie_and_no_sign_in(done, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    strict = Client(enforce_csrf_checks=True)
    assert knock("/slack/cron_minute", client=strict).status_code == 200


def test_the_command_for_cron_does_all_that_is_due(done, slack_in_time):
    messages.post(GENERAL, "Hello")
    call_command("response_tick")
    assert done == ["minute", "day"]
    assert len(slack_in_time.messages(GENERAL)) == 1


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_works_until_it_is_told_to_end(ending, site, slack_server):
    with subprocess.Popen(
        [sys.executable, "-m", "django", "response_worker"],
        cwd=ROOT,
        env={**site.environment, "TEST_SWEEP": "0"},
        stdout=subprocess.PIPE,
    ) as worker:
        try:
            assert b"Working" in worker.stdout.readline()
            site.run(f"from response.slack import messages; messages.post({GENERAL!r}, 'Hello')")
            assert slack_server.wait_for(lambda slack: slack.messages(GENERAL))
            worker.send_signal(ending)
            assert worker.wait(timeout=20) == 0
        finally:
            worker.kill()
    assert site.rows("SELECT state FROM response_outboxmessage") == [(1,)]
