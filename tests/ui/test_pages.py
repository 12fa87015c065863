"""What the pages say: the list of incidents, and the document of one."""

import base64
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core import services
from response.core.actors import Actor
from response.core.models import ExternalUser, Incident, TimelineEvent
from response.slack.models import CommsChannel, UserStats
from response.ui import timeline

pytestmark = pytest.mark.django_db

INLINE = r"<script>|<script (?!src)|<style|\sstyle=|\son\w+=|hx-on|javascript:"
ANA = Actor("slack", "U1ANA", "ana", "slack")


def instant(text):
    """An instant of London's time as this project's database wants it, aware or naive."""
    naive = datetime.fromisoformat(text)
    return timezone.make_aware(naive) if settings.USE_TZ else naive


def person(name):
    return ExternalUser.objects.create(
        app_id="slack", external_id=f"U1{name.upper()}", display_name=name
    )


@pytest.fixture
def ana():
    return person("ana")


@pytest.fixture
def reader(client, django_user_model, settings):
    """Somebody who may read, and change nothing."""
    settings.RESPONSE_REQUIRE_PERMISSIONS = True
    person = django_user_model.objects.create_user("reader")
    person.user_permissions.add(Permission.objects.get(codename="view_incident"))
    client.force_login(person)
    return client


@pytest.fixture
def editor(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("editor"))
    return client


@pytest.fixture
def incident(ana):
    return services.declare_incident(
        report="Checkout is failing",
        reporter=ana,
        report_time=instant("2024-06-30T14:05"),
        severity="2",
        by=ANA,
    )


