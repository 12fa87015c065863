"""A host's handlers: what they are given, and what happens when one fails."""

from __future__ import annotations

import logging

from django.core.exceptions import ValidationError
from django.db import connection

from response.core import services
from response.core.models import Incident, TimelineEvent
from response.delivery.models import Inbox, OutboxMessage
from response.exceptions import UserError
from response.slack import decorators
from response.slack.block_kit import Modal, Section, Text
from response.slack.client import SlackClient
from response.slack.models import HeadlinePost
from response.testing.payloads import (
    ANA,
    BEN,
    GENERAL,
    INCIDENTS,
    app_mention,
    block_action,
    chosen,
    event,
    person,
    pin_added,
    typed,
    view_submission,
)


def errors_in(caplog):
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


# When one fails


def test_a_handler_that_fails_stops_no_other_and_is_tried_again_alone(
    now, slack, slack_sends, work_is_done, channel, declared, handlers, caplog
):
    heard = []

    @decorators.slack_event("emoji_changed")
    def first(incident, event):
        heard.append("first")

    @decorators.slack_event("emoji_changed")
    def second(incident, event):
        heard.append("second")
        services.add_timeline_entry(incident.pk, text="half done")
        if heard.count("second") == 1:
            raise ZeroDivisionError("a bug")

    @decorators.slack_event("emoji_changed")
    def third(incident, event):
        heard.append("third")

    slack_sends(event("emoji_changed", {"channel": channel.channel_id, "user": ANA}))
    work_is_done()
    assert heard == ["first", "second", "third"]
    assert not TimelineEvent.objects.filter(text="half done").exists()
    (told,) = slack.ephemerals(channel.channel_id)
    (line,) = errors_in(caplog)
    assert told.user == ANA
    assert line.exc_info[0] is ZeroDivisionError
    error_id = line.getMessage().split("error ")[1].rstrip(")")
    assert error_id in told.text

    now.shift(60)
    work_is_done()
    assert heard == ["first", "second", "third", "second"]
    assert TimelineEvent.objects.filter(text="half done").count() == 1
    assert len(slack.ephemerals(channel.channel_id)) == 1
    assert not Inbox.objects.exclude(state=Inbox.State.DONE).exists()


def test_handlers_of_one_name_are_each_done_once(
    now, slack_sends, work_is_done, channel, handlers, caplog
):
    heard = []
    for number in range(3):

        @decorators.slack_event("emoji_changed")
        def hear(incident, event, number=number):
            heard.append(number)
            if number == 1 and heard.count(1) == 1:
                raise ZeroDivisionError("a bug")

    slack_sends(event("emoji_changed", {"channel": channel.channel_id, "user": ANA}))
    work_is_done()
    assert heard == [0, 1, 2]
    now.shift(60)
    work_is_done()
    assert heard == [0, 1, 2, 1]


def test_what_a_service_refuses_in_a_command_is_told_and_not_tried_again(
    slack, say, channel, declared, handlers, caplog
):
    @decorators.incident_command(["nag"], helptext="Set the severity to what there is not")
    def nag(incident, user_id, message):
        services.update_incident(incident.pk, severity="17")

    say("nag")
    (told,) = slack.ephemerals(channel.channel_id)
    assert "17" in told.text
    assert not errors_in(caplog)
    assert not Inbox.objects.exclude(state=Inbox.State.DONE).exists()


def test_the_apology_comes_once_however_often_it_fails(
    now, slack, slack_sends, work_is_done, channel, handlers, caplog
):
    @decorators.incident_command(["explode"])
    def explode(incident, user_id, message):
        raise RuntimeError("a bug")

    @decorators.slack_event("app_mention")
    def explode_too(incident, event):
        raise RuntimeError("another bug")

    slack_sends(app_mention("explode", channel=channel.channel_id))
    for _minute in range(10):
        work_is_done()
        now.shift(60)

    assert len(slack.ephemerals(channel.channel_id)) == 1
    assert Inbox.objects.get(state=Inbox.State.DEAD).attempts == 8


