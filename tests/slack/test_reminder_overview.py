"""What an incident's page can say of its reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core import services
from response.core.models import ExternalUser, Incident
from response.delivery import clock
from response.slack import instants, reminders
from response.slack.models import Notification
from response.slack.reminder_overview import ReminderOverview, Told, overview
from response.testing.payloads import ANA

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def at(moment: Any, work_is_done: Any) -> Any:
    """Go on to so many minutes past noon, and do what is due then."""

    def go_on(minutes: int) -> None:
        moment.move_to(NOON + timedelta(minutes=minutes))
        clock.tick()
        work_is_done()

    return go_on


def stored(minutes: int) -> datetime:
    return instants.as_stored(NOON + timedelta(minutes=minutes))


def of(channel: Any) -> dict[str, ReminderOverview]:
    incident = Incident.objects.get(pk=channel.incident_id)
    return {one.title: one for one in overview(incident)}


SEVERITY, LEAD, OVER = "Asks for a severity", "Asks for a lead", "Asks whether it is over"


def test_before_the_first_it_says_when_each_comes(channel):
    assert {title: one.next_due for title, one in of(channel).items()} == {
        SEVERITY: stored(5),
        LEAD: stored(2),
        OVER: stored(24 * 60),
    }


def test_it_says_what_was_sent_and_what_waits_and_what_comes_next(channel, slack, at):
    at(5)
    slack.unreachable()
    at(10)

    severity = of(channel)[SEVERITY]

    assert [(told.due, told.state) for told in severity.told] == [
        (stored(5), "sent"),
        (stored(10), "waiting"),
    ]
    assert severity.next_due == stored(15)
    assert severity.why_none == ""


def test_it_says_what_was_not_sent_and_why(channel, slack, at):
    slack.unreachable()
    at(5)
    services.update_incident(channel.incident_id, severity="2")
    slack.recover()
    at(6)

    severity = of(channel)[SEVERITY]

    assert severity.told == (Told(stored(5), "not sent", "Not sent: it was not needed any more."),)
    assert (severity.next_due, severity.why_none) == (None, "it was not needed any more")
    assert severity.skipped_at is not None


def test_it_says_that_some_were_missed(channel, at):
    at(63)

    severity = of(channel)[SEVERITY]

    assert [told.due for told in severity.told] == [stored(60)]
    assert severity.skip_reason == "the one due at 2026-03-02 12:05 UTC was missed, or not needed"


def test_it_says_who_stopped_one(channel, at):
    at(5)
    ana = ExternalUser.objects.get(external_id=ANA)
    row = Notification.objects.get(rule__endswith="severity")
    reminders.stop(channel.incident_id, row.key, by=ana)

    severity = of(channel)[SEVERITY]

    assert (severity.next_due, severity.why_none) == (None, "ana stopped it")
    assert severity.stopped_by == ana


def test_it_says_that_one_was_put_off(channel, at):
    at(5)
    row = Notification.objects.get(rule__endswith="severity")
    reminders.snooze(channel.incident_id, row.key)

    assert of(channel)[SEVERITY].next_due == stored(35)


def test_it_says_that_all_were_sent(channel, at):
    for minutes in range(2, 12, 2):
        at(minutes)

    lead = of(channel)[LEAD]

    assert len(lead.told) == 5
    assert (lead.next_due, lead.why_none) == (None, "all there may be were sent")


def test_of_a_closed_incident_it_says_what_was(channel, at):
    at(5)
    services.close_incident(channel.incident_id)

    assert {title: one.why_none for title, one in of(channel).items()} == {
        SEVERITY: "the incident was closed",
        LEAD: "the incident was closed",
    }


def test_it_says_when_the_owner_of_an_action_hears_of_it(channel):
    services.log_action(
        channel.incident_id,
        details="rotate the keys",
        owner=ExternalUser.objects.get(external_id=ANA),
        due_date=timezone.now() - timedelta(hours=9),
    )

    action = of(channel)["The action “rotate the keys” is past its due date"]

    assert action.next_due == stored(-180)


def test_its_queries_do_not_grow_with_what_there_is_to_say(channel, at):
    ana = ExternalUser.objects.get(external_id=ANA)

    def cost() -> int:
        incidents = Incident.objects.select_related("lead", "reporter", "commschannel")
        incident = incidents.get(pk=channel.incident_id)
        with CaptureQueriesContext(connection) as queries:
            overview(incident)
        return len(queries)

    before = cost()
    for number in range(5):
        due_date = timezone.now() - timedelta(hours=number + 1)
        services.log_action(channel.incident_id, details="x", owner=ana, due_date=due_date)
    for minutes in range(1, 30):
        at(minutes)

    assert cost() == before == 3
