"""A database as django-incident-response 0.5.1 left it, with every fault it is known to make."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

#: The alias of a database of theirs, in tests.
OLD = "predecessor"

START = datetime(2021, 3, 1, 10, 0)  # noqa: DTZ001  made aware where the project wants it

# What the released package had, column by column: type, length and whether it may be null.
COLUMNS = {
    "response_externaluser": {
        "id": "auto",
        "owner_id": "integer null",
        "app_id": "char(50)",
        "external_id": "char(50)",
        "display_name": "char(50)",
        "full_name": "char(50) null",
        "email": "char(100) null",
    },
    "response_incident": {
        "id": "auto",
        "report": "char(200)",
        "reporter_id": "integer null",
        "report_time": "datetime",
        "report_only": "boolean",
        "private": "boolean",
        "start_time": "datetime",
        "end_time": "datetime null",
        "summary": "text null",
        "impact": "text null",
        "lead_id": "integer null",
        "severity": "char(10) null",
    },
    "response_action": {
        "id": "auto",
        "created_date": "datetime null",
        "details": "text",
        "done": "boolean",
        "done_date": "datetime null",
        "due_date": "datetime null",
        "incident_id": "integer",
        "user_id": "integer",
        "priority": "char(10) null",
        "type": "char(10) null",
    },
    "response_timelineevent": {
        "id": "auto",
        "incident_id": "integer",
        "timestamp": "datetime",
        "text": "text",
        "event_type": "char(30)",
        "metadata": "text null",
    },
    "response_event": {
        "id": "auto",
        "timestamp": "datetime",
        "event_type": "char(50)",
        "payload": "text",
    },
    "response_commschannel": {
        "id": "auto",
        "incident_id": "integer",
        "channel_id": "char(20)",
        "channel_name": "char(80)",
    },
    "response_headlinepost": {
        "id": "auto",
        "incident_id": "integer",
        "message_ts": "char(20) null",
        "comms_channel_id": "integer null",
    },
    "response_notification": {
        "id": "auto",
        "incident_id": "integer",
        "key": "char(30)",
        "time": "datetime",
        "repeat_count": "integer",
        "completed": "boolean",
    },
    "response_pinnedmessage": {
        "id": "auto",
        "incident_id": "integer",
        "author_id": "integer",
        "message_ts": "char(50)",
        "text": "text",
        "timestamp": "datetime",
        "timeline_event_id": "integer null",
    },
    "response_userstats": {
        "id": "auto",
        "user_id": "integer",
        "incident_id": "integer",
        "join_time": "datetime null",
        "message_count": "integer",
    },
}

UNIQUE = {
    "response_externaluser": {("app_id", "external_id", "owner_id")},
    "response_incident": set(),
    "response_action": set(),
    "response_timelineevent": set(),
    "response_event": set(),
    "response_commschannel": {("incident_id",)},
    "response_headlinepost": {("comms_channel_id",)},
    "response_notification": {("incident_id", "key")},
    "response_pinnedmessage": set(),
    "response_userstats": {("incident_id", "user_id")},
}


def at(minutes: int) -> datetime:
    """An instant of that day, as the tested project keeps them."""
    instant = START + timedelta(minutes=minutes)
    return timezone.make_aware(instant) if settings.USE_TZ else instant


def migrate(database: BaseDatabaseWrapper, name: str | None = None) -> None:
    """Migrate to the migration of that name, or to the newest."""
    executor = MigrationExecutor(database)
    graph = executor.loader.graph
    ours = [("response", name)] if name else graph.leaf_nodes("response")
    executor.migrate([*graph.leaf_nodes("auth"), *ours])


def insert(connection: BaseDatabaseWrapper, table: str, **values: Any) -> None:
    """Write one row as it is, past every model."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in values)
    marks = ", ".join(["%s"] * len(values))
    adapted = [
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in values.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote('response_' + table)} ({columns}) VALUES ({marks})",  # noqa: S608
            adapted,
        )


def person(connection: BaseDatabaseWrapper, pk: int, external_id: str, **more: Any) -> None:
    values = {"app_id": "slack", "display_name": external_id.lower(), **more}
    insert(connection, "externaluser", id=pk, external_id=external_id, **values)


def incident(connection: BaseDatabaseWrapper, pk: int, **more: Any) -> None:
    values = {
        "report": f"Incident {pk}",
        "report_time": at(pk),
        "start_time": at(pk),
        "report_only": False,
        "private": False,
        **more,
    }
    insert(connection, "incident", id=pk, **values)


