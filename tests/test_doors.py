"""The work behind the answers lets those go first who wait for one."""

from __future__ import annotations

import threading

import pytest

from response import doors
from response.doors import Doors
from response.slack.decorators import slash_subcommand
from tests.payloads import slash_command


@pytest.fixture
def patient():
    """Doors for which work waits as long as it takes."""
    return Doors(courtesy=3600)


def test_work_waits_until_the_last_one_is_answered(patient):
    done, begun = [], threading.Event()

    def work():
        begun.set()
        patient.let_go_first()
        done.append("work")

    worker = threading.Thread(target=work)
    with patient.answering():
        with patient.answering():
            worker.start()
            assert begun.wait(60)
        done.append("answers")
    worker.join(60)
    assert done == ["answers", "work"]


def test_nobody_waits_where_nobody_is_being_answered(patient):
    with patient.answering():
        pass
    patient.let_go_first()


def test_who_answers_does_not_wait_for_themselves(patient):
    with patient.answering():
        patient.let_go_first()


def test_courtesy_ends():
    hasty, done = Doors(courtesy=0), threading.Event()

    def work():
        hasty.let_go_first()
        done.set()

    with hasty.answering():
        threading.Thread(target=work).start()
        assert done.wait(60)


def test_slack_waits_while_its_request_is_answered(slack_sends, db, handlers):
    seen = []
    slash_subcommand(["look"])(lambda context: seen.append(doors.is_anybody_waiting()))
    slack_sends(slash_command("look"))
    assert (seen, doors.is_anybody_waiting()) == ([True], False)
