"""How many incidents there were, how long they took, and on whom it falls."""

from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core import services, statistics
from response.core.models import Action, ExternalUser, Incident
from response.core.statistics import Period

pytestmark = pytest.mark.django_db


def instant(text):
    """An instant of London's time as this project's database wants it, aware or naive."""
    naive = datetime.fromisoformat(text)
    return timezone.make_aware(naive) if settings.USE_TZ else naive


def person(name):
    return ExternalUser.objects.create(
        app_id="slack", external_id=f"U1{name.upper()}", display_name=name
    )


@pytest.fixture
def ana():
    return person("ana")


def declared(at, *, minutes=None, **values):
    """An incident that was declared then, and closed so many minutes later, if it was closed."""
    incident = services.declare_incident(
        **{"report": "Checkout is failing", "reporter": None, **values}, report_time=instant(at)
    )
    if minutes is not None:
        end = incident.start_time + timedelta(minutes=minutes)
        services.close_incident(incident.pk, at=end)
    return incident


def count(period=None):
    return statistics.of(Incident.objects.all(), period or Period())


# Counts


def test_incidents_are_counted_by_severity_and_status():
    declared("2024-06-30T14:05", severity="1")
    declared("2024-06-30T15:05", severity="1", minutes=10)
    declared("2024-06-30T16:05", report_only=True, severity="4")
    declared("2024-06-30T17:05")
    found = count()
    assert found.incidents == 4
    assert found.by_severity == {"critical": 2, "major": 0, "minor": 0, "trivial": 1, "not set": 1}
    assert found.by_status == {"live": 2, "resolved": 1, "reported": 1}


def test_a_severity_that_is_no_choice_counts_as_not_set():
    incident = declared("2024-06-30T14:05", severity="1")
    Incident.objects.filter(pk=incident.pk).update(severity="apocalypse")
    assert count().by_severity["not set"] == 1


def test_no_incidents_are_counts_of_nothing():
    found = count()
    assert found.incidents == 0
    assert set(found.by_severity.values()) == {0}
    assert found.time_to_close == statistics.TimeToClose(closed=0, median=None, p90=None)
    assert found.months == ()


def test_months_begin_at_midnight_where_the_site_is():
    """In June London is an hour ahead of UTC."""
    declared("2024-06-30T23:59", severity="1")
    declared("2024-07-01T00:00", severity="2", minutes=30)
    found = count()
    assert found.time_zone == "Europe/London"
    assert [month.first for month in found.months] == [date(2024, 6, 1), date(2024, 7, 1)]
    june, july = found.months
    assert (june.by_severity["critical"], july.by_severity["major"]) == (1, 1)
    assert (june.by_status["live"], july.by_status["resolved"]) == (1, 1)
    assert (june.time_to_close.median, july.time_to_close.median) == (None, 1800)


@pytest.mark.skipif(not settings.USE_TZ, reason="a project without time zones has one only")
def test_months_follow_the_time_zone_that_is_switched_on():
    declared("2024-06-30T23:59")
    with timezone.override("Asia/Tokyo"):
        found = count()
    assert (found.time_zone, found.months[0].first) == ("Asia/Tokyo", date(2024, 7, 1))


def test_a_period_has_its_start_and_not_its_end():
    for at in ("2024-05-31T23:59", "2024-06-01T00:00", "2024-06-30T23:59", "2024-07-01T00:00"):
        declared(at)
    june = Period(instant("2024-06-01T00:00"), instant("2024-07-01T00:00"))
    assert count(june).incidents == 2


