"""What Slack told us is done once, whatever becomes of the handlers."""

from __future__ import annotations

import contextlib
import threading

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from response.core.models import ExternalUser
from response.delivery import holders, inbox
from response.delivery.models import Inbox
from tests.handled import handle_all

pytestmark = pytest.mark.django_db(transaction=True)

State = Inbox.State


def fail(_row):
    raise ValueError("a handler of the host has a bug")


def row(key):
    return Inbox.objects.get(key=key)


# Once


def test_the_same_thing_told_twice_is_stored_once(handled):
    assert inbox.receive("event:1", "event", payload={"text": "hello"})
    assert not inbox.receive("event:1", "event", payload={"text": "hello"})

    handle_all()

    assert handled.done == ["event:1"]
    assert not inbox.receive("event:1", "event", payload={"text": "hello"})
    assert handled.done == ["event:1"]


def test_a_row_that_does_not_fit_is_an_error_and_not_a_repeat(handled):
    with pytest.raises(Exception, match=r"(?i)null"):
        inbox._create(key="event:1", kind=None)
    assert not Inbox.objects.exists()


def test_what_was_said_is_erased_once_it_is_handled(handled):
    inbox.receive("event:1", "event", payload={"text": "a secret"})
    handle_all()
    assert (row("event:1").state, row("event:1").payload) == (State.DONE, None)


# Failing


def test_only_the_handler_that_failed_is_tried_again(handled, time_stands_still):
    def once_more(row):
        handled.done.append(f"second {row.attempts}")
        if row.attempts == 1:
            raise ValueError

    handled.steps["second"] = once_more
    inbox.receive("event:1", "event")
    handle_all()
    assert handled.done == ["event:1", "second 1"]

    handle_all()
    assert handled.done == ["event:1", "second 1"], "not before its time"
    time_stands_still.shift(2)
    handle_all()

    assert handled.done == ["event:1", "second 1", "second 2"]
    assert (row("event:1").state, row("event:1").error) == (State.DONE, "")


def test_what_a_failing_handler_wrote_is_gone_and_what_the_others_wrote_stays(handled):
    def write_and_fail(_row):
        ExternalUser.objects.create(app_id="slack", external_id="U1", display_name="Half")
        raise ValueError

    handled.steps = {
        "whole": lambda _row: ExternalUser.objects.create(
            app_id="slack", external_id="U2", display_name="Whole"
        ),
        "half": write_and_fail,
    }
    inbox.receive("event:1", "event")
    handle_all()
    assert [user.display_name for user in ExternalUser.objects.all()] == ["Whole"]


def test_a_row_that_always_fails_is_given_up_after_eight_tries_and_kept(handled, time_stands_still):
    handled.steps["bug"] = fail
    inbox.receive("event:1", "event", payload={"text": "hello"})
    for _try in range(12):
        handle_all()
        time_stands_still.shift(60)

    given_up = row("event:1")
    assert (given_up.state, given_up.attempts) == (State.DEAD, 8)
    assert given_up.error.startswith("bug: ValueError (error ")
    assert given_up.payload == {"text": "hello"}, "to be looked at, and run again"
    assert handled.apologies == ["event:1"], "one apology, not eight"


def test_each_try_waits_longer_than_the_one_before(handled, time_stands_still):
    handled.steps["bug"] = fail
    inbox.receive("event:1", "event")
    waits = []
    for _try in range(6):
        handle_all()
        waits.append((row("event:1").not_before - inbox.clock.now()).total_seconds())
        time_stands_still.shift(60)
    assert waits == sorted(waits)
    assert waits[0] <= 1.2
    assert waits[-1] >= 20


def test_a_payload_that_no_handler_understands_is_tried_again_and_given_up(
    handled, time_stands_still
):
    def not_understood(_row):
        raise KeyError("text")
        yield

    inbox.use_handlers(
        inbox.Handlers(steps=not_understood, on_failure=handled.handlers().on_failure)
    )
    inbox.receive("event:1", "event", lane="C1")
    for _try in range(12):
        handle_all()
        time_stands_still.shift(60)
    assert (row("event:1").state, row("event:1").attempts) == (State.DEAD, 8)
    assert "KeyError" in row("event:1").error


def test_a_database_in_trouble_uses_up_no_tries(handled, time_stands_still):
    is_busy = True

    def steps(row):
        if is_busy:
            raise OperationalError("database is locked")
        yield "note", lambda: handled.note(row)

    inbox.use_handlers(inbox.Handlers(steps=steps, on_failure=handled.handlers().on_failure))
    inbox.receive("event:1", "event")
    for _try in range(30):
        handle_all()
        time_stands_still.shift(60)
    assert row("event:1").state == State.WAITING

    is_busy = False
    handle_all()

    assert handled.done == ["event:1"]
    assert handled.apologies == []


