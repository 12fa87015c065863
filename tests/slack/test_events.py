"""What happens in a comms channel, and is taken down by itself."""

from __future__ import annotations

import itertools
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.delivery.models import Inbox
from response.slack.models import CommsChannel, PinnedMessage, UserStats
from response.slack.timestamps import instant_of
from response.testing.payloads import (
    ANA,
    BEN,
    GENERAL,
    channel_rename,
    event,
    member_joined,
    message,
    pin_added,
    pin_removed,
)

TS = "1700000000.000240"  # as a number it would lose its last digit


@pytest.fixture
def happens(slack_sends, work_is_done):
    """Deliver requests, and do what follows from each."""

    def deliver(*requests):
        for request in requests:
            assert slack_sends(request).status_code == 200
            work_is_done()

    return deliver


@pytest.fixture
def pins(declared):
    """The texts of the pins on the timeline."""
    return lambda: [
        entry.text for entry in declared.timeline_events().filter(event_type="slack_pin")
    ]


@pytest.fixture
def pin(channel):
    """The event by which Ana pins Ben's message, or takes the pin off, at some second."""

    def make(kind, second, text="Found it", ts=TS, **more):
        more = {"channel": channel.channel_id, "author": BEN, "user": ANA, **more}
        at = f"17100{second:05d}.000100"
        return kind(text, message_ts=ts, event_ts=at, **more)

    return make


def test_a_pin_is_an_entry_at_the_messages_own_time(happens, pin, declared, channel):
    happens(pin(pin_added, 1, "latency &lt; 5ms\n&amp; <@U0000000BEN>"))

    entry = declared.timeline_events().get(event_type="slack_pin")
    assert entry.timestamp == instant_of(TS)
    assert entry.text == "latency < 5ms\n& <@U0000000BEN>"
    assert entry.metadata["author"]["external_id"] == BEN
    assert entry.metadata["message_ts"] == TS
    assert entry.metadata["channel_id"] == channel.channel_id
    assert entry.metadata["actor"]["id"] == ANA
    pinned = PinnedMessage.objects.get()
    assert (pinned.message_ts, pinned.author.external_id, pinned.timeline_event) == (TS, BEN, entry)


def test_promise_11_a_retry_or_a_second_pin_adds_nothing(happens, pin, pins):
    happens(pin(pin_added, 1, event_id="Ev1"), pin(pin_added, 1, event_id="Ev1"))
    happens(pin(pin_added, 2))
    assert pins() == ["Found it"]
    assert PinnedMessage.objects.count() == 1


def test_promise_11_unpinning_takes_away_only_its_own(happens, pin, pins, declared):
    before = declared.timeline_events().count()
    happens(pin(pin_added, 1), pin(pin_added, 1, "Another", ts="1700000001.000100"))
    happens(pin(pin_removed, 2))
    assert pins() == ["Another"]
    assert declared.timeline_events().count() == before + 1
    assert PinnedMessage.objects.count() == 1


def test_unpinning_what_was_never_pinned_does_nothing(happens, pin, pins, declared):
    before = declared.timeline_events().count()
    happens(pin(pin_removed, 1))
    assert declared.timeline_events().count() == before


def test_a_message_may_be_pinned_unpinned_and_pinned_again(happens, pin, pins):
    happens(pin(pin_added, 1), pin(pin_removed, 2), pin(pin_added, 3))
    assert pins() == ["Found it"]


STORY = [(pin_added, 1), (pin_removed, 2), (pin_added, 3), (pin_removed, 4), (pin_added, 5)]


@pytest.mark.parametrize("length", [2, 3, 4])
def test_whatever_order_pins_come_in_the_last_one_holds(
    happens, pin, pins, declared, channel, length
):
    """Slack promises no order, and comes again minutes later with what we did not take."""
    last = STORY[length - 1][0]
    for number, order in enumerate(itertools.permutations(STORY[:length])):
        text = f"Message {number}"
        ts = f"1700001{number:03d}.000100"
        happens(*(pin(kind, second, text, ts=ts) for kind, second in order))
        assert (text in pins()) == (last is pin_added), order


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"type": "file", "file": {"id": "F1"}},
        {"type": "message", "message": {}},
        {"type": "message", "message": {"ts": 1.5, "text": "x"}},
        {"type": "message", "message": {"ts": "", "text": "x"}},
        {"type": "message", "message": {"ts": "1" * 51, "text": "x"}},
        {"type": "message", "message": None},
        [],
        None,
        "x",
    ],
)
@pytest.mark.parametrize("kind", ["pin_added", "pin_removed"])
def test_a_pin_of_what_is_no_message_does_nothing(happens, pins, channel, kind, item):
    happens(event(kind, {"user": ANA, "channel_id": channel.channel_id, "item": item}))
    assert pins() == []
    assert not Inbox.objects.exclude(state=Inbox.State.DONE).exists()


@pytest.mark.parametrize(
    "pinned",
    [
        {"ts": "no number", "text": "x", "user": BEN},
        {"ts": "nan", "text": "x", "user": BEN},
        {"ts": "1e300", "text": "x", "user": BEN},
        {"ts": TS, "text": "x"},
        {"ts": TS, "text": "x", "user": None, "bot_id": "B1"},
        {"ts": TS, "text": None, "user": BEN},
        {"ts": TS, "text": 5, "user": 5},
        {"ts": TS, "text": "x", "user": "U" * 99},
    ],
)
def test_an_odd_message_can_be_pinned_all_the_same(happens, pins, channel, pinned):
    happens(
        event("pin_added", {"user": ANA, "channel_id": channel.channel_id,
                            "item": {"type": "message", "message": pinned}})
    )  # fmt: skip
    assert len(pins()) == 1


