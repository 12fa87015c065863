"""What many incidents say together, as pictures and as tables."""

import re
from datetime import datetime, timedelta
from html import unescape
from itertools import pairwise

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core import services
from response.core.models import Action, ExternalUser
from response.ui import charts

pytestmark = pytest.mark.django_db

NOW = "2024-07-15T12:00:00+00:00"


def instant(text):
    """An instant of London's time as this project's database wants it, aware or naive."""
    naive = datetime.fromisoformat(text)
    return timezone.make_aware(naive) if settings.USE_TZ else naive


@pytest.fixture(autouse=True)
def in_july():
    with time_machine.travel(NOW, tick=False):
        yield


def person(name):
    return ExternalUser.objects.create(app_id="slack", external_id=f"U{name}", display_name=name)


@pytest.fixture
def reader(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("reader"))
    return client


def declared(at, *, minutes=None, **values):
    incident = services.declare_incident(
        **{"report": "Checkout is failing", "reporter": None, **values}, report_time=instant(at)
    )
    if minutes is not None:
        services.close_incident(incident.pk, at=incident.start_time + timedelta(minutes=minutes))
    return incident


def page(reader, query=""):
    answer = reader.get(f"/insights/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def table(html, name):
    """The cells of a table by its name, row by row."""
    found = re.search(rf'(?s)<caption class="sr-only">{name}</caption>(.*?)</table>', html)
    return [
        [
            unescape(re.sub(r"<[^>]*>", "", cell))
            for cell in re.findall(r"(?s)<t[hd]\b.*?</t[hd]>", row)
        ]
        for row in re.findall(r"(?s)<tr>.*?</tr>", found[1])
    ]


def titles(html):
    """What the parts of the pictures say when one points at them."""
    return [
        unescape(title) for title in re.findall(r"<title>([^<]*)</title></(?:rect|circle)>", html)
    ]


def test_before_the_first_incident_the_page_says_what_it_will_show(reader):
    html = page(reader)
    assert "No incidents yet." in html
    assert "<svg class" not in html


def test_a_time_without_incidents_is_told_from_a_site_without_any(reader):
    declared("2020-01-01T12:00")
    assert "No incident was declared in this time." in page(reader)


def test_incidents_are_drawn_and_told_by_month_and_severity(reader):
    declared("2024-06-30T23:30", severity="1")
    declared("2024-07-01T00:30", severity="2")
    declared("2024-07-02T00:30", severity="2")
    declared("2023-07-31T23:30", severity="2")
    html = page(reader)
    rows = table(html, "Incidents by month and severity")
    assert rows[0] == ["Month", "critical", "major", "all"]
    assert (rows[1], rows[-2], rows[-1]) == (
        ["August 2023", "0", "0", "0"],
        ["June 2024", "1", "0", "1"],
        ["July 2024", "0", "2", "2"],
    )
    assert len(rows) == 13
    assert titles(html)[:2] == ["June 2024: 1 critical", "July 2024: 2 major"]
    assert "3 incidents in 12 months, most of them in July 2024: 2." in html
    assert "Months and days are those of Europe/London." in html


def test_time_to_close_is_drawn_and_told_by_month_and_severity(reader):
    for minutes in (30, 60, 90):
        declared("2024-06-30T12:00", severity="1", minutes=minutes)
    declared("2024-07-01T12:00")
    html = page(reader)
    june, july = table(html, "Time to close by month")[-2:]
    assert june == ["June 2024", "3", "1 h", "1 h 24 min"]
    assert july == ["July 2024", "0", "–", "–"]
    assert table(html, "Time to close by severity")[1:] == [["critical", "3", "1 h", "1 h 24 min"]]
    assert "June 2024: median 1 h" in titles(html)


def test_while_nothing_is_closed_no_time_is_made_up(reader):
    declared("2024-07-01T12:00")
    assert "None of them is closed yet." in page(reader)


def test_open_actions_are_those_of_all_time(reader):
    old = declared("2019-01-01T12:00")
    declared("2024-07-01T12:00")
    ana = person("ana")
    services.log_action(old.pk, details="a", owner=ana, due_date=instant("2024-07-01T12:00"))
    Action.objects.update(created_date=timezone.now() - timedelta(days=400))
    services.log_action(old.pk, details="b", owner=ana)
    services.log_action(old.pk, details="c", owner=ana, done=True)
    html = page(reader, "?months=3")
    rows = table(html, "Open actions by age")
    assert ["under 7 days", "1", "0"] in rows
    assert ["over a year", "1", "1"] in rows
    assert "2 actions to do, 1 overdue." in html


def test_who_carries_the_load_is_named(reader):
    ana, ben = person("ana"), person("ben@example.com")
    first = declared("2024-07-01T12:00", lead=ben, reporter=ana)
    declared("2024-07-02T12:00", lead=ben, reporter=ana)
    services.log_action(first.pk, details="a", owner=ben)
    html = page(reader)
    assert table(html, "Who carries the load")[1:] == [
        ["ben", "2", "0", "1", "0"],
        ["ana", "0", "2", "0", "0"],
    ]
    assert "ben@example.com" not in html


def test_nobody_sees_what_is_private_in_the_counts(reader):
    ana = person("ana")
    incident = declared("2024-07-01T12:00", lead=ana, private=True, minutes=5)
    services.log_action(incident.pk, details="a", owner=ana)
    html = page(reader)
    assert "No incidents yet." in html
    assert "ana" not in re.sub(r"(?s)<head>.*</head>", "", html).replace("Manage", "")


@pytest.mark.parametrize(
    ("query", "months"),
    [
        ("", 12),
        ("?months=3", 3),
        ("?months=60", 60),
        ("?months=7", 12),
        ("?months=-1", 12),
        ("?months=%00", 12),
        ("?months=99999999999999999999", 12),
        ("?since=2024-01-31&until=2024-07-15", 7),
        ("?since=2024-07-01", 1),
        ("?since=2014-07-16", 121),
    ],
)
def test_the_address_says_of_which_time(reader, query, months):
    declared("2024-07-01T12:00")
    assert len(table(page(reader, query), "Incidents by month and severity")) == months + 1


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("?since=2024-13-01", "Enter a valid date."),
        ("?until=2024-07-01", "This field is required."),
        ("?since=2024-07-02&until=2024-07-01", "This is before the first day."),
        ("?since=0001-01-01", "This is too long ago."),
        ("?since=2024-07-01&until=9999-12-31", "This is too far ahead."),
        ("?since=9999-12-31", "This is before the first day."),
        ("?since=2014-07-15", "At most ten years are counted at a time."),
        ("?since=%00", "Enter a valid date."),
    ],
)
def test_what_is_no_time_is_refused_at_its_field(reader, query, complaint):
    html = page(reader, query)
    assert complaint in html
    assert 'from <time datetime="2023-08-01">' in html, "the usual time is shown"


