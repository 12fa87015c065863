"""``@incident action``, ``actions`` and ``timeline``: what people write down while it happens."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from response.core.models import Action
from response.slack.due_dates import split_due_date
from response.slack.handlers.timeline_entries import split_time
from response.testing.payloads import ANA, BEN, block_action
from tests.slack.conversation import bot_messages

MONDAY_NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def local(instant):
    return timezone.localtime(instant) if timezone.is_aware(instant) else instant


@pytest.mark.parametrize(
    ("text", "details", "due"),
    [
        ("rotate the keys by Friday", "rotate the keys", (27, 23, 59)),
        ("rotate the keys by tomorrow 10am.", "rotate the keys", (24, 10, 0)),
        ("rotate the keys by 2026-11-30", "rotate the keys", (30, 23, 59)),
        ("fix what was made by Bob by Friday", "fix what was made by Bob", (27, 23, 59)),
        ("write it down\nby hand by Friday!", "write it down\nby hand", (27, 23, 59)),
        ("write it down by hand", "write it down by hand", None),
        ("raise the limit by 5", "raise the limit by 5", None),
        ("call them by 31 Feb", "call them by 31 Feb", None),
        ("by Friday", "by Friday", None),
        ("stand by", "stand by", None),
        ("", "", None),
    ],
)
def test_a_date_at_the_end_is_when_it_is_due(text, details, due):
    with time_machine.travel(MONDAY_NOON, tick=False):
        left, instant = split_due_date(text)

    assert left == details
    found = None if instant is None else local(instant)
    assert (found and (found.day, found.hour, found.minute)) == due


@pytest.mark.parametrize(
    "text", [" by" * 30_000, "x by" + " " * 50_000 + "Friday", "x\n by " * 20_000, "by " * 9_000]
)
def test_hostile_text_is_searched_for_a_date_in_a_moment(text):
    split_due_date(text)


def test_an_action_has_an_owner_and_a_date(say, declared, slack, channel):
    with time_machine.travel(MONDAY_NOON, tick=False):
        say(f"action <@{BEN}> rotate the keys by Friday", user=ANA)

    action = Action.objects.get()
    assert (action.details, action.user.external_id) == ("rotate the keys", BEN)
    assert local(action.due_date).date() == dt.date(2026, 11, 27)
    entry = declared.timelineevent_set.get(metadata__update_type="action_logged")
    assert entry.metadata["actor"]["id"] == ANA
    said = [m.text for m in bot_messages(slack, channel)]
    assert said == [f"Written down for <@{BEN}>, due Friday 27 November."]


def test_an_action_of_nobody_in_particular_is_the_speakers(say, declared):
    say("action look at the queue & drain it", user=BEN)

    action = Action.objects.get()
    assert (action.details, action.user.external_id) == ("look at the queue & drain it", BEN)
    assert action.due_date is None


def test_an_action_without_words_asks_for_them(say, slack, channel):
    say("action")

    assert not Action.objects.exists()
    assert "What is to be done?" in slack.ephemerals(channel.channel_id)[0].text


def test_done_is_pressed_in_the_list_and_the_list_follows(
    say, slack, channel, slack_sends, work_is_done
):
    say("action rotate the keys")
    say(f"action <@{BEN}> tell <!channel> the *customers*")
    say("actions")
    listed = bot_messages(slack, channel)[-1]
    assert "rotate the keys" in str(listed.blocks)
    assert "<!channel>" not in str(listed.blocks)
    done = listed.blocks[1]["accessory"]

    for _press in range(2):
        slack_sends(
            block_action(
                done["action_id"], done["value"], channel=channel.channel_id, message_ts=listed.ts
            )
        )
        work_is_done()

    assert list(Action.objects.filter(done=True).values_list("details", flat=True)) == [
        "rotate the keys"
    ]
    listed = bot_messages(slack, channel)[-1]
    assert "rotate the keys" not in str(listed.blocks)
    assert Action.objects.get(done=True).done_date is not None


def test_a_list_of_nothing_says_so(say, slack, channel):
    say("actions")
    listed = bot_messages(slack, channel)[-1]
    assert "Nothing is left to be done" in str(listed.blocks)


@pytest.mark.parametrize(
    ("text", "left", "at"),
    [
        ("14:05 The database failed over", "The database failed over", "22 14:05"),
        ("9:05 It began", "It began", "23 09:05"),
        ("9.05 It began", "It began", "23 09:05"),
        ("12:00 Noon\nand more", "Noon\nand more", "23 12:00"),
        ("14:05", "14:05", None),
        ("25:00 is no time", "25:00 is no time", None),
        ("1405 tickets came in", "1405 tickets came in", None),
        ("The 14:05 train", "The 14:05 train", None),
    ],
)
def test_an_entry_may_begin_with_its_time(text, left, at):
    with time_machine.travel(MONDAY_NOON, tick=False):
        rest, instant = split_time(text)

    assert rest == left
    assert (instant and f"{local(instant):%d %H:%M}") == at


def test_an_entry_stands_on_the_timeline_at_its_time(say, declared):
    with time_machine.travel(MONDAY_NOON, tick=False):
        say("timeline 11:30 The pager <@W00000CHLOE> went & rang", user=BEN)

    entry = declared.timelineevent_set.get(event_type="text")
    assert entry.text == "The pager <@W00000CHLOE> went & rang"
    assert f"{local(entry.timestamp):%H:%M}" == "11:30"
    assert entry.metadata["actor"]["id"] == BEN
    assert entry.metadata["source"] == "slack"
