"""Objects in Slack come to look like our rows, with no more calls than that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from response.background import work
from response.delivery import calls, clock, mirrors
from response.delivery.errors import InDoubt
from response.delivery.mirrors import Work
from response.delivery.models import Mirror, Pause
from response.slack.messages import marked
from response.testing.payloads import GENERAL

KIND = "test"


class Synced:
    """A kind of object; what ``sync`` does is up to the test."""

    def __init__(self) -> None:
        self.times = 0
        self.sync: Callable[[Work], None] = lambda work: None

    def __call__(self, work: Work) -> None:
        self.times += 1
        self.sync(work)


@pytest.fixture
def synced(time_stands_still) -> Iterator[Synced]:
    made = Synced()
    mirrors.register(KIND, made)
    yield made
    del mirrors._syncs[KIND]


def want(object_id: int = 1, lane: str = GENERAL) -> None:
    mirrors.want(KIND, object_id, lane=lane)


def mirror(object_id: int = 1) -> Mirror:
    return Mirror.objects.get(kind=KIND, object_id=object_id)


def pass_time(moment, seconds: int) -> None:
    for _second in range(seconds):
        moment.shift(1)
        work.drain()


def test_ten_changes_in_a_moment_are_one_update(synced):
    for _change in range(10):
        want()
    work.drain()
    work.drain()
    assert synced.times == 1
    assert (mirror().want, mirror().have) == (10, 10)


def test_a_change_that_is_rolled_back_is_none(synced):
    with transaction.atomic():
        want()
        transaction.set_rollback(True)
    work.drain()
    assert synced.times == 0


def test_what_changed_while_slack_was_asked_is_shown_as_well(synced):
    synced.sync = lambda work: want() if synced.times == 1 else None
    want()
    work.drain()
    assert synced.times == 2
    assert (mirror().want, mirror().have) == (2, 2)


def test_what_is_kept_of_slack_is_there_the_next_time(synced):
    seen = []

    def sync(work):
        seen.append(work.shown)
        with work.settled(topic="new"):
            pass

    synced.sync = sync
    want()
    work.drain()
    want()
    work.drain()
    assert seen == [{}, {"topic": "new"}]


def test_a_long_list_goes_on_where_slack_asked_us_to_wait(synced, slack_in_time, time_stands_still):
    for number in range(12):
        slack_in_time.add_channel(f"C{number:03d}", f"channel-{number}")
    read = []

    def sync(work):
        """Reads page by page, and is told to wait after each."""
        cursor = work.shown.get("cursor", "")
        while True:
            answer = calls.call("conversations.list", {"limit": 4, "cursor": cursor})
            read.append(cursor)
            cursor = answer["response_metadata"]["next_cursor"]
            if not cursor:
                break
            work.keep(cursor=cursor)
            slack_in_time.rate_limit("conversations.list", 2)
        with work.settled():
            pass

    synced.sync = sync
    want()
    work.drain()
    pass_time(time_stands_still, 20)

    assert len(read) == len(set(read)) == 4, "each page once"
    assert (mirror().have, mirror().shown) == (1, {})
    assert slack_in_time.early_calls == []


# Trouble


def test_a_refusal_is_kept_with_its_reason_and_tried_again_after_a_while(
    synced, slack_in_time, time_stands_still
):
    slack_in_time.refuse("auth.test", "is_archived")
    synced.sync = lambda work: calls.call("auth.test", {})
    want()
    work.drain()
    assert mirror().stuck
    assert "is_archived" in mirror().error
    pass_time(time_stands_still, 70)
    assert synced.times == 1, "only the clock gives a second chance"

    slack_in_time.recover()
    mirrors.give_second_chances()
    work.drain()

    assert not mirror().stuck
    assert (mirror().have, mirror().error) == (1, "")


def test_second_chances_come_less_and_less_often(synced, slack_in_time, time_stands_still):
    slack_in_time.refuse("auth.test", "is_archived")
    synced.sync = lambda work: calls.call("auth.test", {})
    want()
    for _minute in range(6 * 60):
        mirrors.give_second_chances()
        work.drain()
        time_stands_still.shift(60)
    assert 6 <= synced.times <= 13


def test_a_change_gives_a_second_chance_at_once(synced, slack_in_time):
    slack_in_time.refuse("auth.test", "is_archived", times=1)
    synced.sync = lambda work: calls.call("auth.test", {})
    want()
    work.drain()
    assert mirror().stuck
    want()
    work.drain()
    assert (mirror().stuck, mirror().have) == (False, 2)


def test_a_change_during_a_refusal_is_not_taken_for_refused(synced, slack_in_time):
    def sync(work):
        if synced.times == 1:
            want()
            calls.call("auth.test", {})

    slack_in_time.refuse("auth.test", "is_archived", times=1)
    synced.sync = sync
    want()
    work.drain()
    assert (mirror().stuck, mirror().have, synced.times) == (False, 2, 2)


def test_an_error_of_ours_in_one_does_not_stop_the_others(synced):
    def sync(work):
        if work.object_id == 1:
            raise ZeroDivisionError

    synced.sync = sync
    want(1)
    want(2)
    want(3, lane="C3")
    work.drain()
    assert mirror(1).stuck
    assert "ZeroDivisionError" in mirror(1).error
    assert (mirror(2).have, mirror(3).have) == (1, 1)


def test_what_this_version_does_not_know_waits_for_one_that_does(time_stands_still):
    mirrors.want("of the next version", 1, lane=GENERAL)
    work.drain()
    mirrors.register("of the next version", lambda work: None)
    time_stands_still.shift(61)
    mirrors.give_second_chances()
    work.drain()
    assert Mirror.objects.get().have == 1
    del mirrors._syncs["of the next version"]


# Doubt


@pytest.fixture
def posting(synced, slack_in_time):
    """An object that is posted once, and looked for where that is in doubt."""

    def sync(work):
        if work.begun_at is not None:
            found = calls.find({"channel": GENERAL}, work.key, work.begun_at)
            if found:
                with work.settled(ts=found[0]):
                    return
        with work.begun():
            answer = calls.call(
                "chat.postMessage",
                {"channel": GENERAL, "text": "x", "metadata": marked(work.key)},
            )
        with work.settled(ts=answer["ts"]):
            pass

    synced.sync = sync
    return slack_in_time


def test_what_was_begun_is_looked_for_and_not_done_again(posting, time_stands_still):
    posting.drop_answers("chat.postMessage", times=1)
    want()
    work.drain()
    assert mirror().begun_at is not None
    pass_time(time_stands_still, 3)
    assert len(posting.messages(GENERAL)) == 1
    assert (mirror().have, mirror().begun_at) == (1, None)


def test_the_doubt_stays_where_the_look_up_fails(posting, time_stands_still):
    posting.drop_answers("chat.postMessage", times=1)
    posting.status(500, "conversations.history", times=2)
    posting.rate_limit("conversations.history", 5)
    want()
    work.drain()
    pass_time(time_stands_still, 15)
    assert len(posting.messages(GENERAL)) == 1
    assert (mirror().have, mirror().begun_at) == (1, None)
    assert posting.early_calls == []


@pytest.mark.parametrize("then", ["limited", "refused", "not reached"])
def test_the_doubt_of_one_try_stays_where_the_next_does_nothing(
    posting, time_stands_still, hurried_client, then
):
    posting.hang(5, "chat.postMessage", times=1, completes=False)
    want()
    work.drain()
    posting.recover()
    doubt, until = mirror().begun_at, mirror().doubt_until

    if then == "limited":
        posting.rate_limit("chat.postMessage", 5, times=1)
    elif then == "refused":
        posting.refuse("chat.postMessage", "is_archived", times=1)
    else:
        Pause.objects.create(scope="chat.postMessage", until=clock.now() + timedelta(seconds=5))
    pass_time(time_stands_still, 3)

    assert (mirror().begun_at, mirror().doubt_until) == (doubt, until)


def test_the_doubt_lasts_until_slack_can_do_none_of_the_tries_any_more(
    posting, time_stands_still, hurried_client
):
    posting.hang(5, "chat.postMessage", times=1, completes=False)
    want()
    work.drain()
    posting.recover()
    doubt, until = mirror().begun_at, mirror().doubt_until
    posting.status(500, "chat.postMessage", times=1)
    pass_time(time_stands_still, 2)  # until the second try, and not the third
    assert mirror().have == 0
    assert (mirror().begun_at, mirror().doubt_until) == (doubt, until), "it broke off; one hangs"


def test_a_refusal_is_no_doubt(posting):
    posting.refuse("chat.postMessage", "is_archived", times=1)
    want()
    work.drain()
    assert (mirror().stuck, mirror().begun_at) == (True, None)


def test_only_the_call_that_was_begun_can_be_broken_off(synced, slack_in_time, hurried_client):
    def sync(work):
        with work.begun():
            calls.call("chat.postMessage", {"channel": GENERAL, "text": "x"})

    slack_in_time.hang(5, "chat.postMessage", times=1, completes=False)
    synced.sync = sync
    want()
    work.drain()
    slack_in_time.recover()
    doubt_until = mirror().doubt_until

    def look(_work):
        raise InDoubt("Slack failed at conversations.history", timed_out=False)

    synced.sync = look
    Mirror.objects.update(not_before=None)
    work.drain()

    assert mirror().doubt_until == doubt_until


# Since when Slack is behind


def test_it_is_behind_since_the_first_change_that_slack_does_not_show(synced, time_stands_still):
    began = clock.now()
    want()
    time_stands_still.shift(60)
    want()
    assert mirror().behind_since == began
    work.drain()

    time_stands_still.shift(60)
    want()
    time_stands_still.shift(60)
    want()
    assert clock.now() - mirror().behind_since == timedelta(minutes=1)


def test_a_change_made_while_slack_is_asked_is_not_as_old_as_the_one_before(
    synced, time_stands_still
):
    def changed_meanwhile(work: Work) -> None:
        synced.sync = failing
        want()

    def failing(work: Work) -> None:
        raise InDoubt("no answer", timed_out=False)

    want()
    time_stands_still.shift(600)
    synced.sync = changed_meanwhile
    work.drain()
    assert mirror().want > mirror().have
    assert mirror().behind_since == clock.now()
