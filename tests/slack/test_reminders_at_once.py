"""Many processes, one minute: each reminder is sent once, even where they are killed meanwhile, and
none is owed about what is over."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from response.testing import FakeSlack
from response.testing.payloads import block_action, new_trigger_id
from tests.servers import ROOT, Site, eventually, installed

INCIDENTS = 40
CLOSERS = 8
CHANNELS = [f"C{number:03}" for number in range(INCIDENTS)]

# Each has a lead and no severity, and began an hour ago: many reminders were missed, and the one
# after the latest of those is due only in five minutes.
ARRANGE = """
from datetime import timedelta
from django.utils import timezone
from response.core.models import ExternalUser, Incident
from response.slack.models import CommsChannel
began = timezone.now() - timedelta(hours=1)
lead, _ = ExternalUser.objects.get_or_create_slack(external_id="U0", defaults={{"deleted": True}})
for channel_id in {channels!r}:
    incident = Incident(report=channel_id, report_time=began, start_time=began, lead=lead)
    incident.store()
    CommsChannel(incident=incident, channel_id=channel_id, channel_name=channel_id).save()
"""

# As the sweep does, but without waiting for the minute.
LOOK = """
from django.db import OperationalError
from response.delivery import lanes
from response.background import work
from response.slack import reminders
print("ready", flush=True)
input()
while True:
    try:
        reminders.remind()
        lanes.free_lanes_of_the_gone()
        work.drain()
    except OperationalError:  # SQLite is busy
        continue
"""

Processes = Callable[..., list[subprocess.Popen[str]]]


@pytest.fixture
def site(tmp_path: Path, slack_server: FakeSlack) -> Iterator[Site]:
    slack_server.reset()
    slack_server.follow_clock()
    for channel_id in CHANNELS:
        slack_server.add_channel(channel_id, channel_id.lower())
    with installed(tmp_path, slack_server, "reminders") as site:
        yield site
    slack_server.reset()


@pytest.fixture
def environment(site: Site, slack_server: FakeSlack) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
        "TEST_DATABASE_URL": site.database_url,
        "TEST_SLACK_API_URL": slack_server.url,
    }


@pytest.fixture
def look_at_the_clock(environment: dict[str, str]) -> Iterator[Processes]:
    """Start so many processes that look for what is due, all at once: when ``ready`` returns,
    which is called when they could."""
    running: list[subprocess.Popen[str]] = []

    def start(
        number: int, ready: Callable[[], object] = lambda: None
    ) -> list[subprocess.Popen[str]]:
        started = [
            subprocess.Popen(
                [sys.executable, "-c", f"import django; django.setup()\n{LOOK}"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(number)
        ]
        running.extend(started)
        for process in started:
            assert process.stdout.readline() == "ready\n"
        ready()
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        return started

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def sent(slack: FakeSlack) -> list[str]:
    """The channel of every reminder that stands in Slack."""
    return [
        channel_id
        for channel_id in CHANNELS
        for message in slack.messages(channel_id)
        if "reminder-actions" in str(message.blocks)
    ]


def owed(site: Site, condition: str = "1 = 1") -> int:
    query = "SELECT count(*) FROM response_outboxmessage WHERE key LIKE 'reminder:%' AND "
    return int(site.rows(query + condition)[0][0])


@pytest.fixture
def arranged(environment: dict[str, str]) -> None:
    script = f"import django; django.setup()\n{ARRANGE.format(channels=CHANNELS)}"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True)


def test_of_many_clocks_one_sends_each_reminder(
    arranged: Any, site: Site, slack_server: FakeSlack, look_at_the_clock: Processes
):
    look_at_the_clock(8)

    assert eventually(lambda: owed(site, "state = 1") == INCIDENTS, timeout=60)
    assert sorted(sent(slack_server)) == CHANNELS
    assert owed(site) == INCIDENTS


def test_clocks_that_are_killed_double_nothing(
    arranged: Any, site: Site, slack_server: FakeSlack, look_at_the_clock: Processes
):
    kills = 0
    for reached in (5, 15, 25):
        killed = look_at_the_clock(2)
        assert slack_server.wait_for(lambda fake, reached=reached: len(sent(fake)) >= reached)
        for process in killed:
            process.kill()
            process.wait()
        kills += len(killed)
    look_at_the_clock(2)

    assert eventually(lambda: owed(site, "state <> 0") == INCIDENTS, timeout=60)
    reminders = sent(slack_server)
    assert len(reminders) == len(set(reminders))
    # Whoever is killed between asking Slack and noting its answer leaves one in doubt at most.
    assert owed(site, "state = 2") <= kills


def test_what_is_closed_while_clocks_look_is_reminded_of_before_its_end_or_never(
    arranged: Any, site: Site, slack_server: FakeSlack, look_at_the_clock: Processes
):
    site.environment["TEST_SWEEP"] = "0"  # or it would look before the others are ready
    # SQLite has one writer at a time: more of them wait so long that presses are refused.
    on_sqlite = site.database_url.startswith("sqlite")
    site.start(workers=1 if on_sqlite else 4)
    incidents = [pk for (pk,) in site.rows("SELECT id FROM response_incident ORDER BY id")]
    all_ready = threading.Barrier(CLOSERS + 1)

    def press(incident: int) -> bool:
        trigger_id = new_trigger_id()
        close = block_action("close-incident-button", str(incident), trigger_id=trigger_id)
        assert site.deliver(close).status == 200
        # Whose press the database does not take is told so, and presses again.
        taken = "SELECT 1 FROM response_inbox WHERE key = 'trigger:{}'"
        return bool(site.rows(taken.format(trigger_id)))

    def press_for(some: list[int]) -> bool:
        all_ready.wait()
        return all(eventually(partial(press, incident), timeout=60) for incident in some)

    with ThreadPoolExecutor(CLOSERS) as closers:
        parts = [incidents[first::CLOSERS] for first in range(CLOSERS)]
        closed = [closers.submit(press_for, part) for part in parts]
        look_at_the_clock(1 if on_sqlite else 4, all_ready.wait)
        assert all(part.result() for part in closed)

    still_open = "SELECT count(*) FROM response_incident WHERE end_time IS NULL"
    to_do = "SELECT count(*) FROM response_inbox WHERE state = 0"
    assert eventually(lambda: site.rows(still_open) == site.rows(to_do) == [(0,)], timeout=60)
    assert eventually(lambda: owed(site, "state = 0") == 0, timeout=60)
    reminders = sent(slack_server)
    assert len(reminders) == len(set(reminders)) == owed(site, "state = 1")
    # When each ended is noted under the lock under which it is reminded of.
    assert not site.rows(
        "SELECT o.key FROM response_outboxmessage o JOIN response_commschannel c"
        " ON c.channel_id = o.lane JOIN response_incident i ON i.id = c.incident_id"
        " WHERE o.key LIKE 'reminder:%' AND o.created_at > i.end_time"
    )
    not_sent = "state = 2 AND error <> 'Not sent: the incident was closed.'"
    assert owed(site, not_sent) == 0
    counted = "SELECT coalesce(sum(repeat_count), 0) FROM response_notification"
    assert site.rows(counted) == [(len(reminders),)]
