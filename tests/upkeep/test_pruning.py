"""What is done is forgotten in time; what is not done, or was given up unseen, never."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from response.core import services
from response.core.models import Event, Incident, TimelineEvent
from response.delivery import clock, inbox, outbox
from response.delivery.models import Inbox, OutboxMessage, Pause
from response.testing.payloads import GENERAL
from response.upkeep import pruning

pytestmark = pytest.mark.django_db(transaction=True)

OLD = timedelta(days=91)
NEW = timedelta(days=89)


@pytest.fixture
def both_ages(time_stands_still: Any) -> None:
    """A row of each kind and state, one time old enough to be forgotten, one time not."""
    present = clock.now()
    for name, age in (("old", OLD), ("new", NEW)):
        for state in Inbox.State:
            for seen in (None, present):
                Inbox.objects.create(
                    key=f"{name} {state.label}{' seen' if seen else ''}",
                    kind="test",
                    state=state,
                    received_at=present - age,
                    seen_at=seen,
                )
        for sent_state in OutboxMessage.State:
            for seen in (None, present):
                OutboxMessage.objects.create(
                    key=f"{name} {sent_state.label}{' seen' if seen else ''}",
                    method="chat.postMessage",
                    body={},
                    lane=GENERAL,
                    state=sent_state,
                    created_at=present - age,
                    seen_at=seen,
                )
        Pause.objects.create(scope=name, until=present - age)
        Event.objects.create(
            event_type=Event.Kind.INCIDENT, payload={"name": name}, timestamp=present - age
        )


def kept(model: Any, field: str = "key") -> set[str]:
    return {row for row in model.objects.values_list(field, flat=True) if row.startswith("old")}


def one_day() -> None:
    """Do what is due each day, and nothing else."""
    clock.strike(clock.DAY)


def test_what_is_done_and_old_is_forgotten_and_nothing_else(both_ages):
    new = Inbox.objects.filter(key__startswith="new").count()
    one_day()
    assert kept(Inbox) == {"old waiting", "old waiting seen", "old given up"}
    assert kept(OutboxMessage) == {"old waiting", "old waiting seen", "old given up"}
    assert kept(Pause, "scope") == set()
    assert [event.payload["name"] for event in Event.objects.all()] == ["new"]
    assert Inbox.objects.filter(key__startswith="new").count() == new
    assert OutboxMessage.objects.filter(key__startswith="new").count() == new


@pytest.mark.parametrize("days", [0, -1, "90", None])
def test_who_keeps_everything_forgets_nothing(both_ages, settings, days):
    settings.RESPONSE_RETENTION_DAYS = days
    before = Inbox.objects.count(), OutboxMessage.objects.count(), Event.objects.count()
    one_day()
    after = Inbox.objects.count(), OutboxMessage.objects.count(), Event.objects.count()
    assert (before == after) is (days is not None), "None is the default"


def test_incidents_and_their_timelines_are_kept(time_stands_still):
    incident = services.declare_incident(report="Checkout is failing", reporter=None)
    entries = TimelineEvent.objects.count()
    time_stands_still.shift(OLD * 100)
    one_day()
    assert Incident.objects.filter(pk=incident.pk).exists()
    assert TimelineEvent.objects.count() == entries
    assert not Event.objects.exists()


def test_a_short_time_still_knows_what_slack_may_repeat(both_ages, settings, time_stands_still):
    settings.RESPONSE_RETENTION_DAYS = 1
    inbox.accept("view:1", "form")
    time_stands_still.shift(timedelta(hours=23))
    one_day()
    assert not inbox.accept("view:1", "form")


def test_many_are_forgotten_a_batch_at_a_time(time_stands_still):
    Inbox.objects.bulk_create(
        Inbox(key=str(n), kind="test", state=Inbox.State.DONE, received_at=clock.now() - OLD)
        for n in range(1201)
    )
    with CaptureQueriesContext(connection) as captured:
        pruning.prune()
    deletes = [q["sql"] for q in captured if q["sql"].startswith("DELETE")]
    assert len(deletes) == 3
    assert not Inbox.objects.exists()


def test_a_reminder_that_nobody_needed_any_more_is_nobodys_to_see(time_stands_still, slack_in_time):
    outbox.use_condition("test-pruning:", lambda message: "the incident is closed")
    try:
        outbox.owe("test-pruning:1", "chat.postMessage", {"channel": GENERAL}, lane=GENERAL)
        outbox.pay(OutboxMessage.objects.get())
    finally:
        del outbox._conditions["test-pruning:"]
    time_stands_still.shift(OLD)
    one_day()
    assert not OutboxMessage.objects.filter(key="test-pruning:1").exists()


@pytest.mark.parametrize("model", [Inbox, OutboxMessage])
def test_in_the_admin_one_says_that_one_has_seen_it(both_ages, admin_client, model):
    page = reverse(f"admin:response_{model.__name__.lower()}_changelist")
    rows = model.objects.filter(key__in=["old given up", "old waiting"])
    data = {"action": "mark_seen", "_selected_action": [row.pk for row in rows]}
    answer = admin_client.post(page, data, follow=True).content.decode()
    assert "1 noted as seen." in answer
    assert "1 left as they are: they are not given up." in answer
    one_day()
    assert kept(model) == {"old waiting", "old waiting seen"}
