"""The write-up on the incident's page: drafted at a press, edited in place, taken back."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.core import services, write_ups
from response.core.actors import Actor
from response.core.models import ExternalUser, Incident, WriteUp
from response.ui.write_up import LONGEST_WRITE_UP

pytestmark = pytest.mark.django_db

BEN = Actor("slack", "U1BEN", "ben", "web")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def incident():
    ana = ExternalUser.objects.create(app_id="slack", external_id="U1ANA", display_name="ana")
    incident = services.declare_incident(report="Checkout is failing", reporter=ana, lead=ana)
    return services.close_incident(incident.pk)


@pytest.fixture
def editor(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("chloe"))
    return client


def words(answer):
    page = re.sub(r"(?s)<head>.*?</head>", "", answer.content.decode())
    page = re.sub(r"</(?:p|h\d|li|dt|dd|td|th)>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


def page_of(client, incident):
    answer = client.get(f"/incident/{incident.pk}/")
    assert answer.status_code == 200
    return words(answer)


def text_of(incident):
    written = WriteUp.of(Incident.objects.get(pk=incident.pk))
    return written.text if written else None


def send(client, incident, text, revision, **headers):
    values = {"text": text, "revision": revision}
    return client.post(f"/incident/{incident.pk}/write-up/", values, headers=headers)


def test_while_it_runs_no_write_up_is_asked_for(editor, incident):
    services.reopen_incident(incident.pk)
    assert "Write-up" not in page_of(editor, incident)


def test_after_the_incident_one_press_makes_the_draft(editor, incident):
    page = page_of(editor, incident)
    assert "Draft it from the facts" in page
    assert "There is no write-up." in page
    answer = editor.post(f"/incident/{incident.pk}/write-up/draft/", follow=True)
    assert "Write-up drafted" in words(answer)
    page = page_of(editor, incident)
    assert "led by @ana." in page
    assert "Draft it from the facts" not in page
    assert "Nobody has written “Why it happened” in the write-up." in page
    entry = incident.timeline_events().last()
    assert entry.metadata["actor"]["name"] == "chloe"


def test_a_press_by_javascript_brings_the_new_parts(editor, incident):
    page = editor.get(f"/incident/{incident.pk}/").content.decode()
    known = re.findall(r'name="part" value="(write_up:[^"]*)"', page)
    answer = editor.post(f"/incident/{incident.pk}/write-up/draft/", {"part": known}, headers=HTMX)
    assert 'id="part-write_up" class="response-part" hx-swap-oob="true"' in answer.content.decode()
    assert "led by @ana." in words(answer)


def test_it_is_edited_in_place(editor, incident):
    drafted = write_ups.draft_write_up(incident.pk)
    form = editor.get(f"/incident/{incident.pk}/write-up/", headers=HTMX)
    assert f'name="revision" value="{drafted.revision}"' in form.content.decode()
    answer = send(editor, incident, "We *dropped*\r\n<b>an index</b>\r\n", drafted.revision)
    assert answer.status_code == 302
    assert text_of(incident) == "We *dropped*\n<b>an index</b>\n"
    page = editor.get(f"/incident/{incident.pk}/").content.decode()
    assert "We <em>dropped</em>" in page
    assert "&lt;b&gt;an index&lt;/b&gt;" in page


def test_of_two_editors_the_second_sees_the_first_ones_text(editor, incident):
    opened = write_ups.draft_write_up(incident.pk).revision
    stored = write_ups.change_write_up(incident.pk, text="What Ben wrote", by=BEN)
    answer = send(editor, incident, "What Chloe wrote", opened)
    assert answer.status_code == 409
    said = words(answer)
    assert "ben changed this while you were writing" in said
    assert "What Ben wrote" in said
    assert "What Chloe wrote" in said
    assert text_of(incident) == "What Ben wrote"
    assert f'name="revision" value="{stored.revision}"' in answer.content.decode()
    send(editor, incident, "What both wrote", stored.revision)
    assert text_of(incident) == "What both wrote"


def test_a_change_can_be_taken_back(editor, incident):
    write_ups.change_write_up(incident.pk, text="First")
    write_ups.change_write_up(incident.pk, text="Second")
    entry = incident.timeline_events().last()
    editor.post(f"/incident/{incident.pk}/undo/{entry.pk}/")
    assert text_of(incident) == "First"


def test_what_is_still_missing_is_told_anew_with_every_change(editor, incident):
    page = editor.get(f"/incident/{incident.pk}/").content.decode()
    assert "There is no write-up." in page
    known = re.findall(r'name="part" value="([^"]*)"', page)
    answer = editor.post(f"/incident/{incident.pk}/write-up/draft/", {"part": known}, headers=HTMX)
    assert "Nobody has written “Why it happened” in the write-up." in words(answer)
    assert "There is no write-up." not in words(answer)
    answer = editor.post(f"/incident/{incident.pk}/reopen/", {"part": known}, headers=HTMX)
    assert "Its document still lacks" not in words(answer)
    assert 'id="part-gaps"' in answer.content.decode()


def test_a_draft_can_be_taken_back(editor, incident):
    write_ups.draft_write_up(incident.pk)
    entry = incident.timeline_events().last()
    editor.post(f"/incident/{incident.pk}/undo/{entry.pk}/")
    assert text_of(incident) is None
    assert "Draft it from the facts" in page_of(editor, incident)


def test_what_was_changed_again_is_not_taken_back(editor, incident):
    write_ups.change_write_up(incident.pk, text="First")
    entry = incident.timeline_events().last()
    write_ups.change_write_up(incident.pk, text="Second")
    answer = editor.post(f"/incident/{incident.pk}/undo/{entry.pk}/")
    assert answer.status_code == 409
    assert "The write-up was changed again since." in words(answer)
    assert text_of(incident) == "Second"


@pytest.mark.parametrize("revision", ["", "x", "-1", "99999999999", "²"])
def test_a_form_that_knows_no_revision_writes_over_nothing(editor, incident, revision):
    write_ups.change_write_up(incident.pk, text="First")
    assert send(editor, incident, "Second", revision).status_code == 409
    assert text_of(incident) == "First"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x" * (LONGEST_WRITE_UP + 1), "at most 60000 characters"),
        ("a\x00b", "Null characters are not allowed."),
    ],
)
def test_what_does_not_fit_comes_back_with_the_text(editor, incident, text, complaint):
    answer = send(editor, incident, text, 0)
    assert answer.status_code == 422
    assert complaint in words(answer)
    assert text_of(incident) is None


def test_a_long_write_up_is_rendered_part_by_part(editor, incident):
    text = "".join(f"## Part {number}\n\n" + "many *words* of it\n\n" * 150 for number in range(8))
    assert len(text) > 20_000
    write_ups.change_write_up(incident.pk, text=text)
    page = editor.get(f"/incident/{incident.pk}/").content.decode()
    assert page.count("<h2>Part ") == 8
    assert page.count("<em>words</em>") == 8 * 150


def test_only_who_may_change_things_writes(client, incident, settings, django_user_model):
    assert client.get(f"/incident/{incident.pk}/write-up/").status_code == 302
    settings.RESPONSE_LOGIN_REQUIRED = False
    assert "Draft it" not in page_of(client, incident)
    assert send(client, incident, "x", 0).status_code == 302
    assert client.post(f"/incident/{incident.pk}/write-up/draft/").status_code == 302
    settings.RESPONSE_REQUIRE_PERMISSIONS = True
    client.force_login(django_user_model.objects.create_user("reader"))
    assert send(client, incident, "x", 0).status_code == 403
    assert text_of(incident) is None


def test_a_private_incident_has_no_write_up_for_others(editor, incident):
    services.update_incident(incident.pk, private=True)
    assert editor.get(f"/incident/{incident.pk}/write-up/").status_code == 404
    assert send(editor, incident, "x", 0).status_code == 404
    assert editor.post(f"/incident/{incident.pk}/write-up/draft/").status_code == 404
    assert text_of(incident) is None


def test_an_anonymous_reader_sees_no_address_in_it(client, incident, settings):
    settings.RESPONSE_LOGIN_REQUIRED = False
    write_ups.change_write_up(incident.pk, text="Ask ana@example.com")
    page = page_of(client, incident)
    assert "Ask ana@…" in page
    assert "ana@example.com" not in page


def test_a_write_up_costs_the_document_no_query(editor, incident):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            page_of(editor, incident)
        return len(asked)

    services.update_incident(incident.pk, summary="Ask <@U1ANA>")
    before = queries()
    write_ups.draft_write_up(incident.pk)
    assert queries() == before