def test_a_later_command_does_not_wait_for_one_that_fails(
    now, slack, slack_sends, work_is_done, channel, declared, handlers
):
    @decorators.incident_command(["explode"])
    def explode(incident, user_id, message):
        raise RuntimeError("a bug")

    slack_sends(app_mention("explode", channel=channel.channel_id))
    slack_sends(app_mention("severity major", channel=channel.channel_id))
    work_is_done()
    declared.refresh_from_db()
    assert declared.severity == "2"


def test_what_a_failed_handler_said_is_not_said(
    slack, slack_sends, work_is_done, channel, handlers
):
    @decorators.action_handler("explode")
    def explode(context):
        context.incident.comms_channel().post_in_channel("CANARY")
        raise RuntimeError("a bug")

    slack_sends(block_action("explode", channel=channel.channel_id))
    work_is_done()
    assert "CANARY" not in str(slack.calls)
    assert "error" in slack.ephemerals(channel.channel_id)[0].text


def test_a_button_whose_form_fails_to_build_is_answered_with_an_id(
    slack, slack_sends, declared, handlers, caplog
):
    @decorators.modal_opener("open")
    def opener(context):
        raise RuntimeError("a bug")

    assert slack_sends(block_action("open", str(declared.pk))).status_code == 200
    (told,) = slack.ephemerals(INCIDENTS)
    (line,) = errors_in(caplog)
    assert line.getMessage().split("error ")[1].rstrip(")") in told.text


# What they may do


def test_a_command_of_a_host_is_given_the_text_as_it_was_written(
    slack, slack_sends, work_is_done, channel, declared, handlers
):
    given = []

    @decorators.incident_command(["Page"], helptext="pages somebody")
    def page(incident, user_id, message):
        given.append((incident, user_id, message))
        return False, "not today"

    ts = slack.say(channel.channel_id, "…")
    slack_sends(
        app_mention(
            f"PAGE <@{BEN}> A &amp; B\n&lt;now&gt; ", user=BEN, channel=channel.channel_id, ts=ts
        )
    )
    work_is_done()

    assert given == [(declared, BEN, f"<@{BEN}> A & B\n<now>")]
    said = {message.ts: message for message in slack.messages(channel.channel_id)}
    assert list(said.values())[-1].text == "not today"
    assert list(said[ts].reactions) == ["question"]


def test_an_action_handler_is_told_where_and_what(
    slack, slack_sends, work_is_done, channel, declared, handlers
):
    given = []
    decorators.action_handler("host")(given.append)
    chosen_user = {"type": "users_select", "action_id": "host", "selected_user": BEN}

    slack_sends(
        block_action("host", channel=channel.channel_id, message_ts="1.2", action=chosen_user)
    )
    work_is_done()

    (context,) = given
    assert (context.incident, context.user_id, context.value) == (declared, ANA, BEN)
    assert context.message["ts"] == "1.2"
    assert context.channel_id == channel.channel_id
    assert context.response_url.startswith("https://hooks.slack.com/")


def test_promise_6_what_a_handler_sends_leaves_after_the_commit(
    slack, slack_sends, work_is_done, channel, handlers
):
    in_transaction = []

    @decorators.action_handler("host")
    def host(context):
        client = SlackClient("xoxb-made-up-token")
        client.send_message(context.channel_id, "by the client")
        client.add_reaction("eyes", context.channel_id, context.message["ts"])
        context.incident.comms_channel().post_in_channel("by the channel")
        HeadlinePost.objects.get().post_to_thread("in the thread")
        in_transaction.append(connection.in_atomic_block)
        assert not [c for c in slack.calls if "by the" in str(c)]

    ts = slack.say(channel.channel_id, "…")
    slack_sends(block_action("host", channel=channel.channel_id, message_ts=ts))
    work_is_done()

    assert in_transaction == [True]
    said = {message.ts: message for message in slack.messages(channel.channel_id)}
    assert [m.text for m in said.values()][-2:] == ["by the client", "by the channel"]
    assert list(said[ts].reactions) == ["eyes"]
    headline, reply = slack.messages(INCIDENTS)
    assert (reply.text, reply.thread_ts) == ("in the thread", headline.ts)


