"""The numbers for Prometheus, as Prometheus reads them."""

from __future__ import annotations

import sys
from datetime import timedelta
from importlib import import_module

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from response.core import services
from response.delivery.models import Heartbeat, Inbox, Mirror, OutboxMessage
from response.testing.payloads import slash_command

pytestmark = [pytest.mark.urls("tests.monitoring.urls"), pytest.mark.django_db(transaction=True)]

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def numbers(client, settings):
    """The numbers now, by name and labels."""
    settings.RESPONSE_METRICS_TOKEN = TOKEN

    def read():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return read


@pytest.mark.parametrize(
    ("configured", "method", "header", "status"),
    [
        ("", "get", f"Bearer {TOKEN}", 404),
        (TOKEN, "get", None, 403),
        (TOKEN, "get", "Bearer wrong", 403),
        (TOKEN, "get", "Bearer ünicode", 403),
        (TOKEN, "get", f"Basic {TOKEN}", 403),
        (TOKEN, "post", f"Bearer {TOKEN}", 405),
        (TOKEN, "get", f"bearer {TOKEN}", 200),
    ],
)
def test_the_numbers_are_for_whoever_has_the_token(
    client, settings, configured, method, header, status
):
    settings.RESPONSE_METRICS_TOKEN = configured
    headers = {"Authorization": header} if header else {}
    assert getattr(client, method)("/metrics", headers=headers).status_code == status


def test_incidents_are_counted_by_status_and_severity(numbers):
    for severity in ("1", "1", None):
        services.declare_incident(report="x", reporter=None, severity=severity)
    closed = services.declare_incident(report="x", reporter=None, severity="1")
    services.close_incident(closed.pk)
    services.declare_incident(report="x", reporter=None, report_only=True)
    now = numbers()
    assert now["response_incidents", "critical", "live"] == 2
    assert now["response_incidents", "critical", "resolved"] == 1
    assert now["response_incidents", "live", "not said"] == 1
    assert now["response_incidents", "not said", "reported"] == 1


def test_what_waits_and_what_is_stuck_is_counted_with_its_age(numbers):
    long_ago = timezone.now() - timedelta(hours=2)
    Inbox.objects.create(key="a", kind="event", received_at=long_ago)
    Inbox.objects.create(key="b", kind="event", state=Inbox.State.DEAD)
    Inbox.objects.create(key="c", kind="event", state=Inbox.State.DONE)
    Inbox.objects.create(key="d", kind="event", state=Inbox.State.DEAD, seen_at=long_ago)
    OutboxMessage.objects.create(key="a", method="m", body={}, lane="C1", created_at=long_ago)
    Mirror.objects.create(kind="headline", object_id=1, lane="C1", behind_since=long_ago)
    Mirror.objects.create(kind="headline", object_id=2, lane="C1", stuck=True)
    Mirror.objects.create(kind="headline", object_id=3, lane="C1", want=2, have=2)
    now = numbers()
    assert [now["response_queue_waiting", q] for q in ("inbox", "outbox", "mirrors")] == [1, 1, 1]
    assert [now["response_queue_given_up", q] for q in ("inbox", "outbox", "mirrors")] == [1, 0, 1]
    for queue in ("inbox", "outbox", "mirrors"):
        assert 7200 <= now["response_queue_oldest_seconds", queue] < 7300


def test_nothing_waits_where_nothing_does(numbers):
    now = numbers()
    assert now["response_queue_waiting", "inbox"] == 0
    assert now["response_queue_oldest_seconds", "outbox"] == 0
    assert ("response_clock_age_seconds",) not in now, "nobody ever did it, so it has no age"


def test_a_clock_that_stands_still_grows_old(numbers):
    Heartbeat.objects.create(name="minute", beat_at=timezone.now() - timedelta(minutes=10))
    assert 600 <= numbers()["response_clock_age_seconds",] < 700


def test_a_connection_of_socket_mode_that_is_gone_grows_old(numbers, settings):
    settings.SLACK_APP_TOKEN = "xapp-1"
    assert ("response_socket_age_seconds",) not in numbers(), "it was never there"
    Heartbeat.objects.create(name="socket", beat_at=timezone.now() - timedelta(minutes=10))
    assert 600 <= numbers()["response_socket_age_seconds",] < 700
    assert ("response_clock_age_seconds",) not in numbers()


def test_a_connection_that_nobody_needs_any_more_has_no_age(numbers, settings):
    Heartbeat.objects.create(name="socket", beat_at=timezone.now() - timedelta(days=10))
    settings.SLACK_APP_TOKEN = ""
    assert ("response_socket_age_seconds",) not in numbers()


def test_calls_are_counted_by_their_outcome(numbers, slack, client):
    from response.slack.client import SlackError, configured_client

    def made(outcome):
        return numbers().get(("response_slack_calls_total", "auth.test", outcome), 0)

    arranged = {
        "ok": lambda: None,
        "refused": lambda: slack.refuse("auth.test", "invalid_auth", times=1),
        "rate_limited": lambda: slack.rate_limit("auth.test", 3),
        "in_doubt": lambda: slack.drop_answers("auth.test", times=1),
        "not_reached": slack.unreachable,
    }
    for outcome, arrange in arranged.items():
        before = made(outcome)
        arrange()
        try:
            configured_client().api_call("auth.test")
        except SlackError:
            assert outcome != "ok"
        slack.recover()
        assert made(outcome) == before + 1, outcome
    assert numbers()["response_slack_call_seconds_count", "auth.test"] >= 5


def test_doors_tell_how_long_they_took(numbers, slack, slack_sends, client):
    def answered(status):
        return numbers().get(("response_door_seconds_count", status, "slash_command"), 0)

    before = answered("200"), answered("403")
    slack_sends(slash_command("Checkout is down"))
    client.post("/slack/slash_command")
    assert (answered("200"), answered("403")) == (before[0] + 1, before[1] + 1)


def test_the_numbers_cost_four_queries_whatever_there_is(
    client, settings, django_assert_max_num_queries
):
    settings.RESPONSE_METRICS_TOKEN = TOKEN
    settings.SLACK_APP_TOKEN = "xapp-1"
    for number in range(20):
        services.declare_incident(report=f"{number}", reporter=None, severity=str(number % 4 + 1))
    with django_assert_max_num_queries(4):
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})


def test_without_its_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "response.monitoring.metrics", raising=False)
    with pytest.raises(ImproperlyConfigured, match="pip install prometheus_client"):
        import_module("response.monitoring.metrics")