@pytest.mark.parametrize("edge", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_an_instant_at_the_edge_of_the_calendar_breaks_nothing(edge):
    declared("2024-06-30T14:05")
    incident = declared("2024-06-30T14:05")
    at = datetime.fromisoformat(edge)
    at = at.replace(tzinfo=UTC) if settings.USE_TZ else at
    Incident.objects.filter(pk=incident.pk).update(report_time=at, start_time=at)
    assert count().incidents == 1


def test_nobody_is_told_of_what_they_may_not_see(ana):
    declared("2024-06-30T14:05", private=True, lead=ana, minutes=5)
    visible = Incident.objects.visible_to(AnonymousUser())
    found = statistics.of(visible)
    assert (found.incidents, found.time_to_close.closed, found.months) == (0, 0, ())
    assert statistics.load(visible) == ()


def test_a_search_that_joins_counts_each_incident_once():
    incident = declared("2024-06-30T14:05", minutes=10)
    for _ in range(3):
        services.add_timeline_entry(incident.pk, text="the checkout")
    joined = Incident.objects.filter(Q(timelineevent__text__contains="checkout")).order_by("report")
    assert joined.count() == 3
    assert statistics.of(joined).incidents == 1
    assert statistics.of(joined).time_to_close.closed == 1


# Time to close


@pytest.mark.parametrize("size", [*range(1, 24), 100])
def test_median_and_p90_are_those_of_the_textbook(size):
    """Python's inclusive method is PostgreSQL's percentile_cont; equal lengths are among them."""
    minutes = [(number * 37) % (size + 3) // 2 for number in range(size)]
    at = instant("2024-06-30T14:05")
    rows = [
        Incident(report="x", report_time=at, start_time=at, end_time=at + timedelta(minutes=length))
        for length in minutes
    ]
    Incident.objects.bulk_create(rows)
    seconds = [60.0 * length for length in minutes]
    p90 = quantiles(seconds, n=10, method="inclusive")[8] if size > 1 else seconds[0]
    found = count().time_to_close
    assert found.closed == size
    assert found.median == pytest.approx(median(seconds))
    assert found.p90 == pytest.approx(p90)


def test_time_to_close_is_told_by_severity_and_month():
    for minutes in (10, 20, 60):
        declared("2024-06-30T14:05", severity="1", minutes=minutes)
    declared("2024-07-30T14:05", severity="2", minutes=5)
    found = count()
    assert found.time_to_close_by_severity["critical"].median == 1200
    assert found.time_to_close_by_severity["major"].median == 300
    assert found.time_to_close_by_severity["minor"].closed == 0
    assert [month.time_to_close.median for month in found.months] == [1200, 300]


def test_reports_and_ends_before_the_start_have_no_time_to_close():
    declared("2024-06-30T14:05", report_only=True, minutes=10)
    declared("2024-06-30T14:05")
    # The predecessor stored such rows.
    turned = declared("2024-06-30T14:05", minutes=10)
    Incident.objects.filter(pk=turned.pk).update(end_time=instant("2024-06-30T13:55"))
    assert count().time_to_close.closed == 0


# Actions


def log(incident, owner, *, days=0, due=None, **values):
    action = services.log_action(incident.pk, details="Add an alert", owner=owner, **values)
    now = timezone.now()
    Action.objects.filter(pk=action.pk).update(
        created_date=None if days is None else now - timedelta(days=days),
        due_date=None if due is None else now + timedelta(days=due),
    )
    return action


def test_open_actions_are_told_by_age(ana):
    incident = declared("2024-06-30T14:05")
    for days, due in ((1, None), (6, -1), (8, 1), (100, -50), (400, None), (None, None)):
        log(incident, ana, days=days, due=due)
    log(incident, ana, days=50, due=-1, done=True)
    ages = statistics.open_actions(Incident.objects.all())
    assert [(age.from_days, age.to_days, age.actions, age.overdue) for age in ages] == [
        (0, 7, 2, 1),
        (7, 30, 1, 0),
        (30, 90, 0, 0),
        (90, 365, 1, 1),
        (365, None, 1, 0),
        (None, None, 1, 0),
    ]


def test_who_carries_the_load_comes_first(ana):
    ben, chloe = person("ben"), person("chloe")
    first = declared("2024-06-30T14:05", lead=ana, reporter=ben)
    declared("2024-06-30T15:05", lead=ana, reporter=chloe)
    log(first, ana)
    log(first, ben, done=True)
    declared("2023-06-30T15:05", lead=chloe, reporter=chloe)
    this_year = Period(start=instant("2024-01-01T00:00"))
    found = statistics.load(Incident.objects.all(), this_year)
    assert [
        (row.person.name, row.led, row.reported, row.open_actions, row.done_actions)
        for row in found
    ] == [("ana", 2, 0, 1, 0), ("ben", 0, 1, 0, 1), ("chloe", 0, 1, 0, 0)]
    assert len(statistics.load(Incident.objects.all(), this_year, most=2)) == 2


def test_the_number_of_queries_does_not_grow(ana):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            count()
            statistics.open_actions(Incident.objects.all())
            statistics.load(Incident.objects.all())
        return len(asked)

    declared("2024-06-30T14:05", lead=ana)
    before = queries()
    for number in range(12):
        incident = declared(
            f"2024-{number + 1:02}-15T14:05", lead=person(f"p{number}"), minutes=number
        )
        log(incident, ana)
    assert queries() == before == 10
