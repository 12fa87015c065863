"""Delivery in a web process as it is: threads, a sweep, and nobody who asks for anything."""

from __future__ import annotations

import pytest
from django.test import Client

from response.background import work
from response.testing.payloads import GENERAL, slash_command
from tests.servers import Site, eventually

POST = """
from response.slack import messages
for channel in {channels}:
    messages.post(channel, "Hello")
"""

OWED = "SELECT count(*) FROM response_outboxmessage WHERE state = 0"


def test_the_sweep_pays_without_a_request_what_others_left(site, slack_server):
    assert site.run(POST.format(channels=[GENERAL])).returncode == 0
    assert slack_server.messages(GENERAL) == []
    site.start(workers=1)
    assert slack_server.wait_for(lambda slack: slack.messages(GENERAL))


def test_a_channel_that_hangs_does_not_hold_up_the_others(site, slack_server):
    channels = [slack_server.add_channel(f"C{number}", f"channel-{number}") for number in range(6)]
    slack_server.hang(30, "chat.postMessage", completes=False, channel=channels[0])
    assert site.run(POST.format(channels=channels)).returncode == 0
    site.start(workers=1)
    rest = channels[1:]
    assert slack_server.wait_for(lambda slack: all(slack.messages(channel) for channel in rest))
    assert eventually(lambda: site.rows(OWED) == [(1,)])
    assert slack_server.messages(channels[0]) == []


def test_a_process_that_is_told_to_end_finishes_what_it_is_at(site, slack_server):
    slack_server.hang(5, "chat.postMessage", times=1)
    site.run(POST.format(channels=[GENERAL]))
    site.start(workers=1)
    begun = "SELECT 1 FROM response_outboxmessage WHERE begun_at IS NOT NULL"
    assert eventually(lambda: site.rows(begun))

    assert site.stop() == 0

    assert site.rows("SELECT state FROM response_outboxmessage") == [(1,)]
    assert site.rows("SELECT 1 FROM response_lane WHERE holder <> ''") == []
    assert len(slack_server.messages(GENERAL)) == 1


def test_no_sweep_starts_in_a_management_command(site, slack_server):
    says = "import threading; print([thread.name for thread in threading.enumerate()])"
    assert site.run(says).stdout.strip() == "['MainThread']"


def heartbeats(site):
    return {name for (name,) in site.rows("SELECT name FROM response_heartbeat")}


@pytest.mark.parametrize("serve", [Site.start, Site.start_asgi])
def test_what_slack_said_is_written_down_where_this_process_does_no_work(site, slack_server, serve):
    site.environment["TEST_SWEEP"] = "0"
    site.environment["TEST_RUNNER"] = "response.background.runners.WorkerRunner"
    serve(site)
    assert site.deliver(slash_command("x"), secret="of another app").status == 403
    assert eventually(lambda: "slack: refused" in heartbeats(site), timeout=30)
    assert "slack: signed" not in heartbeats(site)
    assert site.deliver(slash_command("Checkout is failing")).status == 200
    assert eventually(lambda: {"slack: signed", "slack: command"} <= heartbeats(site), timeout=30)


FORKING = """
import os, sys, threading
from response.background.work import sweep

def tell(who):
    print(who, "response-sweep" in {thread.name for thread in threading.enumerate()}, flush=True)

def fork(who):
    if os.fork() == 0:
        tell(f"child of {who}:")
        os._exit(0)
    os.wait()
    tell(f"{who}:")

sweep.start()
fork("who has served nothing")
sweep.start(has_served=True)
fork("who serves")
"""


def test_who_forks_before_serving_anything_leaves_the_sweep_to_its_children(site, slack_server):
    assert site.run(FORKING).stdout.splitlines() == [
        "child of who has served nothing: True",
        "who has served nothing: False",
        "child of who serves: False",
        "who serves: True",
    ]


@pytest.mark.django_db
def test_no_sweep_starts_for_the_client_of_a_hosts_tests(settings):
    settings.RESPONSE_SWEEP = True
    assert Client().get("/slack/event").status_code == 405
    assert work.sweep._thread is None
