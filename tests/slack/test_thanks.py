"""Who reports an incident in Slack is thanked there, once there is a headline to be led to."""

from __future__ import annotations

import json

import pytest

from response.core import services
from response.core.models import Incident
from response.delivery.models import Mirror
from response.slack import modals, wants
from response.testing.payloads import ANA, GENERAL, typed, view_submission


@pytest.fixture
def report(slack_sends, work_is_done):
    """Ana reports an incident, in #general or from a message that stands there."""

    def sent():
        metadata = json.dumps({"channel": GENERAL})
        values = {"report": typed("Checkout is failing")}
        slack_sends(view_submission(modals.REPORT, values, private_metadata=metadata))
        work_is_done()
        return Incident.objects.get()

    return sent


@pytest.fixture
def reported(now, slack, report):
    """What Ana reported while no headline could be posted."""
    slack.refuse("chat.postMessage", "restricted_action")
    return report()


def is_settled(incident_id):
    thanks = Mirror.objects.get(kind=wants.THANKS, object_id=incident_id)
    return thanks.have == thanks.want and not thanks.error


def test_thanks_wait_for_the_headline(slack, reported, work_is_done, now):
    assert slack.ephemerals(GENERAL) == []
    assert not is_settled(reported.pk)

    slack.recover()
    services.update_incident(reported.pk, severity="1")
    work_is_done()
    now.shift(5)
    work_is_done()

    assert [one.user for one in slack.ephemerals(GENERAL)] == [ANA]


def test_who_is_not_in_the_channel_is_thanked_directly(slack, report):
    """A message can be found, and its menu used, by those who never joined its channel."""
    slack.channels[GENERAL].members.remove(ANA)
    incident = report()

    assert slack.ephemerals(GENERAL) == []
    (thanks,) = slack.messages(ANA)
    assert "Thank you for reporting" in thanks.text
    assert is_settled(incident.pk)


def test_no_thanks_are_owed_for_ever_where_the_incident_is_removed_before_its_headline(
    slack, reported, work_is_done, now
):
    incident_id = reported.pk
    services.remove_incident(incident_id)
    now.shift(5)
    work_is_done()

    assert is_settled(incident_id)
    assert slack.ephemerals(GENERAL) == []


def test_no_thanks_are_owed_for_ever_where_the_incident_is_made_private_before_its_headline(
    slack, reported, work_is_done, now
):
    services.update_incident(reported.pk, private=True)
    now.shift(5)
    work_is_done()

    assert is_settled(reported.pk)
    assert slack.ephemerals(GENERAL) == []
