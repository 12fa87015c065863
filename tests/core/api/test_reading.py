"""The read side of the REST API, asked as a program would."""

import base64
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from response.core import services
from response.core.models import Action, ExternalUser, Incident, TimelineEvent
from response.slack.models import CommsChannel, UserStats
from tests.core.api.conftest import instant

pytestmark = pytest.mark.django_db

LISTS = [
    "/core/",
    "/core/users/",
    "/core/incidents/",
    "/core/incidents/bymonth/2024/01/",
    "/core/incidents/{pk}/actions/",
    "/core/actions/",
    "/core/incidents/{pk}/timeline/events/",
    "/core/events/",
]


def reports(answer):
    assert answer.status_code == 200, answer.content
    return [incident["report"] for incident in answer.json()["results"]]


# Who gets in


@pytest.mark.parametrize("path", [*LISTS, "/core/incidents/{pk}/"])
@pytest.mark.parametrize("method", ["get", "post", "options", "delete"])
def test_an_anonymous_caller_is_asked_who_they_are(client, incident, path, method):
    answer = getattr(client, method)(path.format(pk=incident.pk))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert "Checkout" not in answer.content.decode()


def test_a_host_that_opens_its_other_apis_does_not_open_this_one(client, incident, monkeypatch):
    from rest_framework.permissions import AllowAny
    from rest_framework.views import APIView

    monkeypatch.setattr(APIView, "permission_classes", [AllowAny])
    assert client.get("/core/incidents/").status_code == 401
    assert client.get("/core/").status_code == 401


def test_a_wrong_password_is_refused_and_a_right_one_lets_in(client, person, incident):
    def knock(password):
        credentials = base64.b64encode(f"ana:{password}".encode()).decode()
        return client.get("/core/incidents/", headers={"authorization": f"Basic {credentials}"})

    assert knock("battery staple").status_code == 401
    assert reports(knock("correct horse")) == ["Checkout is failing"]


# What is seen


def test_an_incident_has_the_fields_that_programs_rely_on(api, incident):
    CommsChannel.objects.create(incident=incident, channel_id="C1", channel_name="inc-checkout")
    answer = api.get(f"/core/incidents/{incident.pk}/").json()
    ana = {
        "app_id": "slack",
        "external_id": "U1ANA",
        "display_name": "ana",
        "full_name": None,
        "email": "ana@incidents.example",
        "deleted": False,
    }
    at = "2024-01-31T14:05:00Z" if settings.USE_TZ else "2024-01-31T14:05:00"
    assert answer == {
        "action_items": [],
        "comms_channel": {"channel_id": "C1", "channel_name": "inc-checkout"},
        "end_time": None,
        "id": incident.pk,
        "impact": None,
        "is_closed": False,
        "lead": None,
        "private": False,
        "report": "Checkout is failing",
        "report_only": False,
        "report_time": at,
        "reporter": ana,
        "severity": "2",
        "severity_text": "major",
        "start_time": at,
        "status": "live",
        "summary": "A & B, latency < 5ms",
    }


def test_actions_are_listed_by_incident_and_all_together(api, incident, ana):
    action = services.log_action(incident.pk, details="Add an alert :bell:", owner=ana)
    services.change_action(action.pk, priority="1", type="2", done=True)
    here = api.get(f"/core/incidents/{incident.pk}/actions/").json()
    assert here == api.get("/core/actions/").json()
    assert here["count"] == 1
    (listed,) = here["results"]
    assert set(listed) == {
        *("id", "details", "done", "user", "details_ui", "created_date", "done_date"),
        *("due_date", "priority", "type", "incident_id"),
    }
    assert (listed["details"], listed["details_ui"]) == ("Add an alert :bell:", "Add an alert 🔔")
    assert (listed["done"], listed["priority"], listed["type"]) == (True, "1", "2")
    assert listed["user"]["external_id"] == "U1ANA"
    assert api.get(f"/core/actions/{action.pk}/").json() == listed
    assert api.get(f"/core/incidents/{incident.pk}/").json()["action_items"] == [listed]


