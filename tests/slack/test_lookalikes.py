"""Before a second incident of the same thing is declared, the first one is shown."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from response.core.models import Incident
from response.slack.lookalikes import likeness
from response.testing.payloads import (
    BEN,
    GENERAL,
    block_action,
    chosen,
    person,
    slash_command,
    typed,
    view_submission,
)

LATER = dt.timedelta(hours=2)


def report(title: str, view=None, **more):
    values = {
        "report": typed(title),
        "summary": typed("as far as I know"),
        "impact": typed(None),
        "lead": person(None),
        "severity": chosen("2"),
        **more,
    }
    metadata = view["private_metadata"] if view else f'{{"channel": "{GENERAL}"}}'
    return view_submission(
        "incident-report-dialog", values, user=BEN, private_metadata=metadata, view_id="V1"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Checkout is failing", "checkout FAILING"),
        ("Checkout is failing", "Checkout failing for all"),
        ("Checkout is failing", "Checkouts are failing"),
        ("Card payments time out", "payments time out"),
    ],
)
def test_similar_titles(one, other):
    assert likeness(one, other) > 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Checkout is failing", "The office has no water"),
        ("Checkout is failing", "is"),
        ("", ""),
        ("???", "!!!"),
        ("Search is slow", "Search results show deleted files of other customers"),
    ],
)
def test_titles_of_other_things(one, other):
    assert likeness(one, other) == 0


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_titles_can_be_compared(one, other):
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == likeness(other, one)


def test_an_open_incident_with_a_similar_title_is_offered(slack, slack_sends, declared):
    with time_machine.travel(declared.report_time + LATER, tick=True):
        slack_sends(slash_command("checkout failing", user=BEN))

    (view,) = slack.views
    assert "Checkout is failing" in str(view["blocks"][1])
    assert view["blocks"][1]["accessory"]["value"] == str(declared.pk)


def test_what_was_declared_a_moment_ago_is_offered_whatever_it_is_called(
    slack, slack_sends, declared
):
    slack_sends(slash_command("Nobody can pay", user=BEN))

    assert "Checkout is failing" in str(slack.views[0]["blocks"])


@pytest.mark.parametrize("unlike", ["title", "closed", "private", "report"])
def test_others_are_not_offered(slack, slack_sends, declared, unlike):
    changes = {
        "title": {},
        "closed": {"end_time": declared.start_time},
        "private": {"private": True},
        "report": {"report_only": True},
    }[unlike]
    Incident.objects.filter(pk=declared.pk).update(**changes)
    title = "No water in the office" if unlike == "title" else "Checkout is failing"

    with time_machine.travel(declared.report_time + LATER, tick=True):
        slack_sends(slash_command(title, user=BEN))

    assert "Join that one" not in str(slack.views[0]["blocks"])


def test_a_form_sent_without_having_seen_it_shows_it_first_and_keeps_the_text(
    slack_sends, declared, work_is_done
):
    answer = slack_sends(report("Checkout failing")).json()

    assert answer["response_action"] == "update"
    assert "Join that one" in str(answer["view"])
    inputs = {b["block_id"]: b for b in answer["view"]["blocks"] if b["type"] == "input"}
    assert inputs["report"]["element"]["initial_value"] == "Checkout failing"
    assert inputs["summary"]["element"]["initial_value"] == "as far as I know"
    assert inputs["severity"]["element"]["initial_option"]["value"] == "2"
    assert Incident.objects.count() == 1

    again = slack_sends(report("Checkout failing", answer["view"]))
    assert again.content == b""
    assert Incident.objects.count() == 2


def test_joining_invites_to_the_channel_and_declares_nothing(
    slack, slack_sends, channel, work_is_done
):
    slack.channels[channel.channel_id].members[:] = ["UBOT"]
    slack_sends(slash_command("Checkout is failing", user=BEN))
    (view,) = slack.views
    pressed = block_action("join-incident-button", str(channel.incident_id), user=BEN)
    in_a_view = pressed.data | {"view": {"id": view["id"]}, "container": {"type": "view"}}
    del in_a_view["channel"]

    slack_sends(_interaction(in_a_view))
    work_is_done()

    assert BEN in slack.channels[channel.channel_id].members
    assert channel.channel_id in str(slack.views[0]["blocks"])
    assert slack.views[0]["title"]["text"] == "Join the incident"
    assert Incident.objects.count() == 1


def _interaction(payload):
    from response.testing import payloads

    return payloads._interaction(payload)
