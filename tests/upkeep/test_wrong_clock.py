"""A clock that was a day ahead is put back: nothing waits for tomorrow."""

from __future__ import annotations

import pytest

from response.background import work
from response.delivery import clock, inbox, lanes
from response.delivery.models import Inbox, Lane, OutboxMessage
from response.slack import messages
from response.testing.payloads import GENERAL

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 86400


@pytest.fixture
def put_back(time_stands_still):
    """The clock is a day ahead until this is called; then the next minute comes."""
    time_stands_still.shift(DAY)

    def put_back():
        time_stands_still.shift(-DAY)
        work.Sweep(lambda: None).once()
        work.drain()

    return put_back


def test_a_message_that_met_an_outage_is_sent(put_back, slack_in_time):
    slack_in_time.unreachable()
    messages.post(GENERAL, "Hello")
    work.drain()
    slack_in_time.recover()
    put_back()
    assert [message.text for message in slack_in_time.messages(GENERAL)] == ["Hello"]


def test_a_lane_whose_holder_is_nowhere_is_free(put_back, slack_in_time):
    lanes._take(GENERAL, "another-machine:abc:1", clock.now())
    messages.post(GENERAL, "Hello")
    put_back()
    assert [message.text for message in slack_in_time.messages(GENERAL)] == ["Hello"]
    assert Lane.objects.get(name=GENERAL).holder == ""


def test_a_request_that_failed_or_was_claimed_is_handled(put_back, handled):
    handled.steps["note"] = lambda row: handled.note(row) if row.attempts > 1 else 1 / 0
    inbox.receive("event:failed", "event", lane="C1")
    work.drain()
    inbox.receive("event:claimed", "event", lane="C2")
    Inbox.objects.filter(key="event:claimed").update(
        claimed_by="another-machine:abc", claimed_until=clock.now() + inbox.CLAIM, attempts=1
    )
    put_back()
    assert sorted(handled.done) == ["event:claimed", "event:failed"]


def test_what_waits_for_its_time_goes_on_waiting(time_stands_still, slack_in_time):
    slack_in_time.rate_limit("chat.postMessage", 3600)
    messages.post(GENERAL, "Hello")
    work.drain()
    until = OutboxMessage.objects.get().not_before
    time_stands_still.shift(61)
    work.Sweep(lambda: None).once()
    assert OutboxMessage.objects.get().not_before == until
