"""Log lines say which request they are about."""

from __future__ import annotations

import logging

import pytest
from django.http import HttpResponse

from response import telemetry
from response.slack import decorators
from response.testing.payloads import app_mention

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ids(caplog):
    """The ids that the log lines had."""
    caplog.set_level(logging.INFO)
    caplog.handler.addFilter(telemetry.RequestIdFilter())
    yield lambda: [record.request_id for record in caplog.records]
    caplog.handler.filters.clear()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123", "abc-123"),
        ("", None),
        ("two\nlines", None),
        ("<script>", None),
        ("x" * 81, None),
    ],
)
def test_the_line_of_a_door_has_the_id_of_its_request(client, ids, given, kept):
    headers = {"X-Request-ID": given} if given else {}
    client.post("/slack/event", headers=headers)
    (request_id,) = set(ids())
    assert request_id == kept or (kept is None and len(request_id) == 16)


def test_the_line_of_a_handler_has_the_key_of_what_it_handles(
    slack, slack_sends, work_is_done, handlers, ids
):
    @decorators.incident_command(["shout"], helptext="Say something into the log")
    def shout(incident, user_id, message):
        raise ZeroDivisionError

    from response.core import services
    from response.slack.models import CommsChannel

    incident = services.declare_incident(report="x", reporter=None)
    CommsChannel.objects.create(incident=incident, channel_id="C0000000007", channel_name="seven")
    slack_sends(app_mention("shout", channel="C0000000007", event_id="Ev77"))
    work_is_done()
    assert "event:Ev77" in ids()


def test_where_nothing_is_asked_there_is_a_dash(ids):
    logging.getLogger("response").info("by itself")
    assert ids() == ["-"]


def test_the_middleware_answers_with_the_id_and_the_doors_keep_it(rf):
    seen = []

    def page(request):
        with telemetry.about_request(request) as request_id:
            seen.append(request_id)
        return HttpResponse()

    answer = telemetry.RequestIdMiddleware(page)(rf.get("/", headers={"X-Request-ID": "r1"}))
    assert answer["X-Request-ID"] == "r1"
    assert seen == ["r1"]
