"""Whether a process lives, and whether it can do its work."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.urls("tests.monitoring.urls")


def test_a_process_is_alive_without_its_database(client, django_assert_num_queries):
    # No mark of the database: a query would fail here.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-cache" in answer.headers["Cache-Control"]


def test_it_is_ready_with_its_database_and_tables(client, db, slack):
    slack.unreachable()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    slack.recover()


def test_it_is_not_ready_before_it_was_migrated(client, db):
    newest = MigrationRecorder(connection).migration_qs.filter(app="response").latest("pk")
    newest.delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert newest.name in answer.json()["reason"]


def test_it_is_not_ready_without_its_database(client, settings, transactional_db):
    with connection.execute_wrapper(_away):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "The database does not answer."


def _away(execute, sql, params, many, context):
    from django.db import OperationalError

    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_is_only_asked_and_told_nothing(client, path):
    assert client.post(path).status_code == 405
