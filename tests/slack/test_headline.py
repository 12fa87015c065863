"""The headline post: one message an incident, which says what the incident is."""

from __future__ import annotations

import datetime

import pytest
from django.db import transaction
from django.utils import timezone

from response.core import services
from response.core.models import ExternalUser, Incident
from response.delivery import clock, mirrors
from response.delivery.models import Mirror
from response.slack import headline, wants
from response.slack.block_kit import Button
from response.slack.client import SlackClient
from response.slack.decorators import headline_post_action
from response.slack.models import HeadlinePost
from response.testing.fake_workspace import Channel
from response.testing.payloads import ANA, BEN, BOT, INCIDENTS, REPORTS, block_action

BLOCKS = ["report", "reporter", "lead", "divider", "status", "severity", "incident_doc"]


@pytest.fixture
def reporter(transactional_db):
    return ExternalUser.objects.create(app_id="slack", external_id=ANA, display_name="Ana")


@pytest.fixture
def declare(slack, reporter):
    """Declare an incident; nothing is sent yet."""

    def made(report="Checkout is failing", **values):
        return services.declare_incident(report=report, reporter=reporter, **values)

    return made


def posts(slack, channel=INCIDENTS):
    return [
        call for call in slack.calls_to("chat.postMessage") if call.params["channel"] == channel
    ]


def mirror_of(incident):
    return Mirror.objects.get(kind=wants.HEADLINE, object_id=incident.pk)


def block_ids(message):
    return [block["block_id"] for block in message.blocks]


def action_ids(message):
    return [e["action_id"] for b in message.blocks if b["type"] == "actions" for e in b["elements"]]


# What it says


def test_the_blocks_stand_in_the_order_that_hosts_know(slack, declared, channel):
    (message,) = slack.messages(INCIDENTS)
    assert block_ids(message) == [*BLOCKS, "comms_channel", "prompt", "actions"]
    assert action_ids(message) == ["edit-incident-button", "close-incident-button"]
    assert f"<#{channel.channel_id}>" in str(message.blocks)


def test_a_new_incident_offers_a_channel_an_edit_and_a_close(slack, declared):
    (message,) = slack.messages(INCIDENTS)
    assert action_ids(message) == [
        "create-comms-channel-button",
        "edit-incident-button",
        "close-incident-button",
    ]
    values = [e["value"] for b in message.blocks if b["type"] == "actions" for e in b["elements"]]
    assert set(values) == {str(declared.pk)}
    assert f"<https://incidents.example/incident/{declared.pk}/|Incident {declared.pk}>" in str(
        message.blocks
    )


def test_the_notification_names_the_title_and_the_reporter(slack, declared):
    (message,) = slack.messages(INCIDENTS)
    assert message.text.startswith("Checkout is failing, reported by ana")


def test_what_is_not_known_is_a_dash(slack, declared):
    texts = {
        b["block_id"]: b.get("text", {}).get("text") for b in slack.messages(INCIDENTS)[0].blocks
    }
    assert texts["lead"].endswith("—")
    assert texts["severity"].endswith("—")


def test_a_closed_incident_has_no_buttons_and_one_that_is_reopened_has(
    slack, declared, work_is_done
):
    services.close_incident(declared.pk)
    work_is_done()
    assert block_ids(slack.messages(INCIDENTS)[0]) == BLOCKS
    services.reopen_incident(declared.pk)
    work_is_done()
    assert block_ids(slack.messages(INCIDENTS)[0]) == [*BLOCKS, "prompt", "actions"]


def test_a_report_goes_to_its_channel_and_offers_no_comms_channel(
    slack, declare, work_is_done, settings
):
    settings.INCIDENT_REPORT_CHANNEL_ID = REPORTS
    declare(report_only=True)
    work_is_done()
    (message,) = slack.messages(REPORTS)
    assert action_ids(message) == ["edit-incident-button", "close-incident-button"]
    assert slack.messages(INCIDENTS) == []


def test_promise_21_a_private_incident_has_no_headline(slack, declare, work_is_done):
    incident = declare("CANARY", private=True)
    work_is_done()
    assert slack.messages(INCIDENTS) == []
    assert "CANARY" not in str(slack.calls)
    services.update_incident(incident.pk, private=False)
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1


def test_promise_21_an_incident_made_private_takes_its_headline_back(slack, declared, work_is_done):
    services.update_incident(declared.pk, private=True)
    work_is_done()
    assert slack.messages(INCIDENTS) == []


def test_a_private_incident_takes_back_even_the_post_whose_answer_was_lost(
    slack, declare, work_is_done, now
):
    slack.follow_clock()
    slack.drop_answers("chat.postMessage", times=1)
    incident = declare()
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1
    services.update_incident(incident.pk, private=True)
    now.shift(60)
    work_is_done()
    assert slack.messages(INCIDENTS) == []


