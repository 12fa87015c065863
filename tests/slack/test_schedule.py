"""When reminders are due: at every hour of the week, in every zone, whatever the clocks do."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from hypothesis import example, given
from hypothesis import strategies as st

from response.slack import working_hours
from response.slack.registry import Reminder
from response.slack.schedule import AGAIN, History, next_due, next_working_day

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Each with the two days of 2026 on which its clocks are changed; Lord Howe's by half an hour.
CHANGES = {
    "Europe/London": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "America/Santiago": ("2026-04-05", "2026-09-06"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Pacific/Auckland": ("2026-04-05", "2026-09-27"),
    "Africa/Casablanca": ("2026-02-15", "2026-03-22"),
    "Asia/Kathmandu": ("2026-03-29", "2026-10-25"),
}


def say_nothing(incident: Any) -> None:
    pass


EVERY_FIVE = Reminder(say_nothing, 5 * MINUTE, 5 * MINUTE, 5)
DAILY = Reminder(say_nothing, DAY, DAY, 5)
ONCE = Reminder(say_nothing, 10 * MINUTE)


def hours(**said: Any) -> working_hours.WorkingHours:
    return working_hours.of({"time_zone": "UTC", **said})


OFFICE = hours()


def looked_at(
    reminder: Reminder,
    since: datetime,
    within: working_hours.WorkingHours | None,
    moments: Any,
    history: History | None = None,
) -> list[tuple[datetime, datetime]]:
    """What is sent if somebody looks at these moments: (due, sent)."""
    history = history or History()
    sent = []
    for present in moments:
        due = next_due(reminder, since, history, present, within)
        if due is not None and due <= present:
            sent.append((due, present))
            history = History(sent=history.sent + 1, last=due)
    return sent


def each(step: timedelta, since: datetime, until: datetime) -> Any:
    while since < until:
        yield since
        since += step


def test_five_reminders_come_every_five_minutes_however_late_each_is_noticed():
    late = [MONDAY + n * MINUTE + timedelta(seconds=59) for n in range(120)]

    sent = looked_at(EVERY_FIVE, MONDAY, None, late)

    assert [due for due, _at in sent] == [MONDAY + n * 5 * MINUTE for n in range(1, 6)]


def test_a_single_reminder_comes_once():
    sent = looked_at(ONCE, MONDAY, None, each(MINUTE, MONDAY, MONDAY + DAY))

    assert sent == [(MONDAY + 10 * MINUTE, MONDAY + 10 * MINUTE)]


def test_whoever_looks_finds_the_same_due_time():
    """It follows from what is stored, so that the key made of it is the same everywhere."""
    found = {
        next_due(EVERY_FIVE, MONDAY, History(), MONDAY + timedelta(seconds=n))
        for n in range(300, 600)
    }
    assert found == {MONDAY + 5 * MINUTE}


def test_after_hours_away_only_the_latest_missed_one_is_due():
    back = MONDAY + 3 * HOUR + 2 * MINUTE

    sent = looked_at(EVERY_FIVE, MONDAY, None, each(MINUTE, back, back + 4 * MINUTE))

    assert [due for due, _at in sent] == [MONDAY + 3 * HOUR, MONDAY + 3 * HOUR + 5 * MINUTE]


@pytest.mark.parametrize("weekday", range(7))
def test_whatever_minute_of_the_week_it_opened_each_gets_all_its_reminders(weekday):
    """A day's opening minutes, each looked at every half hour for two weeks and a half."""
    for minute in range(24 * 60):
        since = MONDAY + weekday * DAY + minute * MINUTE
        sent = []
        history, present = History(), since
        while (due := next_due(DAILY, since, history, present, OFFICE)) is not None:
            assert due > present or due == present
            present = due
            sent.append(due)
            history = History(sent=history.sent + 1, last=due)
        assert len(sent) == DAILY.most
        assert all(OFFICE.are_at(due) for due in sent)
        assert sent[0] - since >= DAY
        assert all(later - earlier >= DAY for earlier, later in itertools.pairwise(sent))
        # One each working day: the fifth is at most a week of days after the first could be.
        assert sent[-1] - since <= 9 * DAY


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-03-02T03:00", "2026-03-03T09:00"),  # Monday at night: Tuesday morning
        ("2026-03-02T08:59", "2026-03-03T09:00"),
        ("2026-03-02T09:00", "2026-03-03T09:00"),
        ("2026-03-02T10:30", "2026-03-03T10:30"),
        ("2026-03-02T17:59", "2026-03-03T17:59"),
        ("2026-03-02T18:00", "2026-03-04T09:00"),  # closed: 18:00 is no working hour
        ("2026-03-02T22:00", "2026-03-04T09:00"),
        ("2026-03-05T22:00", "2026-03-09T09:00"),  # over the weekend
        ("2026-03-06T10:00", "2026-03-09T09:00"),
        ("2026-03-08T12:00", "2026-03-09T12:00"),
    ],
)
def test_a_due_time_outside_working_hours_moves_to_when_they_begin(opened, due):
    since = datetime.fromisoformat(opened).replace(tzinfo=UTC)

    assert next_due(DAILY, since, History(), since, OFFICE) == datetime.fromisoformat(due).replace(
        tzinfo=UTC
    )


