"""The main job, told by signed requests: from /incident to what stands in the timeline."""

from __future__ import annotations

from response.core.models import Incident
from response.slack.models import CommsChannel, HeadlinePost
from response.testing.payloads import (
    ANA,
    BEN,
    GENERAL,
    INCIDENTS,
    app_mention,
    block_action,
    chosen,
    person,
    pin_added,
    pin_removed,
    slash_command,
    typed,
    view_submission,
)


def _report(title="Checkout is failing", **more):
    values = {
        "report": typed(title),
        "summary": typed(None),
        "impact": typed(None),
        "lead": person(None),
        "severity": chosen(None),
        **more,
    }
    return view_submission(
        "incident-report-dialog", values, user=ANA, private_metadata=f'{{"channel": "{GENERAL}"}}'
    )


def test_the_command_opens_the_form_with_the_title_filled_in(slack, slack_sends, db):
    response = slack_sends(slash_command("Checkout is failing", user=ANA))

    assert response.status_code == 200
    (view,) = slack.views
    assert view["callback_id"] == "incident-report-dialog"
    assert view["blocks"][0]["element"]["initial_value"] == "Checkout is failing"


def test_the_whole_story(slack, slack_sends, work_is_done):
    assert slack_sends(_report()).content == b""
    work_is_done()

    incident = Incident.objects.get()
    (headline,) = slack.messages(INCIDENTS)
    assert "*Checkout is failing*" in str(headline.blocks)
    post = HeadlinePost.objects.get()
    assert post.message_ts == headline.ts
    assert slack.ephemerals(GENERAL)[0].user == ANA

    for _press in range(2):
        slack_sends(block_action("create-comms-channel-button", str(incident.pk), user=ANA))
        work_is_done()
    channel = CommsChannel.objects.get()
    assert channel.channel_name.endswith("checkout-is-failing")
    assert channel.channel_id in str(slack.messages(INCIDENTS)[0].blocks)
    assert "create-comms-channel-button" not in str(slack.messages(INCIDENTS)[0].blocks)
    assert len(slack.calls_to("conversations.create")) == 1

    for text in (f"lead <@{BEN}>", "severity major", "summary Cards are refused\nsince 10:15"):
        said = slack.say(channel.channel_id, f"@incident {text}", user=ANA)
        slack_sends(app_mention(text, user=ANA, channel=channel.channel_id, ts=said))
        work_is_done()
        (message,) = [m for m in slack.messages(channel.channel_id) if m.ts == said]
        assert list(message.reactions) == ["white_check_mark"]

    pinned = slack.say(channel.channel_id, "It is the new &lt;gateway&gt;", user=BEN)
    for _delivery in range(3):
        slack_sends(
            pin_added(
                "It is the new &lt;gateway&gt;",
                message_ts=pinned,
                author=BEN,
                channel=channel.channel_id,
            )
        )
    work_is_done()

    slack_sends(block_action("edit-incident-button", str(incident.pk), user=ANA))
    assert slack.views[-1]["callback_id"] == "incident-edit-dialog"
    slack_sends(
        view_submission(
            "incident-edit-dialog",
            {
                "report": typed("Checkout refuses cards"),
                "summary": typed("Cards are refused\nsince 10:15"),
                "impact": typed(None),
                "lead": person(BEN),
                "severity": chosen("2"),
            },
            private_metadata=f'{{"incident": {incident.pk}}}',
        )
    )
    slack_sends(block_action("close-incident-button", str(incident.pk), user=BEN))
    work_is_done()

    incident.refresh_from_db()
    assert incident.report == "Checkout refuses cards"
    assert incident.lead.external_id == BEN
    assert incident.severity == "2"
    assert incident.summary == "Cards are refused\nsince 10:15"
    assert incident.is_closed()
    assert len(slack.messages(INCIDENTS)) == 1
    assert "actions" not in [b.get("block_id") for b in slack.messages(INCIDENTS)[0].blocks]
    told = list(incident.timeline_events().values_list("event_type", "text"))
    by_time_told = [text for kind, text in told if kind == "incident_update"]
    assert by_time_told == [
        "Incident declared",
        f"Comms channel #{channel.channel_name} created",
        f"Lead set to <@{BEN}>",
        "Severity set to major",
        "Summary set:\n\nCards are refused\nsince 10:15",
        "Title changed from “Checkout is failing” to “Checkout refuses cards”",
        f"Incident closed after {incident.duration()}",
    ]
    assert [text for kind, text in told if kind == "slack_pin"] == ["It is the new <gateway>"]
    assert [m for m in slack.calls_to("chat.postMessage") if m.params["channel"] == BEN]

    slack_sends(pin_removed("…", message_ts=pinned, author=BEN, channel=channel.channel_id))
    work_is_done()
    assert not incident.timelineevent_set.filter(event_type="slack_pin").exists()
