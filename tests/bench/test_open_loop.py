"""What is sent at a constant rate is what Response answers yes to, and acts on."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client

from response.core.models import Incident
from response.slack.models import CommsChannel, UserStats
from response.testing import FakeSlack, payloads
from tests.bench import open_loop, seed
from tests.bench.jobs import CHANNEL, FIRST_PRESSED, SPEAKERS

pytestmark = [pytest.mark.django_db(transaction=True, reset_sequences=True)]


@pytest.fixture(autouse=True)
def installation(settings, slack: FakeSlack) -> None:
    settings.INCIDENT_REPORT_CHANNEL_ID = payloads.REPORTS
    slack.add_channel(CHANNEL, "inc-bench")
    seed.fill()
    seed.fill_for_load()


def are_answered_yes(plan: open_loop.Plan) -> None:
    for _kind, call in plan:
        answer = Client().post(
            call.path, call.body, call.headers["Content-Type"], headers=call.headers
        )
        assert (answer.status_code, answer.content) == (200, b"")


def test_requests_of_every_kind_are_answered_and_acted_on(work_is_done):
    plan = open_loop.mixed(80, pressed_before=10)
    assert Counter(kind for kind, _call in plan) == {"events": 72, "forms": 4, "buttons": 4}
    assert open_loop.presses_in(80) == 4
    incidents = Incident.objects.count()

    are_answered_yes(plan)
    work_is_done()

    assert Incident.objects.count() - incidents == 2
    assert Incident.objects.get(pk=1).report == "Checkout is failing, seen 3 times"
    pressed = [FIRST_PRESSED + number for number in (10, 11, 12, 13)]
    closed = Incident.objects.filter(pk__gte=FIRST_PRESSED).exclude(end_time=None)
    assert sorted(closed.values_list("pk", flat=True)) == pressed[::2]
    made = CommsChannel.objects.filter(incident__gte=FIRST_PRESSED)
    assert sorted(made.values_list("incident_id", flat=True)) == pressed[1::2]


def test_messages_are_of_everybody_in_every_channel(work_is_done):
    are_answered_yes(open_loop.messages(len(SPEAKERS)))
    work_is_done()
    counted = UserStats.objects.filter(user__external_id__startswith="USPEAKER")
    assert list(counted.values_list("message_count", flat=True)) == [1] * len(SPEAKERS)
