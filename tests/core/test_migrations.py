"""Databases of the predecessor are taken over with everything in them, and new ones are made."""

from __future__ import annotations

import importlib
import json
import sqlite3
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from hypothesis import given
from hypothesis import strategies as st

from response.models import (
    Action,
    CommsChannel,
    Event,
    ExternalUser,
    HeadlinePost,
    Incident,
    Notification,
    PinnedMessage,
    TimelineEvent,
    UserStats,
)
from tests.core import predecessor_rows as rows
from tests.core.predecessor_rows import OLD, at, migrate

mending = importlib.import_module("response.migrations.0102_mend_json")


def columns(database: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    introspection = database.introspection
    words = {
        "AutoField": "auto",
        "IntegerField": "integer",
        "BigIntegerField": "big integer",
        "DateTimeField": "datetime",
        "BooleanField": "boolean",
        "TextField": "text",
        "JSONField": "json",
    }
    with database.cursor() as cursor:
        found = introspection.get_table_description(cursor, table)
        keys = introspection.get_primary_key_columns(cursor, table) or []
    described = {}
    for column in found:
        kind = introspection.get_field_type(column.type_code, column)
        word = f"char({column.display_size})" if kind == "CharField" else words[kind]
        if column.name in keys:
            word = "auto"
        described[column.name] = word + (" null" if column.null_ok else "")
    return described


def unique_together(database: BaseDatabaseWrapper, table: str) -> set[tuple[str, ...]]:
    with database.cursor() as cursor:
        constraints = database.introspection.get_constraints(cursor, table).values()
    return {
        tuple(sorted(constraint["columns"]))
        for constraint in constraints
        if constraint["unique"] and not constraint["primary_key"]
    }


# What the predecessor released


def test_the_first_migration_makes_the_tables_of_the_predecessor(old: BaseDatabaseWrapper) -> None:
    tables = {table for table in old.introspection.table_names() if table.startswith("response_")}

    assert {table: columns(old, table) for table in tables} == rows.COLUMNS
    assert {table: unique_together(old, table) for table in tables} == rows.UNIQUE


# From there to here


@pytest.mark.parametrize("has_deleted", [False, True], ids=["released", "unreleased"])
def test_a_database_of_the_predecessor_arrives_whole(
    old: BaseDatabaseWrapper, has_deleted: bool
) -> None:
    if has_deleted:
        give_people_a_deleted_column(old)
    rows.fill(old)

    migrate(old)

    people = ExternalUser.objects.using(OLD).order_by("pk")
    names = ("pk", "app_id", "external_id", "display_name", "full_name", "email", "deleted")
    assert list(people.values_list(*names)) == [
        (2, "slack", "UBEN", "uben", "Ben Bell", "ben@example.com", False),
        (3, "slack", "UANA", "ana", "Ana Alba", "ana@example.com", False),
        (5, "elsewhere", "UANA", "uana", None, None, False),
    ]

    first, second = Incident.objects.using(OLD).order_by("pk")
    assert (first.report, first.summary, first.impact) == (
        "A & B are down",
        "latency < 5ms, said <@UBEN>\nsecond line",
        "they typed &lt; and&nbsp;this",
    )
    assert (first.reporter_id, first.lead_id, first.severity) == (3, 3, "1")
    assert (first.report_time, first.start_time, first.end_time) == (at(1), at(1), at(90))
    assert (first.private, first.report_only) == (False, False)
    assert (second.report, second.summary, second.impact) == ("Incident 2", None, None)
    assert (second.reporter_id, second.lead_id, second.severity) == (2, None, "huge")
    assert (second.private, second.report_only, second.end_time) == (True, True, None)

    action = Action.objects.using(OLD).get()
    assert (action.details, action.user_id, action.incident_id, action.created_date) == (
        "Raise the limit to > 100",
        3,
        1,
        at(5),
    )

    change = {"update_type": "incident_summary", "old_value": None, "new_value": "latency < 5ms"}
    timeline = TimelineEvent.objects.using(OLD).order_by("pk")
    assert list(timeline.values_list("pk", "timestamp", "event_type", "text", "metadata")) == [
        (1, at(1), "text", "Somebody wrote a & b", None),
        (2, at(2), "incident_update", "Entry 2", change),
        (3, at(3), "incident_update", "Entry 3", change),
        (4, at(4), "slack_pin", "Entry 4", {"unreadable": '{"author": "UANA", "channel_id"'}),
        (5, at(5), "slack_pin", "Pinned & pinned", None),
        (7, at(7), "of_a_host", "Entry 7", ["a &amp; b"]),
    ]

    pins = PinnedMessage.objects.using(OLD).order_by("pk")
    names = ("pk", "author_id", "message_ts", "text", "timestamp", "timeline_event_id")
    assert list(pins.values_list(*names)) == [
        (1, 3, "1614592900.000200", "Pinned & pinned", at(1), 5),
        (3, 3, "1614592999.000300", "Pin 3", at(3), None),
    ]

    stats = UserStats.objects.using(OLD).order_by("pk")
    assert list(stats.values_list("incident_id", "user_id", "join_time", "message_count")) == [
        (1, 3, at(7), 5),
        (1, 2, None, 5),
        (2, 3, at(20), 1),
    ]

    headlines = HeadlinePost.objects.using(OLD).order_by("pk")
    names = ("pk", "incident_id", "message_ts", "comms_channel_id", "channel_id")
    assert list(headlines.values_list(*names)) == [
        (2, 1, "1614592801.000100", 1, ""),
        (4, 2, None, None, ""),
    ]
    channel = CommsChannel.objects.using(OLD).get()
    assert (channel.incident_id, channel.channel_id, channel.channel_name) == (1, "C1", "inc-1")

    snapshot = {"id": 1, "report": "A &amp; B are down", "severity": "1"}
    feed = Event.objects.using(OLD).order_by("pk")
    assert list(feed.values_list("timestamp", "event_type", "payload")) == [
        (at(1), "incident_event", snapshot),
        (at(2), "incident_event", snapshot),
        (at(3), "incident_event", {"unreadable": "{'id': 1}"}),
        (at(4), "incident_event", {"unreadable": '["x"]'}),
    ]
    places = list(feed.values_list("pk", "position", "incident_id"))
    assert places == [(1, 1, 1), (2, 2, 1), (3, 3, None), (4, 4, None)]

    reminder = Notification.objects.using(OLD).get()
    assert (reminder.key, reminder.time, reminder.repeat_count, reminder.completed) == (
        "remind_severity",
        at(5),
        1,
        False,
    )


def give_people_a_deleted_column(database: BaseDatabaseWrapper) -> None:
    """As the predecessor's repository did after its last release."""
    with database.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE response_externaluser ADD COLUMN deleted "
            f"{database.data_types['BooleanField']} NOT NULL DEFAULT '0'"
        )
    MigrationRecorder(database).record_applied("response", "0017_of_their_repository")


