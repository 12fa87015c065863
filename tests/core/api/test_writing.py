"""Declaring, changing and deleting, and what follows from it elsewhere."""

import pytest
from django.contrib.auth import get_user_model
from django.utils.dateparse import parse_datetime

from response.core import services
from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.delivery.models import Mirror
from response.slack.models import CommsChannel
from tests.core.api.conftest import instant

pytestmark = pytest.mark.django_db

ANA = {"app_id": "slack", "external_id": "U1ANA"}


def entries(incident):
    return TimelineEvent.objects.filter(incident=incident).order_by("pk")


def headlines():
    return sum(Mirror.objects.filter(kind="headline").values_list("want", flat=True))


def by_writer(entry):
    user = get_user_model().objects.get(username="writer")
    return entry.metadata["actor"] == {"kind": "user", "id": str(user.pk), "name": "writer"} and (
        entry.metadata["source"] == "api"
    )


# Incidents


def test_an_incident_is_declared_with_all_that_follows(writer, ana, ben):
    answer = writer.post(
        "incidents/",
        {
            "report": "Search is slow",
            "summary": "A & B, latency < 5ms :fire:",
            "impact": "Everyone\nwho searches",
            "severity": "Critical",
            "lead": {"email": "Ben@Incidents.example"},
            "reporter": ANA,
            "start_time": "2024-01-31T14:00:00Z",
        },
    )
    assert answer.status_code == 201
    incident = Incident.objects.get()
    assert answer["Location"] == f"http://testserver/core/incidents/{incident.pk}/"
    read = writer.get(f"incidents/{incident.pk}/")
    assert (answer.json(), answer["ETag"]) == (read.json(), read["ETag"])
    assert (incident.summary, incident.impact) == (
        "A & B, latency < 5ms :fire:",
        "Everyone\nwho searches",
    )
    assert (incident.severity, incident.lead, incident.reporter) == ("1", ben, ana)
    assert incident.start_time == instant("2024-01-31T14:00")
    assert (answer.json()["severity"], answer.json()["severity_text"]) == ("1", "critical")
    assert [entry.text for entry in entries(incident)] == ["Incident declared"]
    assert by_writer(entries(incident)[0])
    assert Event.objects.get().payload["report"] == "Search is slow"
    assert headlines() == 1


def test_a_title_is_enough(writer):
    incident = writer.post("incidents/", {"report": "Search is slow"}).json()
    assert (incident["status"], incident["lead"], incident["reporter"]) == ("live", None, None)
    assert incident["start_time"] == incident["report_time"]


def test_who_declares_is_the_reporter_where_the_site_knows_them(writer, ana):
    ana.owner = get_user_model().objects.get(username="writer")
    ana.save()
    assert writer.post("incidents/", {"report": "A"}).json()["reporter"]["external_id"] == "U1ANA"
    nobody = writer.post("incidents/", {"report": "B", "reporter": None}).json()
    assert nobody["reporter"] is None


def test_an_incident_that_is_over_can_be_declared(writer):
    answer = writer.post(
        "incidents/",
        {
            "report": "Search was slow",
            "start_time": "2024-01-31T14:00:00Z",
            "end_time": "2024-01-31T16:00:00Z",
        },
    )
    assert (answer.status_code, answer.json()["status"]) == (201, "resolved")
    texts = [entry.text for entry in entries(answer.json()["id"])]
    assert texts == ["Incident declared", "Incident closed after 2 hours"]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_change_is_told_everywhere(writer, incident, ben, method):
    CommsChannel.objects.create(incident=incident, channel_id="C1", channel_name="inc")
    before = headlines()
    change = {"report": "Checkout is failing", "severity": 1, "lead": {"email": ben.email}}
    answer = getattr(writer, method)(f"incidents/{incident.pk}/", change)
    assert answer.status_code == 200
    assert answer.json() == writer.get(f"incidents/{incident.pk}/").json()
    told = entries(incident)[1:]
    assert {entry.metadata["update_type"] for entry in told} == {
        "incident_severity",
        "incident_lead",
    }
    assert all(by_writer(entry) for entry in told)
    assert Event.objects.order_by("pk").last().payload["severity"] == "1"
    assert headlines() == before + 1


def test_what_was_read_can_be_sent_back(writer, incident, ben):
    services.update_incident(incident.pk, lead=ben)
    path = f"incidents/{incident.pk}/"
    read = writer.get(path)
    answer = writer.put(path, read.json(), **{"if-match": read["ETag"]})
    assert answer.status_code == 200, answer.content
    assert answer.json() == read.json()
    assert entries(incident).count() == 2


def test_a_change_that_changes_nothing_leaves_no_trace(writer, incident):
    before = headlines(), Event.objects.count(), entries(incident).count()
    writer.patch(f"incidents/{incident.pk}/", {"severity": "major", "report": incident.report})
    assert (headlines(), Event.objects.count(), entries(incident).count()) == before


