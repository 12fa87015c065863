"""The headline of an incident made private is taken back, also where Slack posts it late."""

from __future__ import annotations

import pytest

from response.core import services
from response.testing.payloads import INCIDENTS

pytestmark = pytest.mark.usefixtures("moment")


def test_a_post_that_slack_makes_after_a_time_out_is_taken_back(slack, work_is_done, seconds_pass):
    slack.hang(60, "chat.postMessage", times=1)
    incident = services.declare_incident(report="Checkout is failing", reporter=None)
    work_is_done()
    services.update_incident(incident.pk, private=True)
    seconds_pass(20)

    slack.recover()  # and only now does it what it was asked
    assert slack.wait_for(lambda slack: slack.messages(INCIDENTS))
    seconds_pass(20)

    assert slack.messages(INCIDENTS) == []


def test_a_post_made_again_and_late_is_taken_back(slack, declared, work_is_done, seconds_pass):
    slack.channels[INCIDENTS].messages.clear()
    services.update_incident(declared.pk, severity="1")
    slack.drop_answers("chat.postMessage", times=1)
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1
    services.update_incident(declared.pk, private=True)
    seconds_pass(40)

    assert slack.messages(INCIDENTS) == []