def test_people_who_were_deleted_stay_deleted(old: BaseDatabaseWrapper) -> None:
    give_people_a_deleted_column(old)
    rows.person(old, 1, "UGONE", deleted=True)
    rows.person(old, 2, "UBACK", deleted=True)
    rows.person(old, 3, "UBACK", deleted=False)

    migrate(old)

    people = ExternalUser.objects.using(OLD).order_by("pk")
    assert list(people.values_list("external_id", "deleted")) == [("UGONE", True), ("UBACK", False)]


def test_the_site_s_user_of_a_person_survives_the_merge(old: BaseDatabaseWrapper) -> None:
    get_user_model().objects.using(OLD).create(pk=7, username="ana")
    rows.person(old, 1, "UANA", full_name="Ana Alba", email="ana@example.com")
    rows.person(old, 2, "UANA", owner_id=7)

    migrate(old)

    ana = ExternalUser.objects.using(OLD).get()
    assert (ana.pk, ana.owner_id, ana.full_name) == (1, 7, "Ana Alba")


def test_tables_of_a_host_follow_a_merged_person(old: BaseDatabaseWrapper) -> None:
    with old.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE host_rota (id integer PRIMARY KEY, person_id integer NOT NULL "
            "REFERENCES response_externaluser (id) DEFERRABLE INITIALLY DEFERRED)"
        )
        rows.person(old, 1, "UANA")
        rows.person(old, 2, "UANA", full_name="Ana Alba")
        cursor.execute("INSERT INTO host_rota VALUES (1, 1), (2, 2)")

        migrate(old)

        cursor.execute("SELECT id, person_id FROM host_rota ORDER BY id")
        assert cursor.fetchall() == [(1, 2), (2, 2)]