def test_one_missed_in_the_evening_waits_for_the_morning():
    since = MONDAY + 17 * HOUR + 50 * MINUTE
    back = since + DAY + 20 * MINUTE  # Tuesday at 18:10

    assert next_due(DAILY, since, History(), back, OFFICE) == MONDAY + 2 * DAY + 9 * HOUR


@given(
    st.integers(0, 60 * 24 * 30),
    st.integers(1, 60 * 26),
    st.lists(st.integers(1, 60 * 30), max_size=40),
    st.booleans(),
)
def test_whenever_somebody_looks_each_is_due_in_hours_later_than_the_last_and_no_more_than_allowed(
    opened, interval, waits, in_hours
):
    since = MONDAY + opened * MINUTE
    reminder = Reminder(say_nothing, interval * MINUTE, interval * MINUTE, 5)
    moments, present = [], since
    for wait in waits:
        present += wait * MINUTE
        moments.append(present)
    within = OFFICE if in_hours else None

    sent = looked_at(reminder, since, within, moments)

    dues = [due for due, _at in sent]
    assert len(dues) <= reminder.most
    assert dues == sorted(set(dues))
    for due, at in sent:
        assert since < due <= at
        if within:
            assert within.are_at(due)
            assert within.are_at(at)


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("change", [0, 1])
def test_five_minutes_are_five_minutes_while_clocks_are_changed(zone, change):
    midnight = datetime.fromisoformat(CHANGES[zone][change]).replace(tzinfo=ZoneInfo(zone))
    for minutes in range(0, 300, 7):
        since = midnight.astimezone(UTC) + minutes * MINUTE
        sent = looked_at(EVERY_FIVE, since, None, each(MINUTE, since, since + HOUR))
        assert [due - since for due, _at in sent] == [n * 5 * MINUTE for n in range(1, 6)]


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("change", [0, 1])
@pytest.mark.parametrize("opens", ["00:00", "01:45", "02:15", "02:30", "09:00"])
def test_working_hours_are_what_the_wall_clock_shows_on_days_it_is_changed_too(zone, change, opens):
    every_day = hours(days=list(range(7)), **{"from": opens}, time_zone=zone)
    day = datetime.fromisoformat(CHANGES[zone][change]).replace(tzinfo=ZoneInfo(zone))
    start = day.astimezone(UTC) - DAY
    for present in each(10 * MINUTE, start, start + 3 * DAY):
        due = every_day.next_open(present)
        assert opens <= f"{due.astimezone(ZoneInfo(zone)):%H:%M}" < "18:00"
        assert present <= due <= present + DAY
        assert every_day.next_open(due) == due


def test_working_hours_are_those_where_the_person_lives():
    tokyo = OFFICE.in_zone("Asia/Tokyo")

    assert tokyo.next_open(MONDAY + 10 * HOUR) == MONDAY + DAY  # 19:00 there; 09:00 next day
    assert tokyo.are_at(MONDAY + HOUR)
    assert not OFFICE.are_at(MONDAY + HOUR)


@pytest.mark.parametrize("name", ["", "Nowhere/Atall", "../etc/passwd", "Europe", "\0", "x" * 64])
def test_a_time_zone_that_is_none_leaves_the_hours_as_they_are(name):
    assert OFFICE.in_zone(name) == OFFICE


# Silence, snoozing, stopping


def test_one_put_off_comes_when_it_was_put_off_to_and_goes_on_from_there():
    until = MONDAY + 37 * MINUTE
    history = History(sent=1, last=MONDAY + 5 * MINUTE, snoozed_until=until)

    assert next_due(EVERY_FIVE, MONDAY, history, MONDAY + 10 * MINUTE) == until
    after = History(sent=2, last=until, snoozed_until=until)
    assert next_due(EVERY_FIVE, MONDAY, after, until) == until + 5 * MINUTE


