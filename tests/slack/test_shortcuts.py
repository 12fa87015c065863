"""The entries of a message's menu: declare an incident, add to the timeline."""

from __future__ import annotations

from response.core import services
from response.core.models import Incident
from tests.payloads import (
    ANA,
    BEN,
    GENERAL,
    chosen,
    global_shortcut,
    message_shortcut,
    typed,
    view_submission,
)


def blocks(view):
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def test_a_message_becomes_a_form_that_declares(slack, slack_sends, db):
    text = "Nobody can pay &amp; <@U0000000BEN> sees\n500s everywhere"
    slack_sends(message_shortcut("declare-incident", text, author=BEN))

    shown = blocks(slack.views[0])
    assert shown["report"]["element"]["initial_value"] == "Nobody can pay & @U0000000BEN sees"
    assert "500s everywhere" in shown["summary"]["element"]["initial_value"]


def test_from_the_composer_the_form_is_empty(slack, slack_sends, db):
    slack_sends(global_shortcut("declare-incident"))

    assert "initial_value" not in blocks(slack.views[0])["report"]["element"]


def test_in_the_comms_channel_a_message_goes_on_the_timeline_once(
    slack, slack_sends, channel, work_is_done
):
    ts = slack.say(channel.channel_id, "It is the cache", user=BEN)
    for _time in range(2):
        slack_sends(
            message_shortcut(
                "add-to-timeline",
                "It is the cache",
                author=BEN,
                channel=channel.channel_id,
                message_ts=ts,
            )
        )
    work_is_done()

    (entry,) = channel.incident.timelineevent_set.filter(event_type="slack_pin")
    assert entry.text == "It is the cache"
    assert entry.metadata["author"]["external_id"] == BEN
    assert "on the timeline" in slack.ephemerals(channel.channel_id)[0].text


def test_elsewhere_the_person_says_of_which_incident(slack, slack_sends, declared):
    other = services.declare_incident(report="Mails are late", reporter=None)
    slack_sends(message_shortcut("add-to-timeline", "It is the cache", author=BEN))
    (view,) = slack.views
    offered = [option["text"]["text"] for option in blocks(view)["incident"]["element"]["options"]]
    assert offered == ["Mails are late", "Checkout is failing"]

    answer = slack_sends(
        view_submission(
            "add-to-timeline-dialog",
            {"incident": chosen(str(declared.pk)), "text": typed("It is the cache & more")},
            private_metadata=view["private_metadata"],
            user=ANA,
        )
    )

    assert answer.content == b""
    entry = declared.timelineevent_set.get(event_type="text")
    assert entry.text == "It is the cache & more"
    assert entry.metadata["author"]["external_id"] == BEN
    assert entry.metadata["actor"]["id"] == ANA
    assert not other.timelineevent_set.filter(event_type="text").exists()


def test_an_incident_that_is_gone_keeps_the_form_open(slack, slack_sends, declared):
    answer = slack_sends(
        view_submission(
            "add-to-timeline-dialog", {"incident": chosen("999999"), "text": typed("x")}
        )
    ).json()

    assert "does not exist" in answer["errors"]["incident"]


def test_with_no_open_incident_the_person_is_told(slack, slack_sends, db):
    slack_sends(message_shortcut("add-to-timeline", "x", channel=GENERAL))

    assert slack.views == []
    assert "no open incident" in slack.ephemerals(GENERAL)[0].text
    assert not Incident.objects.exists()
