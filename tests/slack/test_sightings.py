"""When Slack was last heard of is written down, also where nothing works in the background."""

from __future__ import annotations

import threading

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished

from response.slack import sightings
from response.slack.sightings import INTERVAL, REFUSED, SIGNED, Sightings

pytestmark = pytest.mark.django_db(transaction=True)


class Later:
    """What is to be done later, which the test does itself."""

    def __init__(self):
        self.jobs = []

    def __call__(self, seconds, job):
        self.jobs.append((seconds, job))

    def pass_(self):
        """Do the one thing that is to be done, and return after how many seconds it would be."""
        ((seconds, job),) = self.jobs
        self.jobs.clear()
        job()
        return seconds


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def seen(later):
    """What one process has seen, which has no sweep."""
    return Sightings(later)


def test_a_thousand_requests_that_are_refused_are_one_note_soon(seen, later):
    for _request in range(1000):
        seen.see(REFUSED)
        seen.write_down_soon()
    assert sightings.last_seen(REFUSED) is None
    assert later.pass_() < 1
    assert sightings.last_seen(REFUSED) is not None


def test_what_is_seen_right_after_a_note_waits_for_the_next_and_is_not_lost(seen, later):
    seen.see(REFUSED)
    seen.write_down_soon()
    later.pass_()
    seen.see(SIGNED)
    seen.write_down_soon()
    seconds, _job = later.jobs[0]
    assert INTERVAL - 1 < seconds < INTERVAL + 1
    assert sightings.last_seen(SIGNED) is None


def test_what_somebody_else_has_written_down_meanwhile_is_not_written_again(
    seen, later, django_assert_num_queries
):
    seen.see(REFUSED)
    seen.write_down_soon()
    seen.write_down()
    with django_assert_num_queries(0):
        later.pass_()
    assert later.jobs == []


def test_what_is_seen_while_others_have_just_written_is_written_after_them(seen, later):
    seen.see(REFUSED)
    seen.write_down_soon()
    seen.write_down()
    seen.see(SIGNED)
    later.pass_()
    assert sightings.last_seen(SIGNED) is None
    assert later.jobs, "it is too early, and not forgotten"


def test_where_nothing_was_seen_nothing_is_to_be_done(seen, later):
    seen.write_down_soon()
    assert later.jobs == []


def test_where_a_sweep_runs_it_is_left_to_that(seen, later, settings):
    settings.RESPONSE_SWEEP = True
    seen.see(REFUSED)
    seen.write_down_soon()
    assert later.jobs == []


def test_in_tests_a_server_that_has_answered_leaves_no_thread_behind():
    sightings.see(REFUSED)
    request_finished.send(sender=WSGIHandler)
    assert "response-sightings" not in {thread.name for thread in threading.enumerate()}
