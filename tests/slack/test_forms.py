"""The forms: opening them, what comes back, and what happens when it does not fit."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError, connection

from response.conf import conf
from response.core import services, signals
from response.core.models import ExternalUser, Incident
from response.delivery.models import Inbox
from response.slack import modals
from response.testing.payloads import (
    ANA,
    CHLOE,
    GENERAL,
    INCIDENTS,
    REPORTS,
    block_action,
    chosen,
    person,
    radio,
    slash_command,
    typed,
    view_submission,
)

REPORT = "incident-report-dialog"


def report(title="Checkout is failing", *, view_id=None, **more):
    values = {
        "report": typed(title),
        "summary": typed(None),
        "impact": typed(None),
        "lead": person(None),
        "severity": chosen(None),
        **more,
    }
    metadata = json.dumps({"channel": GENERAL})
    return view_submission(REPORT, values, private_metadata=metadata, view_id=view_id)


def errors(response):
    assert response.status_code == 200
    answer = response.json()
    assert answer["response_action"] == "errors"
    return answer["errors"]


# Opening


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", None),
        ("Checkout is failing", "Checkout is failing"),
        ("A &amp; B, latency &lt; 5ms", "A & B, latency < 5ms"),
        ("x" * 300, "x" * 200),
    ],
)
def test_promise_22_the_form_opens_with_what_was_typed(slack, slack_sends, db, text, title):
    answer = slack_sends(slash_command(text))
    assert (answer.status_code, answer.content) == (200, b"")
    (view,) = slack.views
    assert view["blocks"][0]["element"].get("initial_value") == title


def test_opening_the_form_asks_the_database_once(slack, slack_sends, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        slack_sends(slash_command("x"))


def _refuse(execute, sql, params, many, context):
    raise OperationalError("the database is away")


def test_the_form_opens_while_the_database_is_away(slack, slack_sends, db):
    with connection.execute_wrapper(_refuse):
        answer = slack_sends(slash_command("Checkout is failing"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert len(slack.views) == 1


@pytest.mark.parametrize("reports", ["", REPORTS])
def test_whether_it_is_live_is_asked_where_reports_have_a_channel(
    slack, slack_sends, db, settings, reports
):
    settings.INCIDENT_REPORT_CHANNEL_ID = reports
    slack_sends(slash_command("x"))
    blocks = [block["block_id"] for block in slack.views[0]["blocks"]]
    assert ("incident_type" in blocks) == bool(reports)
    assert set(blocks) - {"incident_type"} == {"report", "summary", "impact", "lead", "severity"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("expired_trigger_id", "too long"),
        ("exchanged_trigger_id", "too long"),
        ("invalid_auth", "invalid_auth"),
        ("invalid_arguments", "invalid_arguments"),
    ],
)
def test_promise_27_a_form_that_slack_refuses_is_answered_with_a_sentence(
    slack, db, slack_sends, code, told
):
    slack.refuse("views.open", code)
    answer = slack_sends(slash_command("x")).json()
    assert answer["response_type"] == "ephemeral"
    assert told in answer["text"]
    assert "try again" in answer["text"]


@pytest.mark.parametrize("trouble", ["down", "unreachable", "status", "limit"])
def test_promise_27_slack_out_of_reach_is_answered_with_a_sentence(slack, db, slack_sends, trouble):
    {
        "down": slack.down,
        "unreachable": slack.unreachable,
        "status": lambda: slack.status(500),
        "limit": lambda: slack.rate_limit("views.open", 30),
    }[trouble]()
    assert "try again" in slack_sends(slash_command("x")).json()["text"]


def test_where_the_form_does_not_open_the_ways_without_it_are_named(slack, db, slack_sends):
    slack.down()
    told = slack_sends(slash_command("A & B <!here>")).json()["text"]
    assert "`/incident ! A &amp; B @here`" in told
    assert f"<{conf.SITE_URL}/declare/?report=A+%26+B+%3C%21here%3E|" in told

    assert "`/incident ! …`" in slack_sends(slash_command("")).json()["text"]


def test_after_three_timeouts_in_a_row_nobody_waits_for_slack(slack, db, slack_sends):
    slack.hang(30, "views.open", completes=False)
    for _number in range(3):
        assert "took too long" in slack_sends(slash_command("x")).json()["text"]
    slack.recover()
    assert slack.wait_for(lambda fake: len(fake.calls_to("views.open")) == 3)

    assert "in a moment" in slack_sends(slash_command("x")).json()["text"]

    assert len(slack.calls_to("views.open")) == 3


def test_patience_returns_after_ten_seconds_and_with_every_success():
    seconds = 1000.0
    patience = modals.Patience(lambda: seconds)
    patience.lose()
    patience.lose()
    patience.restore()
    patience.lose()
    patience.lose()
    assert not patience.is_over()
    patience.lose()
    assert patience.is_over()
    seconds += modals.REFUSE_FOR
    assert not patience.is_over()


def test_a_button_whose_form_slack_refuses_is_answered_in_the_channel(slack, slack_sends, declared):
    slack.refuse("views.open", "expired_trigger_id", times=1)
    slack_sends(block_action("edit-incident-button", str(declared.pk)))
    (told,) = slack.ephemerals(INCIDENTS)
    assert (told.user, "try again" in told.text) == (ANA, True)


def test_the_button_of_an_incident_that_is_gone_is_answered(slack, slack_sends, declared):
    services.remove_incident(declared.pk)
    slack_sends(block_action("edit-incident-button", str(declared.pk)))
    assert "does not exist any more" in slack.ephemerals(INCIDENTS)[0].text


# Reporting


def test_promise_1_when_the_form_closes_the_incident_exists(slack, slack_sends, db):
    answer = slack_sends(
        report(
            "  A & B: latency < 5ms  ",
            summary=typed("First line\n\n  second & <third>\n"),
            impact=typed("<!channel> *bold*"),
            lead=person(CHLOE),
            severity=chosen("2"),
        )
    )

    assert (answer.status_code, answer.content) == (200, b"")
    assert slack.calls == []
    incident = Incident.objects.get()
    assert incident.report == "A & B: latency < 5ms"
    assert incident.summary == "First line\n\n  second & <third>\n"
    assert incident.impact == "<!channel> *bold*"
    assert incident.lead.external_id == CHLOE
    assert incident.reporter.external_id == ANA
    assert incident.severity == "2"
    assert incident.start_time == incident.report_time
    assert not incident.report_only


def test_promise_2_the_same_form_three_times_is_one_incident(slack, slack_sends, work_is_done):
    for _time in range(3):
        assert slack_sends(report(view_id="V-once")).content == b""
        work_is_done()
    assert Incident.objects.count() == 1
    assert len(slack.messages(INCIDENTS)) == 1
    assert len(slack.ephemerals(GENERAL)) == 1


WRONG = {
    "no title": ({"report": typed(None)}, "report"),
    "an empty title": ({"report": typed("  ")}, "report"),
    "201 characters": ({"report": typed("x" * 201)}, "report"),
    "an unknown severity": ({"severity": chosen("9")}, "severity"),
    "a severity by name": ({"severity": chosen("critical")}, "severity"),
    "a lead that is no id": ({"lead": person("bob")}, "lead"),
    "a lead in angle brackets": ({"lead": person("<!channel>")}, "lead"),
    "a lead that is a channel": ({"lead": person("C0123456789")}, "lead"),
    "a lead longer than ids are": ({"lead": person("U" * 21)}, "lead"),
    "a third way of being live": ({"incident_type": radio("maybe")}, "incident_type"),
}


@pytest.mark.parametrize(("values", "field"), WRONG.values(), ids=WRONG.keys())
def test_promise_29_what_does_not_fit_keeps_the_form_open(
    slack, slack_sends, db, settings, values, field
):
    settings.INCIDENT_REPORT_CHANNEL_ID = REPORTS

    assert list(errors(slack_sends(report(view_id="V-again", **values)))) == [field]

    assert not Incident.objects.exists()
    assert not ExternalUser.objects.exists()
    assert not Inbox.objects.exists()
    # The view is not used up: corrected, it is accepted.
    assert slack_sends(report(view_id="V-again")).content == b""
    assert Incident.objects.count() == 1


def test_several_errors_stand_each_at_its_field(slack, slack_sends, db):
    answer = slack_sends(report("x" * 201, severity=chosen("9"), lead=person("bob")))
    assert set(errors(answer)) == {"report", "severity", "lead"}


@pytest.mark.parametrize(
    ("chosen_type", "reports", "is_report"),
    [
        (modals.LIVE, REPORTS, False),
        (modals.REPORTED, REPORTS, True),
        (None, REPORTS, False),
        (modals.REPORTED, "", False),
    ],
)
def test_a_report_goes_to_its_own_channel(
    slack, slack_sends, work_is_done, settings, chosen_type, reports, is_report
):
    settings.INCIDENT_REPORT_CHANNEL_ID = reports
    slack_sends(report(incident_type=radio(chosen_type)))
    work_is_done()

    assert Incident.objects.get().report_only is is_report
    assert len(slack.messages(REPORTS if is_report else INCIDENTS)) == 1
    (thanks,) = slack.ephemerals(GENERAL)
    assert f"<#{REPORTS if is_report else INCIDENTS}>" in thanks.text


class _Busy:
    def __init__(self, error):
        self.error = error

    def __call__(self, **_kwargs):
        raise self.error


@pytest.fixture
def declaring_raises():
    """Have declaring an incident end in this error."""
    receivers = []

    def connect(error):
        receivers.append(_Busy(error))
        signals.incident_declared.connect(receivers[0])

    yield connect
    signals.incident_declared.disconnect(receivers[0])


def test_what_the_database_does_not_take_was_not_saved_and_may_be_sent_again(
    slack, slack_sends, transactional_db, declaring_raises
):
    declaring_raises(OperationalError("database is locked"))
    (text,) = errors(slack_sends(report(view_id="V-busy"))).values()
    assert "not saved" in text
    assert not Inbox.objects.exists()
    assert not Incident.objects.exists()


def test_what_goes_wrong_unexpectedly_keeps_the_form_open_with_an_id(
    slack, slack_sends, transactional_db, declaring_raises, caplog
):
    declaring_raises(ValueError("a bug"))
    (text,) = errors(slack_sends(report("CANARY", view_id="V-bug"))).values()

    assert not Incident.objects.exists()
    (line,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert line.exc_info
    assert text.split("error ")[-1].rstrip(".") in line.getMessage()
    assert "CANARY" not in caplog.text