def test_a_channel_that_is_gone_is_forgotten_by_its_headline(old: BaseDatabaseWrapper) -> None:
    if old.vendor != "sqlite":
        pytest.skip("only SQLite lets such a reference stay")
    rows.incident(old, 1)
    old.disable_constraint_checking()
    rows.insert(old, "headlinepost", id=1, incident_id=1, message_ts="1.1", comms_channel_id=99)
    old.enable_constraint_checking()

    migrate(old)

    assert HeadlinePost.objects.using(OLD).get().comms_channel_id is None


def test_text_stays_escaped_where_the_host_never_sanitised_it(
    old: BaseDatabaseWrapper, settings: Any
) -> None:
    settings.RESPONSE_SANITIZE_USER_INPUT = False
    rows.fill(old)

    migrate(old)

    assert Incident.objects.using(OLD).get(pk=1).report == "A &amp; B are down"
    assert TimelineEvent.objects.using(OLD).get(pk=2).metadata["new_value"] == "latency &lt; 5ms"


def test_more_rows_than_a_page_are_all_repaired(old: BaseDatabaseWrapper) -> None:
    for pk in range(1, 2002):
        rows.insert(old, "event", id=pk, timestamp=at(0), event_type="action_event", payload='"{}"')

    migrate(old)

    assert Event.objects.using(OLD).filter(payload={}).count() == 2001


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("externaluser", {"app_id": "slack", "external_id": "UBEN", "display_name": "again",
                          "deleted": False}),
        ("headlinepost", {"incident_id": 1, "channel_id": ""}),
        ("pinnedmessage", {"incident_id": 1, "author_id": 2, "message_ts": "1614592900.000200",
                           "text": "again", "timestamp": at(0)}),
    ],
)  # fmt: skip
def test_what_was_merged_cannot_double_again(
    old: BaseDatabaseWrapper, table: str, row: dict[str, Any]
) -> None:
    rows.fill(old)
    migrate(old)

    with pytest.raises(IntegrityError):
        rows.insert(old, table, id=99, **row)


def test_the_way_back_leads_to_the_tables_of_the_predecessor(old: BaseDatabaseWrapper) -> None:
    rows.fill(old)
    migrate(old)

    migrate(old, "0001_initial")

    tables = {table for table in old.introspection.table_names() if table.startswith("response_")}
    assert {table: columns(old, table) for table in tables} == rows.COLUMNS
    # What was mended stays mended.
    with old.cursor() as cursor:
        cursor.execute("SELECT report FROM response_incident ORDER BY id")
        assert cursor.fetchall() == [("A & B are down",), ("Incident 2",)]


# Other databases


def test_a_new_database_gets_every_table(empty: BaseDatabaseWrapper) -> None:
    migrate(empty)

    for model in (Incident, Action, Event, ExternalUser, HeadlinePost, PinnedMessage):
        assert not model._default_manager.using(OLD).exists()
    assert columns(empty, "response_externaluser")["display_name"] == "char(255)"
    assert columns(empty, "response_timelineevent")["metadata"] == "json null"
    assert columns(empty, "response_event")["payload"] == "json"


class EverythingInDefault:
    """A router of a host that keeps Response where it belongs, and other things elsewhere."""

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        return db == "default" if app_label == "response" else None


