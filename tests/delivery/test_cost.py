"""What a message in a channel costs: Slack may send hundreds a minute."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.background import work
from response.core import services
from response.core.models import ExternalUser
from response.delivery import clock, inbox
from response.delivery.models import Inbox
from response.slack.models import CommsChannel, UserStats
from tests.payloads import message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel():
    incident = services.declare_incident(report="Checkout is failing", reporter=None)
    CommsChannel.objects.create(incident=incident, channel_id="C1", channel_name="one")
    for number in range(4):
        ExternalUser.objects.create(
            app_id="slack", external_id=f"U{number}", display_name=f"{number}"
        )
    return "C1"


class Cost:
    """The statements that were sent, without those that begin and end a transaction."""

    def __init__(self, queries) -> None:
        statements = [query["sql"].lstrip('( "').upper() for query in queries]
        words = [statement.split(None, 1)[0] for statement in statements if statement]
        self.reads = words.count("SELECT")
        self.writes = sum(words.count(word) for word in ("INSERT", "UPDATE", "DELETE"))


def cost_of(do):
    with CaptureQueriesContext(connection) as captured:
        do()
    return Cost(captured.captured_queries)


def test_a_message_of_a_channel_that_is_no_incidents_costs_one_look(slack_sends, channel):
    cost = cost_of(lambda: slack_sends(message("hello", channel="C2")))
    assert (cost.reads, cost.writes) == (1, 0)
    assert not Inbox.objects.exists()


def test_a_message_costs_one_write_before_it_is_acknowledged(slack_sends, channel):
    cost = cost_of(lambda: slack_sends(message("hello", channel=channel)))
    assert cost.reads <= 3
    assert cost.writes == 1


def test_a_message_that_comes_again_costs_no_more(slack_sends, channel):
    once = message("hello", channel=channel)
    slack_sends(once)
    cost = cost_of(lambda: slack_sends(once))
    assert cost.reads <= 4
    assert cost.writes == 1, "the insert, which the key refuses"
    assert Inbox.objects.count() == 1


def handle_all():
    while inbox.handle_next():
        pass


def test_messages_are_counted_with_one_write_a_person(slack_sends, channel):
    for number in range(40):
        slack_sends(message("hello", channel=channel, user=f"U{number % 4}"))
    handle_all()  # the first of each person makes a row of theirs
    for number in range(120):
        slack_sends(message("hello", channel=channel, user=f"U{number % 4}"))

    cost = cost_of(handle_all)

    assert cost.writes <= 4 + 1, "one for each person, and one for the batch"
    assert cost.reads <= 15
    assert set(UserStats.objects.values_list("message_count", flat=True)) == {40}


def test_a_look_that_finds_nothing_writes_nothing(channel):
    work.drain()
    cost = cost_of(work.drain)
    assert cost.writes == 0
    assert cost.reads <= 4


def test_a_sweep_that_finds_nothing_writes_nothing(slack_in_time):
    clock.tick()
    work.drain()
    cost = cost_of(work.sweep.once)
    assert cost.writes == 0
    assert cost.reads <= 8
