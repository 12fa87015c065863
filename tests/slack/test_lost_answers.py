"""A call that got no answer stays in doubt, whatever becomes of the calls after it."""

from __future__ import annotations

import pytest

from response.core import services
from response.delivery import clock
from response.slack.client import SlackClient
from response.slack.models import CommsChannel, HeadlinePost
from response.testing.payloads import INCIDENTS

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def seconds_pass(now, work_is_done):
    def passed(number):
        now.shift(number)
        clock.tick()
        work_is_done()

    return passed


@pytest.fixture
def late(slack, settings, work_is_done, seconds_pass):
    """A call hangs past our patience; before Slack does it, the next one meets ``trouble``."""
    settings.SLACK_CLIENT = SlackClient(settings.SLACK_TOKEN, timeout=1.0)

    def hung(method, trouble):
        slack.hang(60, method, times=1)
        work_is_done()
        trouble(method)
        seconds_pass(3)
        slack.recover()
        assert slack.wait_for(lambda fake: any(call.answer["ok"] for call in fake.calls_to(method)))

    return hung


@pytest.fixture(params=["429", "refused"])
def trouble(slack, request):
    return {
        "429": lambda method: slack.rate_limit(method, 10),
        "refused": lambda method: slack.refuse(method, "restricted_action", times=1),
    }[request.param]


def test_a_headline_that_was_posted_late_is_found(slack, incident, late, trouble, seconds_pass):
    late("chat.postMessage", trouble)
    seconds_pass(61)
    seconds_pass(61)

    (message,) = slack.messages(INCIDENTS)
    assert HeadlinePost.objects.get().message_ts == message.ts


def test_a_headline_that_was_posted_late_is_taken_back_where_the_incident_is_private(
    slack, incident, late, trouble, seconds_pass
):
    late("chat.postMessage", trouble)
    services.update_incident(incident.pk, private=True)
    seconds_pass(61)
    seconds_pass(61)

    assert slack.messages(INCIDENTS) == []


def test_a_headline_that_was_posted_late_goes_where_the_incident_is_removed(
    slack, incident, late, trouble, seconds_pass
):
    late("chat.postMessage", trouble)
    incident.delete()
    seconds_pass(61)
    seconds_pass(61)

    assert slack.messages(INCIDENTS) == []


def test_a_channel_that_was_made_late_is_found(
    slack, incident, work_is_done, late, trouble, seconds_pass
):
    work_is_done()
    services.request_channel(incident.pk)
    late("conversations.create", trouble)
    seconds_pass(61)
    seconds_pass(61)

    (made,) = [one for one in slack.channels.values() if one.name.startswith("inc-")]
    assert CommsChannel.objects.get().channel_id == made.id