def test_an_old_handler_that_saves_the_incident_leaves_its_history(
    slack, slack_sends, work_is_done, channel, declared, handlers
):
    @decorators.incident_command(["escalate"])
    def escalate(incident, user_id, message):
        incident.severity = "1"
        incident.save()
        return True, None

    slack_sends(app_mention("escalate", user=BEN, channel=channel.channel_id))
    work_is_done()
    entry = declared.timeline_events().get(metadata__update_type="incident_severity")
    assert entry.metadata["actor"]["id"] == BEN
    assert "critical" in str(slack.messages(INCIDENTS)[0].blocks)


def test_a_form_of_a_hosts_own_opens_and_comes_back(slack, slack_sends, declared, handlers):
    given = []

    @decorators.modal_opener("open-page")
    def opener(context):
        return Modal("page-form", "Page", blocks=[Section(text=Text("Whom?"))])

    @decorators.modal_handler("page-form")
    def page(submission):
        given.append(submission)
        Incident.objects.filter(pk=declared.pk).update(summary="written")
        if submission.values["who"] is None:
            raise ValidationError({"who": "Whom shall I page?", "elsewhere": "And where?"})
        if submission.values["who"] == BEN:
            raise UserError("Ben is on holiday.")

    slack_sends(block_action("open-page", str(declared.pk)))
    assert slack.views[-1]["callback_id"] == "page-form"
    for who, told in ((None, "Whom shall I page? And where?"), (BEN, "Ben is on holiday.")):
        answer = slack_sends(view_submission("page-form", {"who": person(who)}, view_id="V-page"))
        assert answer.json()["errors"] == {"who": told}
        declared.refresh_from_db()
        assert declared.summary is None
    answer = slack_sends(view_submission("page-form", {"who": person(ANA)}, view_id="V-page"))
    assert answer.content == b""
    assert [s.user_id for s in given] == [ANA] * 3


# What stays out of the logs

SECRETS = ("xoxb-made-up-token", "made-up-signing-secret")


def test_promise_20_no_text_and_no_secret_enters_a_log(
    slack, slack_sends, work_is_done, channel, caplog, handlers, now
):
    caplog.set_level(logging.DEBUG)
    caplog.clear()

    @decorators.slack_event("app_mention")
    def broken(incident, event):
        raise RuntimeError("a bug")

    values = {
        "report": typed("CANARY title"),
        "summary": typed("CANARY summary"),
        "impact": typed("CANARY impact"),
        "lead": person(BEN),
        "severity": chosen("2"),
    }
    metadata = f'{{"channel": "{GENERAL}"}}'
    form = ("incident-report-dialog", values)
    for trouble in (lambda: None, slack.down, lambda: slack.refuse("*", "invalid_auth"),
                    lambda: slack.refuse("*", "msg_too_long"), slack.recover):  # fmt: skip
        trouble()
        slack_sends(view_submission(*form, private_metadata=metadata))
        slack_sends(view_submission("unknown-form", values))
        for text in ("summary CANARY", "impact CANARY", "lead CANARY", "CANARY", "sumary CANARY"):
            slack_sends(app_mention(text, channel=channel.channel_id))
        slack_sends(pin_added("CANARY", message_ts="1.2", channel=channel.channel_id))
        slack_sends(event("message", {"text": "CANARY", "user": ANA, "channel": GENERAL}))
        slack_sends(block_action("set-new-summary-action", "CANARY", channel=channel.channel_id))
        slack_sends(form_request := view_submission(*form), headers={"X-Slack-Signature": "v0=0"})
        slack_sends(type(form_request)("/slack/action", b"payload=CANARY", "text/plain"))
        work_is_done()
        now.shift(120)
        work_is_done()

    ours = "\n".join(
        caplog.handler.format(record)
        for record in caplog.records
        # What Django logs of its statements at DEBUG is the host's own wish.
        if not record.name.startswith("django.db")
    )
    assert "a bug" in ours
    assert "CANARY" not in ours
    for secret in SECRETS:
        assert secret not in caplog.text
    assert OutboxMessage.objects.exclude(state=OutboxMessage.State.WAITING).exists()
