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
