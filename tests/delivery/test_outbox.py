"""What Slack is owed once is sent once, in order, and not before Slack wants it."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection

from response.background import work
from response.delivery import calls, outbox
from response.delivery.models import OutboxMessage, Pause
from response.delivery.outbox import Doubt
from response.slack import messages
from response.testing import FakeSlack
from response.testing.payloads import ANA, GENERAL, INCIDENTS

State = OutboxMessage.State


def texts(slack: FakeSlack, channel: str = GENERAL) -> list[str]:
    return [message.text for message in slack.messages(channel)]


def states() -> dict[str, int]:
    return dict(OutboxMessage.objects.values_list("key", "state"))


def pass_time(moment, slack: FakeSlack, seconds: float) -> None:
    """Work each second for so long."""
    for _second in range(int(seconds)):
        moment.shift(1)
        work.drain()


def test_the_same_key_owed_twice_is_sent_once(slack_in_time):
    messages.post(GENERAL, "Hello", key="hello")
    messages.post(GENERAL, "Hello", key="hello")
    work.drain()
    messages.post(GENERAL, "Hello", key="hello")
    work.drain()
    assert texts(slack_in_time) == ["Hello"]


def test_what_cannot_be_kept_is_an_error_and_not_owed_already(slack_in_time):
    with pytest.raises(IntegrityError):
        outbox.owe("hello", "chat.postMessage", {}, lane=None)


def test_messages_of_a_channel_are_sent_in_order(slack_in_time):
    for number in range(6):
        messages.post(GENERAL, f"{number}")
    work.drain()
    assert texts(slack_in_time) == ["0", "1", "2", "3", "4", "5"]


def test_slack_is_left_alone_for_as_long_as_it_says(slack_in_time, time_stands_still):
    slack_in_time.rate_limit("chat.postMessage", 30, channel=GENERAL)
    messages.post(GENERAL, "first", key="first")
    messages.post(GENERAL, "second", key="second")
    messages.post(INCIDENTS, "elsewhere", key="elsewhere")
    work.drain()
    assert texts(slack_in_time, INCIDENTS) == ["elsewhere"], "Slack counts for each channel"

    pass_time(time_stands_still, slack_in_time, 29)
    assert texts(slack_in_time) == []
    pass_time(time_stands_still, slack_in_time, 2)

    assert texts(slack_in_time) == ["first", "second"]
    assert slack_in_time.early_calls == []
    assert OutboxMessage.objects.get(key="first").attempts == 0, "it was nobody's fault"


def test_the_seconds_stand_in_the_database(slack_in_time, time_stands_still):
    slack_in_time.rate_limit("reactions.add", 30)
    ts = slack_in_time.say(GENERAL, "@incident close")
    messages.react(GENERAL, ts, "white_check_mark")
    work.drain()

    # All that another process knows of it is this; the message itself is due at once.
    (held,) = Pause.objects.all()
    assert (held.scope, held.reason) == ("reactions.add", "ratelimited")
    OutboxMessage.objects.update(not_before=None)
    work.drain()

    assert slack_in_time.early_calls == []
    pass_time(time_stands_still, slack_in_time, 31)
    assert slack_in_time.early_calls == []
    assert list(slack_in_time.messages(GENERAL)[0].reactions) == ["white_check_mark"]


def test_of_two_that_were_told_to_wait_at_once_the_longer_wait_holds(
    slack_in_time, time_stands_still
):
    calls.pause("reactions.add", timedelta(seconds=30), "ratelimited")
    calls.pause("reactions.add", timedelta(seconds=5), "ratelimited")
    messages.react(GENERAL, slack_in_time.say(GENERAL, "Hello"), "white_check_mark")
    pass_time(time_stands_still, slack_in_time, 29)
    assert slack_in_time.calls_to("reactions.add") == []
    pass_time(time_stands_still, slack_in_time, 2)
    assert len(slack_in_time.calls_to("reactions.add")) == 1


def test_a_limit_met_on_joining_is_kept_as_well(slack_in_time, time_stands_still):
    slack_in_time.add_channel("C1", "one", bot_is_member=False)
    slack_in_time.add_channel("C2", "two", bot_is_member=False)
    slack_in_time.refuse("chat.postMessage", "not_in_channel", times=2)
    slack_in_time.rate_limit("conversations.join", 20)
    messages.post("C1", "one")
    messages.post("C2", "two")
    pass_time(time_stands_still, slack_in_time, 25)
    assert slack_in_time.early_calls == []
    assert (texts(slack_in_time, "C1"), texts(slack_in_time, "C2")) == (["one"], ["two"])


# In doubt


def test_a_message_whose_answer_was_lost_is_found_and_not_sent_again(
    slack_in_time, time_stands_still
):
    slack_in_time.drop_answers("chat.postMessage", times=1)
    messages.post(GENERAL, "Hello", key="hello")
    work.drain()
    assert states() == {"hello": State.WAITING}

    pass_time(time_stands_still, slack_in_time, 3)

    assert texts(slack_in_time) == ["Hello"]
    (sent,) = OutboxMessage.objects.all()
    assert (sent.state, sent.sent_ts) == (State.SENT, slack_in_time.messages(GENERAL)[0].ts)
    assert len(slack_in_time.calls_to("chat.postMessage")) == 1


def test_a_reply_in_a_thread_is_looked_for_in_its_thread(slack_in_time, time_stands_still):
    ts = slack_in_time.say(GENERAL, "What happened?")
    slack_in_time.drop_answers("chat.postMessage", times=1)
    messages.post(GENERAL, "This", thread_ts=ts)
    work.drain()
    pass_time(time_stands_still, slack_in_time, 3)
    assert texts(slack_in_time) == ["What happened?", "This"]
    assert slack_in_time.calls_to("conversations.history") == []


def test_the_limit_of_a_look_up_is_kept_too(slack_in_time, time_stands_still):
    slack_in_time.drop_answers("chat.postMessage", times=1)
    slack_in_time.rate_limit("conversations.history", 10)
    messages.post(GENERAL, "Hello", key="hello")
    work.drain()
    pass_time(time_stands_still, slack_in_time, 15)
    assert texts(slack_in_time) == ["Hello"]
    assert states() == {"hello": State.SENT}
    assert slack_in_time.early_calls == []


def test_a_call_that_timed_out_is_not_repeated_while_slack_may_still_be_at_it(
    slack_in_time, time_stands_still, hurried_client
):
    slack_in_time.hang(20, "chat.postMessage", times=1)
    messages.post(GENERAL, "Hello", key="hello")
    work.drain()
    pass_time(time_stands_still, slack_in_time, 30)
    assert texts(slack_in_time) == []

    calls = len(slack_in_time.calls)
    slack_in_time.recover()  # and only now does it what it was asked
    assert slack_in_time.wait_for(lambda slack: slack.messages(GENERAL))
    pass_time(time_stands_still, slack_in_time, 10)

    assert texts(slack_in_time) == ["Hello"]
    assert states() == {"hello": State.SENT}
    assert calls <= 2, "one look, and then patience"


def test_a_look_up_that_fails_does_not_end_the_doubt(
    slack_in_time, time_stands_still, hurried_client
):
    slack_in_time.hang(20, "chat.postMessage", times=1)
    slack_in_time.status(500, "conversations.history", times=1)
    messages.post(GENERAL, "Hello", key="hello")
    work.drain()
    pass_time(time_stands_still, slack_in_time, 30)
    slack_in_time.recover()
    assert slack_in_time.wait_for(lambda slack: slack.messages(GENERAL))
    pass_time(time_stands_still, slack_in_time, 10)
    assert texts(slack_in_time) == ["Hello"]


def test_a_call_that_timed_out_and_was_never_done_is_sent_in_the_end(
    slack_in_time, time_stands_still, hurried_client
):
    slack_in_time.hang(5, "chat.postMessage", times=1, completes=False)
    messages.post(GENERAL, "Hello", key="hello")
    work.drain()
    slack_in_time.recover()
    pass_time(time_stands_still, slack_in_time, 34)
    assert texts(slack_in_time) == []
    pass_time(time_stands_still, slack_in_time, 2)
    assert texts(slack_in_time) == ["Hello"]


def test_what_is_the_same_done_twice_is_done_again_without_looking(
    slack_in_time, time_stands_still
):
    ts = slack_in_time.say(GENERAL, "@incident close")
    slack_in_time.drop_answers("reactions.add", times=1)
    messages.react(GENERAL, ts, "white_check_mark")
    work.drain()
    pass_time(time_stands_still, slack_in_time, 3)
    assert list(OutboxMessage.objects.values_list("state", flat=True)) == [State.SENT]
    assert slack_in_time.calls_to("conversations.history") == []


def test_what_should_rather_be_missed_than_seen_twice_is_dropped_in_doubt(
    slack_in_time, time_stands_still
):
    slack_in_time.drop_answers("chat.postEphemeral", times=1)
    messages.tell(GENERAL, ANA, "Only you", key="only you")
    messages.post(GENERAL, "Everyone", key="everyone")
    work.drain()
    pass_time(time_stands_still, slack_in_time, 3)
    assert len(slack_in_time.ephemerals(GENERAL)) == 1
    assert states() == {"only you": State.DEAD, "everyone": State.SENT}
    assert "may be there" in OutboxMessage.objects.get(key="only you").error


def test_what_never_left_is_not_in_doubt(slack_in_time, time_stands_still):
    """The database is away between the note that Slack is asked and the asking."""

    def away_at_the_pauses(execute, sql, params, many, context):
        if 'FROM "response_pause"' in sql and begun:
            raise OperationalError("server closed the connection unexpectedly")
        if "begun_at" in sql and sql.startswith("UPDATE"):
            begun.append(sql)
        return execute(sql, params, many, context)

    begun = []
    messages.tell(GENERAL, ANA, "Only you", key="only you")
    with contextlib.suppress(OperationalError), connection.execute_wrapper(away_at_the_pauses):
        work.drain()
    pass_time(time_stands_still, slack_in_time, 60)
    assert states() == {"only you": State.SENT}
    assert len(slack_in_time.ephemerals(GENERAL)) == 1


def test_an_outage_of_an_hour_loses_nothing_and_keeps_the_order(slack_in_time, time_stands_still):
    slack_in_time.status(503)
    for number in range(3):
        messages.post(GENERAL, f"{number}")
    work.drain()
    for _minute in range(60):
        time_stands_still.shift(60)
        work.drain()
    slack_in_time.recover()
    pass_time(time_stands_still, slack_in_time, 40)
    assert texts(slack_in_time) == ["0", "1", "2"]


def test_a_message_that_breaks_slack_every_time_lets_the_others_pass_in_the_end(
    slack_in_time, time_stands_still
):
    slack_in_time.refuse("chat.postMessage", "internal_error")
    messages.post(GENERAL, "breaks", key="breaks")
    work.drain()
    for _round in range(14):
        time_stands_still.shift(1800)
        work.drain()
    slack_in_time.recover()
    messages.post(GENERAL, "works", key="works")
    work.drain()
    assert states() == {"breaks": State.DEAD, "works": State.SENT}


def test_a_message_that_waited_for_long_is_looked_for_after_its_first_try(
    slack_in_time, time_stands_still
):
    slack_in_time.unreachable()
    messages.post(GENERAL, "has waited", key="has waited")
    work.drain()
    time_stands_still.shift(outbox.GIVE_UP_AFTER.total_seconds() + 60)
    slack_in_time.recover()
    slack_in_time.drop_answers("chat.postMessage", times=1)
    work.drain()
    pass_time(time_stands_still, slack_in_time, 40)
    assert states() == {"has waited": State.SENT}
    assert texts(slack_in_time) == ["has waited"]


# Refused


def test_what_slack_refuses_is_kept_with_its_reason_and_the_next_goes_on(slack_in_time):
    slack_in_time.refuse("chat.postMessage", "msg_too_long", times=1)
    messages.post(GENERAL, "too long", key="too long")
    messages.post(GENERAL, "short", key="short")
    work.drain()
    assert texts(slack_in_time) == ["short"]
    assert states() == {"too long": State.DEAD, "short": State.SENT}
    assert "msg_too_long" in OutboxMessage.objects.get(key="too long").error


def test_what_goes_wrong_in_our_own_code_gives_up_one_message_and_not_the_lane(slack_in_time):
    outbox.owe("odd", "chat.postMessage", {"text": "to nowhere"}, lane=GENERAL)
    # The look-up needs the channel, which is not there.
    OutboxMessage.objects.update(begun_at=outbox.clock.now())
    messages.post(GENERAL, "after it", key="after it")
    work.drain()
    assert texts(slack_in_time) == ["after it"]
    assert states() == {"odd": State.DEAD, "after it": State.SENT}
    assert "KeyError" in OutboxMessage.objects.get(key="odd").error


def test_a_refused_token_stops_everything_and_nothing_is_lost(
    slack_in_time, time_stands_still, settings
):
    slack_in_time.refuse(error="token_revoked")
    messages.post(GENERAL, "one")
    messages.post(INCIDENTS, "two")
    work.drain()
    assert len(slack_in_time.calls) == 1, "the second need not try"
    pass_time(time_stands_still, slack_in_time, 14)
    assert len(slack_in_time.calls) == 1

    slack_in_time.recover()
    pass_time(time_stands_still, slack_in_time, 5)
    assert texts(slack_in_time) == ["one"]
    assert texts(slack_in_time, INCIDENTS) == ["two"]


def test_while_slack_cannot_be_reached_nothing_is_in_doubt(slack_in_time, time_stands_still):
    slack_in_time.unreachable()
    messages.tell(GENERAL, ANA, "Only you")
    work.drain()
    pass_time(time_stands_still, slack_in_time, 60)
    slack_in_time.recover()
    pass_time(time_stands_still, slack_in_time, 5)
    assert len(slack_in_time.ephemerals(GENERAL)) == 1


def test_what_is_owed_for_later_waits_for_its_time(slack_in_time, time_stands_still):
    outbox.owe(
        "later",
        "chat.postMessage",
        {"channel": GENERAL, "text": "later"},
        lane=GENERAL,
        in_doubt=Doubt.DROP,
        not_before=outbox.clock.now() + timedelta(seconds=10),
    )
    work.drain()
    assert texts(slack_in_time) == []
    pass_time(time_stands_still, slack_in_time, 10)
    assert texts(slack_in_time) == ["later"]


def test_a_call_inside_a_transaction_is_a_bug_that_shows(slack_in_time):
    with outbox.transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
        outbox.calls.call("auth.test", {})
    assert slack_in_time.calls == []
