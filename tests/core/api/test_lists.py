"""What lists are narrowed and ordered by, and what they cost."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core import services
from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.slack.models import CommsChannel, UserStats
from tests.core.api.conftest import instant

pytestmark = pytest.mark.django_db


@pytest.fixture
def several(ana, ben):
    """Three incidents, a to c: live and critical, resolved and private, reported."""
    a = services.declare_incident(
        report="a",
        reporter=ana,
        lead=ben,
        severity="1",
        report_time=instant("2024-01-01T12:00"),
        impact="the café in Zürich, 100%_sure",
    )
    b = services.declare_incident(
        report="b",
        reporter=ben,
        severity="4",
        report_time=instant("2024-02-01T12:00"),
        start_time=instant("2024-01-31T12:00"),
        private=True,
    )
    services.close_incident(b.pk, at=instant("2024-02-02T12:00"))
    c = services.declare_incident(
        report="c",
        reporter=None,
        report_only=True,
        report_time=instant("2024-03-01T12:00"),
    )
    services.add_timeline_entry(a.pk, text="Rolled BACK the deploy")
    services.add_timeline_entry(c.pk, text="rolled forward")
    return {"a": a, "b": b, "c": c}


def names(answer, field="report"):
    assert answer.status_code == 200, answer.content
    return "".join(row[field] for row in answer.json()["results"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "cba"),
        ("status=live", "a"),
        ("status=resolved", "b"),
        ("status=reported", "c"),
        ("severity=critical", "a"),
        ("severity=4", "b"),
        ("lead=U2BEN", "a"),
        ("lead=BEN@incidents.example", "a"),
        ("lead=none", "cb"),
        ("lead=me", ""),
        ("reporter=me", "a"),
        ("reporter=U2BEN", "b"),
        ("reporter=none", "c"),
        ("lead=nobody", ""),
        ("report_only=true", "c"),
        ("report_only=False", "ba"),
        ("private=true", "b"),
        ("private=false", "ca"),
        ("declared_after=2024-02-01T12:00:00Z", "cb"),
        ("declared_after=2024-02-01T13:00:01%2B01:00", "c"),
        ("declared_before=2024-02-01T12:00:00Z", "a"),
        ("declared_after=2024-01-15&declared_before=2024-02-15", "b"),
        ("started_before=2024-02-01T00:00:00Z", "ba"),
        ("started_after=2024-01-31", "cb"),
        ("ended_after=2024-02-02T12:00:00Z", "b"),
        ("ended_before=2024-02-02T12:00:00Z", ""),
        ("search=rolled", "ca"),
        ("search=ROLLED+deploy", "a"),
        ("search=caf%C3%A9", "a"),
        ("search=100%25_", "a"),
        ("search=%25", "a"),
        ("search=deploy+nowhere", ""),
        ("search=rolled&status=reported", "c"),
        ("ordering=report_time", "abc"),
        ("ordering=-report", "cba"),
        ("ordering=severity", "abc"),
        ("ordering=-severity", "bac"),
        ("ordering=end_time,-id", "bca"),
    ],
)
def test_incidents_are_found_and_ordered(program, several, ana, query, found):
    reader = program("read", "view_private_incident")
    ana.owner = get_user_model().objects.get(username="reader")
    ana.save()
    assert names(reader.get(f"incidents/?{query}")) == found
    by_month = reader.get(f"incidents/bymonth/2024/01/?{query}")
    assert names(by_month) == "".join(name for name in found if name == "a")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "xyz"),
        ("done=true", "y"),
        ("done=false", "xz"),
        ("owner=U2BEN", "z"),
        ("owner=ana@incidents.example", "xy"),
        ("priority=high", "x"),
        ("priority=3", "z"),
        ("type=corrective", "y"),
        ("due_before=2024-02-01T00:00:00Z", "x"),
        ("due_after=2024-02-01", "y"),
        ("done=false&owner=U1ANA", "x"),
        ("ordering=-due_date", "yxz"),
        ("ordering=due_date", "xyz"),
        ("ordering=-priority", "zxy"),
    ],
)
def test_actions_are_found_and_ordered(reader, several, ana, ben, query, found):
    pk = several["a"].pk
    services.log_action(
        pk, details="x", owner=ana, priority="1", due_date=instant("2024-01-31T12:00")
    )
    services.log_action(
        pk, details="y", owner=ana, type="3", done=True, due_date=instant("2024-03-01T12:00")
    )
    services.log_action(pk, details="z", owner=ben, priority="3")
    assert names(reader.get(f"actions/?{query}"), "details") == found
    assert names(reader.get(f"incidents/{pk}/actions/?{query}"), "details") == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "xyz"),
        ("event_type=text", "xz"),
        ("event_type=slack_pin", "y"),
        ("event_type=of_a_host", ""),
        ("after=2024-01-01T13:00:00Z", "yz"),
        ("before=2024-01-01T13:00:00Z", "x"),
        ("ordering=-timestamp", "zyx"),
    ],
)
def test_a_timeline_is_narrowed_by_type_and_time(reader, several, query, found):
    TimelineEvent.objects.all().delete()
    for hour, text, kind in ((14, "z", "text"), (12, "x", "text"), (13, "y", "slack_pin")):
        at = instant(f"2024-01-01T{hour}:00")
        services.add_timeline_entry(several["a"].pk, text=text, at=at, kind=kind)
    path = f"incidents/{several['a'].pk}/timeline/events/?{query}"
    assert names(reader.get(path), "text") == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("external_id=U1ANA", "ana"),
        ("app_id=slack", "anaben"),
        ("email=BEN@incidents.example", "ben"),
        ("deleted=true", ""),
    ],
)
def test_people_are_found(reader, ana, ben, query, found):
    assert names(reader.get(f"users/?{query}"), "display_name") == found


def test_who_took_part_is_listed_by_how_much_they_wrote(reader, incident, ana, ben):
    UserStats.objects.create(incident=incident, user=ana, message_count=3)
    UserStats.objects.create(
        incident=incident, user=ben, message_count=7, join_time=instant("2024-01-31T14:06")
    )
    rows = reader.get(f"incidents/{incident.pk}/participants/").json()["results"]
    assert [(row["user"]["display_name"], row["message_count"]) for row in rows] == [
        ("ben", 7),
        ("ana", 3),
    ]
    assert rows[0]["join_time"].startswith("2024-01-31T14:06:00")


def test_an_export_is_json_or_markdown(reader, incident):
    path = f"incidents/{incident.pk}/export/"
    exported = reader.get(path)
    assert exported["Content-Type"] == "application/json"
    assert exported.json()["report"] == "Checkout is failing"
    assert reader.get(f"{path}?format=json").json() == exported.json()
    for markdown in (
        reader.get(f"{path}?format=markdown"),
        reader.get(path, accept="text/markdown"),
    ):
        assert markdown["Content-Type"] == "text/markdown; charset=utf-8"
        assert f'filename="incident-{incident.pk}.md"' in markdown["Content-Disposition"]
        assert markdown.content.decode().startswith(
            f"# Incident {incident.pk}: Checkout is failing"
        )


def test_statistics_count_what_the_caller_may_know_of(reader, program, several):
    counts = reader.get("stats/").json()
    assert counts["incidents"] == 2
    assert counts["by_status"] == {"live": 1, "resolved": 0, "reported": 1}
    assert counts["by_severity"]["critical"] == 1
    assert [month["month"] for month in counts["months"]] == ["2024-01", "2024-03"]
    insider = program("write", "view_private_incident").get("stats/").json()
    assert insider["time_to_close"] == {"closed": 1, "median": 172800.0, "p90": 172800.0}
    narrowed = reader.get("stats/?status=live&declared_before=2024-02-01").json()
    assert (narrowed["incidents"], len(narrowed["months"])) == (1, 1)


# What it costs

LISTS = [
    *("users/", "users/?email=ana@incidents.example", "incidents/", "incidents/?lead=me"),
    *("incidents/?search=tell&status=live&ordering=-severity", "incidents/bymonth/2024/01/"),
    *("incidents/{pk}/actions/", "incidents/{pk}/timeline/events/", "incidents/{pk}/participants/"),
    *("actions/", "actions/?done=false&owner=U1ANA", "events/", "events/?incident={pk}"),
    *("events/?after=0", "stats/", "incidents/{pk}/export/", "incidents/{pk}/"),
]


def fill(incident, ana, rows):
    """Rows of everything, past the services."""
    day = timezone.now()
    made = Incident.objects.bulk_create(
        Incident(
            report=f"number {n}",
            reporter=ana,
            lead=ana,
            report_time=instant("2024-01-15T12:00") + timedelta(seconds=n),
        )
        for n in range(rows)
    )
    CommsChannel.objects.bulk_create(
        CommsChannel(incident=one, channel_id=f"C{one.pk}", channel_name="inc") for one in made
    )
    Action.objects.bulk_create(
        Action(incident=of, details="Tell <@U1ANA> :fire:", user=ana, created_date=day)
        for one in made
        for of in (one, incident)
    )
    TimelineEvent.objects.bulk_create(
        TimelineEvent(incident=incident, text="<@U1ANA> said :fire:") for _ in made
    )
    Event.objects.bulk_create(
        Event(event_type="incident_event", payload={"id": one.pk}, incident=one) for one in made
    )
    people = ExternalUser.objects.bulk_create(
        ExternalUser(app_id="slack", external_id=f"U{one.pk}", display_name="one") for one in made
    )
    UserStats.objects.bulk_create(UserStats(incident=incident, user=one) for one in people)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_at_10_and_at_1000_rows(api, reader, incident, ana, path):
    def queries(caller):
        with CaptureQueriesContext(connection) as captured:
            asked = path.format(pk=incident.pk)
            if caller == "token":
                answer = reader.get(f"{asked}{'&' if '?' in asked else '?'}limit=1000")
            else:
                answer = api.get(f"/core/{asked}", HTTP_ACCEPT="application/json")
        assert answer.status_code == 200, answer.content
        return [query["sql"] for query in captured]

    # What is done once: a token's use is noted, new feed entries get their place.
    reader.get("events/?after=0")
    fill(incident, ana, 10)
    reader.get("events/?after=0")
    few = {caller: queries(caller) for caller in ("session", "token")}
    fill(incident, ana, 990)
    reader.get("events/?after=0")
    for caller, before in few.items():
        many = queries(caller)
        assert len(many) == len(before), many
        # A caller, their rights, count, rows, what belongs to them, names in texts.
        most = 11 if "export" in path else 8
        assert len(many) <= most, many
