"""The list of incidents: searched, narrowed, sorted, read on, and taken away as a table."""

import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.conf import settings as project
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core import services
from response.core.models import ExternalUser, Incident, TimelineEvent

pytestmark = pytest.mark.django_db


def instant(text):
    naive = datetime.fromisoformat(text)
    return timezone.make_aware(naive) if project.USE_TZ else naive


def person(name, full_name=None):
    return ExternalUser.objects.create(
        app_id="slack", external_id=f"U1{name.upper()}", display_name=name, full_name=full_name
    )


@pytest.fixture
def editor(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("editor"))
    return client


@pytest.fixture
def some(db):
    """Five incidents that differ in everything that a list can be narrowed by."""
    ana, ben = person("ana", "Ana Lima"), person("ben", "Ben Okafor")
    rows = {
        "checkout": {"severity": "1", "lead": ana, "report_time": instant("2024-06-10T12:00")},
        "search": {"severity": "3", "lead": ben, "report_time": instant("2024-06-20T12:00")},
        "mail": {"severity": "2", "lead": ana, "report_time": instant("2024-06-30T12:00")},
        "login": {"report_time": instant("2024-07-10T12:00")},
        "invoices": {"report_only": True, "report_time": instant("2024-07-20T12:00")},
    }
    made = {
        title: services.declare_incident(report=title, reporter=ana, **values)
        for title, values in rows.items()
    }
    services.close_incident(made["mail"].pk, at=instant("2024-06-30T14:00"))
    services.close_incident(made["login"].pk, at=instant("2024-07-10T13:00"))
    return made


def titles(answer):
    assert answer.status_code == 200
    page = answer.content.decode()
    return [unescape(title) for title in re.findall(r'href="/incident/\d+/">([^<]*)</a>', page)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "search checkout invoices login mail"),
        ("status=live", "search checkout"),
        ("status=resolved", "login mail"),
        ("status=reported", "invoices"),
        ("severity=1", "checkout"),
        ("severity=critical", "checkout"),
        ("severity=none", "invoices login"),
        ("lead=ana", "checkout mail"),
        ("lead=ANA", "checkout mail"),
        ("lead=Ana+Lima", "checkout mail"),
        # As it is suggested.
        ("lead=Ana+Lima+%28ana%29", "checkout mail"),
        ("lead=Ana+Lima+%28ben%29", ""),
        ("lead=%40ben", "search"),
        ("lead=U1BEN", "search"),
        ("lead=nobody", "invoices login"),
        ("lead=someone", ""),
        ("since=2024-06-30", "invoices login mail"),
        ("until=2024-06-20", "search checkout"),
        ("since=2024-06-20&until=2024-06-30", "search mail"),
        ("reports=without", "search checkout login mail"),
        ("reports=only", "invoices"),
        ("status=live&lead=ana", "checkout"),
        ("ordering=start_time", "checkout search mail login invoices"),
        ("ordering=-start_time", "invoices login mail search checkout"),
        ("ordering=severity", "checkout mail search invoices login"),
        ("ordering=-severity", "invoices login search mail checkout"),
        ("ordering=report", "checkout invoices login mail search"),
        ("ordering=-report", "search mail login invoices checkout"),
        ("ordering=lead", "mail checkout search invoices login"),
        # What is not understood narrows nothing, and says so at its field.
        ("status=burning", "search checkout invoices login mail"),
        ("since=yesterday", "search checkout invoices login mail"),
        ("since=0001-01-01&until=9999-12-31", "search checkout invoices login mail"),
        ("ordering=luck", "search checkout invoices login mail"),
        ("severity=%00&q=%00&lead=%00", "search checkout invoices login mail"),
    ],
)
def test_the_address_narrows_and_sorts_the_list(editor, some, query, found):
    assert titles(editor.get(f"/?{query}")) == found.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("checkout", "checkout"),
        ("CHECKOUT", "checkout"),
        ("heck", "checkout"),
        ("pool", "search"),
        ("payments", "checkout"),
        ("everyone", "mail"),
        ("pool search", "search"),
        ("pool checkout", ""),
        ("100%", "login"),
        ("_under", "login"),
        ("'; DROP TABLE", ""),
        ("\\", ""),
        (" ", "search checkout invoices login mail"),
    ],
)
def test_words_are_searched_in_title_summary_impact_and_timeline(editor, some, words, found):
    services.update_incident(some["checkout"].pk, summary="Payments time out")
    services.update_incident(some["mail"].pk, impact="Everyone")
    services.add_timeline_entry(some["search"].pk, text="The pool is full")
    services.add_timeline_entry(some["login"].pk, text="100% of a_under_b")
    assert titles(editor.get("/", {"q": words})) == found.split()


def test_a_field_that_is_not_understood_says_so(editor, some):
    page = editor.get("/?since=yesterday").content.decode()
    assert "Enter a valid date." in page
    assert 'value="yesterday"' in page


def test_a_search_without_a_match_says_what_to_do(editor, some):
    page = editor.get("/?q=nothing+like+that").content.decode()
    assert "No incident fits." in page
    assert ">show all incidents</a>" in page
    assert "None found" in page


