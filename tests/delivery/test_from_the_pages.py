"""What is done on the web pages reaches Slack, at once or when Slack is back."""

from __future__ import annotations

import pytest

from response.core.models import Incident
from response.delivery import clock
from response.slack.models import CommsChannel
from response.testing.payloads import INCIDENTS


@pytest.fixture
def web(client, django_user_model, transactional_db):
    client.force_login(django_user_model.objects.create_user("lee"))
    return client


@pytest.fixture
def minutes_pass(time_stands_still, work_is_done):
    def passed(number):
        for _look in range(number * 6):
            time_stands_still.shift(10)
            clock.tick()
            work_is_done()

    return passed


@pytest.mark.parametrize("is_down", [False, True])
def test_an_incident_is_run_on_the_web_and_slack_is_told(slack_in_time, web, minutes_pass, is_down):
    slack = slack_in_time
    if is_down:
        slack.unreachable()
    where = web.post("/declare/", {"report": "Checkout is failing", "severity": "2"}).url
    web.post(f"{where}channel/")
    minutes_pass(3)
    incident = Incident.objects.get()
    assert CommsChannel.objects.exists() != is_down
    if is_down:
        assert web.post(f"{where}message/", {"text": "Hello"}).status_code == 409
        slack.recover()
        minutes_pass(3)
    [headline] = slack.messages(INCIDENTS)
    assert "Checkout is failing" in str(headline.blocks)
    channel = CommsChannel.objects.get(incident=incident)
    web.post(f"{where}message/", {"text": "We are <!channel> & on it"})
    minutes_pass(1)
    said = [message.text for message in slack.messages(channel.channel_id)]
    [posted] = [text for text in said if text.startswith("lee: ")]
    assert "<!channel>" not in posted
    assert "&amp; on it" in posted
    web.post(f"{where}close/")
    minutes_pass(1)
    [headline] = slack.messages(INCIDENTS)
    assert "resolved" in str(headline.blocks)
