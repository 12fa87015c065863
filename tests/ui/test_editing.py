"""Editing the document in place, with JavaScript and without, alone and at the same time."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from django.db import connection, connections
from django.test import Client

from response.core import services
from response.core.actors import Actor
from response.core.models import Action, ExternalUser, Incident, TimelineEvent
from response.slack.models import CommsChannel

from .conftest import Editor, instant, slack_person, text_of

pytestmark = pytest.mark.django_db

BEN = Actor("slack", "U1BEN", "ben", "slack")


def now_is(editor, name):
    return getattr(Incident.objects.get(pk=editor.incident.pk), name)


def was_done(editor, answer):
    if editor.htmx:
        assert answer.status_code == 200, answer.content.decode()
        assert 'id="live"' in answer.content.decode()
    else:
        assert answer.status_code == 302
    return answer


@pytest.mark.parametrize(
    ("form", "values", "column", "expected"),
    [
        ("title", {"report": "Checkout fails for all"}, "report", "Checkout fails for all"),
        ("severity", {"severity": "1"}, "severity", "1"),
        ("summary", {"summary": "It is **fixed**\r\n- by Ben"}, "summary", None),
        ("summary", {"summary": ""}, "summary", None),
        ("impact", {"impact": "Everyone & their dog <b>"}, "impact", "Everyone & their dog <b>"),
        ("kind", {"report_only": "on"}, "report_only", True),
    ],
)
def test_each_thing_is_edited_where_it_stands(editor, form, values, column, expected):
    was_done(editor, editor.edits(f"edit/{form}/", **values))
    stored = now_is(editor, column)
    if expected is None:
        expected = values["summary"].replace("\r\n", "\n") or None
        stored = stored and stored.replace("\r\n", "\n")
    assert stored == expected
    last = editor.incident.timelineevent_set.order_by("-pk")[0]
    assert last.metadata["actor"]["name"] == "lee"
    assert last.metadata["source"] == "web"


def test_a_lead_is_named_by_their_name(editor):
    ben = slack_person("ben", "Ben Okafor")
    for typed in ("ben", "@ben", "BEN", "Ben Okafor", "Ben Okafor (ben)", "U1BEN", "ben okafor"):
        Incident.objects.update(lead=None)
        was_done(editor, editor.edits("edit/lead/", lead=typed))
        assert now_is(editor, "lead") == ben
    was_done(editor, editor.edits("edit/lead/", lead=""))
    assert now_is(editor, "lead") is None


@pytest.mark.parametrize(
    ("typed", "told"),
    [("zoe", "Nobody here is called “zoe”"), ("ben", "Who of them?"), ("b\x00", "Null characters")],
)
def test_a_name_that_is_not_clear_is_asked_about(editor, typed, told):
    slack_person("ben")
    ExternalUser.objects.create(app_id="slack", external_id="U2BEN", display_name="Ben")
    answer = editor.edits("edit/lead/", lead=typed)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert now_is(editor, "lead") is None


def test_one_press_takes_the_lead(editor, lee):
    page = editor.client.get(editor.address()).content.decode()
    [seen] = re.findall(
        r'name="lead" value="me"><input type="hidden" name="seen" value="(\w+)"', page
    )
    was_done(editor, editor.sends("edit/lead/", lead="me", seen=seen))
    lead = now_is(editor, "lead")
    assert (lead.app_id, lead.owner, lead.name) == ("site", lee, "lee")


def test_somebody_whom_slack_knows_leads_as_that_person(editor, ana, lee):
    ExternalUser.objects.filter(pk=ana.pk).update(owner=lee)
    was_done(editor, editor.edits("edit/lead/", lead="me"))
    assert now_is(editor, "lead") == ana


def test_times_are_typed_in_the_reader_s_zone(editor):
    editor.client.cookies["response_zone"] = "Asia/Tokyo"
    fields = editor.opens("edit/times/")
    assert fields["start_time"] == "2024-06-30T22:05"
    was_done(editor, editor.sends("edit/times/", **{**fields, "start_time": "2024-06-30T21:30"}))
    assert now_is(editor, "start_time") == instant("2024-06-30T13:30")
    assert now_is(editor, "report_time") == instant("2024-06-30T14:05")


@pytest.mark.parametrize(
    ("zone", "typed", "told"),
    [
        ("Europe/London", "2024-03-31T01:30", "this time did not exist"),
        ("UTC", "yesterday", "Write it like 2026-01-31 14:05."),
        ("UTC", "0001-01-01T00:00", "Choose a year"),
        ("UTC", "9999-12-31T23:59", "Choose a year"),
        ("UTC", "", "This field is required."),
    ],
)
def test_a_time_that_is_none_is_refused_at_its_field(editor, zone, typed, told):
    editor.client.cookies["response_zone"] = zone
    answer = editor.edits("edit/times/", start_time=typed)
    assert answer.status_code == 422
    assert told in text_of(answer)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Base", "../../etc/passwd", "x" * 500, "Europe/", "\x01"]
)
def test_an_unknown_zone_is_the_site_s(editor, zone):
    editor.client.cookies["response_zone"] = zone
    assert "30 Jun 2024, 14:05 BST" in editor.sees()


def test_saving_without_a_change_leaves_no_trace(editor):
    before = TimelineEvent.objects.count()
    for form in ("title", "severity", "summary", "impact", "lead", "reporter", "times", "kind"):
        was_done(editor, editor.edits(f"edit/{form}/"))
    assert TimelineEvent.objects.count() == before


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("title", {"report": "x" * 201}),
        ("title", {"report": ""}),
        ("title", {"report": "a\x00b"}),
        ("severity", {"severity": "99"}),
        ("summary", {"summary": "x" * 20_001}),
    ],
)
def test_what_does_not_fit_comes_back_with_its_text(editor, form, values):
    answer = editor.edits(f"edit/{form}/", **values)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode()
    [typed] = values.values()
    assert form == "severity" or typed.replace("\x00", "") in answer.content.decode().replace(
        "\x00", ""
    )
    assert Incident.objects.get().report == "Checkout is failing"


def test_nobody_locks_themselves_out_of_a_private_incident(editor, ana, lee):
    answer = editor.edits("edit/kind/", private="on")
    assert answer.status_code == 422
    assert "Make yourself one of them first." in text_of(answer)
    assert not now_is(editor, "private")
    was_done(editor, editor.edits("edit/lead/", lead="me"))
    was_done(editor, editor.edits("edit/kind/", private="on"))
    assert now_is(editor, "private")
    assert editor.edits("edit/lead/", lead="ana").status_code == 422
    assert now_is(editor, "lead").owner == lee


# Two people at once


def test_who_saves_later_sees_what_the_other_wrote_and_loses_nothing(editor):
    fields = editor.opens("edit/summary/")
    services.update_incident(editor.incident.pk, summary="Ben's **summary**", by=BEN)
    answer = editor.sends("edit/summary/", **{**fields, "summary": "Lee's summary"})
    assert answer.status_code == 409
    words = text_of(answer)
    assert "ben changed this while you were writing" in words
    assert "Ben’s summary" in words or "Ben's summary" in words
    assert "Lee's summary" in words
    assert now_is(editor, "summary") == "Ben's **summary**"
    again = re.findall(r'name="seen" value="(\w+)"', answer.content.decode())[-1]
    was_done(editor, editor.sends("edit/summary/", seen=again, summary="Both"))
    assert now_is(editor, "summary") == "Both"


def test_different_things_edited_at_once_both_stay(editor):
    fields = editor.opens("edit/summary/")
    services.update_incident(editor.incident.pk, impact="Everyone", by=BEN)
    was_done(editor, editor.sends("edit/summary/", **{**fields, "summary": "Lee's"}))
    assert (now_is(editor, "summary"), now_is(editor, "impact")) == ("Lee's", "Everyone")


def test_the_same_edited_by_both_is_no_conflict(editor):
    fields = editor.opens("edit/severity/")
    services.update_incident(editor.incident.pk, severity="1", by=BEN)
    was_done(editor, editor.sends("edit/severity/", **{**fields, "severity": "1"}))
    assert now_is(editor, "severity") == "1"


@pytest.mark.parametrize("form", ["lead", "times", "kind", "severity", "title"])
def test_a_conflict_over_anything_shows_what_is_there(editor, form):
    ben = slack_person("ben")
    theirs = {
        "lead": {"lead": ben},
        "times": {"start_time": instant("2024-06-30T13:00")},
        "kind": {"report_only": True},
        "severity": {"severity": "2"},
        "title": {"report": "Ben's title"},
    }
    mine = {
        "lead": {"lead": "ana"},
        "times": {"start_time": "2024-06-30T12:00"},
        "kind": {"private": "on"},
        "severity": {"severity": "3"},
        "title": {"report": "Lee's title"},
    }
    shown = {
        "lead": "ben",
        "times": "30 Jun 2024, 13:00 BST",
        "kind": "yes",
        "severity": "major",
        "title": "Ben's title",
    }
    fields = editor.opens(f"edit/{form}/")
    services.update_incident(editor.incident.pk, by=BEN, **theirs[form])
    answer = editor.sends(f"edit/{form}/", **{**fields, **mine[form]})
    assert answer.status_code == 409
    assert shown[form] in text_of(answer).replace("’", "'")


# Undo


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("title", {"report": "Another title"}),
        ("severity", {"severity": "1"}),
        ("summary", {"summary": "Another"}),
        ("summary", {"summary": ""}),
        ("lead", {"lead": "ana"}),
        ("reporter", {"reporter": ""}),
        ("times", {"start_time": "2024-06-30T12:00", "report_time": "2024-06-30T12:10"}),
        ("kind", {"report_only": "on"}),
    ],
)
def test_every_edit_can_be_undone(editor, form, values):
    columns = ("report", "severity", "summary", "lead_id", "reporter_id", "report_only")
    times = ("start_time", "report_time")
    before = Incident.objects.values(*columns, *times).get()
    answer = was_done(editor, editor.edits(f"edit/{form}/", **values))
    assert Incident.objects.values(*columns, *times).get() != before
    page = answer if editor.htmx else editor.client.get(answer.url)
    [address] = re.findall(r'action="/incident/\d+/(undo/[\d,]+/)"', page.content.decode())
    was_done(editor, editor.sends(address))
    assert Incident.objects.values(*columns, *times).get() == before


def test_what_was_changed_again_is_not_undone(editor):
    was_done(editor, editor.edits("edit/severity/", severity="1"))
    entry = editor.incident.timelineevent_set.order_by("-pk")[0]
    services.update_incident(editor.incident.pk, severity="2", by=BEN)
    answer = editor.sends(f"undo/{entry.pk}/")
    assert answer.status_code == 409
    assert "It was changed again since" in text_of(answer)
    assert now_is(editor, "severity") == "2"


def test_the_timeline_offers_to_undo_and_asks_first(editor):
    services.update_incident(editor.incident.pk, severity="1", by=BEN)
    entry = editor.incident.timelineevent_set.order_by("-pk")[0]
    page = editor.client.get(editor.address()).content.decode()
    assert f'href="/incident/{editor.incident.pk}/undo/{entry.pk}/"' in page
    question = editor.client.get(editor.address(f"undo/{entry.pk}/"))
    assert "Undo this change? " in text_of(question)
    assert "Severity set to critical" in text_of(question)
    assert now_is(editor, "severity") == "1"


@pytest.mark.parametrize("entries", ["0", "x", "²", "999999", ",", "9" * 40, "1,2,x", "%00"])
def test_there_is_nothing_else_to_undo(editor, entries):
    assert editor.sends(f"undo/{entries}/").status_code == 404


@pytest.mark.parametrize(
    "metadata",
    [
        {"update_type": "incident_lead", "old_value": {"app_id": "x", "external_id": {}}},
        {"update_type": "incident_severity", "old_value": "1", "new_value": []},
        {"update_type": "incident_start_time", "old_value": "now", "new_value": 7},
        {"update_type": "action_changed", "old_value": 1, "new_value": 2, "action_id": "x"},
        {"update_type": "action_done", "action_id": {}},
        {"update_type": "action_logged"},
        {"update_type": ["incident_lead"]},
        {
            "update_type": "incident_report",
            "old_value": {"a": 1},
            "new_value": "Checkout is failing",
        },
        {"update_type": "incident_start_time", "old_value": None, "new_value": None},
    ],
)
def test_odd_metadata_are_refused_with_a_sentence(editor, metadata):
    entry = TimelineEvent.objects.create(
        incident=editor.incident, text="?", event_type="incident_update", metadata=metadata
    )
    answer = editor.sends(f"undo/{entry.pk}/")
    assert answer.status_code in (404, 409)
    assert Incident.objects.get().report == "Checkout is failing"


@pytest.mark.parametrize("name", ["incident", "incident_id", "id", "by", "action_id", "user"])
def test_an_invented_change_of_an_action_leaves_it_where_it_is(editor, ana, name):
    theirs = services.declare_incident(report="Not for you", reporter=ana, private=True)
    action = services.log_action(editor.incident.pk, details="Add an alert", owner=ana)
    value = None if name == "user" else theirs.pk
    entry = services.add_timeline_entry(
        editor.incident.pk,
        text="?",
        kind="incident_update",
        metadata={
            "update_type": "action_changed",
            "action_id": action.pk,
            "old_value": {name: value},
            "new_value": {},
        },
    )
    assert editor.sends(f"undo/{entry.pk}/").status_code == 409
    assert Action.objects.get().incident_id == editor.incident.pk


def test_the_undo_of_another_incident_s_change_is_not_found(editor, ana):
    other = services.declare_incident(report="Other", reporter=ana)
    services.update_incident(other.pk, severity="1")
    entry = other.timelineevent_set.order_by("-pk")[0]
    assert editor.sends(f"undo/{entry.pk}/").status_code == 404


# Actions


def test_actions_are_logged_done_changed_and_taken_away(editor, ana):
    was_done(editor, editor.edits("actions/add/", details="Add an `alert`", user="ana"))
    action = Action.objects.get()
    assert (action.details, action.user) == ("Add an `alert`", ana)
    was_done(editor, editor.sends(f"actions/{action.pk}/done/", done="1"))
    action.refresh_from_db()
    assert action.done
    assert action.done_date is not None
    was_done(editor, editor.sends(f"actions/{action.pk}/done/", done="0"))
    was_done(
        editor,
        editor.edits(
            f"actions/{action.pk}/edit/", details="Two alerts", due_date="2024-07-02", priority="1"
        ),
    )
    action.refresh_from_db()
    assert (action.details, action.done, action.done_date) == ("Two alerts", False, None)
    assert action.due_date == instant("2024-07-02T23:59")
    assert "overdue since 2 Jul 2024, 23:59 BST · ana · high priority" in editor.sees()
    services.change_action(action.pk, due_date=instant("2999-07-02T23:59"))
    assert "To do, due 2 Jul 2999, 23:59 BST · ana" in editor.sees()
    was_done(editor, editor.sends(f"actions/{action.pk}/remove/"))
    assert not Action.objects.exists()


def test_an_action_without_an_owner_is_the_speaker_s(editor, lee):
    was_done(editor, editor.edits("actions/add/", details="Look at the logs"))
    assert Action.objects.get().user.owner == lee


def test_every_change_of_an_action_can_be_undone(editor, ana):
    def undo_last():
        entry = editor.incident.timelineevent_set.order_by("-pk")[0]
        was_done(editor, editor.sends(f"undo/{entry.pk}/"))

    action = services.log_action(editor.incident.pk, details="Add an alert", owner=ana)
    was_done(editor, editor.sends(f"actions/{action.pk}/done/", done="1"))
    undo_last()
    action.refresh_from_db()
    assert (action.done, action.done_date) == (False, None)
    slack_person("ben")
    was_done(editor, editor.edits(f"actions/{action.pk}/edit/", user="ben", due_date="2024-07-02"))
    undo_last()
    action.refresh_from_db()
    assert (action.user, action.due_date) == (ana, None)
    logged = editor.incident.timelineevent_set.get(metadata__update_type="action_logged")
    was_done(editor, editor.sends(f"undo/{logged.pk}/"))
    assert not Action.objects.exists()


def test_two_people_at_one_action_see_each_other(editor, ana):
    action = services.log_action(editor.incident.pk, details="Add an alert", owner=ana)
    fields = editor.opens(f"actions/{action.pk}/edit/")
    services.change_action(action.pk, details="Add two alerts", by=BEN)
    answer = editor.sends(f"actions/{action.pk}/edit/", **{**fields, "details": "No alert"})
    assert answer.status_code == 409
    assert "Add two alerts" in text_of(answer)
    assert "No alert" in text_of(answer)
    action.refresh_from_db()
    assert action.details == "Add two alerts"


# The timeline


def test_an_entry_is_added_at_its_own_time(editor):
    editor.client.cookies["response_zone"] = "Asia/Tokyo"
    was_done(
        editor, editor.sends("entries/add/", text="Rolled *back*", timestamp="2024-06-30T22:20")
    )
    entry = editor.incident.timelineevent_set.get(event_type="text")
    assert (entry.text, entry.timestamp) == ("Rolled *back*", instant("2024-06-30T14:20"))
    assert entry.metadata["actor"]["name"] == "lee"
    was_done(editor, editor.sends("entries/add/", text="Now"))
    assert "Now lee, on the web" in editor.sees()


def test_an_entry_is_changed_taken_away_and_brought_back(editor):
    was_done(editor, editor.sends("entries/add/", text="Rolled back", timestamp="2024-06-30T14:20"))
    entry = editor.incident.timelineevent_set.get(event_type="text")
    was_done(editor, editor.edits(f"entries/{entry.pk}/edit/", text="Rolled forward"))
    entry.refresh_from_db()
    assert entry.text == "Rolled forward"
    assert entry.metadata["actor"]["name"] == "lee"
    assert "Rolled forward lee, on the web (edited)" in editor.sees()
    token = taken_away(editor, entry)
    assert "Rolled forward" not in editor.sees()
    was_done(editor, editor.sends("entries/restore/", restore=token))
    assert "14:20 BST Rolled forward lee, on the web (edited)" in editor.sees()
    assert editor.incident.timelineevent_set.get(event_type="text").pk == entry.pk


def taken_away(editor, entry):
    """Take a note away; what brings it back."""
    answer = editor.sends(f"entries/{entry.pk}/remove/")
    # What the note said stands in no address, and so in no log and no history.
    assert answer.status_code == 200
    assert "HX-Redirect" not in answer
    [token] = re.findall(r'name="restore" value="([^"]*)"', answer.content.decode())
    return unescape(token)


def test_what_is_brought_back_twice_is_there_once(editor):
    entry = services.add_timeline_entry(editor.incident.pk, text="Rolled back", by=BEN)
    token = taken_away(editor, entry)
    for _ in range(2):
        was_done(editor, editor.sends("entries/restore/", restore=token))
    note = editor.incident.timelineevent_set.get(event_type="text")
    assert (note.pk, note.text) == (entry.pk, "Rolled back")

    # Neither does an old page put it back as it was before somebody changed it.
    services.change_timeline_entry(entry.pk, text="Rolled forward", by=BEN)
    was_done(editor, editor.sends("entries/restore/", restore=token))
    note = editor.incident.timelineevent_set.get(event_type="text")
    assert note.text == "Rolled forward"


def test_a_long_note_is_brought_back_as_well(editor):
    entry = services.add_timeline_entry(editor.incident.pk, text="".join(map(chr, range(32, 9000))))
    was_done(editor, editor.sends("entries/restore/", restore=taken_away(editor, entry)))
    note = editor.incident.timelineevent_set.get(event_type="text")
    assert note.text == entry.text


def test_who_took_a_note_away_is_shown_what_it_said(editor):
    entry = services.add_timeline_entry(editor.incident.pk, text="Rolled *back*", by=BEN)
    answer = editor.sends(f"entries/{entry.pk}/remove/")
    page = text_of(answer)
    assert "Taken off the timeline" in page
    if not editor.htmx:
        assert "Rolled back" in page


def test_what_somebody_else_took_away_a_moment_before_is_not_found(editor):
    note = services.add_timeline_entry(editor.incident.pk, text="Restarted")
    away, _table = [], TimelineEvent._meta.db_table

    def take_away_once_found(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if (
            sql.startswith("SELECT")
            and f'FROM "{TimelineEvent._meta.db_table}"' in sql
            and not away
        ):
            away.append(note.pk)
            TimelineEvent.objects.filter(pk=note.pk).delete()
        return found

    known = editor.parts() if editor.htmx else []
    with connection.execute_wrapper(take_away_once_found):
        answer = editor.client.post(
            editor.address(f"entries/{note.pk}/remove/"), {"part": known}, headers=editor.headers
        )
    assert away
    assert answer.status_code == 404


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "." * 5000])
def test_only_what_was_taken_away_is_brought_back(editor, token):
    assert editor.sends("entries/restore/", restore=token).status_code == 404


def test_changes_and_pins_are_no_notes_to_be_edited(editor):
    pin = TimelineEvent.objects.create(
        incident=editor.incident, text="pinned", event_type="slack_pin"
    )
    change = editor.incident.timelineevent_set.exclude(pk=pin.pk).first()
    for entry in (pin, change):
        for form in ("edit", "remove"):
            assert editor.sends(f"entries/{entry.pk}/{form}/").status_code == 404


def test_two_people_at_one_entry_see_each_other(editor):
    entry = services.add_timeline_entry(editor.incident.pk, text="Rolled back", by=BEN)
    fields = editor.opens(f"entries/{entry.pk}/edit/")
    services.change_timeline_entry(entry.pk, text="Rolled forward", by=BEN)
    answer = editor.sends(f"entries/{entry.pk}/edit/", **{**fields, "text": "Rolled over"})
    assert answer.status_code == 409
    assert "Rolled forward" in text_of(answer)
    entry.refresh_from_db()
    assert entry.text == "Rolled forward"


# Its life


def test_an_incident_is_closed_and_opened_again(editor):
    question = text_of(editor.client.get(editor.address("close/"), headers=editor.headers))
    assert "Nobody has said what was affected." in question
    assert "Nobody is its lead." in question
    was_done(editor, editor.edits("close/", end_time="2024-06-30T16:00"))
    assert now_is(editor, "end_time") == instant("2024-06-30T16:00")
    assert "lasted 1 hour 55 minutes" in editor.sees()
    assert "Its document still lacks" in editor.sees()
    was_done(editor, editor.sends("reopen/"))
    assert now_is(editor, "end_time") is None


def test_an_end_before_the_start_is_refused(editor):
    answer = editor.edits("close/", end_time="2024-06-30T10:00")
    assert answer.status_code == 422
    assert "This is before it started." in text_of(answer)


def test_times_that_are_the_wrong_way_round_are_refused_at_the_field(editor):
    services.close_incident(editor.incident.pk, at=instant("2024-06-30T16:00"))
    for field, typed, told in (
        ("end_time", "2024-06-30T10:00", "This is before it started."),
        ("start_time", "2024-06-30T20:00", "This is after it ended."),
    ):
        answer = editor.edits("edit/times/", **{field: typed})
        assert answer.status_code == 422
        assert told in text_of(answer)
        assert typed in answer.content.decode()
    assert now_is(editor, "end_time") == instant("2024-06-30T16:00")


def test_a_change_is_not_undone_where_the_end_would_come_before_the_start(editor):
    services.close_incident(editor.incident.pk, at=instant("2024-06-30T16:00"))
    services.reopen_incident(editor.incident.pk)
    services.update_incident(editor.incident.pk, start_time=instant("2024-06-30T17:00"))
    entry = editor.incident.timelineevent_set.get(metadata__update_type="incident_reopened")
    answer = editor.sends(f"undo/{entry.pk}/")
    assert "does not fit any more" in text_of(answer)
    assert now_is(editor, "end_time") is None


def test_closing_can_be_undone(editor):
    was_done(editor, editor.edits("close/"))
    entry = editor.incident.timelineevent_set.get(metadata__update_type="incident_closed")
    was_done(editor, editor.sends(f"undo/{entry.pk}/"))
    assert now_is(editor, "end_time") is None


# Declaring


def test_an_incident_is_declared_on_the_web(client, lee, ana):
    client.force_login(lee)
    said = {
        "report": "Search is slow",
        "severity": "2",
        "lead": "Ana Lima (ana)",
        "summary": "Since noon",
        "impact": "Everyone",
        "start_time": "2024-06-30T12:00",
    }
    answer = client.post("/declare/", said)
    made = Incident.objects.get()
    assert answer.url == f"/incident/{made.pk}/"
    assert (made.report, made.severity, made.lead, made.summary) == (
        "Search is slow",
        "2",
        ana,
        "Since noon",
    )
    assert made.start_time == instant("2024-06-30T12:00")
    assert made.reporter.owner == lee
    assert not made.report_only
    assert not made.private
    # The same once more, as by a double click, is the same incident.
    assert client.post("/declare/", said).url == answer.url
    assert Incident.objects.count() == 1


def test_who_comes_from_slack_to_declare_finds_what_they_typed(client, lee):
    client.force_login(lee)
    page = client.get("/declare/", {"report": 'Mails & "queues" <b>are late'}).content.decode()
    assert 'value="Mails &amp; &quot;queues&quot; &lt;b&gt;are late"' in page


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_declare_one_incident(django_user_model):
    lee = django_user_model.objects.create_user("lee")
    slack_person("lee")
    ExternalUser.objects.update(owner=lee)
    ready = threading.Barrier(2)

    def press(browser):
        ready.wait()
        try:
            return browser.post("/declare/", {"report": "Search is slow"}).url
        finally:
            connections.close_all()

    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(lee)
    with ThreadPoolExecutor(2) as fingers:
        led = set(fingers.map(press, browsers))
    assert led == {f"/incident/{Incident.objects.get().pk}/"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_who_bring_a_note_back_at_the_same_moment_bring_it_back_once(django_user_model, ana):
    incident = services.declare_incident(report="Search is slow", reporter=ana)
    note = services.add_timeline_entry(incident.pk, text="Restarted", by=BEN)
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(django_user_model.objects.get_or_create(username="lee")[0])
    token = taken_away(Editor(browsers[0], incident, htmx=False), note)
    ready = threading.Barrier(2)

    def press(browser):
        ready.wait()
        try:
            address = f"/incident/{incident.pk}/entries/restore/"
            return browser.post(address, {"restore": token}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as fingers:
        assert list(fingers.map(press, browsers)) == [302, 302]
    assert incident.timelineevent_set.get(event_type="text").pk == note.pk


def test_a_declaration_that_does_not_fit_keeps_what_was_typed(client, lee):
    client.force_login(lee)
    answer = client.post("/declare/", {"report": "", "summary": "Typed with care"})
    assert answer.status_code == 422
    assert "This field is required." in text_of(answer)
    assert "Typed with care" in text_of(answer)
    assert not Incident.objects.exists()


def test_what_is_open_already_stands_beside_the_form(client, lee, incident):
    client.force_login(lee)
    assert "Open now Is it one of these? Checkout is failing" in text_of(client.get("/declare/"))


# The channel


def test_a_channel_is_asked_for_and_a_message_posted(editor):
    was_done(editor, editor.sends("channel/"))
    CommsChannel.objects.create(incident=editor.incident, channel_id="C1", channel_name="inc-1")
    was_done(editor, editor.edits("message/", text="We are on it", on_timeline="on"))
    assert "We are on it lee, on the web" in editor.sees()


def test_without_a_channel_no_message_is_taken(editor):
    answer = editor.sends("message/", text="We are on it")
    assert answer.status_code == 409
    assert "There is no channel yet." in text_of(answer)


# Who may


FORMS = (
    *("edit/title/", "edit/lead/", "close/", "reopen/", "channel/", "message/"),
    *("entries/add/", "entries/restore/", "actions/add/"),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("opened", [True, False])
def test_nobody_changes_anything_without_signing_in(client, settings, incident, form, opened):
    settings.RESPONSE_LOGIN_REQUIRED = not opened
    before = TimelineEvent.objects.count()
    answer = client.post(f"/incident/{incident.pk}/{form}", {"report": "x", "text": "x"})
    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/")
    asked = client.post(f"/incident/{incident.pk}/{form}", headers={"HX-Request": "true"})
    assert asked.status_code == 401
    assert TimelineEvent.objects.count() == before


@pytest.mark.parametrize("form", FORMS)
def test_who_may_only_read_changes_nothing(client, settings, incident, lee, form):
    settings.RESPONSE_REQUIRE_PERMISSIONS = True
    client.force_login(lee)
    assert client.get("/").status_code == 403
    lee.user_permissions.add(permission("view_incident"))
    client.force_login(type(lee).objects.get())
    page = client.get(f"/incident/{incident.pk}/")
    assert page.status_code == 200
    assert 'method="post" action="/incident/' not in page.content.decode()
    assert client.post(f"/incident/{incident.pk}/{form}").status_code == 403
    lee.user_permissions.add(permission("change_incident"))
    client.force_login(type(lee).objects.get())
    assert client.post(f"/incident/{incident.pk}/{form}").status_code != 403


def test_taking_something_away_needs_the_permission_that_it_needs_by_the_api(
    editor, settings, lee, ana
):
    settings.RESPONSE_REQUIRE_PERMISSIONS = True
    action = services.log_action(editor.incident.pk, details="Add an alert", owner=ana)
    logged = editor.incident.timelineevent_set.get(metadata__update_type="action_logged")
    note = services.add_timeline_entry(editor.incident.pk, text="Rolled back", by=BEN)
    removals = (f"actions/{action.pk}/remove/", f"entries/{note.pk}/remove/", f"undo/{logged.pk}/")

    def is_allowed(*names):
        lee.user_permissions.set([permission(name) for name in names])
        editor.client.force_login(type(lee).objects.get())

    is_allowed("view_incident", "change_incident")
    for form in (f"actions/{action.pk}/edit/", f"entries/{note.pk}/edit/"):
        page = editor.client.get(editor.address(form), headers=editor.headers)
        assert page.status_code == 200
        assert "/remove/" not in page.content.decode()
    assert f"undo/{logged.pk}/" not in editor.client.get(editor.address()).content.decode()
    for form in removals:
        assert editor.client.post(editor.address(form)).status_code == 403
    assert Action.objects.get() == action
    assert editor.incident.timelineevent_set.filter(pk=note.pk).exists()

    is_allowed("view_incident", "change_incident", "delete_incident")
    assert f"undo/{logged.pk}/" in editor.client.get(editor.address()).content.decode()
    page = editor.client.get(editor.address(f"actions/{action.pk}/edit/"), headers=editor.headers)
    assert "/remove/" in page.content.decode()
    was_done(editor, editor.sends(f"actions/{action.pk}/remove/"))
    taken_away(editor, note)
    assert not Action.objects.exists()


def permission(name):
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename=name)


@pytest.mark.parametrize("form", [*FORMS, "news/", "timeline/", "reminders/", "part/facts/"])
def test_a_private_incident_does_not_exist_for_outsiders(client, incident, lee, form):
    services.update_incident(incident.pk, private=True)
    client.force_login(lee)
    for method in ("get", "post"):
        answer = getattr(client, method)(f"/incident/{incident.pk}/{form}")
        assert answer.status_code in (404, 405)


def test_a_form_of_another_site_is_refused(incident, lee):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(lee)
    answer = strict.post(f"/incident/{incident.pk}/edit/title/", {"report": "x"})
    assert answer.status_code == 403
    assert strict.post("/declare/", {"report": "x"}).status_code == 403


def test_the_page_s_own_forms_carry_their_token(incident, lee):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(lee)
    editor = Editor(strict, incident, htmx=False)
    answer = editor.edits("edit/title/", report="Renamed")
    assert answer.status_code == 302
    assert Incident.objects.get().report == "Renamed"