def test_how_many_there_are_is_said_however_they_are_narrowed(editor, some):
    assert "5 incidents</p>" in editor.get("/").content.decode()
    assert "2 found</p>" in editor.get("/?status=live").content.decode()


def test_what_was_typed_stays_in_the_form(editor, some):
    page = editor.get('/?q="quoted"+<b>&lead=ana&status=live').content.decode()
    assert 'value="&quot;quoted&quot; &lt;b&gt;"' in page
    assert '<option value="live" selected>' in page


@pytest.mark.parametrize("ordering", ["", "severity", "-report", "lead", "start_time"])
def test_page_after_page_shows_each_incident_once(editor, ordering):
    ana, start = person("ana"), instant("2024-06-30T14:05")
    Incident.objects.bulk_create(
        Incident(
            report=f"number {n}",
            severity="1234"[n % 4] if n % 5 else None,
            lead=ana if n % 3 else None,
            report_time=start,
            start_time=start + timedelta(minutes=n % 7),
            end_time=start if n % 2 else None,
        )
        for n in range(120)
    )
    seen, answer = [], editor.get(f"/?ordering={ordering}")
    while True:
        seen += titles(answer)
        following = re.findall(r'rel="next" href="([^"]*)"', answer.content.decode())
        if not following:
            break
        assert len(seen) < 200
        answer = editor.get(f"/{unescape(following[0])}")
    assert len(seen) == 120
    assert len(set(seen)) == 120


def test_an_incident_that_is_declared_meanwhile_moves_none_over_the_edge_of_a_page(editor):
    start = instant("2024-06-30T14:05")
    Incident.objects.bulk_create(
        Incident(report=f"number {n}", report_time=start + timedelta(minutes=n)) for n in range(60)
    )
    first = editor.get("/")
    [following] = re.findall(r'rel="next" href="([^"]*)"', first.content.decode())
    Incident.objects.bulk_create([Incident(report="new")])
    second = editor.get(f"/{unescape(following)}")
    assert titles(second) == [f"number {n}" for n in range(9, -1, -1)]


# As a table


def table(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_has_what_the_list_shows(editor, some):
    rows = table(editor.get("/incidents.csv?status=resolved"))
    assert [row["title"] for row in rows] == ["login", "mail"]
    assert rows[1] | {"id": "", "link": ""} == {
        "id": "",
        "title": "mail",
        "status": "resolved",
        "severity": "major",
        "lead": "ana",
        "reporter": "ana",
        "started": "2024-06-30T12:00:00+01:00",
        "reported": "2024-06-30T12:00:00+01:00",
        "ended": "2024-06-30T14:00:00+01:00",
        "minutes": "120",
        "private": "no",
        "summary": "",
        "impact": "",
        "link": "",
    }
    assert rows[1]["link"] == f"http://testserver/incident/{some['mail'].pk}/"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\ufeff=1",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        '=HYPERLINK("https://evil.example","x")',
        "=cmd|'/c calc'!A0",
    ],
)
def test_no_value_of_the_table_is_a_formula(editor, some, text):
    Incident.objects.filter(pk=some["mail"].pk).update(summary=text, impact=text, report=text)
    ExternalUser.objects.filter(display_name="ana").update(display_name=text[:50])
    [row] = table(editor.get("/incidents.csv?severity=2"))
    for column in ("summary", "impact", "title", "lead", "reporter"):
        assert not re.match(r"[\s\u00a0\ufeff\u200b]*[=+\-@\t\r\n＝＋－＠]", row[column]), row


def test_what_is_between_quotes_stays_in_its_cell(editor, some):
    text = 'He said "no", then\nleft; =1'
    services.update_incident(some["mail"].pk, summary=text)
    [row] = table(editor.get("/incidents.csv?severity=2"))
    assert row["summary"] == text


def test_the_table_has_every_page_of_the_list(editor):
    Incident.objects.bulk_create(Incident(report=f"number {n}") for n in range(1203))
    assert len(table(editor.get("/incidents.csv"))) == 1203


def test_the_table_leaves_out_what_the_reader_may_not_see(client, settings, some):
    settings.RESPONSE_LOGIN_REQUIRED = False
    services.update_incident(some["mail"].pk, private=True)
    services.update_incident(some["login"].pk, summary="Ask ana@corp.example")
    rows = table(client.get("/incidents.csv"))
    assert "mail" not in [row["title"] for row in rows]
    assert "corp.example" not in str(rows)


# What it costs


@pytest.mark.parametrize(
    "query",
    ["", "?q=number", "?lead=ana&status=live&since=2020-01-01", "?ordering=lead", "?severity=2"],
)
def test_a_list_costs_at_most_6_queries_at_any_size(editor, query):
    ana = person("ana")
    for rows in (3, 500):
        incidents = Incident.objects.bulk_create(
            Incident(report=f"number {n} of <@U1ANA> :fire:", lead=ana, severity="2")
            for n in range(rows)
        )
        TimelineEvent.objects.bulk_create(
            TimelineEvent(incident=incident, text=f"number <@U1{n}>")
            for n, incident in enumerate(incidents)
        )
        with CaptureQueriesContext(connection) as captured:
            assert editor.get(f"/{query}").status_code == 200
        assert len(captured) <= 6, [one["sql"] for one in captured]
