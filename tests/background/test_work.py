"""Threads that do the work, and rings that call them."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.core.signals import request_finished, request_started
from django.db import OperationalError, connection, connections, transaction
from django.test import AsyncClient, Client

from response.background import runners, work
from response.background.runners import AfterResponseRunner
from response.background.work import Crew
from response.delivery import bell, inbox
from response.delivery.models import Inbox
from response.slack import messages
from response.testing.payloads import GENERAL
from tests.delivery.test_kill import report
from tests.payloads import INCIDENTS

# Crews


class Pieces:
    """Work that a test gives out: each piece waits until it is told to go on."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.left = 0
        self.looked = 0

    def __call__(self) -> bool:
        self.looked += 1
        if not self.left:
            return False
        self.left -= 1
        self.begun.release()
        self.go_on.acquire()
        return True


@pytest.fixture
def pieces():
    made = Pieces()
    yield made
    made.left = 0
    made.go_on.release(100)
    for thread in threading.enumerate():
        if thread.name.startswith("response-test"):
            thread.join(10)


def crew_of(piece, limit=1):
    return Crew(f"test-{os.urandom(4).hex()}", piece, limit)


def members(crew):
    return [t for t in threading.enumerate() if t.name == f"response-{crew._name}"]


def gone_home(crew):
    for member in members(crew):
        member.join(10)
    return not members(crew)


def test_a_crew_works_until_there_is_nothing_left_and_goes_home(pieces):
    crew, pieces.left = crew_of(pieces), 5
    pieces.go_on.release(5)
    crew.start()
    assert gone_home(crew)
    assert (pieces.left, pieces.looked) == (0, 6)


def test_no_more_than_the_limit_are_at_work(pieces):
    crew, pieces.left = crew_of(pieces, limit=3), 10
    for _call in range(8):
        crew.start()
    for _member in range(3):
        assert pieces.begun.acquire(timeout=10)
    assert len(members(crew)) == 3
    assert not pieces.begun.acquire(timeout=0)


def test_a_call_while_all_are_at_work_is_heard_by_the_first_who_is_done(pieces):
    crew, pieces.left = crew_of(pieces), 1
    crew.start()
    assert pieces.begun.acquire(timeout=10)
    crew.start()  # there is more, which who is at work may not have seen
    pieces.go_on.release()
    assert gone_home(crew)
    assert pieces.looked >= 3, "the piece, nothing, and again because of the call"


def test_a_call_just_before_going_home_is_heard(pieces):
    """The race that a flag and a thread's end can have: repeated calls, none of them lost."""
    crew = crew_of(pieces)
    for _round in range(200):
        pieces.left += 1
        pieces.go_on.release()
        crew.start()
    assert gone_home(crew)
    assert pieces.left == 0


def test_a_thread_that_hangs_no_longer_counts(pieces):
    crew, pieces.left = crew_of(pieces), 2
    with time_machine.travel(0, tick=False) as moment:
        crew.start()
        assert pieces.begun.acquire(timeout=10)
        crew.start()
        assert len(members(crew)) == 1
        moment.shift(work.HUNG.total_seconds() + 1)
        crew.start()
        assert pieces.begun.acquire(timeout=10)
        assert len(members(crew)) == 2
        pieces.go_on.release(2)


def test_a_piece_that_raises_ends_its_thread_and_not_the_crew(pieces, caplog):
    def raising():
        if pieces.looked == 0:
            pieces.looked += 1
            raise ValueError("a bug")
        return pieces()

    crew, pieces.left = crew_of(raising), 1
    pieces.go_on.release()
    crew.start()
    assert gone_home(crew)
    assert "a bug" in caplog.text
    crew.start()
    assert gone_home(crew)
    assert pieces.left == 0


def test_threads_that_a_daemon_calls_are_no_daemons(pieces):
    crew, pieces.left = crew_of(pieces), 1
    caller = threading.Thread(target=crew.start, daemon=True)
    caller.start()
    assert pieces.begun.acquire(timeout=10)
    assert [member.daemon for member in members(crew)] == [False]


