"""What a comms channel has from the start, and what becomes of it later."""

from __future__ import annotations

import pytest

from response.core import services
from response.delivery import mirrors
from response.slack import channels
from response.slack.decorators import slack_event
from response.slack.models import CommsChannel, UserStats
from tests.payloads import (
    ANA,
    BEN,
    CHLOE,
    DAN,
    app_mention,
    event,
    member_joined,
    message,
    pin_added,
)
from tests.slack.conversation import summary


def test_a_channel_has_topic_purpose_bookmark_and_a_pinned_summary(slack, channel):
    made = slack.channels[channel.channel_id]

    assert made.topic.startswith("Checkout is failing · https://incidents.example/incident/")
    (bookmark,) = [call.params for call in slack.calls_to("bookmarks.add")]
    assert bookmark["link"].endswith(f"/incident/{channel.incident_id}/")
    assert len(slack.calls_to("conversations.setPurpose")) == 1
    (pin,) = [call.params for call in slack.calls_to("pins.add")]
    assert pin["timestamp"] == summary(slack, channel).ts


def test_the_summary_keeps_itself_up_to_date_in_place(slack, channel, declared, work_is_done):
    before = summary(slack, channel).ts
    services.update_incident(declared.pk, severity="1", summary="Cards <!channel> & more")
    work_is_done()

    message = summary(slack, channel)
    assert message.ts == before
    assert "critical" in str(message.blocks)
    assert "<!channel>" not in str(message.blocks)
    assert "&amp; more" in str(message.blocks)


def test_a_bookmark_that_slack_adds_after_a_time_out_is_the_only_one(
    slack, a_channel, seconds_pass
):
    slack.hang(60, "bookmarks.add", times=1)
    made = slack.channels[a_channel().channel_id]
    seconds_pass(20)

    slack.recover()  # and only now does it what it was asked
    assert slack.wait_for(lambda slack: made.bookmarks)
    seconds_pass(20)

    assert len(made.bookmarks) == 1


def test_a_bookmark_that_slack_never_adds_is_added_after_a_while(slack, a_channel, seconds_pass):
    slack.hang(1, "bookmarks.add", times=1, completes=False)
    made = slack.channels[a_channel().channel_id]
    seconds_pass(36)

    assert len(made.bookmarks) == 1


@pytest.mark.parametrize(
    "method", ["conversations.setTopic", "bookmarks.list", "pins.add", "conversations.invite"]
)
def test_promise_9_what_slack_refuses_does_not_keep_the_channel_from_being_there(
    slack, declared, work_is_done, method
):
    slack.refuse(method, "missing_scope")

    services.request_channel(declared.pk)
    work_is_done()

    channel = CommsChannel.objects.get()
    assert channel.channel_id in str(slack.messages("CINCIDENTS")[0].blocks)


@pytest.mark.parametrize("trouble", ["429", "refused"])
def test_a_topic_is_set_once_though_the_purpose_has_to_wait(
    slack, a_channel, seconds_pass, trouble
):
    """Slack tells everyone in the channel of each topic that is set."""
    if trouble == "429":
        slack.rate_limit("conversations.setPurpose", 5)
    else:
        slack.refuse("conversations.setPurpose", "restricted_action", times=1)
    made = slack.channels[a_channel().channel_id]
    seconds_pass(75)
    mirrors.give_second_chances()
    seconds_pass(1)

    assert made.purpose == channels.PURPOSE
    assert len(slack.calls_to("conversations.setTopic")) == 1


def test_people_and_groups_of_the_setting_are_invited(slack, declared, work_is_done, settings):
    slack.usergroups["S1"] = {"id": "S1", "handle": "on-call", "name": "On call", "users": [DAN]}
    settings.RESPONSE_CHANNEL_INVITE = [BEN, "@on-call", "@nobody", "S404"]
    services.update_incident(declared.pk, lead=_person(CHLOE))

    services.request_channel(declared.pk)
    work_is_done()

    members = slack.channels[CommsChannel.objects.get().channel_id].members
    assert {ANA, BEN, CHLOE, DAN} <= set(members)


def _person(slack_id):
    from response.slack import people

    return people.person(slack_id)


def test_one_who_cannot_be_invited_does_not_keep_the_others_out(
    slack, declared, work_is_done, settings
):
    settings.RESPONSE_CHANNEL_INVITE = ["UGONE", BEN]

    services.request_channel(declared.pk)
    work_is_done()

    assert BEN in slack.channels[CommsChannel.objects.get().channel_id].members


@pytest.mark.parametrize("report_only", [False, True])
def test_a_channel_can_be_made_at_once(slack, work_is_done, settings, report_only):
    settings.RESPONSE_AUTO_CREATE_COMMS_CHANNEL = True

    services.declare_incident(report="x", reporter=None, report_only=report_only)
    work_is_done()

    assert CommsChannel.objects.exists() is not report_only


@pytest.fixture
def happens(channel, slack_sends, work_is_done):
    def deliver(kind, fields):
        assert slack_sends(event(kind, fields)).status_code == 200
        work_is_done()

    return deliver


