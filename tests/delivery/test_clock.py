"""What has to happen each minute and each day happens then, by one process."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connections

from response.delivery import clock

MINUTE = timedelta(minutes=1)


def test_a_job_is_done_once_a_minute(time_stands_still):
    assert clock.is_due("sweep", MINUTE)
    assert not clock.is_due("sweep", MINUTE)
    time_stands_still.shift(59)
    assert not clock.is_due("sweep", MINUTE)
    time_stands_still.shift(1)
    assert clock.is_due("sweep", MINUTE)
    assert not clock.is_due("sweep", MINUTE)


def test_after_hours_of_downtime_a_job_is_done_once(time_stands_still):
    assert clock.is_due("sweep", MINUTE)
    time_stands_still.shift(5 * 3600)
    assert [clock.is_due("sweep", MINUTE) for _asked in range(3)] == [True, False, False]


def test_a_clock_that_was_put_back_stops_nothing(time_stands_still):
    assert clock.is_due("sweep", MINUTE)
    time_stands_still.shift(-3600)
    assert [clock.is_due("sweep", MINUTE) for _asked in range(3)] == [True, False, False]


def test_a_machine_whose_clock_is_a_little_behind_does_not_do_it_again(time_stands_still):
    assert clock.is_due("sweep", MINUTE)
    time_stands_still.shift(-0.5)
    assert not clock.is_due("sweep", MINUTE)


def test_of_many_that_ask_at_once_one_is_told_yes(time_stands_still):
    def ask():
        ready.wait()
        try:
            told.append(clock.is_due("sweep", MINUTE))
        except OperationalError:
            # SQLite in memory does not wait for its lock.
            told.append(False)
        finally:
            connections.close_all()

    for minute in range(5):
        told, ready = [], threading.Barrier(6)
        threads = [threading.Thread(target=ask) for _thread in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(told) == 1, f"in minute {minute}"
        time_stands_still.shift(60)


@pytest.fixture
def jobs():
    """Three jobs of this test's; the second fails."""
    done = []

    def first():
        done.append("first")

    def broken():
        done.append("broken")
        raise ValueError("a job of the host has a bug")

    def third():
        done.append("third")

    for job in (first, broken, third):
        clock.each_minute(job)
    yield done
    for job in (first, broken, third):
        clock._jobs[clock.MINUTE].remove(job)


def test_a_job_that_fails_does_not_keep_the_others_from_their_turn(jobs, time_stands_still):
    clock.tick()
    clock.tick()
    assert jobs == ["first", "broken", "third"]


def test_a_clock_of_the_hosts_that_is_early_is_believed(jobs, time_stands_still):
    clock.strike(clock.MINUTE)
    time_stands_still.shift(59.9)
    clock.strike(clock.MINUTE)
    assert jobs == ["first", "broken", "third"] * 2
    clock.tick()
    assert len(jobs) == 6, "and ours takes it as done"
