"""What is made private leaves nothing in Slack that everyone sees, however late Slack does it."""

from __future__ import annotations

import pytest

from response.core import services
from response.delivery.models import Mirror
from response.slack import wants
from response.slack.client import SlackClient
from response.slack.models import CommsChannel
from response.testing.payloads import INCIDENTS

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def seconds_pass(now, work_is_done):
    def passed(number):
        now.shift(number)
        work_is_done()

    return passed


@pytest.fixture
def impatient(settings):
    """Wait for Slack a second, where a test lets it hang."""
    settings.SLACK_CLIENT = SlackClient(settings.SLACK_TOKEN, timeout=1.0)


def made_for_incidents(slack):
    return [one for one in slack.channels.values() if one.name.startswith("inc-")]


def mirror_of(kind, incident):
    return Mirror.objects.get(kind=kind, object_id=incident.pk)


# The comms channel


@pytest.fixture
def asked_for(slack, incident, work_is_done):
    """Its comms channel is asked for while Slack is out of reach."""
    work_is_done()
    slack.unreachable()
    services.request_channel(incident.pk)
    work_is_done()
    return incident


def test_a_channel_that_was_asked_for_is_not_made_once_the_incident_is_private(
    slack, asked_for, seconds_pass
):
    services.update_incident(asked_for.pk, private=True)
    slack.recover()
    seconds_pass(60)

    assert slack.calls_to("conversations.create") == []
    debt = mirror_of(wants.CHANNEL, asked_for)
    assert (debt.have, debt.stuck, debt.error) == (debt.want, False, "")


def test_a_channel_is_made_if_it_is_asked_for_again_when_all_may_see_it(
    slack, asked_for, seconds_pass
):
    services.update_incident(asked_for.pk, private=True)
    slack.recover()
    seconds_pass(60)
    services.update_incident(asked_for.pk, private=False)
    services.request_channel(asked_for.pk)
    seconds_pass(60)

    assert CommsChannel.objects.get().channel_name == "inc-2026-03-02-checkout-is-failing"


def test_a_channel_whose_answer_was_lost_is_archived_where_the_incident_is_private(
    slack, incident, work_is_done, seconds_pass
):
    slack.drop_answers("conversations.create", times=1)
    services.request_channel(incident.pk)
    work_is_done()
    services.update_incident(incident.pk, private=True)
    seconds_pass(60)

    (made,) = made_for_incidents(slack)
    assert made.is_archived
    assert made.topic == ""
    assert not CommsChannel.objects.exists()
    assert mirror_of(wants.CHANNEL, incident).error == ""


def test_a_channel_that_slack_makes_late_is_archived_where_the_incident_is_private(
    slack, incident, work_is_done, seconds_pass, impatient
):
    slack.hang(60, "conversations.create", times=1)
    services.request_channel(incident.pk)
    work_is_done()
    services.update_incident(incident.pk, private=True)
    seconds_pass(10)
    slack.recover()
    assert slack.wait_for(lambda fake: fake.calls_to("conversations.create"))
    seconds_pass(60)

    (made,) = made_for_incidents(slack)
    assert made.is_archived
    assert not CommsChannel.objects.exists()


# The headline


def test_a_headline_that_slack_posts_late_is_taken_back(
    slack, incident, work_is_done, seconds_pass, impatient
):
    slack.hang(60, "chat.postMessage", times=1)
    work_is_done()
    services.update_incident(incident.pk, private=True)
    seconds_pass(5)
    assert slack.calls_to("conversations.history")
    assert mirror_of(wants.HEADLINE, incident).begun_at is not None

    slack.recover()
    assert slack.wait_for(lambda fake: fake.calls_to("chat.postMessage"))
    assert len(slack.messages(INCIDENTS)) == 1
    seconds_pass(60)

    assert slack.messages(INCIDENTS) == []
    debt = mirror_of(wants.HEADLINE, incident)
    assert (debt.have, debt.begun_at, debt.error) == (debt.want, None, "")


def test_a_headline_that_slack_never_posted_is_waited_for_no_longer_than_the_doubt(
    slack, incident, work_is_done, seconds_pass, impatient
):
    slack.hang(60, "chat.postMessage", times=1, completes=False)
    work_is_done()
    services.update_incident(incident.pk, private=True)
    seconds_pass(5)
    assert mirror_of(wants.HEADLINE, incident).begun_at is not None

    seconds_pass(40)

    debt = mirror_of(wants.HEADLINE, incident)
    assert (debt.have, debt.begun_at, debt.error) == (debt.want, None, "")


def test_a_headline_whose_answer_was_lost_is_taken_back_though_an_older_one_is_known(
    slack, incident, work_is_done, seconds_pass
):
    work_is_done()
    slack.channels[INCIDENTS].messages.clear()
    slack.drop_answers("chat.postMessage", times=1)
    services.update_incident(incident.pk, severity="1")
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1

    services.update_incident(incident.pk, private=True)
    seconds_pass(60)

    assert slack.messages(INCIDENTS) == []


def test_a_headline_that_slack_posts_late_is_taken_back_though_another_was_posted_meanwhile(
    slack, incident, work_is_done, seconds_pass, impatient
):
    slack.hang(60, "chat.postMessage", times=1)
    work_is_done()
    seconds_pass(3)
    assert len(slack.messages(INCIDENTS)) == 1

    services.update_incident(incident.pk, private=True)
    work_is_done()
    assert slack.messages(INCIDENTS) == []
    slack.recover()
    assert slack.wait_for(lambda fake: len(fake.calls_to("chat.postMessage")) == 2)
    assert len(slack.messages(INCIDENTS)) == 1
    seconds_pass(61)

    assert slack.messages(INCIDENTS) == []
    assert mirror_of(wants.HEADLINE, incident).error == ""