def test_a_date_in_another_language_stays_a_date(reader, settings):
    settings.LANGUAGE_CODE = "de"
    settings.USE_THOUSAND_SEPARATOR = True
    declared("2024-07-01T12:00", minutes=5000)
    html = page(reader, "?since=2024-07-01")
    assert 'value="2024-07-01"' in html
    assert re.findall(r'(?:x|y|width|height|cx|cy)="[^"]*,', html) == []


def test_nobody_who_is_not_signed_in_sees_the_page(client, settings):
    assert client.get("/insights/").status_code == 302
    settings.RESPONSE_LOGIN_REQUIRED = False
    assert client.get("/insights/").status_code == 200


def test_the_page_can_only_be_read(reader):
    assert reader.post("/insights/").status_code == 405


def test_the_page_makes_as_many_queries_however_much_there_is(reader):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            page(reader)
        return len(asked)

    ana = person("ana")
    services.log_action(
        declared("2024-07-01T12:00", lead=ana, minutes=1).pk, details="a", owner=ana
    )
    before = queries()
    for number in range(15):
        owner = person(f"p{number}")
        incident = declared(f"2024-0{number % 7 + 1}-01T12:00", lead=owner, minutes=number)
        services.log_action(incident.pk, details="a", owner=owner)
    assert queries() == before <= 14


# The pictures


def heights(drawing):
    return [float(box.height) for box in drawing.boxes]


def test_columns_are_as_high_as_their_counts():
    drawing = charts.columns(["a", "b"], ["a", "b"], [{"x": 1, "y": 3}, {"x": 0, "y": 2}])
    one, three, two = (height + charts.GAP for height in heights(drawing))
    assert (three / one, two / one) == pytest.approx((3, 2))
    assert all(0 <= float(box.y) <= charts.ABOVE + charts.PLOT_HEIGHT for box in drawing.boxes)
    assert [number.text for number in drawing.numbers] == ["4", "2"]


@pytest.mark.parametrize("largest", [0, 1, 4, 5, 9, 10, 11, 99, 100, 101, 12345, 10**9])
def test_the_scale_ends_above_the_largest_and_has_few_lines(largest):
    drawing = charts.columns(["a"], ["a"], [{"x": largest}])
    values = [int(line.label) for line in drawing.scale]
    assert values[0] == 0
    assert values[-1] >= largest
    assert 2 <= len(values) <= 6
    assert len({later - earlier for earlier, later in pairwise(values)}) == 1


def test_nothing_is_drawn_outside_of_the_picture():
    many = [f"month {number}" for number in range(121)]
    drawing = charts.columns(many, many, [{"x": number} for number in range(121)])
    for box in drawing.boxes:
        assert 0 <= float(box.x.rstrip("%")) <= 100 - float(box.width.rstrip("%"))
    assert len(drawing.words) <= charts.MOST_WORDS + charts.MOST_WORDS_ON_A_PHONE
    assert sum(word.on_phones for word in drawing.words) <= charts.MOST_WORDS_ON_A_PHONE


def test_a_line_is_broken_where_nothing_is_known():
    drawing = charts.lines(list("abcd"), list("abcd"), {"median": [60, None, 120, 180]})
    assert len(drawing.dots) == 3
    assert len(drawing.strokes) == 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0"),
        (20, "20 s"),
        (59.9, "1 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (86400, "1 d"),
        (100_000, "1 d 3 h"),
        (86400 * 1234, "1,234 d"),
    ],
)
def test_lengths_are_told_in_short(seconds, words):
    assert charts.in_short(seconds) == words


def test_a_long_name_is_cut_in_the_picture_alone():
    drawing = charts.bars(["n" * 500], [{"led": 1}])
    assert drawing.rows[0].label == "n" * (charts.LONGEST_NAME - 1) + "…"