def entry(connection: BaseDatabaseWrapper, pk: int, **more: Any) -> None:
    values = {
        "incident_id": 1,
        "timestamp": at(pk),
        "text": f"Entry {pk}",
        "event_type": "text",
        "metadata": None,
        **more,
    }
    insert(connection, "timelineevent", id=pk, **values)


def pin(connection: BaseDatabaseWrapper, pk: int, ts: str, **more: Any) -> None:
    values = {
        "incident_id": 1,
        "author_id": 1,
        "message_ts": ts,
        "text": f"Pin {pk}",
        "timestamp": at(pk),
        **more,
    }
    insert(connection, "pinnedmessage", id=pk, **values)


def stats(connection: BaseDatabaseWrapper, pk: int, user: int, count: int, **more: Any) -> None:
    values = {"incident_id": 1, "join_time": None, **more}
    insert(connection, "userstats", id=pk, user_id=user, message_count=count, **values)


def fill(connection: BaseDatabaseWrapper) -> None:
    """Two incidents, and everything that went wrong with them."""
    # Unique over (owner, app_id, external_id) let a person in twice while the owner was null.
    person(connection, 1, "UANA")
    person(connection, 2, "UBEN", full_name="Ben Bell", email="ben@example.com")
    person(connection, 3, "UANA", full_name="Ana Alba", display_name="ana")
    person(connection, 4, "UANA", email="ana@example.com", display_name="ana.a")
    person(connection, 5, "UANA", app_id="elsewhere")

    incident(
        connection,
        1,
        report="A &amp; B are down",
        summary="latency &lt; 5ms, said &lt;@UBEN&gt;\nsecond line",
        impact="they typed &amp;lt; and&nbsp;this",
        reporter_id=1,
        lead_id=4,
        severity="1",
        end_time=at(90),
    )
    incident(connection, 2, reporter_id=2, severity="huge", private=True, report_only=True)

    insert(
        connection,
        "action",
        id=1,
        incident_id=1,
        user_id=3,
        details="Raise the limit to &gt; 100",
        done=False,
        created_date=at(5),
    )

    insert(connection, "commschannel", id=1, incident_id=1, channel_id="C1", channel_name="inc-1")
    insert(connection, "headlinepost", id=1, incident_id=1, message_ts="1614592800.000100")
    insert(connection, "headlinepost", id=2, incident_id=1, message_ts="1614592801.000100")
    insert(connection, "headlinepost", id=3, incident_id=1, message_ts=None, comms_channel_id=1)
    insert(connection, "headlinepost", id=4, incident_id=2, message_ts=None)

    change = {
        "update_type": "incident_summary",
        "old_value": None,
        "new_value": "latency &lt; 5ms",
    }
    entry(connection, 1, text="Somebody wrote a &amp; b")
    entry(connection, 2, event_type="incident_update", metadata=json.dumps(change))
    entry(connection, 3, event_type="incident_update", metadata=json.dumps(json.dumps(change)))
    entry(connection, 4, event_type="slack_pin", metadata='{"author": "UANA", "channel_id"')
    entry(connection, 5, event_type="slack_pin", text="Pinned &amp; pinned", metadata="")
    entry(connection, 6, event_type="slack_pin", text="Pinned &amp; pinned", metadata="null")
    entry(connection, 7, event_type="of_a_host", metadata='["a &amp; b"]')

    pin(connection, 1, "1614592900.000200", text="Pinned &amp; pinned", timeline_event_id=5)
    pin(connection, 2, "1614592900.000200", author_id=4, timeline_event_id=6)
    pin(connection, 3, "1614592999.000300", author_id=3)

    stats(connection, 1, user=1, count=2, join_time=at(12))
    stats(connection, 2, user=3, count=3, join_time=at(7))
    stats(connection, 3, user=2, count=5)
    stats(connection, 4, user=4, count=1, incident_id=2, join_time=at(20))

    snapshot = {"id": 1, "report": "A &amp; B are down", "severity": "1"}
    payloads = [json.dumps(json.dumps(snapshot)), json.dumps(snapshot), "{'id': 1}", '["x"]']
    for pk, payload in enumerate(payloads, 1):
        insert(
            connection,
            "event",
            id=pk,
            timestamp=at(pk),
            event_type="incident_event",
            payload=payload,
        )

    insert(
        connection,
        "notification",
        id=1,
        incident_id=1,
        key="remind_severity",
        time=at(5),
        repeat_count=1,
        completed=False,
    )
