"""The pinned summary: one in a channel, and pinned, whatever Slack does meanwhile."""

from __future__ import annotations

import datetime

import pytest
import time_machine

from response.core import services
from response.slack.client import SlackClient
from response.slack.models import CommsChannel
from tests.slack.conversation import summary


@pytest.fixture(autouse=True)
def now(slack, settings, transactional_db):
    """A clock that stands still until the test moves it, and that Slack goes by; nobody waits
    long for an answer."""
    begin = datetime.datetime(2026, 3, 2, 10, tzinfo=datetime.UTC)
    with time_machine.travel(begin, tick=False) as moved:
        slack.follow_clock()
        settings.SLACK_CLIENT = SlackClient(settings.SLACK_TOKEN, timeout=0.2)
        yield moved


@pytest.fixture
def seconds_pass(now, work_is_done):
    def passed(number):
        for _second in range(number):
            now.shift(1)
            work_is_done()

    return passed


@pytest.fixture
def a_channel(declared, work_is_done):
    """Make the comms channel, in whatever trouble the test made."""

    def made():
        services.request_channel(declared.pk)
        work_is_done()
        return CommsChannel.objects.get()

    return made


def test_a_summary_that_slack_posts_after_a_time_out_is_the_only_one(
    slack, declared, a_channel, seconds_pass
):
    slack.hang(60, "chat.postMessage", times=1)
    channel = a_channel()
    seconds_pass(20)
    asked = len(slack.calls_to("conversations.history"))

    slack.recover()  # and only now does it what it was asked
    assert slack.wait_for(lambda slack: slack.messages(channel.channel_id))
    services.update_incident(declared.pk, severity="1")
    seconds_pass(20)

    assert "critical" in str(summary(slack, channel).blocks)
    assert asked == 1, "one look, and then patience"


def test_a_summary_that_slack_never_posts_is_posted_after_a_while(slack, a_channel, seconds_pass):
    slack.hang(1, "chat.postMessage", times=1, completes=False)
    channel = a_channel()
    seconds_pass(33)
    assert slack.messages(channel.channel_id) == []

    seconds_pass(3)

    assert slack.channels[channel.channel_id].pins == [summary(slack, channel).ts]


def test_a_summary_deleted_by_hand_is_posted_anew_once_though_the_answer_is_lost(
    slack, channel, declared, work_is_done, seconds_pass
):
    slack.channels[channel.channel_id].messages.clear()
    services.update_incident(declared.pk, severity="1")
    slack.drop_answers("chat.postMessage", times=1)
    work_is_done()
    services.update_incident(declared.pk, severity="2")
    seconds_pass(40)

    assert "major" in str(summary(slack, channel).blocks)
