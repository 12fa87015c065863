"""A database that was restored from a backup, and a Slack that has gone on since."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command

from response.core import services
from response.core.models import Incident
from response.delivery import clock, outbox
from response.delivery.models import Mirror, OutboxMessage
from response.slack import wants
from response.testing.payloads import GENERAL, INCIDENTS

pytestmark = pytest.mark.django_db(transaction=True)


def restored() -> str:
    out = io.StringIO()
    call_command("response_restored", stdout=out)
    return out.getvalue()


@pytest.fixture
def older_copy(slack: Any, work_is_done: Any) -> Incident:
    """An incident of which Slack shows a title that the copy does not know."""
    incident = services.declare_incident(report="Checkout is failing", reporter=None)
    services.request_channel(incident.pk)
    work_is_done()
    rows = list(Mirror.objects.values())
    services.update_incident(incident.pk, report="Everything is failing")
    work_is_done()
    Incident.objects.filter(pk=incident.pk).update(report="Checkout is failing")
    for row in rows:
        Mirror.objects.filter(pk=row.pop("id")).update(**row)
    return Incident.objects.get(pk=incident.pk)


def test_slack_is_made_to_look_like_the_copy(
    slack: Any, work_is_done: Any, older_copy: Incident
) -> None:
    channel = older_copy.comms_channel()
    clock.tick()
    work_is_done()
    (post,) = slack.messages(INCIDENTS)
    assert "Everything is failing" in str(post), "nothing here can know"

    restored()
    work_is_done()

    (post,) = slack.messages(INCIDENTS)
    (summary,) = slack.messages(channel.channel_id)
    shown = f"{post} {summary} {slack.channels[channel.channel_id].topic}"
    assert "Everything is failing" not in shown
    assert shown.count("Checkout is failing") >= 3
    assert not Mirror.objects.exclude(kind=wants.DIRECTORY).filter(have__lt=0).exists()


def test_what_the_copy_still_owed_waits_for_a_person(
    slack: Any, work_is_done: Any, admin_client: Any
) -> None:
    outbox.owe("k", "chat.postMessage", {"channel": GENERAL, "text": "Hello"}, lane=GENERAL)
    assert "1 messages are put aside" in restored()
    work_is_done()
    assert slack.messages(GENERAL) == []

    message = OutboxMessage.objects.get()
    assert "restored" in admin_client.get("/installation/").content.decode()
    admin_client.post("/installation/", {"again": f"outbox {message.pk}"})
    work_is_done()
    (sent,) = slack.messages(GENERAL)
    assert sent.text == "Hello"


def test_once_is_enough(slack: Any, work_is_done: Any, older_copy: Incident) -> None:
    restored()
    work_is_done()
    told = [call.method for call in slack.calls]
    wants.headline(older_copy)
    work_is_done()
    assert [call.method for call in slack.calls] == told, "it is believed again"
