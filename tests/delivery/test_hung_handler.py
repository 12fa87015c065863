"""A host's handler that hangs: Python cannot end it, but it must not stop everybody else."""

from __future__ import annotations

import pytest

from tests.servers import Site

PROGRAM = """
import threading, time
from django.db import Error, connections
from response.core.models import Incident
from response.delivery import inbox
from response.background import work
from response.delivery.models import Inbox
from response.transactions import DATABASE_TROUBLE
from tests.servers import eventually

hanging, go_on, failed = threading.Event(), threading.Event(), []

def hang():
    if go_on.is_set():
        raise RuntimeError("a later try, which is not what this is about")
    Incident.objects.create(report="half done", report_time="2026-03-02T10:00")
    hanging.set()
    go_on.wait(300)
    try:
        Incident.objects.create(report="the other half", report_time="2026-03-02T10:00")
    except Error as error:
        failed.append(type(error).__name__)
        raise

handlers = inbox.Handlers(steps=lambda row: [("hang", hang)], on_failure=lambda row, error_id: None)
inbox.use_handlers(handlers)
inbox.receive("hangs", "test")
work.handlers.start()
assert hanging.wait(60)

def can_write():
    try:
        return inbox.accept("a form", "form")
    except DATABASE_TROUBLE:
        return False

assert not can_write(), "SQLite has one writer"
assert eventually(can_write, 120), "it is never let go"

go_on.set()
assert eventually(lambda: Inbox.objects.get(key="hangs").error, 60)
assert failed, "it went on as if nothing had happened"
print(*Incident.objects.values_list("report", flat=True), Inbox.objects.get(key="hangs").state)
"""


def test_a_handler_that_hangs_lets_the_others_write_and_keeps_nothing(site: Site):
    if not site.database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL has more writers than one")
    done = site.run(PROGRAM)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0", "no incident, and the request waits for another try"
    assert "A transaction was broken off" in done.stderr