def test_the_last_one_put_off_comes_once_more():
    until = MONDAY + HOUR
    history = History(sent=5, last=MONDAY + 25 * MINUTE, used_up=True, snoozed_until=until)

    assert next_due(EVERY_FIVE, MONDAY, history, MONDAY + 26 * MINUTE) == until
    assert next_due(EVERY_FIVE, MONDAY, History(6, until, True, until), until + DAY) is None


def test_one_put_off_into_the_night_waits_for_the_morning():
    until = MONDAY + 18 * HOUR + 20 * MINUTE
    history = History(sent=1, last=MONDAY + 17 * HOUR, snoozed_until=until)

    assert next_due(DAILY, MONDAY, history, until, OFFICE) == MONDAY + DAY + 9 * HOUR


def test_one_that_was_stopped_never_comes():
    stopped = History(sent=1, last=MONDAY, snoozed_until=MONDAY + DAY, stopped=True)

    assert next_due(EVERY_FIVE, MONDAY, stopped, MONDAY + DAY) is None
    assert next_working_day(MONDAY, stopped, MONDAY + DAY, OFFICE) is None


def test_a_single_one_that_was_taken_back_gets_another_due_time():
    """The key made of the first one is used."""
    taken_back = History(sent=0, last=MONDAY + 10 * MINUTE)

    assert next_due(ONCE, MONDAY, taken_back, MONDAY + 10 * MINUTE) == MONDAY + 10 * MINUTE + AGAIN


# Once a working day


def test_what_is_due_each_working_day_comes_at_its_start_and_on_no_other_day():
    since = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)  # Wednesday afternoon
    history, sent = History(), []
    for present in each(10 * MINUTE, since, since + 8 * DAY):
        due = next_working_day(since, history, present, OFFICE)
        if due is not None and due <= present:
            sent.append(f"{due:%a %H:%M}")
            history = History(sent=len(sent), last=due)

    morning = [f"{day} 09:00" for day in ("Thu", "Fri", "Mon", "Tue", "Wed", "Thu")]
    assert sent == ["Wed 15:00", *morning]


def test_each_working_day_after_days_away_only_todays_comes():
    since, back = MONDAY, MONDAY + 9 * DAY + 11 * HOUR
    history = History(sent=1, last=MONDAY + 9 * HOUR)

    assert next_working_day(since, history, back, OFFICE) == MONDAY + 9 * DAY + 9 * HOUR


# The setting


@pytest.mark.parametrize(
    "said",
    [
        *(None, [], "9-18", {"day": [1]}, {"days": []}, {"days": [7]}, {"days": "Mon"}),
        *({"from": "9:00"}, {"from": 9}, {"to": "25:00"}, {"to": "18:00:00"}, {"from": "١٢:٠٠"}),
        *({"from": "18:00", "to": "09:00"}, {"from": "09:00", "to": "09:00"}, {"from": "24:00"}),
        *({"time_zone": "Mars/Olympus"}, {"time_zone": 1}, {"days": [[1]]}, {"days": [{}]}),
    ],
)
def test_hours_that_make_no_sense_are_told_of_and_the_default_is_used(said, settings):
    with pytest.raises(ImproperlyConfigured):
        working_hours.of(said)
    settings.RESPONSE_WORKING_HOURS = said
    if said is not None:  # which is what a setting that is not there is
        assert "response.W020" in {message.id for message in run_checks()}
    assert working_hours.current() == working_hours.of({})


def test_hours_may_last_until_midnight_and_be_said_in_part(settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    settings.RESPONSE_WORKING_HOURS = {"days": [6], "to": "24:00"}

    sunday = working_hours.current()

    assert "response.W020" not in {message.id for message in run_checks()}
    kolkata = ZoneInfo("Asia/Kolkata")
    assert sunday.are_at(datetime(2026, 3, 8, 23, 59, tzinfo=kolkata))
    assert not sunday.are_at(datetime(2026, 3, 9, 0, 0, tzinfo=kolkata))
    assert sunday.next_open(MONDAY) == datetime(2026, 3, 8, 9, 0, tzinfo=kolkata)


@given(st.integers(0, 2**31), st.sets(st.integers(0, 6), min_size=1), st.sampled_from([*CHANGES]))
@example(0, {0}, "Europe/London")
def test_the_next_open_instant_is_open_and_the_first(seconds, days, zone):
    present = datetime.fromtimestamp(seconds, tz=UTC)
    some = hours(days=list(days), time_zone=zone)

    due = some.next_open(present)

    assert due >= present
    assert due - present <= 8 * DAY
    assert due.astimezone(ZoneInfo(zone)).weekday() in days
    if due > present:
        assert not some.are_at(due - timedelta(seconds=1))
