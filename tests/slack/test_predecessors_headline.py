"""The predecessor kept no channel with its headline posts: all are in that of the settings."""

from __future__ import annotations

import pytest

from response.core import services
from response.slack.models import HeadlinePost
from response.testing.payloads import INCIDENTS


@pytest.fixture
def old_post(declared):
    HeadlinePost.objects.update(channel_id="")
    return HeadlinePost.objects.get()


def test_it_goes_with_its_incident(slack, old_post, work_is_done):
    services.remove_incident(old_post.incident_id)
    work_is_done()

    assert slack.messages(INCIDENTS) == []


def test_its_thread_can_be_written_to(slack, old_post, work_is_done):
    old_post.post_to_thread("It is the cache")
    work_is_done()

    post, reply = slack.messages(INCIDENTS)
    assert (reply.text, reply.thread_ts) == ("It is the cache", post.ts)


def test_the_page_leads_to_it(old_post, admin_client):
    page = admin_client.get(f"/incident/{old_post.incident_id}/").content.decode()

    ts = old_post.message_ts.replace(".", "")
    assert f'/archives/{INCIDENTS}/p{ts}"' in page


def test_no_address_is_made_up_where_the_channel_is_not_known(old_post, settings):
    settings.INCIDENT_CHANNEL_ID, settings.INCIDENT_CHANNEL_NAME = "", "incidents"

    assert old_post.slack_url == ""
