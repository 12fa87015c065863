"""Each minute the clock looks for headlines that differ from their rows; at few of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.signals import post_init
from django.utils import timezone

from response.core.models import Incident
from response.delivery.models import Mirror
from response.slack import headline, wants


@pytest.fixture
def read_mirrors():
    """The incidents of the mirrors that are read from now on."""
    read = []

    def note(instance, **_more):
        read.append(instance.object_id)

    post_init.connect(note, sender=Mirror)
    yield read
    post_init.disconnect(note, sender=Mirror)


def test_no_headline_of_long_ago_is_read(slack, declared, read_mirrors):
    long_ago = timezone.now() - timedelta(days=30)
    old = Incident.objects.bulk_create(
        Incident(report="Old", report_time=long_ago, end_time=long_ago) for _number in range(3)
    )
    Mirror.objects.bulk_create(
        Mirror(kind=wants.HEADLINE, object_id=incident.pk, lane="C1", have=1) for incident in old
    )
    read_mirrors.clear()

    headline.want_what_differs()

    assert read_mirrors == [declared.pk]


def test_a_headline_of_what_ended_lately_is_looked_at(slack, declared, work_is_done, read_mirrors):
    Incident.objects.filter(pk=declared.pk).update(report="By raw SQL", end_time=timezone.now())
    read_mirrors.clear()

    headline.want_what_differs()
    work_is_done()

    assert declared.pk in read_mirrors
    assert "By raw SQL" in str(slack.messages("CINCIDENTS")[0].blocks)


@pytest.mark.parametrize("ended", [timedelta(0), timedelta(days=30)])
def test_a_headline_is_taken_back_where_raw_sql_made_its_incident_private(
    slack, declared, work_is_done, ended
):
    then = timezone.now() - ended
    Incident.objects.filter(pk=declared.pk).update(private=True, end_time=then)

    headline.want_what_differs()
    work_is_done()

    assert slack.messages("CINCIDENTS") == []


def test_a_headline_that_cannot_be_taken_back_is_not_tried_each_minute(
    slack, declared, work_is_done
):
    Incident.objects.filter(pk=declared.pk).update(private=True)
    slack.refuse("chat.delete", "cant_delete_message")
    for _minute in range(3):
        headline.want_what_differs()
        work_is_done()

    assert len(slack.calls_to("chat.delete")) == 1


def test_what_else_shows_the_incident_follows_too(slack, channel, work_is_done):
    channel_id = channel.channel_id
    Incident.objects.update(report="By raw SQL", end_time=timezone.now())

    headline.want_what_differs()
    work_is_done()

    (summary,) = [one for one in slack.messages(channel_id) if one.blocks]
    assert "By raw SQL" in str(summary.blocks)
    assert "resolved" in str(summary.blocks)
    assert slack.channels[channel_id].topic.startswith("By raw SQL")
