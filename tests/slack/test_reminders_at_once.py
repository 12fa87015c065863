"""Many processes, one minute: each reminder is sent once, even where they are killed meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from response.testing import FakeSlack
from tests.servers import ROOT, Site, eventually, installed

INCIDENTS = 40
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
from response.delivery import lanes, work
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

Processes = Callable[[int], list[subprocess.Popen[str]]]


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
    """Start so many processes that look for what is due, all at once."""
    running: list[subprocess.Popen[str]] = []

    def start(number: int) -> list[subprocess.Popen[str]]:
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
