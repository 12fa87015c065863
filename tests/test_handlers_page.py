"""Every example of docs/handlers.md, run: registered as a host's, and driven by signed requests."""

from __future__ import annotations

import inspect
import re
import types
from datetime import timedelta
from pathlib import Path

import pytest
from django.dispatch import Signal
from django.utils import timezone

from response.core import services, signals
from response.core.models import Action, ExternalUser, Incident
from response.slack import decorators, reminders
from response.slack.models import CommsChannel
from response.testing import payloads
from response.testing.payloads import ANA, BEN, GENERAL, INCIDENTS, chosen, person, typed

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "handlers.md").read_text(encoding="utf-8")
SECTION = re.compile(r"^## (?P<title>.*)\n(?P<text>(?:(?!^## ).*\n)*)", re.MULTILINE)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

EXAMPLES = {
    section["title"]: BLOCK.findall(section["text"])
    for section in SECTION.finditer(PAGE)
    if BLOCK.search(section["text"])
}


def run(title):
    """Run the examples of a section, as the ``response_handlers.py`` of an app."""
    module = types.ModuleType("oncall.response_handlers")
    for number, code in enumerate(EXAMPLES[title]):
        exec(compile(code, f"docs/handlers.md, {title}, {number}", "exec"), module.__dict__)  # noqa: S102
    return module


pytestmark = pytest.mark.usefixtures("handlers")


@pytest.fixture
def incident(slack, work_is_done):
    """An incident of Ana's, with its headline post and comms channel."""
    ana, _ = ExternalUser.objects.get_or_create_slack(external_id=ANA, display_name="ana")
    made = services.declare_incident(report="Checkout is failing", reporter=ana)
    services.request_channel(made.pk)
    work_is_done()
    made.refresh_from_db()
    channel_id = made.comms_channel().channel_id
    slack.channels[channel_id].members[:] = list(slack.users)
    return made


@pytest.fixture
def room(incident):
    return CommsChannel.objects.get().channel_id


@pytest.fixture
def sends(slack_sends, work_is_done):
    """Deliver a request, do what it leaves behind, and give the answer."""

    def send(request):
        answer = slack_sends(request)
        assert answer.status_code == 200
        work_is_done()
        return answer

    return send


@pytest.fixture
def texts(slack):
    return lambda channel: [message.text for message in slack.messages(channel)]


def test_commands(sends, room, slack, texts):
    run("Commands")
    sends(payloads.app_mention("runbook checkout", channel=room))
    assert "It is at https://wiki.example.com/runbooks/checkout" in texts(room)

    sends(payloads.app_mention("rb", channel=room))
    assert slack.ephemerals(room)[-1].text.startswith("Which one?")

    sends(payloads.app_mention("help", channel=room))
    help_text = str(slack.messages(room)[-1])
    assert "says where the runbook of a service is" in help_text
    assert "@incident runbook checkout" in help_text


def test_subcommands(sends, incident):
    run("Subcommands")
    assert sends(payloads.slash_command("mine", user=ANA)).json()["text"].startswith("None")
    incident.lead = incident.reporter
    incident.save()
    answer = sends(payloads.slash_command("mine", user=ANA)).json()
    assert answer["text"] == "• Checkout is failing"


def test_keywords(sends, room, texts):
    run("Keywords")
    sends(payloads.message("Who updates the Status Page?", channel=room))
    assert texts(room)[-1] == "It is edited at https://status.example.com/admin"


def test_events(sends, room, incident):
    run("Events")
    sends(payloads.event("file_shared", {"channel_id": room, "user_id": BEN, "file_id": "F1"}))
    assert incident.timeline_events().filter(text=f"<@{BEN}> shared a file").count() == 1


def test_buttons(sends, slack, incident, room, texts):
    run("Buttons")
    incident.report = "Checkout refuses cards"
    incident.save()
    sends(payloads.message("so that the headline is made anew", channel=room))
    (shown,) = [one for one in slack.messages(INCIDENTS)[0].blocks if one["type"] == "actions"]
    (button,) = [one for one in shown["elements"] if one["action_id"] == "page-on-call"]

    sends(payloads.block_action(button["action_id"], button["value"], user=BEN))
    assert f"<@{BEN}> has paged the on-call" in texts(room)


def test_forms(sends, slack, incident):
    run("Forms")
    sends(payloads.block_action("count-customers", str(incident.pk)))
    (view,) = slack.views

    def send(number):
        values = {"customers": typed(number, action_id="n")}
        how = {"private_metadata": view["private_metadata"], "view_id": view["id"]}
        return sends(payloads.view_submission("customers-form", values, **how))

    assert "customers" in send("many").json()["errors"]
    assert send("12").content == b""
    incident.refresh_from_db()
    assert incident.impact == "12 customers"