def test_archiving_and_unarchiving_stand_on_the_timeline(happens, channel, declared):
    happens("channel_archive", {"channel": channel.channel_id, "user": ANA})
    happens("channel_unarchive", {"channel": channel.channel_id, "user": ANA})

    told = [entry.text for entry in declared.timeline_events()]
    assert told[-2:] == [
        f"Comms channel #{channel.channel_name} archived",
        f"Comms channel #{channel.channel_name} unarchived",
    ]


def test_a_channel_that_slack_gives_another_id_is_followed(
    happens, slack, slack_sends, channel, declared, work_is_done
):
    slack.add_channel("C0NEW", channel.channel_name)
    channel.post_in_channel("said before, sent after")

    happens("channel_id_changed", {"old_channel_id": channel.channel_id, "new_channel_id": "C0NEW"})

    assert CommsChannel.objects.get().channel_id == "C0NEW"
    ts = slack.say("C0NEW", "<@UBOT> severity minor")
    slack_sends(app_mention("severity minor", channel="C0NEW", ts=ts))
    work_is_done()
    declared.refresh_from_db()
    assert declared.severity == "3"


@pytest.fixture
def moves(channel, slack, slack_sends, work_is_done):
    """The channel gets another id; what is done with it comes to wait meanwhile, under the old."""
    slack.add_channel("C0NEW", channel.channel_name)

    def during(*requests):
        ids = {"old_channel_id": channel.channel_id, "new_channel_id": "C0NEW"}
        for request in (event("channel_id_changed", ids), *requests):
            assert slack_sends(request).status_code == 200
        work_is_done()

    return during


def test_a_command_that_waited_under_the_old_id_is_done(slack, channel, declared, moves):
    ts = slack.say("C0NEW", "<@UBOT> severity minor")
    moves(app_mention("severity minor", channel=channel.channel_id, ts=ts))

    declared.refresh_from_db()
    assert declared.severity == "3"
    (answered,) = [one for one in slack.messages("C0NEW") if one.ts == ts]
    assert answered.reactions
    assert slack.ephemerals("C0NEW") == []


def test_a_pin_that_waited_under_the_old_id_is_taken_down(slack, channel, declared, moves):
    ts = slack.say("C0NEW", "It is the cache", user=BEN)
    moves(pin_added("It is the cache", message_ts=ts, author=BEN, channel=channel.channel_id))

    assert declared.timeline_events().filter(text="It is the cache").exists()


def test_messages_that_waited_under_the_old_id_are_counted(slack_sends, channel, declared, moves):
    slack_sends(message("before", channel=channel.channel_id))
    moves(message("after", channel=channel.channel_id), message("after that", channel="C0NEW"))

    # The last one came before anybody here knew of the new id.
    assert [one.message_count for one in UserStats.objects.filter(incident=declared)] == [2]


def test_a_handler_that_fails_under_the_new_id_is_told_there(slack, channel, moves, handlers):
    @slack_event("pin_added")
    def broken(incident, event):
        raise ValueError("a bug")

    moves(pin_added("x", message_ts="1700000000.000240", channel=channel.channel_id, user=ANA))

    (told,) = slack.ephemerals("C0NEW")
    assert told.user == ANA


def test_who_joins_later_is_told_what_happened_so_far(
    slack, slack_sends, channel, declared, work_is_done, say
):
    say("severity major")
    say("summary Cards are refused & retried")
    say(f"action <@{BEN}> rotate the keys")

    slack_sends(member_joined(CHLOE, channel.channel_id))
    slack_sends(member_joined(ANA, channel.channel_id))
    work_is_done()

    (told,) = slack.ephemerals(channel.channel_id)
    assert told.user == CHLOE
    for known in (
        "Checkout is failing",
        "severity: major",
        "Cards are refused &amp; retried",
        "Severity set to major",
        f"rotate the keys (<@{BEN}>)",
        "https://incidents.example/incident/",
    ):
        assert known in told.text


def test_catchup_tells_it_to_whoever_asks(slack, channel, say):
    say("catchup", user=BEN)

    (told,) = slack.ephemerals(channel.channel_id)
    assert told.user == BEN
    assert "Checkout is failing" in told.text


def test_a_second_channel_has_all_that_the_first_one_had(
    slack, channel, declared, admin_client, work_is_done
):
    """The first was deleted in Slack, and then taken off the incident in the admin."""
    del slack.channels[channel.channel_id]
    page = f"/admin/response/commschannel/{channel.pk}/delete/"
    assert admin_client.post(page, {"post": "yes"}).status_code == 302
    services.request_channel(declared.pk)
    work_is_done()

    second = CommsChannel.objects.get()
    made = slack.channels[second.channel_id]
    assert made.topic.startswith("Checkout is failing")
    assert made.purpose == channels.PURPOSE
    assert ANA in made.members
    assert len(made.bookmarks) == 1
    assert made.pins == [summary(slack, second).ts]
