"""The comparison is fair: the bare views read and write what Response does for the same request."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from response.delivery.models import Mirror, OutboxMessage
from response.testing import FakeSlack, payloads
from tests.bench import jobs, seed
from tests.bench.jobs import CHANNEL, JOBS, Call

pytestmark = [pytest.mark.django_db(transaction=True, reset_sequences=True)]

PROGRAMS = [name for name in JOBS if JOBS[name].many]
PAGES = [name for name in JOBS if name.endswith(("page", "document"))]
DOORS = [name for name in JOBS if name not in {*PAGES, *PROGRAMS}]


@pytest.fixture(autouse=True)
def installation(settings, slack: FakeSlack) -> None:
    settings.ROOT_URLCONF = "tests.bench.urls"
    settings.INCIDENT_REPORT_CHANNEL_ID = payloads.REPORTS
    slack.add_channel(CHANNEL, "inc-bench")
    seed.fill()


def answer(call: Call) -> bytes:
    response = Client().generic(
        call.method,
        call.path,
        call.body,
        content_type=call.headers.get("Content-Type", ""),
        headers=call.headers,
    )
    assert response.status_code == 200
    return bytes(response.content)


def rows() -> Counter[str]:
    """How many there are of each kind. What Slack is owed may stand in either of two tables."""
    counted: Counter[str] = Counter()
    for model in apps.get_app_config("response").get_models():
        kind = "debt" if model in (Mirror, OutboxMessage) else model.__name__
        counted[kind] += model._default_manager.count()
    return counted


def written_by(call: Call) -> Counter[str]:
    before = rows()
    assert answer(call) == b""
    return rows() - before


def tables_read_by(call: Call) -> set[str]:
    with CaptureQueriesContext(connection) as captured:
        answer(call)
    return set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(q["sql"] for q in captured)))


@pytest.mark.parametrize("job", DOORS)
def test_the_bare_view_of_a_door_writes_the_same_rows(job):
    assert written_by(JOBS[job].call("bare")) == written_by(JOBS[job].call("ours"))


@pytest.mark.parametrize("job", PAGES)
def test_the_bare_page_reads_the_same_tables(job):
    assert tables_read_by(JOBS[job].call("bare")) == tables_read_by(JOBS[job].call("ours"))


@pytest.mark.parametrize("job", PROGRAMS)
def test_the_bare_view_answers_a_program_with_the_same_rows(job, monkeypatch):
    monkeypatch.setattr(jobs, "FEED_AFTER", 30)
    seed.fill_for_programs(incidents=120, entries=200)
    ours, bare = (json.loads(answer(JOBS[job].call(side))) for side in ("ours", "bare"))
    ids = [row["id"] for row in ours["results"]]
    assert len(ids) == 100
    assert ids == [row["id"] for row in bare["results"]]
    assert ours.get("count") == bare.get("count")
    for mine, theirs in zip(ours["results"], bare["results"], strict=True):
        assert len(mine.get("action_items", [])) == len(theirs.get("actions", []))


@pytest.mark.parametrize("side", ["ours", "bare"])
def test_a_slash_command_asks_slack_for_one_form(side, slack):
    answer(JOBS["slash command"].call(side))
    assert [call.method for call in slack.calls] == ["views.open"]


def test_the_bare_view_leaves_nothing_for_response_to_do(slack, work_is_done):
    for job in DOORS:
        answer(JOBS[job].call("bare"))
    asked = len(slack.calls)
    work_is_done()
    assert len(slack.calls) == asked


@pytest.mark.parametrize("job", DOORS)
def test_the_bare_view_refuses_a_wrong_signature(job):
    call = JOBS[job].call("bare")
    headers = {**call.headers, "X-Slack-Signature": "v0=" + "0" * 64}
    refused = Client().post(call.path, call.body, call.headers["Content-Type"], headers=headers)
    assert refused.status_code == 403
