"""``/incident``: what is a command in a comms channel, and what declares an incident."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from response.core import services
from response.core.models import Action, Incident
from response.testing.payloads import INCIDENTS
from tests.payloads import ANA, BEN, GENERAL, slash_command


@pytest.fixture
def types(slack, slack_sends, channel):
    """Ben types ``/incident …`` in the comms channel, or elsewhere; what he is answered."""

    def slash(text, *, where=None):
        place = channel.channel_id if where is None else where
        answer = slack_sends(slash_command(text, user=BEN, channel=place))
        assert answer.status_code == 200
        return answer.json()["text"] if answer.content else None

    return slash


@pytest.mark.parametrize("text", ["severity major", "sev 2", "SEVERITY Major", "  severity\nmajor"])
def test_a_command_works_in_the_comms_channel(types, slack, declared, text):
    assert types(text) == "Done."

    declared.refresh_from_db()
    assert declared.severity == "2"
    assert slack.views == []
    entry = declared.timelineevent_set.get(metadata__update_type="incident_severity")
    assert entry.metadata["actor"]["id"] == BEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "severity of the storm is unknown",
        "close the shop",
        "lead pipe burst",
        "help us",
        "list of",
    ],
)
def test_what_makes_no_sense_as_a_command_is_a_title(types, slack, text):
    assert types(text) is None

    (view,) = slack.views
    assert (view["callback_id"], _title_of(view)) == ("incident-report-dialog", text or None)


def _title_of(view):
    (report,) = [block for block in view["blocks"] if block.get("block_id") == "report"]
    return report["element"].get("initial_value")


@pytest.mark.parametrize("text", ["severity major", "help me", "summary of it all", "duration"])
def test_elsewhere_everything_is_a_title(types, slack, text):
    assert types(text, where=GENERAL) is None
    assert _title_of(slack.views[0]) == text


def test_new_declares_also_in_the_comms_channel(types, slack):
    assert types("new severity major") is None
    assert _title_of(slack.views[0]) == "severity major"


def test_list_shows_the_open_incidents_and_no_private_ones(types, channel, declared):
    services.declare_incident(report="Secret <!channel>", reporter=None, private=True)
    services.declare_incident(report="Mails <!here> & queues", reporter=None, severity="1")

    told = types("list", where=GENERAL)

    assert "Checkout is failing" in told
    assert f"<#{channel.channel_id}>" in told
    assert "Mails @here &amp; queues" in told
    assert "critical" in told
    assert "Secret" not in told


def test_list_of_nothing_says_so(types, declared):
    services.close_incident(declared.pk)
    assert "no open incident" in types("list", where=GENERAL)


def test_help_differs_by_where_one_is(types):
    assert "`severity`" in types("help")
    assert "/incident Checkout is failing" in types("help", where=GENERAL)


def test_what_cannot_be_done_is_explained_and_nothing_is_kept(types, declared):
    assert "already" in (types("close") and types("close"))
    assert Incident.objects.count() == 1


def test_an_action_by_slash_command(types):
    assert "Written down" in types(f"action <@{ANA}|ana> rotate the keys by Friday")
    action = Action.objects.get()
    assert (action.details, action.user.external_id) == ("rotate the keys", ANA)


def test_the_same_command_delivered_twice_acts_once(slack_sends, channel):
    once = slash_command("action rotate", user=BEN, channel=channel.channel_id)
    for _delivery in range(2):
        slack_sends(once)

    assert Action.objects.count() == 1


def test_an_exclamation_mark_declares_at_once_without_a_form(types, slack, work_is_done):
    told = types("! Mails & queues\n are late", where=GENERAL)

    incident = Incident.objects.get(report="Mails & queues are late")
    assert (incident.reporter.external_id, incident.report_only) == (BEN, False)
    assert f"/incident/{incident.pk}/|Mails &amp; queues are late>" in told
    assert slack.views == []
    work_is_done()
    assert slack.messages(INCIDENTS)[-1].text.startswith("Mails &amp; queues are late, reported by")


def test_what_is_declared_at_once_is_declared_while_slack_is_down(types, slack, work_is_done):
    slack.down()
    types("! Mails are late", where=GENERAL)

    assert Incident.objects.filter(report="Mails are late").exists()


def test_what_is_declared_at_once_twice_by_one_request_is_one_incident(slack_sends, db):
    once = slash_command("! Mails are late", user=BEN)
    for _delivery in range(2):
        slack_sends(once)

    assert Incident.objects.count() == 1


def test_who_declares_at_once_is_shown_what_may_be_the_same(types, declared):
    told = types(f"! {declared.report}", where=GENERAL)
    assert Incident.objects.filter(report=declared.report).count() == 2
    assert "may be the same" in told
    assert f"/incident/{declared.pk}/" in told


def test_a_title_too_long_to_be_declared_at_once_is_refused_with_a_reason(types, channel):
    assert "200 characters" in types("! " + "x" * 201, where=GENERAL)
    assert Incident.objects.count() == 1


def test_an_exclamation_mark_alone_opens_the_form(types, slack):
    assert types("!", where=GENERAL) is None
    assert len(slack.views) == 1


def _refuse(execute, sql, params, many, context):
    raise OperationalError("the database is away")


def test_while_the_database_is_away_the_form_opens_with_what_was_typed(slack, slack_sends, channel):
    with connection.execute_wrapper(_refuse):
        slack_sends(slash_command("severity major", channel=channel.channel_id))

    assert _title_of(slack.views[0]) == "severity major"


def test_a_title_costs_two_reads_at_most(slack_sends, channel, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        slack_sends(slash_command("close the shop", channel=channel.channel_id))
    with django_assert_max_num_queries(2):
        slack_sends(slash_command("severity of it", channel=GENERAL))