def test_a_forked_child_does_not_wait_for_its_parents_threads(pieces):
    crew, pieces.left = crew_of(pieces), 1
    crew.start()
    assert pieces.begun.acquire(timeout=10)
    with crew._changed:  # as another thread may hold it in the moment of the fork
        child = os.fork()
        if child == 0:
            os._exit(0 if crew._active() == 0 and crew._changed.acquire(blocking=False) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# Rings


class Heard:
    """In place of the work: how often it was rung for."""

    def __init__(self) -> None:
        self.times = 0
        self.again = threading.Semaphore(0)

    def start(self) -> None:
        self.times += 1
        self.again.release()


class CountingRunner(AfterResponseRunner):
    """The default runner, ringing for a test instead of for the crews."""

    heard = Heard()

    def _work(self) -> None:
        self.heard.start()


@pytest.fixture
def heard(settings):
    settings.RESPONSE_RUNNER = f"{__name__}.CountingRunner"
    CountingRunner.heard = Heard()
    yield CountingRunner.heard
    runners._configured.pop(settings.RESPONSE_RUNNER, None)


@pytest.fixture
def in_a_request():
    """Between the start and the end of a request that this process answers."""
    request_started.send(sender=None)
    yield lambda: request_finished.send(sender=None)
    if runners.requests.in_flight:
        request_finished.send(sender=None)


def test_a_ring_is_heard_after_the_commit(heard, transactional_db):
    with transaction.atomic():
        bell.ring()
        assert heard.times == 0
    assert heard.times == 1


def test_a_ring_is_not_heard_after_a_rollback(heard, transactional_db):
    with transaction.atomic():
        bell.ring()
        transaction.set_rollback(True)
    assert heard.times == 0


def test_rings_of_a_request_are_heard_once_and_after_it(heard, transactional_db, in_a_request):
    for _ring in range(5):
        bell.ring()
    assert heard.times == 0
    in_a_request()
    assert heard.again.acquire(timeout=10)
    assert heard.times == 1
    bell.ring()
    assert heard.again.acquire(timeout=10), "and the next ring is a new one"


def test_without_a_request_a_ring_is_heard_at_once(heard, transactional_db):
    bell.ring()
    assert heard.times == 1


def test_a_runner_that_cannot_be_had_breaks_no_commit(settings, transactional_db, caplog):
    settings.RESPONSE_RUNNER = "nowhere.Runner"
    assert inbox.receive("event:1", "event")
    assert Inbox.objects.filter(key="event:1").exists()
    assert "nowhere" in caplog.text


def test_a_host_without_after_response_among_its_apps_is_served(heard, transactional_db, settings):
    settings.INSTALLED_APPS = [a for a in settings.INSTALLED_APPS if a != "after_response"]
    settings.RESPONSE_CRON_TOKEN = "made-up"
    Client().post("/slack/cron_minute", headers={"Authorization": "Bearer made-up"})
    assert heard.again.acquire(timeout=10)


def test_a_host_on_asgi_is_served(heard, transactional_db, settings):
    settings.RESPONSE_CRON_TOKEN = "made-up"

    async def ask():
        headers = {"Authorization": "Bearer made-up"}
        answer = await AsyncClient().post("/slack/cron_minute", headers=headers)
        await sync_to_async(connections.close_all)()  # of the thread that the view ran in
        return answer

    assert asyncio.run(ask()).status_code == 200
    assert heard.again.acquire(timeout=10)
    assert runners.requests.in_flight == 0


def test_a_thread_leaves_no_connection_behind(transactional_db):
    opened = []

    def piece():
        connection.ensure_connection()
        opened.append(connection.connection)
        return False

    crew = crew_of(piece)
    crew.start()
    assert gone_home(crew)
    (raw,) = opened
    if connection.vendor == "postgresql":
        assert raw.closed
    elif not connection.is_in_memory_db():
        with pytest.raises(Exception, match="closed"):
            raw.execute("SELECT 1")


def test_a_host_that_makes_each_request_a_transaction_is_served(
    slack, slack_sends, heard, transactional_db, monkeypatch
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    form = report("Checkout is failing")
    assert slack_sends(form).content == b""
    assert heard.again.acquire(timeout=10)
    work.drain()
    assert slack_sends(form).content == b""
    work.drain()
    assert len(slack.messages(INCIDENTS)) == 1


def test_what_is_owed_does_not_wait_until_nothing_comes_in_any_more(handled, slack_in_time):
    def another(_row):
        sent.append(len(slack_in_time.messages(GENERAL)))
        if len(sent) == 1:
            messages.post(GENERAL, "Hello")
        if len(sent) < 4:
            inbox.receive(f"event:{len(sent)}", "event")

    sent = []
    handled.steps = {"another": another}
    inbox.receive("event:0", "event")
    work.drain()
    assert sent == [0, 1, 1, 1]


class SweepOfATroubledDatabase(work.Sweep):
    """The database is away for three rounds, and back in the fourth."""

    rounds = 0

    def once(self):
        self.rounds += 1
        if self.rounds == 4:
            self.stop()
            return
        raise OperationalError("the database is away")


def test_a_database_that_is_away_is_logged_once_and_once_that_it_is_back(caplog, transactional_db):
    SweepOfATroubledDatabase(lambda: None).run(interval=0)
    away, back = caplog.records
    assert "away" in away.message
    assert away.exc_info
    assert "again" in back.message