def test_an_action_of_another_incident_is_not_found_under_this_one(api, incident, ana):
    other = services.declare_incident(report="Another", reporter=ana)
    action = services.log_action(other.pk, details="Elsewhere", owner=ana)
    assert api.get(f"/core/incidents/{incident.pk}/actions/{action.pk}/").status_code == 404
    assert api.get(f"/core/incidents/{incident.pk}/actions/").json()["results"] == []


def test_the_timeline_comes_in_order_of_time(api, incident):
    TimelineEvent.objects.all().delete()
    for minute, text in ((30, "third"), (10, "first"), (20, "second :fire:")):
        at = instant(f"2024-01-31T14:{minute}")
        services.add_timeline_entry(incident.pk, text=text, at=at, metadata={"x": [1]})
    entries = api.get(f"/core/incidents/{incident.pk}/timeline/events/").json()["results"]
    assert [entry["text_ui"] for entry in entries] == ["first", "second 🔥", "third"]
    assert set(entries[0]) == {"id", "timestamp", "text", "event_type", "metadata", "text_ui"}
    assert entries[0]["metadata"]["x"] == [1]
    assert entries[1]["text"] == "second :fire:"


def test_people_are_listed_500_a_page(api):
    ExternalUser.objects.bulk_create(
        ExternalUser(app_id="slack", external_id=f"U{number}", display_name=f"person {number}")
        for number in range(1101)
    )
    first = api.get("/core/users/").json()
    assert (first["count"], len(first["results"])) == (1101, 500)
    assert "page=2" in first["next"]
    assert len(api.get("/core/users/?page_size=1000").json()["results"]) == 1000
    assert len(api.get("/core/users/?page_size=5000").json()["results"]) == 1000
    assert len(api.get("/core/users/?page=3").json()["results"]) == 101


def test_a_host_without_a_page_size_still_gets_pages(api, ana, settings):
    settings.REST_FRAMEWORK = {}
    Incident.objects.bulk_create(Incident(report=f"number {n}") for n in range(101))
    page = api.get("/core/incidents/").json()
    assert (page["count"], len(page["results"])) == (101, 100)
    assert page["next"].endswith("?limit=100&offset=100")


def test_the_host_s_page_size_is_kept(api, settings):
    settings.REST_FRAMEWORK = {"PAGE_SIZE": 3}
    Incident.objects.bulk_create(Incident(report=f"number {n}") for n in range(5))
    assert len(api.get("/core/incidents/").json()["results"]) == 3
    assert len(api.get("/core/incidents/?offset=3").json()["results"]) == 2
    assert len(api.get("/core/incidents/?limit=4").json()["results"]) == 4


def test_the_latest_incident_comes_first(api, ana):
    for day in (2, 3, 1):
        services.declare_incident(
            report=f"of day {day}", reporter=ana, report_time=instant(f"2024-01-0{day}T12:00")
        )
    assert reports(api.get("/core/incidents/")) == ["of day 3", "of day 2", "of day 1"]


def test_a_month_has_the_incidents_reported_in_it(api, ana):
    for at in (
        "2023-12-31T23:59:59",
        "2024-01-01T00:00",
        "2024-01-31T23:59:59",
        "2024-02-01T00:00",
    ):
        services.declare_incident(report=at, reporter=ana, report_time=instant(at))
    assert reports(api.get("/core/incidents/bymonth/2024/01/")) == [
        "2024-01-31T23:59:59",
        "2024-01-01T00:00",
    ]
    assert reports(api.get("/core/incidents/bymonth/2023/12/")) == ["2023-12-31T23:59:59"]


# Private incidents


def everything_said_to(client, pk):
    return "".join(
        client.get(f"{path.format(pk=pk)}", HTTP_ACCEPT="application/json").content.decode()
        for path in [*LISTS, "/core/incidents/{pk}/"]
    )


