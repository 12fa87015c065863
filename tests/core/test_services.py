"""Every write: what it stores, what it tells, and what it refuses."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connection
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core import actors, services, signals
from response.core.actors import Actor
from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.core.models.incident import Severity

pytestmark = pytest.mark.django_db

ADMIN = Actor(kind="user", id="root", name="Root", source="admin")


@pytest.fixture
def ana():
    return ExternalUser.objects.create(app_id="slack", external_id="U1", display_name="Ana")


@pytest.fixture
def ben():
    return ExternalUser.objects.create(app_id="slack", external_id="U2", display_name="Ben")


@pytest.fixture
def incident(ana):
    return services.declare_incident(report="Checkout is failing", reporter=ana)


@pytest.fixture
def heard():
    """The signals that were sent, by name, with what they said."""
    names = {signal: name for name, signal in vars(signals).items() if isinstance(signal, Signal)}
    facts = []

    def hear(signal, **said):
        facts.append((names[signal], said))

    for signal in names:
        signal.connect(hear)
    yield facts
    for signal in names:
        signal.disconnect(hear)


def told(incident):
    """The kinds of change on the timeline, in the order they were told."""
    entries = TimelineEvent.objects.filter(incident=incident).order_by("pk")
    return [entry.metadata["update_type"] for entry in entries]


def names(heard):
    return [name for name, _said in heard if not name.startswith("timeline")]


# Declaring


def test_declaring_stores_tells_and_announces(ana, ben, heard):
    before = timezone.now()
    incident = services.declare_incident(
        report="A & B <fail>",
        reporter=ana,
        lead=ben,
        severity=Severity.MAJOR,
        summary="",
        by=ADMIN,
    )

    stored = Incident.objects.get()
    assert stored.report == "A & B <fail>"
    assert (stored.reporter, stored.lead, stored.severity) == (ana, ben, "2")
    assert (stored.summary, stored.impact, stored.end_time) == (None, None, None)
    assert before <= stored.report_time == stored.start_time
    assert told(incident) == ["incident_declared"]
    assert Event.objects.count() == 1
    assert names(heard) == ["incident_declared"]
    assert heard[-1][1]["by"] == ADMIN
    assert TimelineEvent.objects.get().metadata["actor"] == {
        "kind": "user",
        "id": "root",
        "name": "Root",
    }
    assert TimelineEvent.objects.get().metadata["source"] == "admin"


def test_create_incident_of_older_hosts_declares(ana):
    at = timezone.now() - datetime.timedelta(hours=2)
    incident = Incident.objects.create_incident("x", ana, at, True, severity="1")
    incident.refresh_from_db()
    assert (incident.report_time, incident.start_time, incident.report_only) == (at, at, True)
    assert told(incident) == ["incident_declared"]


def test_a_new_object_that_is_saved_is_declared(ana, heard):
    incident = Incident(report="From the shell", reporter=ana)
    incident.save()
    assert told(incident) == ["incident_declared"]
    assert names(heard) == ["incident_declared"]
    assert Incident.objects.create(report="Created").pk


WRONG = [
    {"severity": "9"},
    {"severity": "critical"},
    {"report": ""},
    {"report": "x" * 201},
    {"report": None},
]


@pytest.mark.parametrize("values", WRONG)
def test_promise_28_what_does_not_fit_is_refused_and_nothing_is_half_saved(ana, heard, values):
    with pytest.raises(ValidationError) as refused:
        services.declare_incident(**{"report": "x", "reporter": ana, **values})
    assert list(refused.value.message_dict) == list(values)
    assert not Incident.objects.exists()
    assert not TimelineEvent.objects.exists()
    assert heard == []


# Changing


@pytest.mark.parametrize("values", WRONG)
def test_promise_28_a_change_that_does_not_fit_is_refused(incident, values):
    with pytest.raises(ValidationError) as refused:
        services.update_incident(incident.pk, summary="New", **values)
    assert list(refused.value.message_dict) == list(values)
    incident.refresh_from_db()
    assert (incident.report, incident.summary) == ("Checkout is failing", None)
    assert told(incident) == ["incident_declared"]


def test_a_field_that_is_none_is_refused(incident):
    with pytest.raises(FieldDoesNotExist):
        services.update_incident(incident.pk, sevrity="1")


@pytest.mark.parametrize(
    "service",
    [
        services.update_incident,
        services.close_incident,
        services.reopen_incident,
        services.remove_incident,
        services.request_channel,
    ],
)
def test_an_unknown_incident_is_named_as_such(service):
    with pytest.raises(Incident.DoesNotExist):
        service(4711)


def test_what_an_old_value_makes_invalid_does_not_stop_other_changes(incident):
    Incident.objects.filter(pk=incident.pk).update(severity="99")
    services.update_incident(incident.pk, report="Else")
    incident.refresh_from_db()
    assert (incident.report, incident.severity) == ("Else", "99")


def test_a_change_is_told_field_by_field_and_announced_once(incident, ben, heard):
    services.update_incident(
        incident.pk, report="Else", lead=ben, severity="1", summary="s", impact="i"
    )
    assert told(incident)[1:] == [
        "incident_report",
        "incident_lead",
        "incident_severity",
        "incident_summary",
        "incident_impact",
    ]
    assert names(heard) == ["incident_changed"]
    changes = heard[-1][1]["changes"]
    assert set(changes) == {"report", "lead", "severity", "summary", "impact"}
    assert changes["lead"] == (None, ben)
    assert Event.objects.count() == 2


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"report": "Checkout is failing"},
        {"summary": None},
        {"summary": ""},
        {"severity": None},
        {"severity": ""},
        {"lead": None},
        {"private": False},
    ],
)
def test_promise_4_a_save_without_a_change_leaves_no_trace(incident, heard, values):
    services.update_incident(incident.pk, **values)
    for name, value in values.items():
        setattr(incident, name, value)
    incident.save()
    assert told(incident) == ["incident_declared"]
    assert heard == []
    assert Event.objects.count() == 1


def test_a_stale_object_does_not_undo_what_others_wrote(incident):
    mine = Incident.objects.get(pk=incident.pk)
    services.update_incident(incident.pk, severity="1", summary="Theirs")
    services.close_incident(incident.pk)

    mine.report = "Mine"
    mine.save()

    incident.refresh_from_db()
    assert (incident.report, incident.severity, incident.summary) == ("Mine", "1", "Theirs")
    assert incident.is_closed()
    assert (mine.severity, mine.is_closed()) == ("1", True)


def test_a_direct_save_takes_the_services_path(incident, ben, heard):
    incident.severity = "2"
    incident.lead = ben
    with actors.acting(ADMIN):
        incident.save()
    assert told(incident)[1:] == ["incident_lead", "incident_severity"]
    assert names(heard) == ["incident_changed"]
    entry = TimelineEvent.objects.order_by("pk").last()
    assert entry.metadata["actor"]["id"] == "root"


def test_a_direct_save_of_some_fields_saves_those(incident):
    incident.severity = "2"
    incident.summary = "Not this"
    incident.save(update_fields=["severity"])
    stored = Incident.objects.get(pk=incident.pk)
    assert (stored.severity, stored.summary) == ("2", None)


def test_an_object_with_deferred_fields_saves_the_others(incident):
    mine = Incident.objects.only("report").get(pk=incident.pk)
    services.update_incident(incident.pk, severity="1")
    mine.report = "Else"
    mine.save()
    incident.refresh_from_db()
    assert (incident.report, incident.severity) == ("Else", "1")


def test_without_a_person_the_system_did_it(incident):
    assert TimelineEvent.objects.get().metadata["actor"]["kind"] == "system"


def test_acting_ends_with_an_error_too():
    with pytest.raises(ZeroDivisionError), actors.acting(ADMIN):
        raise ZeroDivisionError
    assert actors.current() == actors.SYSTEM


# Ending


def test_closing_and_reopening_are_told_and_announced(incident, heard):
    at = incident.start_time + datetime.timedelta(minutes=90)
    assert services.close_incident(incident.pk, at=at).end_time == at
    services.reopen_incident(incident.pk)
    assert told(incident)[1:] == ["incident_closed", "incident_reopened"]
    assert names(heard) == [
        *("incident_changed", "incident_closed"),
        *("incident_changed", "incident_reopened"),
    ]
    closed = TimelineEvent.objects.get(metadata__update_type="incident_closed")
    assert closed.text == "Incident closed after 1 hour 30 minutes"


def test_closing_twice_and_reopening_what_is_open_change_nothing(incident, heard):
    services.reopen_incident(incident.pk)
    ended = services.close_incident(incident.pk).end_time
    assert services.close_incident(incident.pk).end_time == ended
    assert names(heard) == ["incident_changed", "incident_closed"]


def test_a_save_that_ends_it_closes_it(incident, heard):
    incident.end_time = timezone.now()
    incident.save()
    assert told(incident)[1:] == ["incident_closed"]
    assert names(heard) == ["incident_changed", "incident_closed"]


@pytest.fixture
def upside_down(incident):
    """An incident as the predecessor let it be stored: over before it began."""
    before = incident.start_time - datetime.timedelta(hours=1)
    Incident.objects.filter(pk=incident.pk).update(end_time=before)
    return Incident.objects.get(pk=incident.pk)


def test_an_end_before_the_start_is_refused_whichever_is_said(incident, heard):
    start, hour = incident.start_time, datetime.timedelta(hours=1)
    for end in (
        lambda: services.close_incident(incident.pk, at=start - hour),
        lambda: services.update_incident(incident.pk, end_time=start - hour),
        lambda: services.update_incident(incident.pk, end_time=start, start_time=start + hour),
    ):
        with pytest.raises(ValidationError) as refused:
            end()
        assert list(refused.value.message_dict) == ["end_time"]
    services.close_incident(incident.pk, at=start + hour)
    with pytest.raises(ValidationError) as refused:
        services.update_incident(incident.pk, start_time=start + hour * 2)
    assert list(refused.value.message_dict) == ["start_time"]
    services.update_incident(incident.pk, start_time=start + hour)
    services.update_incident(incident.pk, start_time=start + hour * 2, end_time=start + hour * 3)
    assert names(heard) == [
        *("incident_changed", "incident_closed", "incident_changed", "incident_changed")
    ]


def test_times_that_are_the_wrong_way_round_are_judged_once_one_is_changed(upside_down):
    end = upside_down.end_time
    assert services.update_incident(upside_down.pk, severity="1").severity == "1"
    # Sent back as they are, by a program or a form: nobody changed them.
    services.update_incident(
        upside_down.pk, summary="A", start_time=upside_down.start_time, end_time=end
    )
    with pytest.raises(ValidationError):
        services.update_incident(upside_down.pk, end_time=end + datetime.timedelta(minutes=1))
    services.update_incident(upside_down.pk, start_time=end)
    services.reopen_incident(upside_down.pk)


def test_what_starts_later_than_now_can_be_closed_now(incident):
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    services.update_incident(incident.pk, start_time=tomorrow)
    assert services.close_incident(incident.pk).end_time < tomorrow


@pytest.mark.skipif(not settings.USE_TZ, reason="naive instants have no second hour of a day")
def test_the_hour_that_comes_twice_a_year_is_in_order(incident):
    london = zoneinfo.ZoneInfo("Europe/London")
    first = datetime.datetime(2024, 10, 27, 1, 50, tzinfo=london)
    second = datetime.datetime(2024, 10, 27, 1, 10, tzinfo=london, fold=1)
    services.update_incident(incident.pk, start_time=first, end_time=second)
    with pytest.raises(ValidationError):
        services.update_incident(incident.pk, start_time=second, end_time=first)


def test_an_end_that_moves_is_no_closing(incident, heard):
    services.close_incident(incident.pk)
    heard.clear()
    services.update_incident(incident.pk, end_time=incident.start_time)
    assert told(incident)[2:] == ["incident_end_time"]
    assert names(heard) == ["incident_changed"]


def test_removing_is_announced_while_it_is_there(incident, heard):
    services.remove_incident(incident.pk, by=ADMIN)
    assert not Incident.objects.exists()
    assert names(heard) == ["incident_removed"]


def test_an_incident_deleted_past_the_services_is_announced_too(incident, heard):
    Incident.objects.get(pk=incident.pk).delete()
    assert not Incident.objects.exists()
    assert names(heard) == ["incident_removed"]


def test_what_a_receiver_raises_undoes_the_change(incident):
    def refuse(**_said):
        raise ZeroDivisionError

    signals.incident_changed.connect(refuse)
    try:
        with pytest.raises(ZeroDivisionError):
            services.update_incident(incident.pk, severity="1")
    finally:
        signals.incident_changed.disconnect(refuse)
    incident.refresh_from_db()
    assert incident.severity is None
    assert told(incident) == ["incident_declared"]
    assert Event.objects.count() == 1


# Actions and the timeline


def test_an_action_is_logged_changed_done_and_removed(incident, ben, heard):
    action = services.log_action(incident.pk, details="Page the vendor", owner=ben, by=ADMIN)
    services.change_action(action.pk, details="Call the vendor")
    services.change_action(action.pk, done=True)
    action.refresh_from_db()
    assert action.done_date is not None
    services.change_action(action.pk, done=False)
    services.remove_action(action.pk)
    assert told(incident)[1:] == [
        "action_logged",
        "action_changed",
        "action_done",
        "action_undone",
        "action_removed",
    ]
    assert names(heard) == ["action_logged", *["action_changed"] * 3, "action_removed"]
    assert not Action.objects.exists()


@pytest.mark.parametrize("values", [{"priority": "9"}, {"type": "9"}])
def test_promise_28_an_action_that_does_not_fit_is_refused(incident, ben, values):
    with pytest.raises(ValidationError):
        services.log_action(incident.pk, details="x", owner=ben, **values)
    action = services.log_action(incident.pk, details="x", owner=ben)
    with pytest.raises(ValidationError):
        services.change_action(action.pk, **values)
    with pytest.raises(FieldDoesNotExist):
        services.change_action(action.pk, dun=True)


def test_an_action_saved_as_it_is_leaves_no_trace(incident, ben):
    action = services.log_action(incident.pk, details="x", owner=ben)
    Action.objects.get(pk=action.pk).save()
    assert told(incident)[1:] == ["action_logged"]


def test_an_action_that_is_to_be_done_again_is_not_done_at_any_date(incident, ben):
    action = services.log_action(incident.pk, details="Add an alert", owner=ben)
    assert services.change_action(action.pk, done=True).done_date is not None
    assert services.change_action(action.pk, done=False).done_date is None
    action.refresh_from_db()
    assert action.done_date is None


def test_an_entry_is_added_changed_and_removed(incident, heard):
    at = incident.start_time - datetime.timedelta(hours=1)
    entry = services.add_timeline_entry(incident.pk, text="It began", at=at, by=ADMIN)
    assert (entry.timestamp, entry.event_type) == (at, "text")
    assert entry.metadata["source"] == "admin"
    services.change_timeline_entry(entry.pk, text="It began here")
    entry.refresh_from_db()
    assert entry.text == "It began here"
    services.remove_timeline_entry(entry.pk)
    assert [name for name, _said in heard][-3:] == [
        "timeline_entry_added",
        "timeline_entry_changed",
        "timeline_entry_removed",
    ]


# What it costs


def test_a_change_of_one_field_costs_few_queries(incident):
    with CaptureQueriesContext(connection) as queries:
        services.update_incident(incident.pk, severity="1")
    # BEGIN, lock, update, entry, feed, headline's debt, channel, COMMIT; and the first change of
    # an incident makes the debt's row.
    assert len(queries) <= 12
