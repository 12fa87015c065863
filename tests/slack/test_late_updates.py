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


def test_what_is_so_is_shown_in_the_end(slack, channel, shown, work_is_done, seconds_pass):
    slack.hang(60, "chat.update", times=1, channel=shown.channel_id)
    services.update_incident(channel.incident_id, severity="1")
    work_is_done()
    services.close_incident(channel.incident_id)
    seconds_pass(3)
    assert "resolved" in shown()

    slack.recover()  # and only now does it what it was asked
    assert slack.wait_for(lambda _slack: "resolved" not in shown())
    seconds_pass(40)

    assert "resolved" in shown()
    assert not Mirror.objects.exclude(error="").exists()


def test_nothing_is_told_once_more_where_slack_broke_off(
    slack, channel, shown, work_is_done, seconds_pass
):
    slack.drop_answers("chat.update", times=1)
    services.update_incident(channel.incident_id, severity="1")
    work_is_done()
    seconds_pass(3)
    told = len(slack.calls_to("chat.update"))
    seconds_pass(40)

    assert len(slack.calls_to("chat.update")) == told
