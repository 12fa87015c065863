"""Lists are narrowed by an index, on PostgreSQL, where it can be asked how it would do it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.core.models import Action, Event, ExternalUser, FeedEnd, Incident, TimelineEvent
from tests.core.api.conftest import instant

pytestmark = pytest.mark.django_db

ROWS = 2000
LAST = "2024-03-24T07:00:00Z"  # of the rows, an hour apart

LATEST = "response_incident_latest"
#: By which indexes what is asked for may be found; one of each group has to be used.
INDEXES = {
    "incidents/?status=live": [{"response_incident_live", "response_incident_ended"}],
    "incidents/?status=reported": [{"response_incident_reported"}],
    "incidents/?report_only=true": [{"response_incident_reported"}],
    "incidents/?private=true": [{"response_incident_private"}],
    "incidents/?severity=critical": [{"response_incident_severity"}],
    "incidents/?lead=U7": [{"response_incident_lead_id_"}, {"response_person_id"}],
    "incidents/?lead=7@incidents.example": [
        *({"response_incident_lead_id_"}, {"response_person_email"}),
    ],
    "incidents/?lead=none": [{"response_incident_lead_id_"}],
    "incidents/?reporter=U7": [{"response_incident_reporter_id_"}, {"response_person_id"}],
    f"incidents/?declared_after={LAST}": [{LATEST}],
    "incidents/?declared_before=2024-01-02": [{LATEST}],
    "incidents/bymonth/2024/01/": [{LATEST}],
    f"incidents/?started_after={LAST}": [{"response_incident_started"}],
    "incidents/?started_before=2024-01-02": [{"response_incident_started"}],
    f"incidents/?ended_after={LAST}": [{"response_incident_ended"}],
    "incidents/?ended_before=2024-01-02": [{"response_incident_ended"}],
    "incidents/": [{LATEST}],
    "incidents/?ordering=-start_time": [{"response_incident_started"}],
    "incidents/?ordering=end_time": [{"response_incident_ended"}],
    "actions/?done=false": [{"response_action_done"}],
    "actions/?owner=U7": [{"response_action_user_id_"}, {"response_person_id"}],
    "actions/?priority=high": [{"response_action_priority"}],
    "actions/?type=detective": [{"response_action_type"}],
    "actions/?due_before=2024-01-02": [{"response_action_due"}],
    f"actions/?due_after={LAST}": [{"response_action_due"}],
    "actions/?ordering=due_date": [{"response_action_due"}],
    "incidents/{pk}/actions/": [{"response_action_incident_id_"}],
    "incidents/{pk}/timeline/events/": [
        {"response_timeline_order", "response_timelineevent_incident_id_"}
    ],
    "incidents/{pk}/timeline/events/?after=2024-03-23": [{"response_timeline_order"}],
    "events/?from=2024-01-01&to=2024-01-02": [{"response_event_timestamp"}],
    "events/?event_type=action_event&from=2024-01-01&to=2024-03-24": [
        {"response_event_type", "response_event_timestamp"}
    ],
    "events/?incident={pk}&from=2024-01-01": [{"response_event_incident_id_"}],
    "events/?after=1900": [{"response_event_position_"}, {"response_event_unplaced"}],
    "users/?external_id=U7": [{"response_person_id"}],
    "users/?email=7@incidents.example": [{"response_person_email"}],
}
#: Where the database has trigrams, which the migrations do not insist on.
SEARCHES = {
    "incidents/?search=needle": [
        {f"response_{field}_words"}
        for field in (
            *("incident_report", "incident_summary", "incident_impact", "timelineevent_text"),
        )
    ]
}


def fill():
    """An hour after the other: of each kind that is asked for one in fifty."""
    start = instant("2024-01-01T00:00")
    hours = [start + timedelta(hours=n) for n in range(ROWS)]
    people = ExternalUser.objects.bulk_create(
        ExternalUser(
            app_id="slack",
            external_id=f"U{n}",
            display_name=f"{n}",
            email=f"{n}@incidents.example",
        )
        for n in range(500)
    )
    incidents = Incident.objects.bulk_create(
        Incident(
            report=f"number {n}",
            lead=people[n % 500] if n % 50 else None,
            reporter=people[n * 7 % 500],
            report_time=at,
            start_time=at,
            end_time=at if n % 50 else None,
            report_only=n % 50 == 1,
            private=n % 50 == 2,
            severity="1" if n % 50 == 3 else "3",
        )
        for n, at in enumerate(hours)
    )
    Action.objects.bulk_create(
        Action(
            incident=incidents[n],
            details="Look",
            user=people[n % 500],
            done=n % 50 != 0,
            priority="1" if n % 50 == 1 else "3",
            type="1" if n % 50 == 2 else "3",
            due_date=at,
        )
        for n, at in enumerate(hours)
    )
    TimelineEvent.objects.bulk_create(
        TimelineEvent(incident=incidents[n % 10], timestamp=at, text=f"step {n}")
        for n, at in enumerate(hours)
    )
    Event.objects.bulk_create(
        Event(
            event_type="incident_event" if n % 50 else "action_event",
            payload={},
            timestamp=at,
            incident=incidents[n],
            position=n + 1,
        )
        for n, at in enumerate(hours)
    )
    FeedEnd.objects.update_or_create(pk=1, defaults={"position": ROWS})
    return incidents[1]


def plans_of(caller, path):
    """How PostgreSQL would answer each query of a request, if it read no table from end to end."""
    with CaptureQueriesContext(connection) as captured:
        answer = caller.get(path)
    assert answer.status_code == 200, (path, answer.content)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for query in captured:
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN {query['sql']}")
                plans += [line for (line,) in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan = on")
    return "\n".join(plans)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL for its plans")
def test_there_is_an_index_for_every_filter(program):
    # Who sees everything, as what is visible to others is a condition of its own.
    reader = program("read", "view_private_incident")
    one = fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
        asked = INDEXES | SEARCHES if cursor.fetchone()[0] else INDEXES
    unused = {}
    for path, groups in asked.items():
        plans = plans_of(reader, path.format(pk=one.pk))
        for names in groups:
            if not any(name in plans for name in names):
                unused[path] = (names, plans)
    assert not unused, "\n\n".join(f"{path}: {why[0]}\n{why[1]}" for path, why in unused.items())