def test_a_row_that_the_database_never_takes_is_given_up_in_the_end(handled, time_stands_still):
    def steps(_row):
        raise OperationalError("no such table: of_a_host")
        yield

    inbox.use_handlers(inbox.Handlers(steps=steps, on_failure=handled.handlers().on_failure))
    inbox.receive("event:1", "event")
    for _try in range(100):
        handle_all()
        time_stands_still.shift(60)
    assert row("event:1").state == State.DEAD


# Order


def test_rows_of_a_channel_are_handled_in_the_order_they_came(handled):
    for number in range(5):
        inbox.receive(f"event:{number}", "event", lane="C1")
    handle_all()
    assert handled.done == [f"event:{number}" for number in range(5)]


@pytest.fixture
def busy_database(handled):
    """A database that is in trouble at the first of the rows, for as long as the test wants."""

    def steps(row):
        if troubled and row.key == "event:0":
            raise OperationalError("database is locked")
        yield "note", lambda: handled.note(row)

    troubled = [True]
    inbox.use_handlers(inbox.Handlers(steps=steps, on_failure=handled.handlers().on_failure))
    return troubled


def test_a_database_in_trouble_for_a_moment_changes_no_order(
    handled, busy_database, time_stands_still
):
    for number in range(3):
        inbox.receive(f"event:{number}", "event", lane="C1")
    handle_all()
    assert handled.done == [], "those behind it wait"
    busy_database.clear()
    time_stands_still.shift(inbox.DATABASE_PAUSE.total_seconds())
    handle_all()
    assert handled.done == ["event:0", "event:1", "event:2"]


def test_a_moment_of_trouble_changes_no_order_of_what_has_waited_for_long(
    handled, busy_database, time_stands_still
):
    for number in range(3):
        inbox.receive(f"event:{number}", "event", lane="C1")
    time_stands_still.shift(inbox.DATABASE_PATIENCE.total_seconds())
    handle_all()
    assert handled.done == [], "those behind it wait"
    assert Inbox.objects.get(key="event:0").attempts == 0
    busy_database.clear()
    time_stands_still.shift(inbox.DATABASE_PAUSE.total_seconds())
    handle_all()
    assert handled.done == ["event:0", "event:1", "event:2"]


def test_a_row_that_the_database_does_not_take_for_long_is_passed_by(
    handled, busy_database, time_stands_still
):
    for number in range(3):
        inbox.receive(f"event:{number}", "event", lane="C1")
    handle_all()
    time_stands_still.shift(inbox.ORDER_PATIENCE.total_seconds())
    handle_all()
    assert handled.done == ["event:1", "event:2"]


def test_what_was_left_when_the_database_went_away_is_taken_up_at_once(handled, time_stands_still):
    is_away = []

    def steps(_row):
        is_away.append(True)
        raise OperationalError("server closed the connection unexpectedly")
        yield

    def ask(execute, *query):
        if is_away:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(*query)

    inbox.use_handlers(inbox.Handlers(steps=steps, on_failure=handled.handlers().on_failure))
    inbox.receive("event:1", "event", lane="C1")
    with pytest.raises(OperationalError), connection.execute_wrapper(ask):
        handle_all()
    inbox.use_handlers(handled.handlers())
    handle_all()
    assert handled.done == [], "it is claimed"

    inbox.free_claims_of_the_gone()
    handle_all()

    assert handled.done == ["event:1"]


def test_a_row_that_somebody_is_at_holds_up_its_channel_and_no_other(handled, time_stands_still):
    inbox.receive("event:1", "event", lane="C1")
    inbox.receive("event:2", "event", lane="C1")
    inbox.receive("event:3", "event", lane="C2")
    assert inbox._claim_next().key == "event:1"

    handle_all()
    assert handled.done == ["event:3"]

    time_stands_still.shift(inbox.CLAIM.total_seconds() + 1)
    handle_all()
    assert handled.done == ["event:3", "event:1", "event:2"]


def test_a_row_that_failed_does_not_hold_up_its_channel(handled, time_stands_still):
    handled.steps["note"] = lambda row: fail(row) if row.key == "event:1" else handled.note(row)
    inbox.receive("event:1", "event", lane="C1")
    inbox.receive("event:2", "event", lane="C1")
    handle_all()
    assert handled.done == ["event:2"]


def test_a_channel_that_is_held_up_hides_no_other_however_much_waits_in_it(handled):
    for number in range(2 * inbox.LOOK_AHEAD + 1):
        inbox.receive(f"event:{number}", "event", lane="C1")
    inbox.receive("event:other", "event", lane="C2")
    assert inbox._claim_next().key == "event:0"

    handle_all()

    assert handled.done == ["event:other"]


