"""Handlers that need an answer of Slack's: asked outside transactions, and every write once."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from response.core import services
from response.core.models import TimelineEvent
from response.delivery.models import Inbox
from response.slack import answers
from response.slack.client import SlackClient, configured_client
from response.slack.decorators import (
    action_handler,
    incident_command,
    modal_handler,
    slack_event,
    slash_subcommand,
)
from response.slack.errors import SlackError, SlackRefused
from response.slack.models import CommsChannel
from response.testing.payloads import (
    BEN,
    GENERAL,
    block_action,
    event,
    slash_command,
    typed,
    view_submission,
)

pytestmark = pytest.mark.usefixtures("handlers", "outside_transactions")

ROOM = "CROOM"


class Outside(SlackClient):
    """A client that is a mistake to call inside a transaction."""

    def _call(self, method, params, timeout):
        assert not connection.in_atomic_block, f"{method} was called inside a transaction"
        return super()._call(method, params, timeout)


@pytest.fixture
def outside_transactions(settings, slack):
    settings.SLACK_CLIENT = Outside(slack.token)
    slack.add_channel(ROOM, "the-room")


@pytest.fixture
def written(declared):
    """The texts that handlers added to the timeline."""
    return lambda: list(
        TimelineEvent.objects.filter(event_type="text").values_list("text", flat=True)
    )


def write(incident, text):
    services.add_timeline_entry(incident.pk, text=text)


def test_a_command_asks_slack_and_writes_once(slack, say, written):
    runs = []

    @incident_command(["room"])
    def room(incident, user_id, message):
        runs.append(message)
        write(incident, "before")
        name = configured_client().get_channel_name(message)
        write(incident, f"in {name}")
        return True, f"It is {name}."

    ts = say(f"room {ROOM}")

    assert written() == ["before", "in the-room"]
    assert len(runs) == 2
    assert len(slack.calls_to("conversations.info")) == 1
    channel_id = CommsChannel.objects.get().channel_id
    (asked,) = [m for m in slack.messages(channel_id) if m.ts == ts]
    assert list(asked.reactions) == ["white_check_mark"]
    assert [m.text for m in slack.messages(channel_id) if m.text == "It is the-room."] != []


def test_each_question_is_asked_once_however_often_it_is_repeated(slack, say, written):
    @incident_command(["rooms"])
    def rooms(incident, user_id, message):
        client = configured_client()
        names = [client.get_channel_name(room) for room in (ROOM, GENERAL, ROOM)]
        write(incident, " ".join(names))
        return True, None

    say("rooms")

    assert written() == ["the-room general the-room"]
    asked = [call.params["channel"] for call in slack.calls_to("conversations.info")]
    assert asked == [ROOM, GENERAL, ROOM]


def test_a_list_is_read_page_by_page(slack, say, written):
    for number in range(450):
        slack.add_user(f"UMORE{number}", f"more{number}")

    @incident_command(["find"])
    def find(incident, user_id, message):
        write(incident, configured_client().get_user_id(message))
        return True, None

    say("find more449")

    assert written() == ["UMORE449"]
    assert len(slack.calls_to("users.list")) == 3


def test_a_refusal_reaches_the_handler(slack, say, written):
    slack.refuse("conversations.info", "missing_scope")

    @incident_command(["room"])
    def room(incident, user_id, message):
        try:
            configured_client().get_channel_name(ROOM)
        except SlackRefused as refused:
            write(incident, f"refused: {refused.slack_error}")
        return True, None

    say("room")

    assert written() == ["refused: missing_scope"]
    assert len(slack.calls_to("conversations.info")) == 1


def test_a_handler_that_catches_every_exception_still_gets_its_answer(slack, say, written):
    @incident_command(["room"])
    def room(incident, user_id, message):
        try:
            name = configured_client().get_channel_name(ROOM)
        except Exception:  # noqa: BLE001 - as hosts write
            name = "nowhere"
        write(incident, name)
        return True, None

    say("room")

    assert written() == ["the-room"]


def test_even_one_that_catches_everything_there_is(slack, say, written):
    @incident_command(["room"])
    def room(incident, user_id, message):
        names = []
        for channel_id in (ROOM, GENERAL):
            try:
                names.append(configured_client().get_channel_name(channel_id))
            except:  # noqa: E722 - as hosts write
                names.append("nowhere")
        write(incident, " ".join(names))
        return True, None

    say("room")

    assert written() == ["the-room general"]


def test_a_handler_that_asks_for_ever_is_stopped(slack, say, written, caplog):
    @incident_command(["wait"])
    def wait(incident, user_id, message):
        write(incident, "waiting")
        while True:
            with contextlib.suppress(Exception):
                configured_client().get_channel_name(ROOM)

    say("wait")

    assert written() == []
    assert len(slack.calls_to("conversations.info")) == answers.MOST_QUESTIONS
    assert f"asked Slack {answers.MOST_QUESTIONS} questions" in caplog.text
    assert "AskedTooMuchError" in Inbox.objects.get(kind="event").error
    assert "Sorry" in slack.ephemerals(CommsChannel.objects.get().channel_id)[-1].text


def test_a_handler_that_asks_something_else_each_time_is_stopped_at_once(slack, say, caplog):
    names = itertools.count(1)

    @incident_command(["rooms"])
    def rooms(incident, user_id, message):
        configured_client().create_channel(f"room-{next(names)}")
        return True, None

    say("rooms")

    assert len([c for c in slack.channels.values() if c.name.startswith("room-")]) == 1
    assert "the same things, in the same order" in caplog.text


def test_a_handler_may_not_ask_for_longer_than_it_has():
    run = answers.repeatable(lambda: answers.of("users.info", {}, dict), seconds=-1)

    with pytest.raises(answers.AskedTooMuchError, match="asked Slack for -1 s"):
        run()


def test_outside_handlers_slack_is_asked_at_once():
    assert answers.of("api.test", {}, lambda: {"ok": True}) == {"ok": True}


def test_what_others_did_is_kept_while_one_asks(slack, channel, slack_sends, work_is_done, written):
    runs = []

    @slack_event("star_added")
    def first(incident, happened):
        runs.append("first")
        write(incident, "first")

    @slack_event("star_added")
    def asking(incident, happened):
        runs.append("asking")
        incident.summary = configured_client().get_channel_name(ROOM)
        incident.save()

    @slack_event("star_added")
    def failing(incident, happened):
        runs.append("failing")
        raise ZeroDivisionError

    @slack_event("star_added")
    def last(incident, happened):
        runs.append("last")
        write(incident, f"last: {incident.summary}")

    slack_sends(star(channel))
    work_is_done()

    assert runs == ["first", "asking", "asking", "failing", "last"]
    assert written() == ["first", "last: the-room"]


def test_an_incident_that_a_failing_handler_changed_is_not_saved_by_the_next(
    slack, channel, slack_sends, work_is_done, declared
):
    @slack_event("star_added")
    def failing(incident, happened):
        incident.report = "Spoilt"
        raise ZeroDivisionError

    @slack_event("star_added")
    def next_one(incident, happened):
        incident.summary = "Fine"
        incident.save()

    slack_sends(star(channel))
    work_is_done()

    declared.refresh_from_db()
    assert (declared.report, declared.summary) == ("Checkout is failing", "Fine")


def star(channel):
    return event("star_added", {"user": BEN, "channel": channel.channel_id})


def test_a_button_s_handler_may_ask(slack, declared, slack_sends, work_is_done, written):
    @action_handler("make-a-room")
    def make(context):
        write(context.incident, configured_client().create_channel("war-room"))

    slack_sends(block_action("make-a-room", str(declared.pk)))
    work_is_done()

    (made,) = [c.id for c in slack.channels.values() if c.name == "war-room"]
    assert written() == [made]


def test_a_form_s_handler_may_ask_while_the_person_waits(slack, declared, slack_sends, written):
    @modal_handler("choose-a-room")
    def choose(submission):
        try:
            name = configured_client().get_channel_name(submission.values["room"])
        except SlackError:
            raise ValidationError({"room": "There is no such room."}) from None
        write(declared, name)

    def send(room):
        return slack_sends(view_submission("choose-a-room", {"room": typed(room)}, view_id="V1"))

    assert send("CNOWHERE").json()["errors"] == {"room": "There is no such room."}
    assert send(ROOM).content == b""
    assert send(ROOM).content == b""
    assert written() == ["the-room"]


def test_a_subcommand_may_ask(slack, slack_sends, work_is_done):
    @slash_subcommand(["room"])
    def room(context):
        return configured_client().get_channel_name(context.text)

    assert slack_sends(slash_command(f"room {ROOM}")).json()["text"] == "the-room"
