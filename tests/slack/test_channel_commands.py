"""``rename``, ``duration``, ``reopen``, and people called by their names."""

from __future__ import annotations

import pytest

from response.core import services
from response.slack.models import CommsChannel
from response.testing.payloads import BEN, channel_rename
from tests.slack.conversation import bot_messages


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("rename cards refused", "inc-cards-refused"),
        ("rename INC-Cards", "inc-cards"),
        ("rename #cards", "inc-cards"),
        ("rename Zahlung läuft nicht", "inc-zahlung-lauft-nicht"),
        (f"rename {'x' * 100}", "inc-" + "x" * 76),
    ],
)
def test_rename_keeps_the_prefix_and_slacks_rules(
    say, slack, channel, slack_sends, work_is_done, said, name
):
    say(said)

    assert slack.channels[channel.channel_id].name == name
    slack_sends(channel_rename(channel.channel_id, name))
    work_is_done()
    assert CommsChannel.objects.get().channel_name == name
    assert f"to #{name}" in channel.incident.timelineevent_set.last().text


@pytest.mark.parametrize("said", ["rename", "rename ???", "rename 支払い"])
def test_rename_to_nothing_asks_for_a_name(say, slack, channel, said):
    say(said)

    assert "What should the channel be called?" in slack.ephemerals(channel.channel_id)[0].text
    assert slack.calls_to("conversations.rename") == []


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("name_taken", "There is a channel called #inc-cards already"),
        ("not_authorized", "Slack does not let me rename this channel"),
        ("is_archived", "it says: is_archived"),
    ],
)
def test_what_slack_refuses_is_explained(say, slack, channel, code, answer):
    slack.refuse("conversations.rename", code)

    say("rename cards")

    assert answer in slack.ephemerals(channel.channel_id)[0].text


def test_duration_says_how_long_it_has_been(say, slack, channel, declared):
    say("duration")
    services.close_incident(declared.pk)
    say("duration")

    said = [m.text for m in bot_messages(slack, channel)]
    assert said[0].startswith("This incident has been going on for")
    assert said[1].startswith("This incident took")


def test_reopen_opens_it_again(say, slack, channel, declared):
    say("close")
    say("reopen")
    say("reopen")

    declared.refresh_from_db()
    assert not declared.is_closed()
    said = [m.text for m in bot_messages(slack, channel)]
    assert said[1:] == ["This incident is open again.", "This incident is open."]
    kinds = list(declared.timelineevent_set.values_list("metadata__update_type", flat=True))
    assert kinds.count("incident_reopened") == 1


@pytest.fixture
def two_bens(db, django_user_model):
    from response.core.models import ExternalUser

    for number, (name, full) in enumerate([("benny", "Ben Okafor"), ("bigben", "Ben Smith")]):
        ExternalUser.objects.create(
            app_id="slack", external_id=f"U{number}BEN", display_name=name, full_name=full
        )


@pytest.mark.parametrize("name", ["benny", "BENNY", "@benny", "ben okafor"])
def test_lead_understands_a_name_that_only_one_has(say, declared, two_bens, name):
    say(f"lead {name}")

    declared.refresh_from_db()
    assert declared.lead.external_id == "U0BEN"


def test_lead_asks_which_of_two_is_meant(say, declared, slack, channel, two_bens):
    say("lead Ben")

    declared.refresh_from_db()
    assert declared.lead is None
    assert "could be Ben Okafor, Ben Smith" in slack.ephemerals(channel.channel_id)[0].text


def test_a_mention_needs_no_name(say, declared, two_bens):
    say(f"lead <@{BEN}>")

    declared.refresh_from_db()
    assert declared.lead.external_id == BEN
