"""How changes are told: a sentence for each, and the facts beside it."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from response.core import services, timeline
from response.core.models import ExternalUser
from response.core.timeline import Change

ANA = ExternalUser(app_id="slack", external_id="U1", display_name="Ana", full_name="Ana Arrieta")
BEN = ExternalUser(app_id="slack", external_id="U2", display_name="Ben")
EVE = ExternalUser(app_id="pager", external_id="p1", display_name="Eve")


def moment(hour: int) -> datetime.datetime:
    """An hour of a winter's day in London, as the host's Django has it."""
    naive = datetime.datetime(2026, 1, 5, hour)  # noqa: DTZ001
    return timezone.make_aware(naive) if timezone.is_aware(timezone.now()) else naive


SENTENCES = [
    ("report", "A", "B", "Title changed from “A” to “B”"),
    ("lead", None, ANA, "Lead set to <@U1>"),
    ("lead", ANA, BEN, "Lead changed from <@U1> to <@U2>"),
    ("lead", BEN, None, "Lead removed (it was <@U2>)"),
    ("lead", ANA, EVE, "Lead changed from <@U1> to Eve"),
    ("severity", None, "1", "Severity set to critical"),
    ("severity", "1", "4", "Severity changed from critical to trivial"),
    ("severity", "2", None, "Severity removed (it was major)"),
    ("severity", "99", "2", "Severity changed from 99 to major"),
    ("summary", None, "New\n<b>", "Summary set:\n\nNew\n<b>"),
    ("summary", "Old", "New", "Summary changed:\n\nNew"),
    ("summary", "Old", None, "Summary removed"),
    ("summary", "Old", "", "Summary removed"),
    ("impact", "", "New", "Impact set:\n\nNew"),
    ("reporter", None, ANA, "Reporter set to <@U1>"),
    ("private", False, True, "Made private"),
    ("private", True, False, "Made public"),
    ("report_only", False, True, "Now a report after the fact"),
    ("report_only", True, False, "Now a live incident"),
]


@pytest.mark.parametrize(("field", "old", "new", "sentence"), SENTENCES)
def test_set_changed_and_removed_are_told_in_different_words(field, old, new, sentence):
    (entry,) = timeline.incident_changed({field: Change(old, new)})
    assert entry.text == sentence
    assert entry.metadata["update_type"] == f"incident_{field}"


def test_promise_31_instants_are_told_with_their_date_and_zone():
    (entry,) = timeline.incident_changed({"start_time": Change(moment(9), moment(10))})
    zone = " GMT" if timezone.is_aware(moment(9)) else ""
    assert entry.text == (f"Start changed from 2026-01-05 09:00{zone} to 2026-01-05 10:00{zone}")


def test_old_and_new_stand_beside_the_sentence_as_hosts_know_them():
    lead, severity = timeline.incident_changed(
        {"severity": Change("2", None), "lead": Change(ANA, BEN)}
    )
    assert lead.metadata == {
        "update_type": "incident_lead",
        "old_value": {
            "app_id": "slack",
            "external_id": "U1",
            "display_name": "Ana",
            "full_name": "Ana Arrieta",
        },
        "new_value": {
            "app_id": "slack",
            "external_id": "U2",
            "display_name": "Ben",
            "full_name": None,
        },
    }
    assert severity.metadata == {
        "update_type": "incident_severity",
        "old_value": {"id": "2", "text": "major"},
        "new_value": None,
    }


def test_fields_are_told_in_the_same_order_always():
    changes = {field: Change("x", "y") for field in ("impact", "summary", "report")}
    kinds = [e.metadata["update_type"] for e in timeline.incident_changed(changes)]
    assert kinds == ["incident_report", "incident_summary", "incident_impact"]


def test_closing_and_reopening_are_told_by_their_own_sentences():
    assert timeline.incident_changed({"end_time": Change(None, moment(10))}) == []
    assert timeline.incident_changed({"end_time": Change(moment(10), None)}) == []
    assert len(timeline.incident_changed({"end_time": Change(moment(9), moment(10))})) == 1
    closed = timeline.closed(moment(10), "2 hours")
    assert closed.text == "Incident closed after 2 hours"
    assert closed.metadata["new_value"] == moment(10).isoformat()
    assert timeline.reopened(moment(10)).metadata["old_value"] == moment(10).isoformat()


def test_a_field_that_nobody_follows_is_not_told():
    assert timeline.incident_changed({"id": Change(1, 2)}) == []


@pytest.mark.django_db
def test_promise_33_a_whole_life_is_on_the_timeline():
    ana = ExternalUser.objects.create(app_id="slack", external_id="U1", display_name="Ana")
    incident = services.declare_incident(report="Checkout", reporter=ana)
    services.record(incident, timeline.channel_created("inc-checkout"))
    services.record(incident, timeline.channel_renamed("inc-checkout", "inc-cards"))
    action = services.log_action(incident.pk, details="Call <@U2>", owner=ana)
    services.change_action(action.pk, done=True)
    services.change_action(action.pk, done=False)
    services.change_action(action.pk, priority="1")
    services.remove_action(action.pk)
    services.close_incident(incident.pk, at=incident.start_time + datetime.timedelta(hours=2))
    services.reopen_incident(incident.pk)
    assert [entry.text for entry in incident.timeline_events()] == [
        "Incident declared",
        "Comms channel #inc-checkout created",
        "Comms channel renamed from #inc-checkout to #inc-cards",
        "Action logged for <@U1>: Call <@U2>",
        "Action done: Call <@U2>",
        "Action to be done again: Call <@U2>",
        "Action changed: Call <@U2>",
        "Action removed: Call <@U2>",
        "Incident closed after 2 hours",
        "Incident reopened",
    ]


@pytest.mark.django_db
def test_promise_31_the_timeline_is_sorted_by_time_and_then_as_it_was_told():
    incident = services.declare_incident(report="Checkout", reporter=None)
    at = incident.start_time - datetime.timedelta(hours=1)
    for text in ("first", "second"):
        services.add_timeline_entry(incident.pk, text=text, at=at)
    texts = [entry.text for entry in incident.timeline_events()]
    assert texts == ["first", "second", "Incident declared"]
