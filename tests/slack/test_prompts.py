"""What single people are asked for, in a direct message."""

from __future__ import annotations

import pytest

from response.core import services
from response.core.models import ExternalUser
from response.slack import people
from response.testing.payloads import ANA, BEN


@pytest.fixture
def led_by(declared, work_is_done):
    """Close what Ana declared, led by somebody."""

    def closed(lead):
        services.update_incident(declared.pk, lead=lead)
        services.close_incident(declared.pk)
        work_is_done()

    return closed


def asked(slack, user_id):
    return [one.text for one in slack.messages(user_id) if "While it is fresh" in one.text]


def test_who_led_it_is_asked_to_write_down_what_was_learned(slack, led_by):
    led_by(people.person(BEN))

    assert len(asked(slack, BEN)) == 1
    assert asked(slack, ANA) == []


def test_who_reported_it_is_asked_where_the_lead_has_left(slack, led_by):
    gone = people.person(BEN)
    gone.deleted = True
    gone.save()
    led_by(gone)

    assert asked(slack, BEN) == []
    assert len(asked(slack, ANA)) == 1


def test_who_reported_it_is_asked_where_slack_does_not_know_the_lead(slack, led_by):
    led_by(ExternalUser.objects.create(app_id="site", external_id="7", display_name="Dora"))

    assert len(asked(slack, ANA)) == 1


def test_nobody_is_asked_where_slack_knows_neither(slack, led_by, declared):
    services.update_incident(declared.pk, reporter=None)
    led_by(None)

    assert slack.messages(ANA) == []


@pytest.fixture
def closed_while_slack_is_away(now, slack, declared, led_by, work_is_done):
    """Close it, and do something more before Slack is back."""

    def during(change):
        slack.unreachable()
        led_by(people.person(BEN))
        change(declared.pk)
        slack.recover()
        now.shift(60)
        work_is_done()

    return during


@pytest.mark.parametrize("change", [services.reopen_incident, services.remove_incident])
def test_nobody_is_asked_once_the_incident_is_open_again_or_gone(
    slack, closed_while_slack_is_away, change
):
    closed_while_slack_is_away(change)

    assert asked(slack, BEN) == []


def test_who_could_not_be_asked_at_once_is_asked_when_slack_is_back(
    slack, closed_while_slack_is_away
):
    closed_while_slack_is_away(lambda pk: services.update_incident(pk, severity="1"))

    assert len(asked(slack, BEN)) == 1
