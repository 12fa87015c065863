"""What is counted is what is written, however many processes write."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from tests.bench import counted
from tests.bench.counted import Written, written
from tests.bench.counted.sqlite3.base import DatabaseWrapper


@pytest.fixture
def count(tmp_path: Path, monkeypatch, django_db_blocker):
    """Do something with a database whose backend counts; what was written then."""
    counts, file = tmp_path / "counts", tmp_path / "counted.sqlite3"
    counts.mkdir()
    monkeypatch.setenv(counted.FOLDER, str(counts))
    sqlite3.connect(file).execute("CREATE TABLE said (text)").connection.close()
    settings = {**connections.configure_settings({})[DEFAULT_DB_ALIAS], "NAME": str(file)}
    connections["counted"] = wrapper = DatabaseWrapper(settings, "counted")

    def done(do) -> Written:
        with django_db_blocker.unblock():
            do(wrapper)
        return written(counts)

    yield done
    wrapper.close()
    del connections["counted"]


def say(wrapper, text="hello"):
    with wrapper.cursor() as cursor:
        cursor.execute("INSERT INTO said VALUES (%s)", [text])


def test_a_statement_alone_is_one_transaction(count):
    assert count(say) == Written(statements=1, commits=1)


def test_a_transaction_is_one_however_much_it_writes(count):
    def three(wrapper):
        with transaction.atomic("counted"):
            for _time in range(3):
                with transaction.atomic("counted"):
                    say(wrapper)

    assert count(three) == Written(statements=3, commits=1)


def test_one_that_only_reads_or_is_taken_back_commits_nothing(count):
    def neither(wrapper):
        with transaction.atomic("counted"), wrapper.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM said")
        with transaction.atomic("counted"):
            say(wrapper)
            transaction.set_rollback(True, "counted")
        with transaction.atomic("counted"), wrapper.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM said")

    assert count(neither) == Written(statements=1, commits=0)


def test_what_several_processes_wrote_is_added_up(count, tmp_path):
    count(say)
    (ours,) = (tmp_path / "counts").iterdir()
    shutil.copy(ours, ours.with_name("another"))
    assert count(say) == Written(statements=3, commits=3)