# The channel's name


def test_a_renamed_channel_is_called_what_slack_calls_it(happens, channel, declared):
    was = channel.channel_name
    happens(channel_rename(channel.channel_id, "inc-cards", event_id="Ev1"))
    happens(channel_rename(channel.channel_id, "inc-cards", event_id="Ev1"))
    happens(channel_rename(channel.channel_id, "inc-cards"))

    channel.refresh_from_db()
    assert channel.channel_name == "inc-cards"
    told = declared.timeline_events().filter(metadata__update_type="comms_channel_renamed")
    assert [entry.text for entry in told] == [f"Comms channel renamed from #{was} to #inc-cards"]


def test_the_last_name_stays_where_slack_comes_late_with_an_earlier_one(happens, channel, declared):
    """It comes again, minutes later, with what nobody took at first."""
    for name, second in (("inc-cards", 2), ("inc-crads", 1)):
        renamed = {"id": channel.channel_id, "name": name}
        at = f"17100{second:05d}.000100"
        happens(event("channel_rename", {"channel": renamed, "event_ts": at}))

    channel.refresh_from_db()
    assert channel.channel_name == "inc-cards"
    told = declared.timeline_events().filter(metadata__update_type="comms_channel_renamed")
    assert told.count() == 1


@pytest.mark.parametrize("name", ["", None, 5, [], "x" * 200])
def test_a_name_that_is_none_does_no_harm(happens, channel, name):
    renamed = {"id": channel.channel_id, "name": name}
    happens(event("channel_rename", {"channel": renamed}))
    channel.refresh_from_db()
    assert 0 < len(channel.channel_name) <= 80


# Who said how much


@pytest.fixture
def counts(declared):
    """How many messages of whom were counted."""
    return lambda: dict(
        UserStats.objects.filter(incident=declared).values_list(
            "user__external_id", "message_count"
        )
    )


def test_promise_10_messages_are_counted_once_each(happens, slack_sends, channel, counts):
    here = channel.channel_id
    for request in (
        message("one", channel=here, event_id="Ev1", ts="1700000009.000100"),
        message("one", channel=here, event_id="Ev1", ts="1700000009.000100"),
        message("two", channel=here, ts="1700000003.000100"),
        message("three", channel=here, user=BEN),
    ):
        slack_sends(request)
    happens(message("four", channel=here), message("one", channel=here, event_id="Ev1"))

    assert counts() == {ANA: 3, BEN: 1}
    assert UserStats.objects.get(user__external_id=ANA).join_time == instant_of("1700000003.000100")


@pytest.mark.parametrize("subtype", ["file_share", "me_message", "thread_broadcast"])
def test_what_a_person_says_in_other_ways_counts(happens, channel, counts, subtype):
    happens(message("x", channel=channel.channel_id, subtype=subtype))
    assert counts() == {ANA: 1}


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "channel_join"},
        {"subtype": "channel_leave"},
        {"subtype": "channel_topic"},
        {"subtype": "channel_name"},
        {"subtype": "pinned_item"},
        {"subtype": "message_changed", "message": {"user": ANA, "text": "edited"}},
        {"subtype": "message_deleted", "deleted_ts": "1.1"},
        {"subtype": "bot_message", "bot_id": "B1"},
        {"bot_id": "B1"},
        {"user": None},
        {"user": ""},
        {"user": "U" * 99},
    ],
)
def test_promise_10_joins_edits_and_bots_are_no_messages(happens, channel, counts, more):
    happens(message("x", channel=channel.channel_id, **more))
    assert counts() == {}


def test_a_member_who_joins_is_no_message(happens, channel, counts):
    happens(member_joined(BEN, channel.channel_id))
    assert counts() == {}


def test_what_was_said_is_not_kept(slack_sends, channel):
    slack_sends(message("CANARY", channel=channel.channel_id))
    assert "CANARY" not in json.dumps(list(Inbox.objects.values()), default=str)


def test_a_plain_message_costs_at_most_four_queries(slack_sends, channel):
    request = message("x", channel=channel.channel_id)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        slack_sends(request)
    assert len(queries) <= 4


@pytest.mark.parametrize(
    "request_",
    [
        message("x", channel=GENERAL),
        pin_added("x", message_ts=TS, channel=GENERAL),
        pin_removed("x", message_ts=TS, channel=GENERAL),
        channel_rename(GENERAL, "else"),
    ],
    ids=["message", "pin_added", "pin_removed", "channel_rename"],
)
def test_a_channel_of_no_incident_costs_one_query_and_no_write(
    slack_sends, channel, request_, django_assert_num_queries
):
    rows = Inbox.objects.count()
    with django_assert_num_queries(1) as queries:
        slack_sends(request_)
    assert queries[0]["sql"].startswith("SELECT")
    assert Inbox.objects.count() == rows


def test_messages_of_many_are_counted_with_few_writes(
    slack_sends, work_is_done, channel, counts, declared
):
    for number in range(30):
        slack_sends(message("x", channel=channel.channel_id, user=[ANA, BEN][number % 2]))
    with CaptureQueriesContext(connection) as queries:
        work_is_done()
    assert counts() == {ANA: 15, BEN: 15}
    writes = [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE"))]
    assert len([q for q in writes if "userstats" in q["sql"]]) <= 4


def test_a_channel_whose_incident_is_gone_is_no_trouble(
    slack_sends, work_is_done, channel, declared
):
    slack_sends(message("x", channel=channel.channel_id))
    slack_sends(pin_added("x", message_ts=TS, channel=channel.channel_id))
    declared.delete()
    work_is_done()
    assert not CommsChannel.objects.exists()
    assert not Inbox.objects.exclude(state=Inbox.State.DONE).exists()