def test_fields_that_are_not_sent_stay(writer, incident):
    services.update_incident(incident.pk, impact="Everyone")
    writer.patch(f"incidents/{incident.pk}/", {"summary": None})
    incident.refresh_from_db()
    assert (incident.summary, incident.impact, incident.severity) == (None, "Everyone", "2")


def test_null_takes_the_lead_away(writer, incident, ben):
    services.update_incident(incident.pk, lead=ben)
    assert writer.patch(f"incidents/{incident.pk}/", {"lead": None}).json()["lead"] is None


def test_an_end_closes_and_null_reopens(writer, incident):
    path = f"incidents/{incident.pk}/"
    closed = writer.patch(path, {"end_time": "2024-01-31T16:05:00Z"}).json()
    assert (closed["is_closed"], closed["status"]) == (True, "resolved")
    opened = writer.patch(path, {"end_time": None}).json()
    assert (opened["is_closed"], opened["end_time"]) == (False, None)
    texts = [entry.text for entry in entries(incident)][1:]
    assert texts == ["Incident closed after 2 hours", "Incident reopened"]


def test_the_reporter_stays_who_it_was(writer, incident, ana, ben):
    path = f"incidents/{incident.pk}/"
    answer = writer.patch(path, {"reporter": {"email": ben.email}, "id": 7, "is_closed": True})
    assert answer.json()["reporter"]["external_id"] == "U1ANA"
    assert answer.json()["is_closed"] is False


def test_who_makes_an_incident_private_has_an_answer(writer, incident):
    answer = writer.patch(f"incidents/{incident.pk}/", {"private": True})
    assert (answer.status_code, answer.json()["private"]) == (200, True)
    assert writer.get(f"incidents/{incident.pk}/").status_code == 404


def test_deleting_takes_all_that_belongs_to_it(admin, incident, ana):
    services.log_action(incident.pk, details="Look", owner=ana)
    assert admin.delete(f"incidents/{incident.pk}/").status_code == 204
    assert not Incident.objects.exists()
    assert not Action.objects.exists()
    assert admin.delete(f"incidents/{incident.pk}/").status_code == 404


# Actions


@pytest.mark.parametrize("path", ["actions/", "incidents/{pk}/actions/"])
def test_an_action_is_logged(writer, incident, ana, path):
    answer = writer.post(
        path.format(pk=incident.pk),
        {
            "details": "Add an alert",
            "user": ANA,
            "priority": "High",
            "type": 2,
            "due_date": "2024-02-01T12:00:00Z",
            "incident_id": incident.pk,
        },
    )
    assert answer.status_code == 201, answer.content
    action = Action.objects.get()
    assert (action.user, action.priority, action.type) == (ana, "1", "2")
    assert action.due_date == instant("2024-02-01T12:00")
    assert answer.json()["id"] == action.pk
    entry = entries(incident).last()
    assert entry.metadata["update_type"] == "action_logged"
    assert by_writer(entry)
    assert Event.objects.order_by("pk").last().event_type == "action_event"


def test_an_action_is_done_given_away_and_removed(admin, incident, ana, ben):
    action = services.log_action(incident.pk, details="Add an alert", owner=ana)
    path = f"incidents/{incident.pk}/actions/{action.pk}/"
    done = admin.patch(path, {"done": True}).json()
    assert done["done"] is True
    assert done["done_date"] is not None
    given = admin.put(path, {"details": "Add two alerts", "user": {"email": ben.email}}).json()
    assert (given["details"], given["user"]["external_id"]) == ("Add two alerts", "U2BEN")
    assert given["done"] is True
    assert admin.delete(path).status_code == 204
    kinds = [entry.metadata["update_type"] for entry in entries(incident)]
    assert kinds == [
        *("incident_declared", "action_logged", "action_done", "action_changed"),
        "action_removed",
    ]


# The timeline


def test_an_entry_is_added_at_the_time_it_happened(writer, incident):
    answer = writer.post(
        f"incidents/{incident.pk}/timeline/events/",
        {
            "text": "Rolled back :tada:",
            "timestamp": "2024-01-31T15:00:00+01:00",
            "metadata": {"deploy": 7, "actor": "somebody else"},
        },
    )
    assert answer.status_code == 201
    entry = TimelineEvent.objects.get(event_type="text")
    assert entry.timestamp == instant("2024-01-31T14:00")
    assert entry.metadata["deploy"] == 7
    assert by_writer(entry)
    assert answer.json()["text_ui"] == "Rolled back 🎉"


def test_an_entry_is_corrected_and_stays_whose_it_was(admin, writer, incident):
    base = f"incidents/{incident.pk}/timeline/events/"
    entry = writer.post(base, {"text": "Rolled bakc", "metadata": {"deploy": 7}}).json()
    path = f"{base}{entry['id']}/"
    changed = admin.patch(path, {"text": "Rolled back", "metadata": {"deploy": 8}}).json()
    assert (changed["text"], changed["metadata"]["deploy"]) == ("Rolled back", 8)
    assert changed["metadata"]["actor"]["name"] == "writer"
    assert changed["timestamp"] == entry["timestamp"]
    assert admin.patch(path, {"metadata": None}).json()["metadata"]["source"] == "api"
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