@pytest.mark.parametrize(
    "remove",
    [lambda incident: services.remove_incident(incident.pk), lambda incident: incident.delete()],
    ids=["by the service", "past it"],
)
def test_a_removed_incident_takes_its_headline_along(slack, declared, work_is_done, remove):
    remove(declared)
    work_is_done()
    assert slack.messages(INCIDENTS) == []


def test_a_hosts_button_stands_among_ours(slack, declare, work_is_done, handlers):
    @headline_post_action(order=150)
    def page(headline_post):
        return Button("Page", "page-someone", value=headline_post.incident.pk)

    @headline_post_action(order=1)
    def nothing(headline_post):
        return None

    declare()
    work_is_done()

    assert action_ids(slack.messages(INCIDENTS)[0]) == [
        "create-comms-channel-button",
        "page-someone",
        "edit-incident-button",
        "close-incident-button",
    ]


@pytest.mark.parametrize("fault", [ValueError("a bug"), KeyError("x")])
def test_a_hosts_button_that_fails_leaves_the_headline_as_it_is(
    slack, declare, work_is_done, handlers, caplog, fault
):
    @headline_post_action()
    def broken(headline_post):
        raise fault

    declare()
    work_is_done()

    assert len(action_ids(slack.messages(INCIDENTS)[0])) == 3
    assert "broken" in caplog.text


# How often Slack is asked


def test_promise_4_declaring_makes_one_post(slack, declared):
    assert len(slack.calls_to("chat.postMessage")) == 1
    assert slack.calls_to("chat.update") == []
    assert HeadlinePost.objects.get().message_ts == slack.messages(INCIDENTS)[0].ts


def test_promise_3_ten_edits_before_delivery_are_one_update(slack, declared, work_is_done):
    for number in range(10):
        services.update_incident(declared.pk, report=f"Version {number}")
    work_is_done()
    assert len(slack.calls_to("chat.update")) == 1
    assert "*Version 9*" in str(slack.messages(INCIDENTS)[0].blocks)


@pytest.mark.parametrize(
    "values", [{"report": "Checkout is failing"}, {"summary": "New"}, {"impact": "New"}, {}]
)
def test_promise_4_what_the_headline_does_not_show_makes_no_update(
    slack, declared, work_is_done, values
):
    services.update_incident(declared.pk, **values)
    declared.save()
    work_is_done()
    assert slack.calls_to("chat.update") == []


def test_a_change_undone_before_delivery_makes_no_update(slack, declared, work_is_done):
    services.update_incident(declared.pk, severity="1")
    services.update_incident(declared.pk, severity=None)
    work_is_done()
    assert slack.calls_to("chat.update") == []


def test_promise_6_what_is_rolled_back_reaches_nobody(slack, transactional_db, work_is_done):
    with transaction.atomic():
        services.declare_incident(report="x", reporter=None)
        transaction.set_rollback(True)
    work_is_done()
    assert slack.calls == []


def test_a_change_past_the_services_is_found_by_the_clock(slack, declared, work_is_done):
    Incident.objects.filter(pk=declared.pk).update(report="By raw SQL")
    headline.want_what_differs()
    headline.want_what_differs()
    work_is_done()
    assert "By raw SQL" in str(slack.messages(INCIDENTS)[0].blocks)
    assert len(slack.calls_to("chat.update")) == 1


# When Slack does not do what it is asked


@pytest.mark.parametrize(
    "code", ["channel_not_found", "not_in_channel", "is_archived", "restricted_action"]
)
def test_a_refused_headline_is_kept_with_slacks_reason_and_paid_later(
    slack, declare, work_is_done, now, code
):
    slack.refuse("chat.postMessage", code)
    if code == "not_in_channel":
        slack.refuse("conversations.join", "channel_not_found")
    incident = declare()
    work_is_done()

    assert Incident.objects.filter(pk=incident.pk).exists()
    debt = mirror_of(incident)
    assert debt.stuck
    assert code in debt.error

    slack.recover()
    now.shift(61)
    clock.tick()
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1
    assert mirror_of(incident).error == ""


@pytest.mark.parametrize("trouble", ["invalid_auth", "down", "unreachable", "500"])
def test_promise_3_a_headline_waits_for_slack_and_is_posted_once(
    slack, declare, work_is_done, now, trouble
):
    slack.follow_clock()
    {
        "invalid_auth": lambda: slack.refuse("*", "invalid_auth"),
        "down": slack.down,
        "unreachable": slack.unreachable,
        "500": lambda: slack.status(500),
    }[trouble]()
    incident = declare()
    work_is_done()
    services.update_incident(incident.pk, severity="1")
    services.close_incident(incident.pk)
    for _minute in range(3):
        now.shift(60)
        work_is_done()
    assert mirror_of(incident).error

    slack.recover()
    for _minute in range(3):
        now.shift(60)
        work_is_done()

    (message,) = slack.messages(INCIDENTS)
    assert "critical" in str(message.blocks)
    assert block_ids(message) == BLOCKS
    assert mirror_of(incident).error == ""


