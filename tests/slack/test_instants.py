"""Instants as they are stored, with and without time zones, while clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from response.slack import instants
from response.slack.registry import Reminder
from response.slack.schedule import History, next_due

ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
MINUTE = timedelta(minutes=1)
FIVE = Reminder(lambda incident: None, 5 * MINUTE, 5 * MINUTE, 5)

# The night in which London's clock shows the hour from one to two twice: from 00:00 UTC on it is
# summer there, from 01:00 UTC on it is winter.
AUTUMN = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)


@pytest.fixture(params=[True, False], ids=["USE_TZ", "naive"])
def use_tz(request: Any, settings: Any) -> bool:
    settings.USE_TZ = request.param
    return bool(request.param)


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_stored_and_read_again_is_the_same_instant(zone, use_tz, settings):
    settings.TIME_ZONE = zone
    for hour in range(0, 365 * 24, 5):
        instant = datetime(2026, 1, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hour)
        stored = instants.as_stored(instant)
        assert timezone.is_aware(stored) == use_tz
        assert instants.in_utc(stored) == instant
        # As the database gives it back, which does not keep which of two hours it was.
        assert instants.in_utc(stored.replace(fold=0), present=instant) == instant


@pytest.mark.parametrize("began", range(0, 120, 3))
def test_in_the_night_the_clocks_go_back_reminders_come_on_time(began, use_tz, settings):
    settings.TIME_ZONE = "Europe/London"
    start = AUTUMN + began * MINUTE
    stored = instants.as_stored(start).replace(fold=0)
    for later in range(5):
        present = start + later * MINUTE
        due = next_due(FIVE, instants.in_utc(stored, present), History(), present)
        assert due == start + 5 * MINUTE


def test_now_is_now_with_and_without_time_zones(use_tz):
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    # Not a datetime with a time zone: time_machine would have the process live there.
    with time_machine.travel(summer.timestamp(), tick=False):
        assert instants.now() == summer