def test_dialogs(sends, slack, incident, room, texts):
    run("Dialogs")
    sends(payloads.block_action("hand-over", str(incident.pk), channel=room))
    (view,) = slack.views
    values = {"to": person(BEN), "notes": typed("Mind the cache.")}
    metadata = view["private_metadata"]
    sends(payloads.view_submission("hand-over-dialog", values, private_metadata=metadata))
    assert texts(room)[-1] == f"<@{BEN}>, it is yours. Mind the cache."


def test_shortcuts(sends, slack, room):
    run("Shortcuts")
    sends(payloads.message_shortcut("log-as-action", "Rotate the keys", channel=room))
    assert [action.details for action in Action.objects.all()] == ["Rotate the keys"]

    sends(payloads.message_shortcut("log-as-action", "Rotate the keys", channel=GENERAL))
    assert slack.ephemerals(GENERAL)[-1].text.startswith("This works on messages")


def test_reminders(incident, room, slack, work_is_done):
    run("Reminders")
    Incident.objects.update(start_time=timezone.now() - timedelta(minutes=40), severity="1")
    reminders.remind()
    work_is_done()
    assert "Does somebody take notes?" in str(slack.messages(room))
    assert "Is the status page up to date?" in str(slack.messages(room))


@pytest.fixture
def listening():
    """The signals; who began to listen in a test hears nothing after it."""
    named = [one for one in vars(signals).values() if isinstance(one, Signal)]
    before = [list(one.receivers) for one in named]
    yield
    for signal, receivers in zip(named, before, strict=True):
        signal.receivers[:] = receivers
        signal.sender_receivers_cache.clear()


@pytest.mark.usefixtures("listening")
def test_hearing_of_changes(slack, sends):
    oncall = run("Hearing of changes")
    values = {"report": typed("Search is slow"), "severity": chosen("2")}
    sends(payloads.view_submission("incident-report-dialog", values))
    services.update_incident(Incident.objects.get().pk, severity="1")
    told, critical = oncall.pager
    assert told.startswith("Search is slow, says ")
    assert critical == "Search is slow is critical"


def test_changing_incidents(slack, work_is_done):
    oncall = run("Changing incidents")
    incident = oncall.deployment_failed("checkout")
    work_is_done()
    (headline,) = slack.messages(INCIDENTS)
    assert "*checkout does not start*" in str(headline.blocks)
    entry = incident.timeline_events().get(text="Rolled checkout back")
    assert entry.metadata["actor"]["name"] == "Deploys"
    assert CommsChannel.objects.get().incident == incident


def test_saying_something(sends, slack, room, texts):
    run("Saying something")
    sends(payloads.app_mention("announce <!channel> it &amp; that", channel=room))
    assert "Announced: @channel it &amp; that" in texts(room)
    assert "News" in texts(room)
    assert "Announced in the channel." in texts(INCIDENTS)
    assert slack.ephemerals(room)[-1].text == "Only you see this."
    assert texts("U0000000BEN") == ["You asked to be told."]


def test_asking_slack(sends, slack, incident, room, texts):
    run("Asking Slack")
    sends(payloads.app_mention(f"war-room <@{BEN}>", channel=room))
    (made,) = [one for one in slack.channels.values() if one.name == f"war-room-{incident.pk}"]
    assert {ANA, BEN} <= set(made.members)
    assert f"It is <#{made.id}>." in texts(room)
    incident.refresh_from_db()
    assert incident.summary == f"War room: <#{made.id}>"

    sends(payloads.app_mention("war-room", channel=room))
    assert "Slack did not make it: name_taken" in texts(room)


@pytest.mark.parametrize(
    "name", re.findall(r"^def (test_\w+)", "\n".join(EXAMPLES["Testing"]), re.MULTILINE)
)
def test_testing(request, work_is_done, name):
    shown = run("Testing")
    assert shown.pytest_plugins == ["response.testing.fixtures"]
    test = getattr(shown, name)
    test(
        **{
            fixture: request.getfixturevalue(fixture)
            for fixture in inspect.signature(test).parameters
        }
    )


def test_every_example_is_run():
    here = Path(__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'\brun\("(.*?)"\)', here)) == set(EXAMPLES)


def test_every_decorator_is_on_the_page():
    public = {
        name
        for name, function in inspect.getmembers(decorators, inspect.isfunction)
        if function.__module__ == decorators.__name__ and not name.startswith("_")
    }
    told = {"remove_dialog_handler", "remove_notification", "overdue_action_notification"}
    assert {name for name in public if name not in PAGE} <= told