def test_a_second_database_that_is_not_ours_is_left_alone(
    empty: BaseDatabaseWrapper, settings: Any
) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.EverythingInDefault"]

    call_command("migrate", database=OLD, verbosity=0)
    call_command("migrate", "response", "0001", database=OLD, verbosity=0)

    tables = empty.introspection.table_names()
    assert [table for table in tables if table.startswith("response_")] == []
    assert "auth_user" in tables


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("ALTER TABLE response_incident DROP COLUMN private", "response_incident.private"),
        ("DROP TABLE response_event", "response_event"),
    ],
)
def test_tables_that_are_too_old_are_refused_with_the_way_out(
    old: BaseDatabaseWrapper, damage: str, what: str
) -> None:
    with old.cursor() as cursor:
        cursor.execute(damage)

    with pytest.raises(CommandError) as refusal:
        call_command("migrate", database=OLD, verbosity=0)

    assert str(refusal.value) == (
        f"The tables of Response in this database are older than release 0.5.1 ({what} is "
        "missing): install django-incident-response==0.5.1, run its migrations, and then upgrade "
        "to this version."
    )


def test_a_migration_history_that_is_too_old_is_refused(empty: BaseDatabaseWrapper) -> None:
    migrate(empty, "0001_initial")
    MigrationRecorder(empty).record_applied("response", "0015_one_before_their_last")

    with pytest.raises(CommandError, match=r"older than release 0\.5\.1: install"):
        call_command("migrate", database=OLD, verbosity=0)


def test_the_migrations_are_those_of_the_models(django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("makemigrations", "response", check=True, dry_run=True, verbosity=0)


# JSON that was none


@pytest.mark.parametrize(
    ("text", "payload", "metadata"),
    [
        ("", {"unreadable": ""}, None),
        ("  ", {"unreadable": "  "}, None),
        ("null", {"unreadable": "null"}, None),
        ("{}", {}, {}),
        ('{"a": 1}', {"a": 1}, {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}, {"a": 1}),
        (json.dumps(json.dumps(json.dumps({"a": 1}))), {"a": 1}, {"a": 1}),
        ('"only words"', {"unreadable": '"only words"'}, "only words"),
        ("[1, 2]", {"unreadable": "[1, 2]"}, [1, 2]),
        ("{'a': 1}", {"unreadable": "{'a': 1}"}, {"unreadable": "{'a': 1}"}),
        ('{"a": "x', {"unreadable": '{"a": "x'}, {"unreadable": '{"a": "x'}),
        ('{"a": NaN, "b": -Infinity}', {"a": "nan", "b": "-inf"}, {"a": "nan", "b": "-inf"}),
        ('{"a": 1e999}', {"a": "inf"}, {"a": "inf"}),
        ('{"a": "x\ny"}', {"a": "x\ny"}, {"a": "x\ny"}),
        ('{"a\\u0000": "\\u0000"}', {"a\ufffd": "\ufffd"}, {"a\ufffd": "\ufffd"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}, {"a": "\U0001f600"}),
        ('{"a": "\\ud83d"}', {"a": "\ufffd"}, {"a": "\ufffd"}),
    ],
)
def test_every_text_of_theirs_becomes_json(text: str, payload: Any, metadata: Any) -> None:
    assert mending.payload_of(text) == payload
    assert mending.metadata_of(text) == metadata


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 500 + "1" + "}" * 500, "[" * 500 + "]" * 500, "1" * 10_000],
    ids=["open brackets", "deep object", "deep list", "long number"],
)
def test_what_no_database_takes_is_kept_as_text(text: str) -> None:
    assert mending.payload_of(text) == {"unreadable": text}
    assert mending.metadata_of(text) == {"unreadable": text}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text() | json_values.map(json.dumps) | json_values.map(json.dumps).map(json.dumps))
def test_nothing_that_was_stored_stops_the_upgrade(text: str) -> None:
    stored = json.dumps([mending.payload_of(text), mending.metadata_of(text)], allow_nan=False)

    assert isinstance(json.loads(stored)[0], dict)
    assert "\\u0000" not in stored.replace("\\\\", "")
    with sqlite3.connect(":memory:") as database:
        assert database.execute("SELECT json_valid(?)", [stored]).fetchone() == (1,)