def test_promise_3_retry_after_is_kept(slack, declare, work_is_done, now):
    slack.follow_clock()
    slack.rate_limit("chat.postMessage", 30)
    incident = declare()
    for _second in range(6):
        work_is_done()
        services.update_incident(incident.pk, summary=f"at {timezone.now()}")
        now.shift(5)
    assert slack.messages(INCIDENTS) == []
    now.shift(5)
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1
    assert slack.early_calls == []


def test_a_headline_deleted_by_hand_is_posted_anew(slack, declared, work_is_done):
    slack.channels[INCIDENTS].messages.clear()
    services.update_incident(declared.pk, severity="2")
    work_is_done()
    (message,) = slack.messages(INCIDENTS)
    assert HeadlinePost.objects.get().message_ts == message.ts


@pytest.mark.parametrize("deleted_by_hand", [False, True])
def test_a_post_whose_answer_was_lost_is_found_again(
    slack, declare, work_is_done, now, deleted_by_hand
):
    slack.follow_clock()
    incident = declare()
    if deleted_by_hand:
        work_is_done()
        slack.channels[INCIDENTS].messages.clear()
        services.update_incident(incident.pk, severity="2")
    slack.drop_answers("chat.postMessage", times=1)
    work_is_done()
    for _minute in range(3):
        now.shift(60)
        work_is_done()

    (message,) = slack.messages(INCIDENTS)
    assert HeadlinePost.objects.get().message_ts == message.ts
    assert len(posts(slack)) == 1 + deleted_by_hand


def test_posts_that_slack_makes_of_calls_believed_lost_are_removed_however_late(
    slack, declare, work_is_done, now, settings
):
    settings.SLACK_CLIENT = SlackClient(slack.token, base_url=slack.url, timeout=0.2)
    slack.follow_clock()
    slack.hang(600, "chat.postMessage", times=2)
    declare()
    work_is_done()
    now.shift(5)
    work_is_done()
    second_try = timezone.now()
    now.shift(5)
    work_is_done()
    (shown,) = slack.messages(INCIDENTS)

    now.move_to(second_try + mirrors.HOLD - datetime.timedelta(seconds=2))
    work_is_done()
    slack.recover()
    assert slack.wait_for(lambda slack: len(slack.messages(INCIDENTS)) == 3)
    now.shift(10)
    work_is_done()

    assert [message.ts for message in slack.messages(INCIDENTS)] == [shown.ts]


def test_the_channel_may_be_given_by_name(slack, declare, work_is_done, settings):
    settings.INCIDENT_CHANNEL_ID = ""
    settings.INCIDENT_CHANNEL_NAME = "#incidents"
    declare()
    declare()
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 2
    assert len(slack.calls_to("conversations.list")) == 1


@pytest.fixture
def private_room(slack, settings):
    """A private channel with the bot in it, that the settings name."""
    room = Channel("CPRIVATE", "war-room", members=[BOT], is_private=True)
    slack.channels[room.id] = room
    settings.INCIDENT_CHANNEL_ID = ""
    settings.INCIDENT_CHANNEL_NAME = "#war-room"
    return room


def test_a_private_channel_that_the_bot_is_in_may_be_given_by_name(
    slack, declare, work_is_done, private_room
):
    declare()
    work_is_done()
    assert len(slack.messages(private_room.id)) == 1


def test_a_private_channel_that_the_bot_is_not_in_is_not_found(
    slack, declare, work_is_done, private_room
):
    private_room.members.remove(BOT)
    incident = declare()
    work_is_done()
    assert "There is no channel #war-room" in mirror_of(incident).error


def test_a_public_channel_is_found_by_name_without_the_scope_to_see_private_ones(
    slack, declare, work_is_done, settings
):
    settings.INCIDENT_CHANNEL_ID = ""
    settings.INCIDENT_CHANNEL_NAME = "#incidents"
    slack.refuse("conversations.list", "missing_scope", times=1, needed="groups:read")
    declare()
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1


def test_nowhere_to_post_is_a_debt_with_its_reason(slack, declare, work_is_done, settings):
    settings.INCIDENT_CHANNEL_ID = ""
    incident = declare()
    work_is_done()
    assert "INCIDENT_CHANNEL_ID" in mirror_of(incident).error


# Its buttons


def test_promise_7_two_presses_of_close_close_once(slack, slack_sends, declared, work_is_done):
    for user in (ANA, BEN):
        slack_sends(block_action("close-incident-button", str(declared.pk), user=user))
    work_is_done()
    closed = declared.timeline_events().filter(metadata__update_type="incident_closed")
    assert [entry.metadata["actor"]["id"] for entry in closed] == [ANA]
    (told,) = slack.ephemerals(INCIDENTS)
    assert told.user == BEN


def test_promise_5_closing_does_not_need_slack(slack, slack_sends, declared, work_is_done):
    slack.down()
    slack_sends(block_action("close-incident-button", str(declared.pk)))
    work_is_done()
    declared.refresh_from_db()
    assert declared.is_closed()
