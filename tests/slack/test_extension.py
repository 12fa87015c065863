"""What a host may add, and what becomes of it."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from response.core import services
from response.core.models import Action, Incident, TimelineEvent
from response.delivery.models import Inbox
from response.exceptions import UserError
from response.slack import modals
from response.slack.block_kit import Input, Modal, PlainTextInput
from response.slack.decorators import (
    ActionContext,
    action_handler,
    dialog_handler,
    incident_command,
    keyword_handler,
    modal_handler,
    modal_opener,
    remove_action_handler,
    remove_dialog_handler,
    shortcut_handler,
    slack_event,
    slash_subcommand,
)
from response.slack.dialog_builder import Dialog, SelectWithOptions, Text
from response.testing.payloads import (
    ANA,
    BEN,
    GENERAL,
    INCIDENTS,
    app_mention,
    block_action,
    chosen,
    event,
    global_shortcut,
    message,
    message_shortcut,
    slash_command,
    typed,
    view_submission,
)

pytestmark = pytest.mark.usefixtures("handlers", "slack")

FORM = "a-form"


def a_form(**more):
    name = Input("Name", PlainTextInput("name"), block_id="name")
    return Modal(FORM, title="A form", submit="Send", blocks=[name], **more)


# Keywords


@pytest.fixture
def heard():
    """What a keyword handler for "runbook" and "on call" was given."""
    calls = []

    @keyword_handler(["runbook", "on call"])
    def hear(comms_channel, user, keyword, text, ts):
        calls.append((comms_channel.channel_id, user, keyword, text, ts))

    return calls


def test_a_keyword_handler_is_given_the_message(heard, channel, slack_sends, work_is_done):
    said = message(
        "Is there a RUNBOOK for A &amp; B?", channel=channel.channel_id, ts="1710.000120"
    )
    for _delivery in range(2):
        slack_sends(said)
    work_is_done()

    assert heard == [
        (channel.channel_id, ANA, "runbook", "Is there a RUNBOOK for A & B?", "1710.000120")
    ]


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("runbook", "runbook"),
        ("(Runbook)", "runbook"),
        ("the runbook, and who is on call?", "runbook"),
        ("who is On Call", "on call"),
        ("runbooks", None),
        ("my_runbook", None),
        ("on callback", None),
        ("nothing of the kind", None),
        ("", None),
    ],
)
def test_keywords_are_whole_words(heard, channel, slack_sends, work_is_done, text, keyword):
    slack_sends(message(text, channel=channel.channel_id))
    work_is_done()

    assert [call[2] for call in heard] == ([keyword] if keyword else [])


def test_a_keyword_may_begin_and_end_with_anything(channel, slack_sends, work_is_done):
    calls = []

    @keyword_handler(["C++", "a.b", "#now"])
    def hear(comms_channel, user, keyword, text, ts):
        calls.append(keyword)

    for text in ("written in c++?", "acb", "do it #now"):
        slack_sends(message(text, channel=channel.channel_id))
    work_is_done()

    assert calls == ["C++", "#now"]


def test_keywords_are_not_heard_elsewhere_in_edits_or_from_bots(
    heard, channel, slack_sends, work_is_done
):
    for unheard in (
        message("runbook", channel=GENERAL),
        message("runbook", channel=channel.channel_id, bot_id="BOTHER"),
        message("runbook", channel=channel.channel_id, subtype="channel_topic"),
        message("runbook", channel=channel.channel_id, subtype="message_changed"),
    ):
        assert slack_sends(unheard).status_code == 200
    work_is_done()

    assert heard == []


def test_a_text_is_kept_where_a_keyword_needs_it_and_no_longer(
    heard, channel, slack_sends, work_is_done
):
    slack_sends(message("who has the runbook?", channel=channel.channel_id))
    slack_sends(message("a secret", channel=channel.channel_id))
    stored = json.dumps(list(Inbox.objects.values_list("payload", flat=True)))
    assert "who has the runbook?" in stored
    assert "a secret" not in stored

    work_is_done()
    assert set(Inbox.objects.values_list("payload", flat=True)) == {None}


def test_what_a_keyword_handler_says_is_sent_once_it_is_done(
    slack, channel, slack_sends, work_is_done
):
    @keyword_handler(["runbook"])
    def answer(comms_channel, user, keyword, text, ts):
        comms_channel.post_in_channel("It is at https://runbooks.example")

    @keyword_handler(["where"])
    def refuse(comms_channel, user, keyword, text, ts):
        raise UserError("Look at the channel's topic.")

    slack_sends(message("where is the runbook", channel=channel.channel_id, user=BEN))
    work_is_done()

    assert slack.messages(channel.channel_id)[-1].text == "It is at https://runbooks.example"
    told = slack.ephemerals(channel.channel_id)[-1]
    assert (told.user, told.text) == (BEN, "Look at the channel's topic.")


# Dialogs


@pytest.fixture
def postpone(declared):
    """A button that opens a dialog, and what its handler was given."""
    calls = []

    @action_handler("postpone")
    def open_it(context):
        Dialog(
            title="Postpone",
            submit_label="Postpone",
            elements=[
                Text(label="Until", name="until"),
                SelectWithOptions([("Low", "low"), ("High", "high")], label="Risk", name="risk"),
            ],
            state="from the button",
        ).send_open_dialog("postpone-dialog", context.trigger_id)
        services.add_timeline_entry(context.incident.pk, text="asked")

    @dialog_handler("postpone-dialog")
    def postponed(user_id, channel_id, submission, response_url, state):
        if submission["until"] == "never":
            raise ValidationError({"until": "Say when."})
        calls.append((user_id, channel_id, submission, response_url, state))

    return calls


def test_a_dialog_opens_as_a_modal_and_comes_back_flat(
    slack, postpone, declared, slack_sends, work_is_done
):
    slack_sends(block_action("postpone", str(declared.pk), user=BEN, channel=INCIDENTS))
    work_is_done()

    (view,) = slack.views
    assert view["type"] == "modal"
    assert json.loads(view["private_metadata"]) == {
        "channel": INCIDENTS,
        "incident": declared.pk,
        "state": "from the button",
    }
    assert TimelineEvent.objects.filter(text="asked").count() == 1

    def send(until):
        answers = {"until": typed(until), "risk": chosen(None)}
        return slack_sends(
            view_submission(
                "postpone-dialog",
                answers,
                user=BEN,
                private_metadata=view["private_metadata"],
                view_id=view["id"],
            )
        )

    assert send("never").json()["errors"] == {"until": "Say when."}
    for _time in range(2):
        assert send("10:30").content == b""
    assert postpone == [(BEN, INCIDENTS, {"until": "10:30", "risk": None}, "", "from the button")]


def test_who_came_too_late_for_a_dialog_is_asked_to_press_again(
    slack, postpone, declared, slack_sends, work_is_done
):
    slack.refuse("views.open", "expired_trigger_id")
    slack_sends(block_action("postpone", str(declared.pk), user=BEN, channel=INCIDENTS))
    work_is_done()

    assert len(slack.calls_to("views.open")) == 1
    (told,) = [one for one in slack.ephemerals(INCIDENTS) if one.user == BEN]
    assert "Please try again" in told.text
    assert Inbox.objects.get(kind="click").state == Inbox.State.DONE
    assert not TimelineEvent.objects.filter(text="asked").exists()


def test_after_three_timeouts_a_dialog_is_refused_at_once(
    slack, postpone, declared, slack_sends, work_is_done
):
    for _time in range(modals.TIMEOUTS_IN_A_ROW):
        modals._patience.lose()
    slack_sends(block_action("postpone", str(declared.pk), user=BEN, channel=INCIDENTS))
    work_is_done()

    assert slack.calls_to("views.open") == []
    assert "in a moment" in slack.ephemerals(INCIDENTS)[-1].text


def test_a_host_s_dialog_takes_the_place_of_a_built_in_form(slack_sends, declared):
    calls = []

    @dialog_handler(modals.EDIT)
    def edited(user_id, channel_id, submission, response_url, state):
        calls.append(submission)

    metadata = json.dumps({"incident": declared.pk})
    sent = view_submission(modals.EDIT, {"report": typed("New")}, private_metadata=metadata)
    slack_sends(sent)

    assert calls == [{"report": "New"}]
    assert Incident.objects.get().report == "Checkout is failing"


# Buttons


def test_a_host_s_button_takes_the_place_of_a_built_in_form(
    slack, declared, slack_sends, work_is_done
):
    pressed = []

    @action_handler("edit-incident-button")
    def press(context):
        pressed.append(context)

    slack_sends(block_action("edit-incident-button", str(declared.pk), message_ts="1.000100"))
    work_is_done()

    (context,) = pressed
    assert isinstance(context, ActionContext)
    assert (context.incident, context.user_id) == (declared, ANA)
    assert context.value == str(declared.pk)
    assert context.message["ts"] == "1.000100"
    assert context.trigger_id
    assert context.response_url.startswith("https://hooks.slack.com/")
    assert slack.views == []


def test_what_is_removed_answers_no_more(slack, slack_sends, declared, work_is_done, caplog):
    caplog.set_level("INFO", "response.slack")

    @dialog_handler("a-dialog")
    def answer(user_id, channel_id, submission, response_url, state):
        raise AssertionError

    remove_dialog_handler("a-dialog")
    remove_action_handler("edit-incident-button")
    slack_sends(view_submission("a-dialog", {}))
    slack_sends(block_action("edit-incident-button", str(declared.pk)))
    work_is_done()

    assert slack.views == []
    assert "@modal_handler('a-dialog') would" in caplog.text
    assert "@action_handler('edit-incident-button') would" in caplog.text


# Shortcuts


def test_a_shortcut_on_a_message_is_given_the_message_and_its_incident(
    channel, declared, slack_sends
):
    chosen_on = []

    @shortcut_handler("add-it")
    def add(context):
        chosen_on.append(context)
        services.add_timeline_entry(context.incident.pk, text=context.message["text"])

    shortcut = message_shortcut(
        "add-it", "It is the gateway", channel=channel.channel_id, message_ts="17.000120"
    )
    for _delivery in range(2):
        assert slack_sends(shortcut).content == b""

    (context,) = chosen_on
    assert (context.incident, context.user_id) == (declared, ANA)
    assert context.message["ts"] == "17.000120"
    assert TimelineEvent.objects.filter(text="It is the gateway").count() == 1


@pytest.mark.parametrize("make", [message_shortcut, global_shortcut])
def test_a_shortcut_may_open_a_form(slack, slack_sends, make, db):
    @shortcut_handler("ask")
    def ask(context):
        assert context.incident is None
        return a_form(private_metadata=context.channel_id)

    assert slack_sends(make("ask")).content == b""

    (view,) = slack.views
    assert view["callback_id"] == FORM


def test_a_shortcut_may_open_a_dialog(slack, slack_sends, transactional_db):
    @shortcut_handler("ask")
    def ask(context):
        Dialog("Ask", "Send", [Text("Name", "name")]).send_open_dialog(FORM, context.trigger_id)

    slack_sends(message_shortcut("ask", channel=GENERAL))

    assert json.loads(slack.views[0]["private_metadata"]) == {"channel": GENERAL}


def test_a_person_is_told_why_a_shortcut_did_nothing(slack, slack_sends, db):
    @shortcut_handler("refuse")
    def refuse(context):
        raise UserError("Not on a Sunday.")

    slack_sends(message_shortcut("refuse", user=BEN))
    slack_sends(global_shortcut("refuse", user=BEN))

    assert [(e.user, e.text) for e in slack.ephemerals(GENERAL)] == [(BEN, "Not on a Sunday.")]
    assert [m.text for m in slack.messages(BEN)] == ["Not on a Sunday."]


# Subcommands


def test_a_subcommand_is_answered_to_the_person_alone(slack, slack_sends, db):
    given = []

    @slash_subcommand(["runbook", "rb"])
    def runbook(context):
        given.append((context.incident, context.user_id, context.channel_id, context.text))
        return "It is at https://runbooks.example"

    answer = slack_sends(slash_command("RB\n for the checkout\nplease", user=BEN)).json()

    assert answer == {
        "response_type": "ephemeral",
        "text": "It is at https://runbooks.example",
    }
    assert given == [(None, BEN, GENERAL, "for the checkout\nplease")]
    assert slack.views == []


def test_a_subcommand_acts_once_knows_its_incident_and_may_say_nothing(
    channel, declared, slack_sends
):
    @slash_subcommand(["note"])
    def note(context):
        services.add_timeline_entry(context.incident.pk, text=context.text)

    typed_once = slash_command("note It is the gateway", channel=channel.channel_id)
    for _delivery in range(2):
        assert slack_sends(typed_once).content == b""

    entry = TimelineEvent.objects.get(text="It is the gateway")
    assert entry.metadata["actor"]["id"] == ANA


def test_a_subcommand_may_open_a_form(slack, slack_sends, db):
    slash_subcommand(["ask"])(lambda context: a_form())

    assert slack_sends(slash_command("ask")).content == b""
    assert slack.views[0]["callback_id"] == FORM


def test_a_subcommand_says_what_cannot_be_done_and_keeps_nothing(declared, slack_sends):
    @slash_subcommand(["note"])
    def note(context):
        services.add_timeline_entry(declared.pk, text="half")
        raise UserError("Not on a Sunday.")

    assert slack_sends(slash_command("note")).json()["text"] == "Not on a Sunday."
    assert not TimelineEvent.objects.filter(text="half").exists()


@pytest.mark.parametrize("sort", ["subcommand", "shortcut", "opener"])
def test_what_a_service_refuses_is_told_to_whoever_waits_for_it(
    slack, slack_sends, declared, work_is_done, sort
):
    def refuse(context):
        services.update_incident(declared.pk, report="x" * 201)

    slash_subcommand(["refuse"])(refuse)
    shortcut_handler("refuse")(refuse)
    modal_opener("refuse")(refuse)

    answer = slack_sends(
        {
            "subcommand": slash_command("refuse"),
            "shortcut": message_shortcut("refuse", user=BEN),
            "opener": block_action("refuse", str(declared.pk), user=BEN, channel=GENERAL),
        }[sort]
    )

    assert answer.status_code == 200
    told = answer.json()["text"] if answer.content else slack.ephemerals(GENERAL)[0].text
    assert "200 characters" in told


def test_what_a_subcommand_does_not_accept_is_a_title(slack, slack_sends, db):
    slash_subcommand(["room"], accepts=str.isdecimal)(lambda context: "free")

    assert slack_sends(slash_command("room 7")).json()["text"] == "free"
    slack_sends(slash_command("room 7 is on fire"))
    assert slack.views[0]["blocks"][0]["element"]["initial_value"] == "room 7 is on fire"


# Forms


def test_a_form_is_opened_and_answered(slack, declared, slack_sends):
    @modal_opener("open-it")
    def open_it(context):
        return a_form(private_metadata=json.dumps({"incident": context.incident.pk}))

    @modal_handler(FORM)
    def answer(submission):
        if submission.values["name"] is None:
            raise ValidationError({"name": "Who are you?"})
        services.add_timeline_entry(submission.metadata["incident"], text=submission.values["name"])

    slack_sends(block_action("open-it", str(declared.pk)))
    (view,) = slack.views

    def send(name):
        return slack_sends(
            view_submission(
                FORM,
                {"name": typed(name)},
                private_metadata=view["private_metadata"],
                view_id=view["id"],
            )
        )

    assert send(None).json() == {
        "response_action": "errors",
        "errors": {"name": "Who are you?"},
    }
    assert send("Ana").content == b""
    assert TimelineEvent.objects.filter(text="Ana").count() == 1


# A handler that fails


def fail(*_args):
    Action.objects.all().delete()
    raise ZeroDivisionError("boom")


def error_id_of(text):
    return text.rpartition("error ")[2].rstrip(".")


def logged_error(caplog, text):
    """What the log has of the error whose id a person was told."""
    (record,) = [r for r in caplog.records if error_id_of(text) in r.getMessage()]
    return record.exc_info[0]


def test_a_failing_command_is_apologised_for_once_with_an_id(
    slack, channel, slack_sends, work_is_done, caplog
):
    incident_command(["fail"])(fail)

    slack_sends(app_mention("fail", channel=channel.channel_id))
    work_is_done()
    Inbox.objects.filter(state=Inbox.State.WAITING).update(not_before=None)
    work_is_done()

    (apology,) = slack.ephemerals(channel.channel_id)
    assert apology.user == ANA
    assert Inbox.objects.get(kind="event").attempts == 2
    assert logged_error(caplog, apology.text) is ZeroDivisionError


def test_a_failing_event_handler_does_not_hold_up_the_others(
    slack, channel, slack_sends, work_is_done, caplog
):
    heard = []
    slack_event("star_added")(fail)

    @slack_event("star_added")
    def hear(incident, happened):
        heard.append(incident.report)

    @keyword_handler(["gateway"])
    def keyword(comms_channel, user, word, text, ts):
        heard.append(word)

    keyword_handler(["the gateway"])(fail)

    slack_sends(event("star_added", {"user": BEN, "channel": channel.channel_id}))
    slack_sends(message("the gateway", channel=channel.channel_id, user=BEN))
    work_is_done()
    Inbox.objects.filter(state=Inbox.State.WAITING).update(not_before=None)
    work_is_done()

    assert heard == ["Checkout is failing", "gateway"]
    apologies = slack.ephemerals(channel.channel_id)
    assert [one.user for one in apologies] == [BEN, BEN]
    for apology in apologies:
        assert error_id_of(apology.text) in caplog.text
    assert "the gateway" not in caplog.text


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (slash_command("fail"), lambda answer: answer["text"]),
        (view_submission(FORM, {"name": typed("A")}), lambda answer: answer["errors"]["name"]),
        (view_submission("old", {"name": typed("A")}), lambda answer: answer["errors"]["name"]),
    ],
    ids=["subcommand", "form", "dialog"],
)
def test_whoever_waits_is_answered_with_the_error_s_id(declared, slack_sends, caplog, sent, told):
    slash_subcommand(["fail"])(fail)
    modal_handler(FORM)(fail)
    dialog_handler("old")(fail)
    Action.objects.create(incident=declared, details="Kept", user=declared.reporter)

    answer = slack_sends(sent)

    assert answer.status_code == 200
    assert logged_error(caplog, told(answer.json())) is ZeroDivisionError
    assert Action.objects.filter(details="Kept").exists()


@pytest.mark.parametrize("sort", ["shortcut", "opener"])
def test_whoever_waits_is_told_the_error_s_id(slack, declared, slack_sends, caplog, sort):
    shortcut_handler("fail")(fail)
    modal_opener("fail")(fail)
    sent = {
        "shortcut": message_shortcut("fail", channel=INCIDENTS),
        "opener": block_action("fail", str(declared.pk), channel=INCIDENTS),
    }[sort]

    assert slack_sends(sent).status_code == 200

    (told,) = [one for one in slack.ephemerals(INCIDENTS) if "error" in one.text]
    assert told.user == ANA
    assert logged_error(caplog, told.text) is ZeroDivisionError


# What nobody answers


@pytest.mark.parametrize(
    ("unknown", "line"),
    [
        (block_action("nobody", "1"), "the action 'nobody'; @action_handler('nobody') would."),
        (view_submission("nobody"), "the form 'nobody'; @modal_handler('nobody') would."),
        (
            message_shortcut("nobody"),
            "the shortcut 'nobody'; @shortcut_handler('nobody') would.",
        ),
        (global_shortcut("nobody"), "the shortcut 'nobody'; @shortcut_handler('nobody') would."),
        (event("nobody", {"channel": GENERAL}), "'nobody' events; @slack_event('nobody') would."),
        (
            message("hi", subtype="nobody"),
            "'message' events of the subtype 'nobody'; @slack_event('message') would.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_nobody_answers_is_logged_once_with_the_decorator_to_write(
    slack_sends, caplog, unknown, line, db
):
    caplog.set_level("INFO", "response")

    assert slack_sends(unknown).status_code == 200

    logged = [record.getMessage() for record in caplog.records]
    assert [text for text in logged if "Nothing here" in text] == logged
    assert len(logged) == 1
    assert logged[0].endswith(line)
    assert not Inbox.objects.exists()