def test_finding_the_next_row_costs_the_same_whatever_waits_behind_it(handled):
    def cost_of_finding(waiting):
        for number in range(Inbox.objects.count(), waiting):
            inbox.receive(f"event:{number}", "event", lane=f"C{number}")
        with CaptureQueriesContext(connection) as captured:
            inbox._claim_next()
        Inbox.objects.filter(attempts=1).update(state=State.DONE)
        return len(captured)

    few, a_page = cost_of_finding(1), cost_of_finding(inbox.LOOK_AHEAD + 2)
    assert a_page == few + 1, "something urgent may be behind them"
    assert cost_of_finding(3 * inbox.LOOK_AHEAD) == a_page


def test_what_is_urgent_goes_first_however_much_waits_before_it(handled):
    for number in range(inbox.LOOK_AHEAD + 1):
        inbox.receive(f"event:{number}", "event", lane=f"C{number}")
    inbox.receive("click:1", "urgent")
    assert inbox._claim_next().key == "click:1"
    assert inbox._claim_next().key == "event:0"


def test_what_is_urgent_goes_first(handled):
    inbox.receive("event:1", "event", lane="C1")
    inbox.receive("click:1", "urgent")
    handle_all()
    assert handled.done == ["click:1", "event:1"]


def in_another_thread(work):
    def run():
        # SQLite in memory does not wait for its lock; whoever comes next does the rest.
        with contextlib.suppress(OperationalError):
            work()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def seconds_pass(time_stands_still):
    """Let so many seconds pass; a clock that is put forward is another matter."""
    passed = [0.0]

    def let_pass(seconds):
        passed[0] += seconds
        time_stands_still.shift(seconds)

    former = inbox.use_endings(holders.Endings(inbox.CLAIM, lambda: passed[0]))
    yield let_pass
    inbox.use_endings(former)


@pytest.fixture
def hanging(handled):
    """The handler of event:1 hangs in another thread, until the test lets it go on."""
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("SQLite has one writer")
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(row):
        if row.key == "event:1":
            hangs.set()
            goes_on.wait(10)
        handled.note(row)

    def let_go_on():
        goes_on.set()
        thread.join(10)

    handled.steps["note"] = hang
    inbox.receive("event:1", "event", lane="C1")
    inbox.receive("event:2", "event", lane="C1")
    thread = in_another_thread(inbox.handle_next)
    assert hangs.wait(10)
    yield let_go_on
    let_go_on()


def test_a_handler_that_hangs_does_not_keep_the_others_waiting(handled, seconds_pass, hanging):
    handle_all()
    assert handled.done == []
    seconds_pass(inbox.CLAIM.total_seconds() + 1)
    handle_all()
    assert handled.done == ["event:2"]

    hanging()
    handle_all()
    assert handled.done == ["event:2", "event:1"], "and it is done once, late"


def test_a_clock_put_forward_does_not_change_the_order_of_a_channel(
    handled, seconds_pass, hanging, time_stands_still
):
    time_stands_still.shift(3600)
    handle_all()
    assert handled.done == []

    hanging()
    handle_all()
    assert handled.done == ["event:1", "event:2"]


# Batches


def test_a_batch_that_fails_is_tried_row_by_row(handled, time_stands_still):
    def count(rows):
        if any(row.key == "count:3" for row in rows):
            raise ValueError
        handled.done.extend(row.key for row in rows)

    handled.batch = count
    for number in range(6):
        inbox.receive(f"count:{number}", "counted")
    for _try in range(12):
        handle_all()
        time_stands_still.shift(60)

    assert sorted(handled.done) == ["count:0", "count:1", "count:2", "count:4", "count:5"]
    assert (row("count:3").state, row("count:3").attempts) == (State.DEAD, 8)
    assert "ValueError" in row("count:3").error


def test_rows_that_another_is_at_are_no_reason_to_look_again_at_once(handled):
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("SQLite has one writer")
    counting, goes_on = threading.Event(), threading.Event()

    def count(rows):
        counting.set()
        goes_on.wait(10)

    handled.batch = count
    inbox.receive("count:1", "counted")
    other = in_another_thread(inbox.handle_next)
    assert counting.wait(10)
    assert not inbox.handle_next()
    goes_on.set()
    other.join(10)
    assert row("count:1").state == State.DONE


def test_every_message_is_counted_once_by_however_many_threads(handled):
    def count(rows):
        ExternalUser.objects.bulk_create(
            ExternalUser(app_id="counted", external_id=row.key) for row in rows
        )

    handled.batch = count
    for number in range(900):
        inbox.receive(f"count:{number}", "counted")
    threads = [in_another_thread(handle_all) for _thread in range(4)]
    for thread in threads:
        thread.join(30)
    handle_all()
    assert ExternalUser.objects.filter(app_id="counted").count() == 900
    assert set(Inbox.objects.values_list("state", "attempts")) == {(State.DONE, 0)}
