"""The form that edits an incident: what it changes, and what it leaves alone."""

from __future__ import annotations

import pytest
from django.utils import timezone

from response.core import services
from response.core.models import ExternalUser
from response.delivery.models import Inbox
from response.testing.payloads import (
    ANA,
    BEN,
    INCIDENTS,
    block_action,
    chosen,
    person,
    typed,
    view_submission,
)
from tests.slack.test_forms import WRONG, errors

EDIT = "incident-edit-dialog"


@pytest.fixture
def edit(slack, slack_sends):
    """Open the edit form, change some of it, and send all of it, as Slack does."""

    def opened_and_sent(incident, meanwhile=lambda: None, *, view_id=None, **changed):
        slack_sends(block_action("edit-incident-button", str(incident.pk)))
        view = slack.views[-1]
        values = {b["block_id"]: _as_shown(b["element"]) for b in view["blocks"] if "element" in b}
        meanwhile()
        return slack_sends(
            view_submission(
                EDIT,
                {**values, **changed},
                private_metadata=view["private_metadata"],
                view_id=view_id,
            )
        )

    return opened_and_sent


def _as_shown(element):
    if element["type"] == "users_select":
        return person(element.get("initial_user"))
    if element["type"] == "static_select":
        return chosen(element.get("initial_option", {}).get("value"))
    return typed(element.get("initial_value"))


@pytest.fixture
def told(declared, slack, work_is_done):
    """How often Slack was called, and how long the timeline is."""

    def counted():
        work_is_done()
        calls = [call for call in slack.calls if call.method != "views.open"]
        return len(calls), declared.timeline_events().count()

    return counted


def test_promise_4_an_edit_is_one_update(declared, edit, slack, work_is_done, told):
    calls, entries = told()
    answer = edit(declared, report=typed("Checkout works"), severity=chosen("3"))
    assert answer.content == b""
    assert told() == (calls + 1, entries + 2)
    (headline,) = slack.messages(INCIDENTS)
    assert "*Checkout works*" in str(headline.blocks)


def test_promise_4_a_save_without_a_change_makes_no_call_and_no_entry(declared, edit, told):
    services.update_incident(declared.pk, summary=" A & B\n\n<!channel> ", impact="i", severity="2")
    before = told()
    assert edit(declared).content == b""
    assert told() == before


def test_emptied_fields_are_emptied(declared, edit):
    lead, _ = ExternalUser.objects.get_or_create_slack(external_id=BEN)
    services.update_incident(declared.pk, summary="s", impact="i", severity="2", lead=lead)
    edit(
        declared, summary=typed(None), impact=typed(None), lead=person(None), severity=chosen(None)
    )
    declared.refresh_from_db()
    emptied = (declared.summary, declared.impact, declared.lead, declared.severity)
    assert emptied == (None, None, None, None)


def test_a_summary_too_long_for_the_form_keeps_its_end(declared, edit, slack):
    services.update_incident(declared.pk, summary="x" * 3001 + "THE END")
    assert edit(declared, report=typed("Else")).content == b""
    declared.refresh_from_db()
    assert declared.report == "Else"
    assert declared.summary.endswith("THE END")


def test_what_others_changed_while_the_form_was_open_stays(declared, edit):
    def meanwhile():
        services.update_incident(declared.pk, severity="1", summary="From the channel")
        services.close_incident(declared.pk)

    edit(declared, meanwhile, report=typed("Checkout refuses cards"))

    declared.refresh_from_db()
    assert declared.report == "Checkout refuses cards"
    assert declared.severity == "1"
    assert declared.summary == "From the channel"
    assert declared.is_closed()


def test_a_lead_whom_slack_does_not_know_is_not_lost(declared, edit):
    lead = ExternalUser.objects.create(app_id="pager", external_id="p1", display_name="Eve")
    services.update_incident(declared.pk, lead=lead)
    edit(declared, report=typed("Else"))
    declared.refresh_from_db()
    assert declared.lead == lead


@pytest.mark.parametrize(("values", "field"), list(WRONG.values())[:-1], ids=list(WRONG)[:-1])
def test_promise_29_an_edit_that_does_not_fit_keeps_the_form_open(declared, edit, values, field):
    assert list(errors(edit(declared, **values, view_id="V-edit"))) == [field]
    assert not Inbox.objects.filter(key="view:V-edit").exists()
    declared.refresh_from_db()
    assert declared.report == "Checkout is failing"


def test_editing_an_incident_that_is_gone_is_answered(declared, edit):
    (text,) = errors(edit(declared, lambda: services.remove_incident(declared.pk))).values()
    assert "does not exist any more" in text


@pytest.mark.parametrize(
    "metadata", ["", "{}", "[]", "nonsense", '{"incident": "1"}', '{"incident": true}',
                 '{"incident": 99999999999999999999}', '{"incident": -1}', '{"incident": null}']
)  # fmt: skip
def test_a_form_that_says_not_what_it_edits_is_answered(slack_sends, declared, metadata):
    form = view_submission(EDIT, {"report": typed("x")}, private_metadata=metadata)
    assert list(errors(slack_sends(form))) == ["report"]


def test_an_edit_says_who_made_it(declared, edit):
    edit(declared, report=typed("Else"))
    entry = declared.timeline_events().get(metadata__update_type="incident_report")
    assert entry.metadata["actor"]["id"] == ANA
    assert entry.timestamp <= timezone.now()
