"""What acting on a command costs: people wait for the tick under what they said."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.delivery import inbox
from response.delivery.models import Inbox
from response.testing.payloads import ANA, BEN, app_mention

SAID = [
    "severity major",
    "lead",
    f"lead <@{BEN}>",
    "summary Cards are declined",
    "impact Nobody can pay",
    "action rotate the keys by tomorrow",
    "actions",
    "timeline 14:05 We rolled back",
    "close",
    "help",
    "catchup",
    "sevrity major",
]


@pytest.fixture
def known_to_all(channel, say):
    """Everyone has spoken, so nobody is met for the first time."""
    say("help", user=ANA)
    say("help", user=BEN)


def statements_of(queries) -> tuple[list[str], list[str]]:
    """Those of acting, and those that claim a request and mark it as done."""
    sql = [query["sql"] for query in queries]
    sql = [each for each in sql if each.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    own = [each for each in sql if '"response_inbox"' in each]
    return [each for each in sql if each not in own], own


@pytest.mark.parametrize("text", SAID)
def test_acting_on_a_command_costs_at_most_eight_queries(
    known_to_all, slack, slack_sends, channel, text
):
    ts = slack.say(channel.channel_id, f"<@UBOT> {text}", user=ANA)
    slack_sends(app_mention(text, channel=channel.channel_id, user=ANA, ts=ts))
    with CaptureQueriesContext(connection) as queries:
        assert inbox.handle_next()
    assert Inbox.objects.latest("pk").state == Inbox.State.DONE
    acting, bookkeeping = statements_of(queries.captured_queries)
    assert len(acting) <= 8, "\n".join(acting)
    assert len(bookkeeping) <= 5, "\n".join(bookkeeping)


@pytest.mark.parametrize("text", SAID)
def test_a_command_is_answered_with_at_most_two_calls(
    known_to_all, slack, slack_sends, work_is_done, channel, text
):
    ts = slack.say(channel.channel_id, f"<@UBOT> {text}", user=ANA)
    before = len(slack.calls)
    slack_sends(app_mention(text, channel=channel.channel_id, user=ANA, ts=ts))
    work_is_done()
    made = [(call.method, call.params.get("channel")) for call in slack.calls[before:]]
    in_channel = [m for m, where in made if where == channel.channel_id and m != "chat.update"]
    assert 1 <= len(in_channel) <= 2, made
    # What shows the incident, the headline and the pinned summary, follows with one update each.
    updates = [where for method, where in made if method == "chat.update"]
    assert len(updates) == len(set(updates)), made
