"""The work done by a worker of Django's Tasks, a process of its own, over django-tasks-db."""

from __future__ import annotations

import subprocess
import threading
from importlib import import_module

import pytest

from response.background import tasks
from response.background.runners import DjangoTasksRunner
from response.delivery import holders
from response.testing.payloads import GENERAL, block_action
from tests.delivery.test_kill import headlines, incidents, report
from tests.servers import Site, eventually

RUNNER = "response.background.runners.DjangoTasksRunner"
PATIENT = 60  # seconds; a loaded machine takes its time to start a process

TASKS = "SELECT status FROM django_tasks_database_dbtaskresult"
RUNNING = f"{TASKS} WHERE status = 'RUNNING'"
HEADLINE = "SELECT 1 FROM response_headlinepost WHERE message_ts <> ''"
BEGUN = "SELECT 1 FROM response_mirror WHERE begun_at IS NOT NULL"


@pytest.fixture
def site(site: Site) -> Site:
    """A site whose runner is another one, and nothing else of it."""
    site.environment |= {"TEST_TASKS": "1", "TEST_RUNNER": RUNNER}
    site.manage("migrate", "--verbosity", "0")
    return site


def start_worker(site: Site) -> subprocess.Popen[bytes]:
    return site.begin("db_worker", "--interval", "0.1", "--no-startup-delay", "--no-reload")


def test_a_worker_that_is_a_process_of_its_own_does_what_a_request_leaves(site, slack_server):
    site.start(workers=1)
    assert site.deliver(report("Checkout is failing")).status == 200
    worker = start_worker(site)
    assert eventually(lambda: site.rows(HEADLINE), PATIENT)

    ((incident,),) = site.rows("SELECT id FROM response_incident")
    press = block_action("create-comms-channel-button", str(incident))
    assert site.deliver(press).status == 200
    handled = "SELECT claimed_by FROM response_inbox WHERE state = 1 AND claimed_by <> ''"
    assert eventually(lambda: site.rows(handled), PATIENT)
    ((handler,),) = site.rows(handled)
    assert not holders.is_gone(handler)
    worker.kill()
    worker.wait()

    assert holders.is_gone(handler), "it was the worker that handled it"
    assert headlines(slack_server)
    assert incidents(site) == [("Checkout is failing",)]


def test_a_task_that_is_killed_leaves_what_it_held_to_the_next(site, slack_server):
    slack_server.hang(600, "chat.postMessage", completes=False)
    site.start(workers=1)
    worker = start_worker(site)
    assert site.deliver(report("Checkout is failing")).status == 200
    assert eventually(lambda: site.rows(BEGUN), PATIENT)
    assert site.rows(RUNNING)

    worker.kill()
    worker.wait()
    slack_server.recover()
    start_worker(site)

    assert eventually(lambda: site.rows(HEADLINE), PATIENT)
    assert len(headlines(slack_server)) == 1
    assert incidents(site) == [("Checkout is failing",)]
    # The engine does not know that the first one died; nothing waits for it.
    assert ("RUNNING",) in site.rows(TASKS)


def test_without_a_worker_no_more_than_one_task_waits_for_each_process(site, slack_server):
    site.start(workers=1)
    for number in range(5):
        assert site.deliver(report(f"Incident {number}")).status == 200
    assert site.rows(TASKS) == [("READY",)]


AWAY = f"""
import time
import time_machine
from response.background import work
from response.delivery.models import OutboxMessage
from response.background.runners import DjangoTasksRunner
from response.slack import messages
from tests.servers import eventually
runner = DjangoTasksRunner()
with time_machine.travel(time.time(), tick=True) as moment:
    messages.post("{GENERAL}", "Hello")
    runner.ring()
    assert not work.payers._at_work
    moment.shift(31)
    runner.ring()
    assert eventually(OutboxMessage.objects.filter(state=OutboxMessage.State.SENT).exists, 60)
"""


def test_without_a_worker_the_process_does_it_itself_after_a_while(site, slack_server):
    done = site.run(AWAY)
    assert done.returncode == 0, done.stderr
    assert "no worker began a task in 0:00:31" in done.stderr
    assert [message.text for message in slack_server.messages(GENERAL)] == ["Hello"]


def test_a_queue_that_is_out_of_order_stops_nothing(site, slack_server):
    drop = "DROP TABLE django_tasks_database_dbtaskresult"
    done = site.run(f"from django.db import connection; connection.cursor().execute({drop!r})")
    assert done.returncode == 0, done.stderr
    site.start(workers=1)
    assert site.deliver(report("Checkout is failing")).status == 200
    assert eventually(lambda: site.rows(HEADLINE), PATIENT)


class SilentBackend(import_module(f"{tasks._engine.__name__}.backends.base").BaseTaskBackend):
    """A queue that takes what is enqueued when the test lets it."""

    asked, answers = threading.Event(), threading.Event()

    def enqueue(self, *_args, **_kwargs):
        self.asked.set()
        self.answers.wait(PATIENT)
        raise ConnectionError("the broker is away")


def test_a_queue_that_is_silent_keeps_one_request_waiting_and_not_all(settings):
    settings.TASKS = {"default": {"BACKEND": f"{__name__}.SilentBackend"}}
    runner = CountingRunner()
    first = threading.Thread(target=runner.ring)
    first.start()
    try:
        assert SilentBackend.asked.wait(PATIENT)
        runner.ring()
        assert first.is_alive()
    finally:
        SilentBackend.answers.set()
        first.join(PATIENT)
    assert runner.times == 1, "the first, when it knew that the queue does not work"


class CountingRunner(DjangoTasksRunner):
    """It, ringing for a test instead of for the crews."""

    times = 0

    def _work(self) -> None:
        self.times += 1
