"""The work left to ``response_worker``, a process of its own."""

from __future__ import annotations

import os

import pytest

from response.background import runners
from response.background.runners import WorkerRunner
from response.delivery import clock, holders
from response.testing.payloads import block_action
from tests.delivery.test_kill import headlines, incidents, report
from tests.servers import Site, eventually

RUNNER = "response.background.runners.WorkerRunner"
PATIENT = 60  # seconds; a loaded machine takes its time to start a process
LEAST_PRIORITY = 19

HEADLINE = "SELECT 1 FROM response_headlinepost WHERE message_ts <> ''"
BEGUN = "SELECT 1 FROM response_mirror WHERE begun_at IS NOT NULL"
SHOWN = "SELECT 1 FROM response_heartbeat WHERE name = 'worker'"
HANDLED = "SELECT claimed_by FROM response_inbox WHERE state = 1 AND claimed_by <> ''"


@pytest.fixture
def site(site: Site) -> Site:
    """A site whose runner is another one, and nothing else of it."""
    site.environment["TEST_RUNNER"] = RUNNER
    return site


def test_a_worker_does_what_a_request_leaves(site, slack_server):
    worker = site.begin("response_worker")
    assert eventually(lambda: site.rows(SHOWN), PATIENT)
    site.start(workers=1)
    assert site.deliver(report("Checkout is failing")).status == 200
    assert eventually(lambda: site.rows(HEADLINE), PATIENT)

    ((incident,),) = site.rows("SELECT id FROM response_incident")
    press = block_action("create-comms-channel-button", str(incident))
    assert site.deliver(press).status == 200
    assert eventually(lambda: site.rows(HANDLED), PATIENT)
    ((handler,),) = site.rows(HANDLED)
    assert not holders.is_gone(handler)
    worker.kill()
    worker.wait()

    assert holders.is_gone(handler), "it was the worker that handled it"
    assert headlines(slack_server)


def test_a_worker_that_is_killed_leaves_what_it_held_to_the_next(site, slack_server):
    worker = site.begin("response_worker")
    assert eventually(lambda: site.rows(SHOWN), PATIENT)
    slack_server.hang(600, "chat.postMessage", completes=False)
    site.start(workers=1)
    assert site.deliver(report("Checkout is failing")).status == 200
    assert eventually(lambda: site.rows(BEGUN), PATIENT)

    worker.kill()
    worker.wait()
    slack_server.recover()
    site.begin("response_worker")

    assert eventually(lambda: site.rows(HEADLINE), PATIENT)
    assert len(headlines(slack_server)) == 1
    assert incidents(site) == [("Checkout is failing",)]


def test_without_a_worker_the_web_processes_do_it_themselves(site, slack_server):
    site.start(workers=1)
    assert site.deliver(report("Checkout is failing")).status == 200
    assert eventually(lambda: site.rows(HEADLINE), PATIENT)
    assert len(headlines(slack_server)) == 1


def test_a_worker_leaves_the_processor_to_the_answers_where_it_is_told_to(site):
    worker = site.begin("response_worker", "--nice", "7")
    assert eventually(lambda: site.rows(SHOWN), PATIENT)
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, worker.pid) == min(ours + 7, LEAST_PRIORITY)


class CountingRunner(WorkerRunner):
    """It, ringing for a test instead of for the crews."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def _work(self) -> None:
        self.times += 1


@pytest.fixture
def runner(transactional_db) -> CountingRunner:
    return CountingRunner()


def test_what_a_worker_will_find_is_left_to_it(runner):
    clock.beat(clock.WORKER)
    runner.ring()
    runner.take_up()
    runner.ring()
    assert runner.times == 0


def test_a_worker_that_is_away_is_stood_in_for_until_it_is_back(runner, time_stands_still, caplog):
    clock.beat(clock.WORKER)
    time_stands_still.shift(runners.PATIENCE.total_seconds() + 1)
    runner.take_up()
    assert runner.times == 1
    runner.ring()
    assert runner.times == 2, "without waiting for the next look"
    runner.take_up()
    assert caplog.messages == [
        "No response_worker is at work, so its work is done here: start one."
    ]

    clock.beat(clock.WORKER)
    runner.take_up()
    runner.ring()
    assert runner.times == 3


def test_a_worker_does_what_it_rings_for_itself(settings):
    settings.RESPONSE_RUNNER = RUNNER
    runners.work_here()
    assert not isinstance(runners.configured(), WorkerRunner)
    runners._configured.pop(RUNNER)