# Two writers at once


@pytest.fixture
def addresses(incident, ana):
    action = services.log_action(incident.pk, details="Look", owner=ana)
    return {
        "incident": f"incidents/{incident.pk}/",
        "action": f"actions/{action.pk}/",
        "entry": f"incidents/{incident.pk}/timeline/events/{entries(incident)[0].pk}/",
    }


CHANGES = {"incident": {"summary": "B"}, "action": {"details": "B"}, "entry": {"text": "B"}}


@pytest.mark.parametrize("what", CHANGES)
def test_who_writes_over_what_they_have_not_read_is_told(admin, addresses, what):
    path, change = addresses[what], CHANGES[what]
    mine = admin.get(path)["ETag"]
    first = admin.patch(path, change, **{"if-match": mine})
    assert first.status_code == 200
    for answer in (
        admin.patch(path, dict.fromkeys(change, "C"), **{"if-match": mine}),
        admin.delete(path, **{"if-match": mine}),
        admin.patch(path, dict.fromkeys(change, "C"), **{"if-match": "nonsense"}),
    ):
        assert answer.status_code == 412
        assert "Read it again" in answer.json()["detail"]
    assert admin.get(path)["ETag"] == first["ETag"]
    two = {"if-match": f'"other", {first["ETag"]}'}
    assert admin.patch(path, dict.fromkeys(change, "C"), **two).status_code == 200
    assert admin.delete(path, **{"if-match": "*"}).status_code == 204


def test_without_a_condition_the_later_wins_and_both_are_on_the_timeline(writer, incident):
    for summary in ("first", "second"):
        path = f"incidents/{incident.pk}/"
        assert writer.patch(path, {"summary": summary}).status_code == 200
    told = [entry.metadata.get("new_value") for entry in entries(incident)]
    assert told[1:] == ["first", "second"]


# People


@pytest.fixture
def asked(transactional_db, slack):
    """Slack, as it can be asked for people."""
    slack.add_user("U3CLEO", "cleo", profile={"email": "cleo@incidents.example"})
    return slack


def lead_of(answer):
    assert answer.status_code == 201, answer.content
    return answer.json()["lead"]["external_id"]


def declare(writer, **lead):
    return writer.post("incidents/", {"report": "Search is slow", "lead": lead})


def test_somebody_new_is_asked_for_in_slack_once(asked, writer):
    assert lead_of(declare(writer, app_id="slack", external_id="U3CLEO")) == "U3CLEO"
    assert ExternalUser.objects.get().email == "cleo@incidents.example"
    assert lead_of(declare(writer, app_id="slack", external_id="U3CLEO")) == "U3CLEO"
    assert len(asked.calls_to("users.info")) == 1


def test_somebody_new_is_found_by_e_mail(asked, writer):
    assert lead_of(declare(writer, email="cleo@incidents.example")) == "U3CLEO"
    assert lead_of(declare(writer, email="CLEO@incidents.example")) == "U3CLEO"
    assert len(asked.calls_to("users.lookupByEmail")) == 1


@pytest.mark.parametrize(
    "nobody",
    [
        {"app_id": "slack", "external_id": "U9NOBODY"},
        {"app_id": "slack", "external_id": "no id of Slack's"},
        {"app_id": "elsewhere", "external_id": "U3CLEO"},
        {"email": "nobody@incidents.example"},
    ],
)
def test_whom_nobody_knows_is_refused_at_the_field(asked, writer, nobody):
    answer = declare(writer, **nobody)
    assert answer.status_code == 400
    assert "Nobody is known by this" in answer.json()["lead"][0]
    assert not ExternalUser.objects.exists()
    assert not Incident.objects.exists()


def test_with_slack_down_an_id_is_taken_and_looked_up_later(asked, writer, work_is_done):
    asked.unreachable()
    assert lead_of(declare(writer, app_id="slack", external_id="U3CLEO")) == "U3CLEO"
    assert ExternalUser.objects.get().email is None
    assert Mirror.objects.filter(kind="person").exists()


def test_with_slack_down_an_address_has_to_wait(asked, writer):
    asked.unreachable()
    answer = declare(writer, email="cleo@incidents.example")
    assert answer.status_code == 503
    assert "external_id" in answer.json()["detail"]
    assert not Incident.objects.exists()


def test_an_address_that_two_have_names_neither(writer, ana, ben):
    ExternalUser.objects.update(email="team@incidents.example")
    answer = declare(writer, email="team@incidents.example")
    assert answer.status_code == 400
    assert "Several" in answer.json()["lead"][0]


def test_a_list_in_the_browser_s_time_is_what_was_meant(writer):
    local = writer.post("incidents/", {"report": "A", "start_time": "2024-07-01T12:00:00"}).json()
    assert parse_datetime(local["start_time"]).replace(tzinfo=None).hour == 12
