"""An update that Slack makes late does not undo those that came after it."""

from __future__ import annotations

import pytest

from response.core import services
from response.delivery.models import Mirror
from response.testing.payloads import INCIDENTS

pytestmark = pytest.mark.usefixtures("moment")


@pytest.fixture(params=["headline", "summary"])
def shown(request, slack, channel):
    """What the headline, or the pinned summary, says now; and the channel where it stands."""
    channel_id = INCIDENTS if request.param == "headline" else channel.channel_id

    def text():
        (message,) = [one for one in slack.messages(channel_id) if one.blocks]
        return str(message.blocks)

    text.channel_id = channel_id
    return text


def test_what_slack_does_late_undoes_nothing(slack, channel, shown, work_is_done, seconds_pass):
    slack.hang(60, "chat.update", times=1, channel=shown.channel_id)
    services.update_incident(channel.incident_id, severity="1")
    work_is_done()
    services.close_incident(channel.incident_id)
    seconds_pass(30)
    assert "resolved" not in shown(), "it would be undone"

    slack.recover()  # and only now does it what it was asked
    assert slack.wait_for(lambda _slack: "critical" in shown())
    assert "resolved" not in shown()
    seconds_pass(10)

    assert "resolved" in shown()
    assert not Mirror.objects.exclude(error="").exists()


def test_what_was_taken_back_is_shown_as_it_was(slack, channel, shown, work_is_done, seconds_pass):
    """Slack may have done what it gave no answer to."""
    services.update_incident(channel.incident_id, severity="2")
    work_is_done()
    slack.drop_answers("chat.update", times=2)
    services.update_incident(channel.incident_id, severity="1")
    work_is_done()
    services.update_incident(channel.incident_id, severity="2")
    seconds_pass(3)

    assert "critical" not in shown()


def test_nothing_waits_where_slack_broke_off(slack, channel, shown, work_is_done, seconds_pass):
    slack.drop_answers("chat.update", times=1)
    services.close_incident(channel.incident_id)
    work_is_done()
    seconds_pass(3)

    assert "resolved" in shown()
    assert not Mirror.objects.exclude(error="").exists()
