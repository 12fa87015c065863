"""Under servers as they are deployed: nothing is lost, nothing leaks, nobody starves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from response.testing import FakeSlack
from response.testing.payloads import (
    BOT,
    GENERAL,
    INCIDENTS,
    Request,
    app_mention,
    block_action,
    message,
    slash_command,
)
from tests.delivery.test_kill import headlines, incidents, report
from tests.delivery.test_site import OWED, POST
from tests.servers import Site, eventually

PATIENT = 60  # seconds; a loaded machine takes its time

TO_BE_HANDLED = "SELECT count(*) FROM response_inbox WHERE state <> 1"
COUNTED = "SELECT coalesce(sum(message_count), 0) FROM response_userstats"


def deliver_as_slack(site: Site, request: Request) -> None:
    """Deliver, and as Slack does once more where there was no answer, or 503."""

    def arrived() -> bool:
        try:
            return site.deliver(request).status == 200
        except OSError:
            return False

    assert eventually(arrived, PATIENT)


def channel_of_an_incident(site: Site, slack: FakeSlack) -> str:
    """Declare one, by the form, press for its channel, and see it made."""
    deliver_as_slack(site, report("Checkout is failing"))
    ((incident,),) = site.rows("SELECT id FROM response_incident")
    deliver_as_slack(site, block_action("create-comms-channel-button", str(incident)))
    made = "SELECT channel_id FROM response_commschannel"
    assert eventually(lambda: site.rows(made), PATIENT)
    return str(site.rows(made)[0][0])


def everything_is_done(site: Site) -> bool:
    return site.rows(TO_BE_HANDLED) == [(0,)] and site.rows(OWED) == [(0,)]


def test_asgi_answers_slack_works_and_sweeps(site, slack_server):
    assert site.run(POST.format(channels=[GENERAL])).returncode == 0
    site.start_asgi()
    assert slack_server.wait_for(lambda slack: slack.messages(GENERAL), timeout=PATIENT), "swept"

    assert site.deliver(slash_command("Checkout is failing")).status == 200
    assert slack_server.views, "the form is open"
    channel = channel_of_an_incident(site, slack_server)
    deliver_as_slack(site, app_mention(f"<@{BOT}> severity critical", channel=channel))
    assert eventually(
        lambda: site.rows("SELECT severity FROM response_incident") == [("1",)], PATIENT
    )
    assert eventually(lambda: everything_is_done(site), PATIENT)
    assert len(headlines(slack_server)) == 1


def test_asgi_told_to_end_in_the_middle_leaves_it_to_the_next(site, slack_server):
    slack_server.hang(600, "chat.postMessage", completes=False)
    site.start_asgi()
    assert site.deliver(report("Checkout is failing")).status == 200
    begun = "SELECT 1 FROM response_mirror WHERE begun_at IS NOT NULL"
    assert eventually(lambda: site.rows(begun), PATIENT)

    site.stop()
    slack_server.recover()
    site.start_asgi()

    assert slack_server.wait_for(lambda slack: slack.messages(INCIDENTS), timeout=PATIENT)
    posted = "SELECT 1 FROM response_headlinepost WHERE message_ts <> ''"
    assert eventually(lambda: site.rows(posted), PATIENT)
    assert len(headlines(slack_server)) == 1
    assert incidents(site) == [("Checkout is failing",)]


def test_preloaded_workers_sweep_without_a_request(site, slack_server):
    site.start(2, "--preload")
    assert site.run(POST.format(channels=[GENERAL])).returncode == 0
    assert slack_server.wait_for(lambda slack: slack.messages(GENERAL), timeout=PATIENT)
    channel_of_an_incident(site, slack_server)
    assert eventually(lambda: everything_is_done(site), PATIENT)
    assert len(headlines(slack_server)) == 1
    assert site.stop() == 0


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["plain", "preloaded"])
def test_workers_that_end_after_20_requests_lose_nothing(site, slack_server, options):
    site.start(2, "--max-requests", "20", *options)
    channel = channel_of_an_incident(site, slack_server)
    said = [message(f"number {number}", channel=channel) for number in range(100)]

    with ThreadPoolExecutor(4) as senders:
        list(senders.map(lambda each: deliver_as_slack(site, each), said))

    assert eventually(lambda: site.rows(COUNTED) == [(100,)], PATIENT)
    assert eventually(lambda: everything_is_done(site), PATIENT)
    assert len(headlines(slack_server)) == 1
    assert site.stop() == 0


@pytest.fixture
def pooled(site: Site) -> Iterator[Site]:
    """One process with four connections for its eight threads or more."""
    if site.database_url.startswith("sqlite"):
        pytest.skip("SQLite needs no pool")
    site.environment["TEST_POOL"] = "1"
    return site


def connections_of(site: Site) -> int:
    with psycopg.connect(site.database_url) as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        (count,) = connection.execute(query).fetchone() or (0,)
    return int(count)


def test_four_connections_are_enough_while_slack_hangs(pooled, slack_server):
    pooled.start(1)
    channel = channel_of_an_incident(pooled, slack_server)
    assert eventually(lambda: everything_is_done(pooled), PATIENT)
    others = [slack_server.add_channel(f"C{number}", f"channel-{number}") for number in range(6)]
    slack_server.hang(5, completes=False)
    assert pooled.run(POST.format(channels=others)).returncode == 0
    said = [message(f"number {number}", channel=channel) for number in range(60)]
    asked = [slash_command(f"Incident {number}") for number in range(8)]

    def deliver(request: Request) -> Any:
        return pooled.deliver(request, timeout=PATIENT).status

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(deliver, [*asked, *said]))

    assert set(answers) == {200}
    assert eventually(lambda: pooled.rows(COUNTED) == [(60,)], PATIENT)
    # One that was closed just now may still be listed.
    assert eventually(lambda: connections_of(pooled) <= 4, PATIENT)
    slack_server.recover()
    assert eventually(lambda: everything_is_done(pooled), 2 * PATIENT)
    # One that was closed just now may still be listed.
    assert eventually(lambda: connections_of(pooled) <= 4, PATIENT)


WAITING_FOR_SLACK = """
import threading
from django.conf import settings
from django.db import connection
from response.core.models import Incident
from response.slack.client import SlackClient
from response.slack.errors import SlackError
from tests.servers import eventually

asked = threading.Barrier(5)

def ask():
    Incident.objects.count()
    asked.wait(60)
    try:
        SlackClient(settings.SLACK_TOKEN, timeout=120).api_call("auth.test")
    except SlackError:
        pass

for _thread in range(4):
    threading.Thread(target=ask, daemon=True).start()
asked.wait(60)
free = lambda: connection.pool.get_stats().get("pool_available")
assert eventually(lambda: free() == 4, 60), connection.pool.get_stats()
"""


def test_who_waits_for_slack_keeps_no_connection(pooled, slack_server):
    slack_server.hang(600, completes=False)
    done = pooled.run(WAITING_FOR_SLACK)
    slack_server.recover()
    assert done.returncode == 0, done.stderr
