"""The pinned summary: one in a channel, and pinned, whatever Slack does meanwhile."""

from __future__ import annotations

import pytest

from response.core import services
from response.delivery import calls
from response.slack.models import CommsChannel
from response.slack.web_api import WebApi
from tests.slack.conversation import summary

pytestmark = pytest.mark.usefixtures("moment")


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


@pytest.fixture
def trouble(slack):
    """What Slack makes of the pin, by name."""
    return {
        "wait": lambda: slack.rate_limit("pins.add", 10),
        "no answer": lambda: slack.drop_answers("pins.add", times=1),
        "too late": lambda: slack.hang(1, "pins.add", times=1, completes=False),
        "broken": lambda: slack.status(500, "pins.add", times=2),
    }


@pytest.mark.parametrize("what", ["wait", "no answer", "too late", "broken"])
def test_a_summary_is_pinned_though_slack_did_not_do_it_at_once(
    slack, a_channel, seconds_pass, trouble, what
):
    trouble[what]()
    channel = a_channel()
    seconds_pass(15)

    assert slack.channels[channel.channel_id].pins == [summary(slack, channel).ts]
    assert slack.early_calls == []
    assert len(slack.calls_to("chat.update")) == 1, "that of the headline"


def test_a_summary_that_may_not_be_pinned_is_up_to_date_all_the_same(
    slack, declared, a_channel, seconds_pass
):
    slack.refuse("pins.add", "too_many_pins")
    channel = a_channel()
    services.update_incident(declared.pk, severity="1")
    seconds_pass(2)
    slack.recover()
    assert "critical" in str(summary(slack, channel).blocks)

    services.update_incident(declared.pk, severity="2")
    seconds_pass(2)

    assert slack.channels[channel.channel_id].pins == [summary(slack, channel).ts]


class Killed(BaseException):
    """The process ended."""


class Deadly(WebApi):
    """The way to Slack of a process that ends at one call, once."""

    def __init__(self, method: str, *, is_made: bool) -> None:
        self._method = method
        self._is_made = is_made

    def call(self, method, body):
        if method != self._method:
            return super().call(method, body)
        self._method = ""
        if self._is_made:
            super().call(method, body)
        raise Killed


@pytest.fixture
def killed_at():
    """Have the process end before or after it makes a call."""
    yield lambda method, *, is_made: calls.use_transport(Deadly(method, is_made=is_made))
    calls.use_transport(WebApi())


@pytest.mark.parametrize("is_made", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("method", ["chat.postMessage", "pins.add"])
def test_whenever_the_process_is_killed_there_is_one_summary_and_it_is_pinned(
    slack, declared, a_channel, killed_at, seconds_pass, method, is_made
):
    killed_at(method, is_made=is_made)
    with pytest.raises(Killed):
        a_channel()
    seconds_pass(40)

    channel = CommsChannel.objects.get()
    assert slack.channels[channel.channel_id].pins == [summary(slack, channel).ts]


def test_a_summary_posted_anew_is_pinned_though_the_process_was_killed_before(
    slack, channel, declared, killed_at, work_is_done, seconds_pass
):
    slack.channels[channel.channel_id].messages.clear()
    services.update_incident(declared.pk, severity="1")
    killed_at("pins.add", is_made=False)
    with pytest.raises(Killed):
        work_is_done()
    seconds_pass(40)

    message = summary(slack, channel)
    assert message.ts in slack.channels[channel.channel_id].pins
    assert "critical" in str(message.blocks)
