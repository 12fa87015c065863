"""A host's handlers that were written for the predecessor run unchanged: those of
``tests.predecessor_host``."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import AppConfig
from django.utils import timezone

from response.core.models import Action, ExternalUser, Incident, TimelineEvent
from response.slack.models import HeadlinePost
from response.testing.payloads import (
    ANA,
    BEN,
    INCIDENTS,
    block_action,
    chosen,
    member_joined,
    message,
    person,
    typed,
    view_submission,
)

HOST = "tests.predecessor_host"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def host(handlers):
    """The host's app, installed for one test."""
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{HOST}.")]:
        del sys.modules[name]
    AppConfig.create(f"{HOST}.apps.WorkflowsConfig").ready()
    return importlib.import_module(HOST)


def texts(slack, channel):
    return [one.text for one in slack.messages(channel)]


def reactions(slack, channel, ts):
    (said,) = [one for one in slack.messages(channel) if one.ts == ts]
    return list(said.reactions)


def test_a_command_looks_somebody_up_writes_and_answers(slack, channel, declared, say):
    ExternalUser.objects.update_or_create_slack(
        external_id=BEN, defaults={"display_name": "Benjamin"}
    )

    ts = say(f"page <@{BEN}|ben>")

    action = Action.objects.get()
    assert action.details == f"Answer the page: <@{BEN}|ben>"
    assert (action.user.external_id, action.user.display_name) == (BEN, "Benjamin")
    assert f":pager: <@{BEN}> is paged" in texts(slack, channel.channel_id)
    assert reactions(slack, channel.channel_id, ts) == ["white_check_mark"]

    say("whereabouts")
    assert "Answer the page: @Benjamin" in texts(slack, channel.channel_id)


def test_a_command_that_was_not_understood_says_so(slack, channel, say):
    ts = say("wake somebody")

    assert "Whom shall I page?" in texts(slack, channel.channel_id)
    assert reactions(slack, channel.channel_id, ts) == ["question"]


def test_a_command_posts_elsewhere_and_below_the_headline(slack, channel, declared, say):
    ts = say("status-page")
    assert "That did not work: channel_not_found" in texts(slack, channel.channel_id)
    assert reactions(slack, channel.channel_id, ts) == ["question"]

    slack.add_channel("CNEWS", "announcements")
    say("status-page")
    assert texts(slack, "CNEWS") == ["We look into it: Checkout is failing"]
    headline = HeadlinePost.objects.get().message_ts
    (reply,) = [one for one in slack.messages(INCIDENTS) if one.thread_ts == headline]
    assert reply.text == f"Announced by <@{ANA}>"


def test_a_host_s_command_takes_the_place_of_a_built_in(declared, say):
    say("summary quiet please")

    declared.refresh_from_db()
    assert declared.summary == "QUIET PLEASE"
    update = TimelineEvent.objects.get(metadata__update_type="incident_summary")
    assert update.metadata["actor"]["id"] == ANA


def test_a_keyword_is_heard(slack, channel, slack_sends, work_is_done):
    said = slack.say(channel.channel_id, "is there a run book?", user=BEN)
    slack_sends(message("is there a run book?", user=BEN, channel=channel.channel_id, ts=said))
    work_is_done()

    assert f"<@{BEN}>, the run book is pinned here." in texts(slack, channel.channel_id)
    assert reactions(slack, channel.channel_id, said) == ["book"]


def test_an_event_is_heard(slack, channel, slack_sends, work_is_done):
    slack_sends(member_joined(BEN, channel.channel_id))
    work_is_done()

    told = [one.text for one in slack.ephemerals(channel.channel_id) if one.user == BEN]
    assert "Welcome to Checkout is failing" in told


def test_a_button_below_the_headline_opens_a_dialog_that_escalates(
    slack, channel, declared, slack_sends, work_is_done
):
    HeadlinePost.objects.get().update_in_slack()
    work_is_done()
    (shown,) = [b for b in slack.messages(INCIDENTS)[0].blocks if b["type"] == "actions"]
    ids = [element["action_id"] for element in shown["elements"]]
    assert "escalate-button" in ids

    slack_sends(block_action("escalate-button", str(declared.pk), channel=INCIDENTS))
    work_is_done()
    (view,) = slack.views
    assert view["title"]["text"] == f"Escalate {declared.pk}"

    answers = {
        "reason": typed("It spreads"),
        "severity": chosen("1"),
        "lead": person(BEN),
        "more": typed(None),
    }
    metadata = view["private_metadata"]
    slack_sends(view_submission("escalate-dialog", answers, private_metadata=metadata))
    work_is_done()

    declared.refresh_from_db()
    assert declared.severity == "1"
    entry = TimelineEvent.objects.get(text="Escalated: It spreads")
    assert entry.metadata == {"lead": BEN, "more": None}
    assert [one for one in texts(slack, channel.channel_id) if one == "Escalated"]
    assert "escalate-button" not in str(slack.messages(INCIDENTS)[0].blocks)

    slack_sends(block_action("undo-escalation-button", "", channel=channel.channel_id))
    work_is_done()
    declared.refresh_from_db()
    assert declared.severity == "4"


def test_an_incident_is_declared_and_closed_without_slack(slack, work_is_done, host):
    deploys = importlib.import_module(f"{HOST}.deploys")
    incident = deploys.deployment_failed("checkout", "1.2")
    work_is_done()
    assert "*checkout 1.2 does not start*" in str(slack.messages(INCIDENTS)[0].blocks)

    deploys.deployment_recovered(incident)
    work_is_done()
    (headline,) = slack.messages(INCIDENTS)
    assert "actions" not in [block.get("block_id") for block in headline.blocks]
    assert Incident.objects.get().is_closed()
    assert TimelineEvent.objects.filter(text__startswith="Incident closed").count() == 1


def test_reminders_are_sent(slack, channel, declared, work_is_done):
    from response.slack import reminders

    Incident.objects.update(start_time=timezone.now() - timedelta(minutes=20))
    reminders.remind()
    work_is_done()

    said = str(slack.messages(channel.channel_id))
    assert "Does somebody take notes?" in said
    assert "Is the status page up to date?" in said


def test_handlers_are_found_when_the_site_starts():
    asked = (
        "import django; django.setup()\n"
        "from response.slack.registry import name_of, registry\n"
        "for word in ('page', 'summary', 'weather', 'close'):\n"
        "    print(name_of(registry.commands[word].handler))\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": f"{HOST}.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert printed == [
        f"{HOST}.commands.page_somebody",
        f"{HOST}.commands.shout_summary",
        f"{HOST}.response_handlers.weather",
        "response.slack.handlers.commands.close",
    ]