def test_a_private_incident_does_not_exist_for_outsiders(api, private):
    said = everything_said_to(api, private.pk)
    assert "Somebody is in our mail" not in said
    assert "Change every password" not in said
    for path in ("", "actions/", "timeline/events/"):
        assert api.get(f"/core/incidents/{private.pk}/{path}").status_code == 404
    assert api.get(f"/core/actions/{Action.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize("tie", ["lead", "reporter", "participant"])
def test_a_private_incident_is_there_for_those_who_work_on_it(api, person, private, ana, tie):
    ana.owner = person
    ana.save()
    if tie == "participant":
        UserStats.objects.create(incident=private, user=ana)
    else:
        services.update_incident(private.pk, **{tie: ana})
    assert reports(api.get("/core/incidents/")) == ["Somebody is in our mail"]
    assert api.get(f"/core/incidents/{private.pk}/actions/").json()["count"] == 1


# Narrowing


@pytest.fixture
def several(ana):
    live = services.declare_incident(
        report="Checkout slow", reporter=ana, severity="1", summary="the café in Zürich"
    )
    services.declare_incident(report="Search 100% down", reporter=ana, impact="checkout, too")
    closed = services.declare_incident(report="Mail late", reporter=ana, severity="4")
    services.close_incident(closed.pk)
    services.declare_incident(report="Last week's", reporter=ana, report_only=True, severity="1")
    return live


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=live", {"Checkout slow", "Search 100% down"}),
        ("status=resolved", {"Mail late"}),
        ("status=reported", {"Last week's"}),
        ("severity=1", {"Checkout slow", "Last week's"}),
        ("severity=Critical", {"Checkout slow", "Last week's"}),
        ("severity=critical&status=live", {"Checkout slow"}),
        ("severity=major", set()),
        ("search=checkout", {"Checkout slow", "Search 100% down"}),
        ("search=checkout+slow", {"Checkout slow"}),
        ("search=100%25", {"Search 100% down"}),
        ("search=caf%C3%A9", {"Checkout slow"}),
        ("search=%25_", set()),
        (
            "search=&status=&severity=",
            {"Checkout slow", "Search 100% down", "Mail late", "Last week's"},
        ),
    ],
)
def test_incidents_are_found_by_status_severity_and_words(api, several, query, found):
    assert set(reports(api.get(f"/core/incidents/?{query}"))) == found


# What cannot be


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/core/incidents/?status=burning", "status"),
        ("/core/incidents/?severity=5", "severity"),
        ("/core/incidents/?severity=%00", "severity"),
        ("/core/incidents/?search=%00", "search"),
        ("/core/incidents/?search=" + "a+" * 5000, "search"),
    ],
)
def test_a_bad_parameter_is_named(api, path, field):
    answer = api.get(path)
    assert answer.status_code == 400
    (sentence,) = answer.json()[field]
    assert len(sentence) > 20


@pytest.mark.parametrize(
    "path",
    [
        "incidents/bymonth/2024/13/",
        "incidents/bymonth/2024/0/",
        "incidents/bymonth/0000/01/",
        "incidents/bymonth/9999/12/",
        "incidents/bymonth/99999999999/01/",
        f"incidents/bymonth/2024/{'9' * 30}/",
        "incidents/bymonth/last/year/",
        "incidents/0/",
        "incidents/-1/",
        "incidents/none/",
        "incidents/%00/",
        f"incidents/{10**30}/",
        f"incidents/{'9' * 5000}/",
        f"incidents/{10**30}/actions/",
        "incidents/x/timeline/events/",
        "incidents/99/timeline/events/1/",
        f"actions/{10**30}/",
        f"events/{10**30}/",
        f"users/{10**30}/",
        "users/?page=99",
        "users/?page=0",
        f"users/?page={10**30}",
    ],
)
def test_what_is_not_there_is_not_found(api, path):
    answer = api.get(f"/core/{path}")
    assert answer.status_code == 404
    assert len(answer.json()["detail"]) > 5


