"""Who may talk to a channel: one at a time, and not for longer than they live."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections

from response.background import work
from response.delivery import calls, clock, holders, lanes, mirrors
from response.delivery.models import Lane, OutboxMessage
from response.slack import messages
from response.telemetry import slack_called
from response.testing.payloads import ANA, GENERAL, INCIDENTS
from tests.delivery.test_holders import start

pytestmark = pytest.mark.django_db(transaction=True)


def take(name, holder):
    return lanes._take(name, holder, clock.now())


def seize(name):
    """Another has the lane, as when we were at it for long, or on a machine that it cannot see."""
    Lane.objects.filter(name=name).update(
        holder="another-machine:abc:1", lease_until=clock.now() + lanes.LEASE
    )


def test_a_lane_has_one_holder(time_stands_still):
    assert take("C1", "one")
    assert not take("C1", "other")
    assert take("C2", "other")


def test_of_many_that_want_a_lane_at_once_one_gets_it(time_stands_still):
    def ask(name):
        ready.wait()
        try:
            taken.append(take("C1", name))
        except OperationalError:
            # SQLite in memory does not wait for its lock.
            taken.append(False)
        finally:
            connections.close_all()

    for _turn in range(5):
        taken, ready = [], threading.Barrier(6)
        threads = [threading.Thread(target=ask, args=[f"{n}"]) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(taken) == 1
        Lane.objects.update(lease_until=None)


def test_a_lane_whose_holder_is_gone_is_free_at_once(time_stands_still):
    with start("input()") as other:
        holder = f"{other.stdout.readline().strip()}:140234"
        assert take("C1", holder)
        lanes.free_lanes_of_the_gone()
        assert not take("C1", "me"), "it lives"
        other.kill()
        other.wait()
        lanes.free_lanes_of_the_gone()
        assert take("C1", "me")


def test_a_clock_put_forward_takes_no_lane_from_who_lives(time_stands_still):
    """Its call may be under way; another would make the same one."""
    with start("input()") as other:
        holder = f"{other.stdout.readline().strip()}:140234"
        assert take("C1", holder)
        time_stands_still.shift(3600)
        assert not take("C1", "me")
        other.kill()
        other.wait()
        assert take("C1", "me")


def test_nobody_is_woken_for_lanes_that_only_the_clock_has_ended(slack_in_time, time_stands_still):
    for name in (GENERAL, INCIDENTS):
        messages.tell(name, ANA, "Only you")
        assert take(name, f"{holders.me()}:140234")
    time_stands_still.shift(3600)
    assert lanes.ready() == []


def test_a_lane_whose_holder_went_away_elsewhere_is_free_after_its_lease(time_stands_still):
    assert take("C1", "another-machine:abc:1")
    time_stands_still.shift(lanes.LEASE.total_seconds() - 1)
    lanes.free_lanes_of_the_gone()
    assert not take("C1", "me")
    time_stands_still.shift(1)
    assert take("C1", "me")


def test_a_held_lane_is_left_to_its_holder(slack_in_time):
    take(GENERAL, "another-machine:abc:1")
    messages.post(GENERAL, "waits")
    messages.post(INCIDENTS, "goes")
    work.drain()
    assert slack_in_time.messages(GENERAL) == []
    assert len(slack_in_time.messages(INCIDENTS)) == 1


@pytest.fixture
def slow_sync(time_stands_still):
    """A payment of many calls, each of which takes ten seconds."""

    def sync(_work):
        for _page in range(12):
            calls.call("auth.test", {})
            time_stands_still.shift(10)
            held.append(not take(GENERAL, "another-machine:abc:1"))

    held = []
    mirrors.register("slow", sync)
    yield held
    del mirrors._syncs["slow"]


def test_a_payment_of_many_calls_keeps_its_lane(slack_in_time, slow_sync):
    mirrors.want("slow", 1, lane=GENERAL)
    work.drain()
    assert slow_sync == [True] * 12
    assert mirrors.Mirror.objects.get(kind="slow").have == 1
    assert Lane.objects.get(name=GENERAL).lease_until is None


def test_who_lost_the_lane_makes_no_more_calls_and_notes_nothing(slack_in_time, time_stands_still):
    def freeze(_work):
        time_stands_still.shift(60)
        seize(GENERAL)
        calls.call("auth.test", {})

    mirrors.register("frozen", freeze)
    mirrors.want("frozen", 1, lane=GENERAL)
    before = mirrors.Mirror.objects.values().get(kind="frozen")
    work.drain()
    assert slack_in_time.calls == []
    assert mirrors.Mirror.objects.values().get(kind="frozen") == before
    assert Lane.objects.get(name=GENERAL).holder == "another-machine:abc:1"
    del mirrors._syncs["frozen"]


def test_who_waited_for_a_lane_longer_than_a_lease_makes_no_call(slack_in_time, time_stands_still):
    messages.post(GENERAL, "hello")
    waited = []

    def wait(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if "INSERT INTO" in sql and '"response_lane"' in sql and not waited:
            waited.append(sql)
            # The database took its time, the lease was over when it was given, and another came.
            time_stands_still.shift(lanes.LEASE.total_seconds() + 1)
            seize(GENERAL)
        return done

    with connection.execute_wrapper(wait):
        lanes.pay_next()
    assert waited
    assert slack_in_time.calls_to("chat.postMessage") == []


def test_who_loses_the_lane_before_the_note_that_it_asks_does_not_ask(
    slack_in_time, time_stands_still
):
    """Another may have read the message before the note, and will send it."""
    messages.tell(GENERAL, ANA, "Only you")
    noted = []

    def lose(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and '"begun_at"' in sql and not noted:
            noted.append(sql)
            time_stands_still.shift(lanes.LEASE.total_seconds() + 1)
            seize(GENERAL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(lose):
        lanes.pay_next()
    assert noted
    assert slack_in_time.calls == []


@pytest.fixture
def lost_while_slack_answers(time_stands_still):
    """Slack takes longer than a lease to answer, and another takes the lane meanwhile."""

    def lose(**_call):
        time_stands_still.shift(lanes.LEASE.total_seconds() + 1)
        seize(GENERAL)

    slack_called.connect(lose)
    yield
    slack_called.disconnect(lose)


def test_who_lost_the_lane_still_notes_what_slack_did(slack_in_time, lost_while_slack_answers):
    """The other would look for it in Slack, and the clock may have been wrong when it was made."""
    messages.post(GENERAL, "Hello")
    lanes.pay_next()
    assert OutboxMessage.objects.get().state == OutboxMessage.State.SENT


def test_who_lost_the_lane_leaves_what_slack_refused_to_the_other(
    slack_in_time, lost_while_slack_answers
):
    """It was begun, so the other looks what became of it; what we would note may be older."""
    messages.tell(GENERAL, ANA, "Only you")
    slack_in_time.refuse("chat.postEphemeral", "no_permission")
    lanes.pay_next()
    message = OutboxMessage.objects.get()
    assert message.state == OutboxMessage.State.WAITING
    assert message.begun_at is not None
    assert message.not_before is None


def test_a_busy_lane_is_let_go_now_and_then(slack_in_time, time_stands_still):
    def slow(_work):
        time_stands_still.shift(2)

    mirrors.register("slow", slow)
    for number in range(10):
        mirrors.want("slow", number, lane=GENERAL)
    assert lanes.pay_next()
    assert mirrors.Mirror.objects.filter(kind="slow", have=1).count() == 3
    assert lanes.ready() == [GENERAL]
    del mirrors._syncs["slow"]


def test_of_many_lanes_that_owe_something_all_have_their_turn(slack_in_time):
    for number in range(3 * lanes.LOOK_AHEAD):
        messages.tell(f"C{number}", ANA, "Only you")
        mirrors.want("waiting", number, lane=f"C{number}")
    mirrors.register("waiting", lambda work: None)
    assert lanes.LOOK_AHEAD <= len(lanes.ready()) < 3 * lanes.LOOK_AHEAD
    paid = 0
    while lanes.pay_next():
        paid += 1
    assert paid == 3 * lanes.LOOK_AHEAD
    assert len(slack_in_time.calls_to("chat.postEphemeral")) == paid
    assert not mirrors.Mirror.objects.filter(have=0).exists()
    del mirrors._syncs["waiting"]


def test_what_is_said_does_not_wait_for_all_that_looks_out_of_date(slack_in_time):
    for number in range(5):
        mirrors.want("waiting", number, lane=f"C{number}")
    messages.tell(GENERAL, ANA, "Only you")
    assert GENERAL in lanes.ready()[:2]


def test_lanes_that_are_held_do_not_hide_the_others(slack_in_time):
    for number in range(lanes.LOOK_AHEAD):
        messages.tell(f"C{number}", ANA, "Only you")
        assert take(f"C{number}", "other")
    messages.tell(GENERAL, ANA, "Only you")
    assert lanes.ready() == [GENERAL]


def test_lanes_that_wait_until_later_do_not_hide_the_others(slack_in_time):
    for number in range(lanes.LOOK_AHEAD):
        messages.tell(f"C{number}", ANA, "Only you")
    OutboxMessage.objects.update(not_before=clock.now() + timedelta(minutes=1))
    messages.tell(GENERAL, ANA, "Only you")
    assert lanes.ready() == [GENERAL]


def test_who_finds_slack_out_of_reach_leaves_the_rest_of_the_lane_alone(slack_in_time):
    def ask(work):
        asked.append(work.object_id)
        calls.call("auth.test", {})

    asked = []
    mirrors.register("asking", ask)
    for number in range(5):
        mirrors.want("asking", number, lane=GENERAL)
    slack_in_time.unreachable()
    assert lanes.pay_next()
    assert asked == [0]
    assert mirrors.Mirror.objects.filter(kind="asking", not_before=None).count() == 4
    del mirrors._syncs["asking"]


def test_a_payment_ends_before_slack_could_do_twice_what_was_begun():
    """The lease may end while a call hangs; whoever comes next waits out the doubt first."""
    assert lanes.LEASE < mirrors.HOLD
    assert timedelta(seconds=2 * 6) + lanes.RENEW_AFTER < lanes.LEASE, "the client's time-outs"