def words_of(answer):
    """A page's text as it is read, without its markup."""
    assert answer.status_code == 200
    page = re.sub(r"(?s)<head>.*?</head>", "", answer.content.decode())
    page = re.sub(r"</(?:p|h\d|li|dt|dd|td|th)>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


def titles(answer):
    """The titles of the incidents that a list shows, in order."""
    return re.findall(r'href="/incident/\d+/">([^<]*)</a>', answer.content.decode())


def follow(reader, answer, rel):
    """The page that a link of this kind leads to."""
    [link] = re.findall(rf'rel="{rel}" href="([^"]*)"', answer.content.decode())
    return reader.get(f"/{unescape(link)}")


def document(reader, incident):
    return words_of(reader.get(f"/incident/{incident.pk}/"))


# All incidents


def test_an_empty_list_says_what_to_do_next(reader):
    assert "Type /incident in Slack to declare the first one" in words_of(reader.get("/"))


def test_live_incidents_come_first_then_the_newest(reader, ana):
    def declare(report, day, **values):
        return services.declare_incident(
            report=report, reporter=ana, report_time=instant(f"2024-06-{day}T12:00"), **values
        )

    declare("live, old", 10)
    closed = declare("closed, new", 25)
    declare("after the fact", 24, report_only=True)
    declare("live, newer", 20)
    services.close_incident(closed.pk)
    words = words_of(reader.get("/"))
    order = ["live, newer", "live, old", "closed, new", "after the fact"]
    assert sorted(order, key=words.index) == order


def test_a_row_says_what_matters(reader, incident, ana):
    services.update_incident(incident.pk, lead=person("ben"))
    services.close_incident(incident.pk, at=instant("2024-06-30T16:10"))
    answer = reader.get("/")
    assert f'href="/incident/{incident.pk}/">Checkout is failing</a>' in answer.content.decode()
    row = "🌧️ major Checkout is failing 💧 resolved Lead ben Started 30 Jun 2024, 14:05 BST"
    assert f"{row} Duration 2 hours 5 minutes" in words_of(answer)


def test_the_list_is_cut_into_pages(reader):
    Incident.objects.bulk_create(Incident(report=f"number {n}.") for n in range(51))
    first = reader.get("/")
    assert first.content.decode().count('href="/incident/') == 50
    second = follow(reader, first, "next")
    assert titles(second) == ["number 0."]
    assert 'rel="next"' not in second.content.decode()
    back = follow(reader, second, "prev")
    assert titles(back) == titles(first)


@pytest.mark.parametrize(
    "cursor",
    ["3", "0", "-1", "x", "²", "1" * 30, "1" * 9000, "%00", "1.5", "W10", "WzEsMl0", "bnVsbA"],
)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_page_that_is_not_there_is_not_found(reader, incident, name, cursor):
    assert reader.get(f"/?{name}={cursor}").status_code == 404
    if name == "after":
        assert reader.get(f"/incident/{incident.pk}/?after={cursor}").status_code == 404


def test_a_page_after_half_a_character_is_not_found(reader, incident):
    cursor = cursor_of_json(r'["\ud800", "2024-06-30T14:05:00+00:00", 1]')
    assert reader.get(f"/?ordering=severity&after={cursor}").status_code == 404


def cursor_of_json(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


# The incident document


@pytest.mark.parametrize("changes", ["²", "x", "0", ",", "1" * 30])
def test_changes_that_are_none_say_nothing(reader, incident, changes):
    assert reader.get(f"/incident/{incident.pk}/?changes={changes}").status_code == 200


def test_a_change_without_words_says_nothing(reader, incident):
    entry = services.add_timeline_entry(incident.pk, text="")
    assert reader.get(f"/incident/{incident.pk}/?changes={entry.pk}").status_code == 200


def test_a_stretch_of_no_number_is_the_first(reader, incident):
    assert reader.get(f"/incident/{incident.pk}/timeline/?number=²").status_code == 200


@pytest.mark.parametrize("number", ["0", "99", "9" * 30, "9" * 5000])
def test_an_incident_that_is_not_there_is_not_found(reader, number):
    assert reader.get(f"/incident/{number}/").status_code == 404


def test_the_document_tells_all_that_is_known(reader, incident, ana):
    ben = person("ben")
    services.update_incident(
        incident.pk,
        lead=ben,
        start_time=instant("2024-06-30T13:50"),
        summary="Payments **time out**",
        impact="1,204 orders & counting :fire:",
    )
    CommsChannel.objects.create(
        incident=incident, channel_id="C0CHECKOUT", channel_name="inc-checkout"
    )
    UserStats.objects.create(incident=incident, user=ana, message_count=1)
    UserStats.objects.create(incident=incident, user=ben, message_count=12)
    services.log_action(
        incident.pk,
        details="Add an `alert`",
        owner=ben,
        priority="1",
        due_date=instant("2024-07-02"),
    )
    services.close_incident(incident.pk, at=instant("2024-06-30T16:00"))
    words = document(reader, incident)
    for said in (
        "Checkout is failing 💧 resolved Severity: 🌧️ major lasted 2 hours 10 minutes",
        "Lead ben Reported by ana",
        "Started 30 Jun 2024, 13:50 BST Reported 30 Jun 2024, 14:05 BST",
        "Ended 30 Jun 2024, 16:00 BST",
        "Channel #inc-checkout",
        "Summary Payments time out",
        "Impact 1,204 orders & counting 🔥",
        "Add an alert To do, overdue since 2 Jul 2024, 00:00 BST · ben · high priority",
        "Who took part ben lead, 1 action 12 messages ana reporter 1 message",
    ):
        assert said in words
    page = reader.get(f"/incident/{incident.pk}/").content.decode()
    assert "<title>Checkout is failing · Incident" in page
    assert '/app_redirect?channel=C0CHECKOUT"' in page
    assert '<time class="response-moment" datetime="2024-06-30T13:50:00+01:00"' in page
    assert "<strong>time out</strong>" in page
    assert "<code>alert</code>" in page


@pytest.mark.parametrize("order", ["", "&order=newest"])
@pytest.mark.parametrize(("number", "first"), [(3, 0), (10, 0), (11, 1), (140, 130), (249, 239)])
def test_a_link_to_an_entry_leads_to_it_however_far_down(reader, incident, number, first, order):
    TimelineEvent.objects.all().delete()
    notes = TimelineEvent.objects.bulk_create(
        TimelineEvent(
            incident=incident,
            text=f"note {n:03}",
            timestamp=instant(f"2024-07-01T{n // 60:02}:{n % 60:02}"),
        )
        for n in range(250)
    )
    notes = notes[::-1] if order else notes
    page = reader.get(f"/incident/{incident.pk}/?entry={notes[number].pk}{order}").content.decode()
    shown = [int(pk) for pk in re.findall(r'<li [^>]*id="entry-(\d+)"', page)]
    assert shown == [note.pk for note in notes[first : first + 100]]
    assert ("Back to its beginning" in page) == (first > 0)


@pytest.mark.parametrize("entry", ["0", "x", "-1", "99999999999999999999", "7777777"])
def test_a_link_to_an_entry_that_is_gone_leads_to_the_document(reader, incident, entry):
    services.add_timeline_entry(incident.pk, text="Seen", by=ANA)
    other = services.declare_incident(report="Another", reporter=incident.reporter)
    assert "Seen ana" in words_of(reader.get(f"/incident/{incident.pk}/?entry={entry}"))
    elsewhere = other.timelineevent_set.get()
    page = reader.get(f"/incident/{incident.pk}/?entry={elsewhere.pk}")
    assert f"entry-{elsewhere.pk}" not in page.content.decode()


def test_who_has_a_part_is_named_before_they_say_anything(reader, incident, ana):
    services.update_incident(incident.pk, lead=person("ben"))
    services.log_action(incident.pk, details="Call the bank", owner=person("chloe"))
    UserStats.objects.create(incident=incident, user=ana, message_count=2)
    assert "Who took part ana reporter 2 messages ben lead chloe 1 action" in document(
        reader, incident
    )


def test_a_new_incident_says_what_to_do_next(reader, incident):
    words = document(reader, incident)
    assert "No summary yet. Press Edit on the incident’s post in Slack" in words
    assert "Lead nobody yet" in words
    assert "Ended still running" in words
    CommsChannel.objects.create(incident=incident, channel_id="C1", channel_name="inc-1")
    assert "No summary yet. Type @incident summary … in the channel" in document(reader, incident)


def test_the_timeline_is_in_order_of_time_with_days_and_zones(reader, incident):
    TimelineEvent.objects.all().delete()
    for at, text in (
        ("2024-10-27T09:00", "fourth"),
        ("2024-10-26T23:30", "second"),
        ("2024-10-26T09:00", "first"),
        ("2024-10-27T00:15", "third"),
    ):
        services.add_timeline_entry(incident.pk, text=text, at=instant(at), by=ANA)
    assert (
        "Saturday 26 October 2024 09:00 BST first ana, in Slack 23:30 BST second ana, in Slack "
        "Sunday 27 October 2024 00:15 BST third ana, in Slack 09:00 GMT fourth"
    ) in document(reader, incident)


def test_a_long_timeline_is_cut_into_pages(reader, incident):
    TimelineEvent.objects.all().delete()
    start = instant("2024-06-30T14:05")
    TimelineEvent.objects.bulk_create(
        TimelineEvent(incident=incident, text=f"entry {n}.", timestamp=start + timedelta(minutes=n))
        for n in range(timeline.ENTRIES_AT_ONCE + 1)
    )
    first = document(reader, incident)
    page = reader.get(f"/incident/{incident.pk}/").content.decode()
    [link] = re.findall(r'href="(\?after=[^"]*)#timeline"', page)
    second = words_of(reader.get(f"/incident/{incident.pk}/{unescape(link)}"))
    assert "entry 0." in first
    assert f"entry {timeline.ENTRIES_AT_ONCE}." not in first
    assert f"entry {timeline.ENTRIES_AT_ONCE}." in second


@pytest.mark.parametrize(
    ("kind", "metadata", "line"),
    [
        ("text", {"actor": {"name": "ana"}, "source": "slack"}, "ana, in Slack"),
        ("text", {"actor": {"name": "ana"}, "source": "web"}, "ana, on the web"),
        ("text", {"actor": {"name": "", "id": "U1"}, "source": "api"}, "U1, through the API"),
        ("text", {"actor": {"name": "Response"}, "source": "system"}, "Response"),
        ("text", {"actor": {"name": "ana"}, "source": "pager"}, "ana, from pager"),
        ("text", {"actor": "ana"}, "ana"),
        ("text", None, "Author not recorded"),
        ("text", [], "Author not recorded"),
        ("text", "ana", "Author not recorded"),
        ("text", 7, "Author not recorded"),
        ("text", {"actor": None, "source": None}, "Author not recorded"),
        ("text", {"actor": {"name": ["ana"]}, "source": {}}, "Author not recorded"),
        ("a_host_s_own", {"actor": {"name": "<b>ana"}}, "<b>ana"),
        ("slack_pin", None, "📌 Pinned message"),
        ("slack_pin", {"author": {"display_name": "ana"}}, "📌 Pinned message of ana"),
        (
            "slack_pin",
            {"author": {"display_name": "ana"}, "actor": {"name": "ben"}, "source": "slack"},
            "📌 Pinned message of ana, pinned by ben, in Slack",
        ),
        (
            "slack_pin",
            {"author": {"display_name": "ana"}, "edited": True},
            "📌 Pinned message of ana (edited)",
        ),
    ],
)
def test_an_entry_says_who_and_from_where_as_far_as_it_knows(
    reader, incident, kind, metadata, line
):
    TimelineEvent.objects.all().delete()
    TimelineEvent.objects.create(
        incident=incident, text="Something", event_type=kind, metadata=metadata
    )
    page = reader.get(f"/incident/{incident.pk}/").content.decode()
    [entry] = re.findall(r'(?s)id="part-entry-\d+">(.*?)</div></li>', page)
    assert " ".join(unescape(re.sub(r"<[^>]*>", "", entry)).split()) == f"Something {line}"


@pytest.mark.parametrize(
    ("permalink", "linked"),
    [
        ("https://acme.slack.com/archives/C1/p1", True),
        ("javascript:alert(1)", False),
        (None, False),
        ({"x": 1}, False),
    ],
)
def test_a_pinned_message_links_to_slack(reader, incident, permalink, linked):
    TimelineEvent.objects.update(event_type="slack_pin", metadata={"permalink": permalink})
    page = reader.get(f"/incident/{incident.pk}/").content.decode()
    assert (f'<a href="{permalink}" rel="noopener noreferrer">Pinned message</a>' in page) == linked
    assert "javascript:" not in page


def test_what_people_wrote_is_shown_and_does_nothing(reader, incident):
    hostile = "<script>alert(1)</script> <img src=https://evil.example/x.gif> A & B, 3 < 5"
    services.update_incident(incident.pk, report=hostile, summary=hostile, impact=hostile)
    services.add_timeline_entry(incident.pk, text=hostile)
    for address in ("/", f"/incident/{incident.pk}/"):
        page = reader.get(address)
        assert "<script>alert" not in page.content.decode()
        assert "<img src=https" not in page.content.decode()
        assert "A & B, 3 < 5" in words_of(page)


@pytest.mark.parametrize(
    "stored",
    [
        {"severity": "99"},
        {"severity": ""},
        {"reporter": None},
        {"report": ""},
        {"report": "\u202eevil" + "﷽" * 100},
        {"report": "{{ 7 }} {% now %}"},
        {"summary": "", "impact": "<@U…> [](javascript:alert) " + "*" * 5000},
        {"summary": "> " * 3000},
        {"end_time": datetime(1970, 1, 1, tzinfo=UTC)},
        {"end_time": datetime.max.replace(tzinfo=UTC)},
        {"start_time": datetime.min.replace(tzinfo=UTC)},
        {"start_time": datetime.max.replace(tzinfo=UTC), "report_only": True},
        {"report_time": datetime.min.replace(tzinfo=UTC)},
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_whatever_is_stored_can_be_shown(reader, incident, settings, stored, zone):
    settings.TIME_ZONE = zone
    if not settings.USE_TZ:
        stored = {
            name: value.replace(tzinfo=None) if isinstance(value, datetime) else value
            for name, value in stored.items()
        }
    Incident.objects.update(**stored)
    TimelineEvent.objects.update(
        timestamp=stored.get("report_time") or stored.get("end_time") or timezone.now()
    )
    assert reader.get("/").status_code == 200
    assert reader.get(f"/incident/{incident.pk}/").status_code == 200


def test_an_end_before_the_start_lasted_no_time(reader, incident):
    # The predecessor stored such rows.
    Incident.objects.filter(pk=incident.pk).update(end_time=instant("2024-06-01T00:00"))
    assert "lasted 0 seconds" in document(reader, incident)


def test_what_lasted_days_is_told_in_days(reader, incident):
    services.close_incident(incident.pk, at=instant("2024-07-02T13:04"))
    assert "lasted 46 hours 59 minutes" in document(reader, incident)
    services.update_incident(incident.pk, end_time=instant("2024-07-20T17:35"))
    assert "lasted 20 days 3 hours" in document(reader, incident)


# How it is made


def test_nothing_on_a_page_needs_more_than_this_site(reader, incident):
    services.update_incident(incident.pk, summary="# Title\n\n`code` https://example.org")
    for address in ("/", f"/incident/{incident.pk}/"):
        page = reader.get(address).content.decode()
        assert not re.search(
            r"<script>|<script (?!src)|<style|\sstyle=|\son\w+=|hx-on|javascript:", page
        )
        for loaded in re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', page):
            assert loaded.startswith("/static/response/")


def test_static_files_can_be_collected_under_hashed_names(reader, incident, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    page = reader.get("/").content.decode()
    for address in re.findall(r'"/static/([^"]*)"', page):
        assert re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", address)
        assert (tmp_path / address).exists()


def test_a_host_changes_name_and_logo_by_blocks(reader, incident, settings, tmp_path):
    (tmp_path / "response").mkdir()
    (tmp_path / "response" / "base.html").write_text(
        '{% extends "response/base.html" %}{% block brand %}ACME on call{% endblock %}'
        "{% block title_suffix %} · ACME{% endblock %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = reader.get(f"/incident/{incident.pk}/").content.decode()
    assert "ACME on call</a>" in page
    assert " · ACME</title>" in page
    assert "Checkout is failing" in page


def test_pages_are_in_english_whatever_the_host_speaks(reader, incident, settings):
    settings.LANGUAGE_CODE = "de"
    TimelineEvent.objects.update(timestamp=instant("2024-10-26T12:00"))
    assert "Saturday 26 October 2024" in document(reader, incident)


# What it costs


def queries_of(reader, address):
    with CaptureQueriesContext(connection) as captured:
        assert reader.get(address).status_code == 200
    return [query["sql"] for query in captured]


def test_the_list_costs_at_most_6_queries_at_3_and_at_60_incidents(reader, incident, ana):
    for rows in (3, 57):
        for number in range(rows):
            services.declare_incident(
                report=f"{number}: <@U1ANA> is on it :fire:",
                reporter=ana,
                lead=person(f"p{rows}{number}"),
            )
        queries = queries_of(reader, "/")
        assert len(queries) <= 6, queries


def test_the_document_costs_at_most_12_queries_at_3_and_at_60_entries(reader, incident, ana):
    CommsChannel.objects.create(incident=incident, channel_id="C1", channel_name="inc-1")
    counts = set()
    for rows in (3, 57):
        for number in range(rows):
            someone = person(f"p{rows}x{number}")
            UserStats.objects.create(incident=incident, user=someone, message_count=number + 1)
            services.log_action(incident.pk, details="Tell <@U1ANA> :fire:", owner=someone)
            services.add_timeline_entry(
                incident.pk, text=f"<@{someone.external_id}> in <#C1|inc-1>", by=ANA
            )
        queries = queries_of(reader, f"/incident/{incident.pk}/")
        assert len(queries) <= 12, queries
        counts.add(len(queries))
    assert len(counts) == 1