@pytest.mark.parametrize("query", ["offset=99", f"offset={10**30}", f"offset=0&limit={10**30}"])
def test_a_page_beyond_the_end_is_empty_or_the_last(api, incident, query):
    answer = api.get(f"/core/incidents/?{query}")
    assert answer.status_code == 200
    assert answer.json()["count"] == 1
    assert len(answer.json()["results"]) == (1 if "offset=0" in query else 0)


@pytest.mark.parametrize(
    "stored",
    [
        {"severity": "99"},
        {"severity": ""},
        {"reporter": None},
        {"report": "\u202e <script>\ud7ff"},
        {"summary": "", "impact": "<@U…> :no-such-emoji: <!subteam^"},
        {"start_time": datetime.max.replace(tzinfo=UTC)},
        {"start_time": datetime.min.replace(tzinfo=UTC)},
        {"end_time": datetime(1970, 1, 1, tzinfo=UTC)},
    ],
)
def test_whatever_is_stored_can_be_read(api, incident, settings, stored):
    if not settings.USE_TZ:
        stored = {
            name: value.replace(tzinfo=None) if isinstance(value, datetime) else value
            for name, value in stored.items()
        }
    Incident.objects.update(**stored)
    for zone in ("Asia/Tokyo", "America/New_York"):
        with timezone.override(zone):
            settings.TIME_ZONE = zone
            assert api.get("/core/incidents/").json()["count"] == 1
            assert api.get(f"/core/incidents/{incident.pk}/").json()["id"] == incident.pk


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("null", None),
        ('"words"', "words"),
        ("[1, {}]", [1, {}]),
        ('{"actor": 7}', {"actor": 7}),
        ('{"big": 1e999}', {"big": None}),
        ('{"half": "\\ud800"}', {"half": "?"}),
    ],
)
def test_json_of_any_shape_can_be_read(api, incident, stored, shown):
    if connection.vendor == "postgresql" and "ud800" in stored:
        pytest.skip("PostgreSQL does not keep half of a surrogate pair")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE response_timelineevent SET metadata = %s", [stored])
        cursor.execute("UPDATE response_event SET payload = %s", [stored])
    path, feed = f"/core/incidents/{incident.pk}/timeline/events/", "/core/events/"
    (entry,), (event,) = (api.get(each).json()["results"] for each in (path, feed))
    exported = api.get(f"/core/incidents/{incident.pk}/export/").json()
    downloaded = api.get(f"/incident/{incident.pk}/download/json/").json()
    for found in (
        entry["metadata"],
        event["payload"],
        api.get(f"{path}{entry['id']}/").json()["metadata"],
        api.get(f"{feed}{event['id']}/").json()["payload"],
        *(each["timeline"][0]["metadata"] for each in (exported, downloaded)),
    ):
        if connection.vendor == "postgresql" and "big" in stored:
            assert "big" in found
        else:
            assert found == shown
    for address in (path, f"{path}{entry['id']}/", feed):
        assert api.get(address, HTTP_ACCEPT="text/html").status_code == 200


# In a browser


@pytest.mark.parametrize("path", ["/core/incidents/", "/core/incidents/{pk}/export/"])
def test_a_cache_keeps_the_page_for_people_and_json_apart(api, incident, path):
    assert "Accept" in api.get(path.format(pk=incident.pk))["Vary"]


@pytest.mark.parametrize("path", [*LISTS, "/core/incidents/{pk}/"])
def test_it_opens_in_a_browser_with_only_the_apps_of_the_readme(api, incident, path):
    answer = api.get(path.format(pk=incident.pk), HTTP_ACCEPT="text/html")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
    assert "django_filters" not in settings.INSTALLED_APPS


def test_the_browser_offers_the_filters(api, incident):
    page = api.get("/core/incidents/?status=live", HTTP_ACCEPT="text/html").content.decode()
    assert 'name="search"' in page
    assert 'name="severity"' in page
    assert "invalid name" not in page


def test_a_refused_parameter_is_shown_in_the_browser_too(api, incident):
    answer = api.get("/core/incidents/?status=burning", HTTP_ACCEPT="text/html")
    assert answer.status_code == 400
    assert "is no status" in answer.content.decode()
