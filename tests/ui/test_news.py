"""A document that is open shows what others do, at the cost of one question for one row."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.core import services
from response.core.models import Incident, TimelineEvent
from response.slack.models import CommsChannel, UserStats
from response.ui import timeline

from .conftest import Editor, instant, slack_person, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, incident, lee):
    client.force_login(lee)
    return OpenPage(client, incident)


class OpenPage(Editor):
    """A document in a browser that asks for news."""

    def __init__(self, client, incident, query=""):
        super().__init__(client, incident, htmx=True)
        self.query = query
        self.html = client.get(f"{self.address()}?{query}").content.decode()

    def known(self):
        [since] = re.findall(r'name="since" value="(\d+)"', self.html)
        return {"since": since, "part": re.findall(r'name="part" value="([^"]*)"', self.html)}

    def asks(self):
        address = f"{self.address('news/')}?{self.query}"
        return self.client.get(address, self.known(), headers=self.headers, query_params=None)


def parts_in(answer):
    return set(re.findall(r'id="part-([\w-]+)" class="response-part" hx-swap-oob', text(answer)))


def text(answer):
    return answer.content.decode()


def test_where_nothing_is_new_the_answer_is_empty_and_costs_one_query_for_the_incident(page):
    known = page.known()
    with CaptureQueriesContext(connection) as captured:
        answer = page.client.get(page.address("news/"), known)
    assert answer.status_code == 204
    assert answer.content == b""
    about = [one["sql"] for one in captured if "response_" in one["sql"]]
    assert len(about) == 1
    assert "JOIN" not in about[0]
    assert len(captured) <= 3  # the session and the user


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda pk: services.update_incident(pk, summary="New"), {"summary", "t0"}),
        (lambda pk: services.update_incident(pk, severity="1"), {"header", "t0"}),
        (lambda pk: services.update_incident(pk, report="Renamed"), {"header", "t0"}),
        (
            lambda pk: services.update_incident(pk, lead=slack_person("ben")),
            {"facts", "people", "t0"},
        ),
        (lambda pk: services.add_timeline_entry(pk, text="New"), {"t0"}),
        (
            lambda pk: services.log_action(pk, details="New", owner=slack_person("ben")),
            {"actions", "people", "t0"},
        ),
    ],
)
def test_only_what_is_new_is_sent(page, change, parts):
    change(page.incident.pk)
    answer = page.client.get(page.address("news/"), page.known())
    assert parts_in(answer) == parts
    assert 'id="live"' in text(answer)
    version = Incident.objects.values_list("version", flat=True).get()
    assert f'name="since" value="{version}"' in text(answer)


def test_an_entry_that_is_changed_or_taken_away_is_news(page):
    entry = services.add_timeline_entry(page.incident.pk, text="Rolled back")
    page = OpenPage(page.client, page.incident)
    services.change_timeline_entry(entry.pk, text="Rolled forward")
    answer = page.client.get(page.address("news/"), page.known())
    assert "Rolled forward" in text(answer)
    services.remove_timeline_entry(entry.pk)
    answer = page.client.get(page.address("news/"), page.known())
    assert parts_in(answer) == {"t0"}
    assert "Rolled" not in text(answer)


def test_what_is_being_edited_is_not_sent(page):
    known = page.known()
    known["part"] = [part for part in known["part"] if not part.startswith("summary:")]
    services.update_incident(page.incident.pk, summary="Ben's")
    answer = page.client.get(page.address("news/"), known)
    assert "summary" not in parts_in(answer)


def test_a_channel_that_was_made_meanwhile_is_news(page):
    from response.core import timeline as told

    CommsChannel.objects.create(
        incident=page.incident, channel_id="C1", channel_name="inc-checkout"
    )
    services.record(page.incident, told.channel_created("inc-checkout"))
    answer = page.client.get(page.address("news/"), page.known())
    assert "#inc-checkout" in text_of(answer)


@pytest.mark.parametrize(
    "part",
    ["", "x", "x:y", "timeline:", "timeline:1:2:3", "timeline:x:::", "timeline:0:x:y:z", "%00:"],
)
def test_what_is_no_part_is_not_found(page, part):
    services.update_incident(page.incident.pk, summary="New")
    assert page.client.get(page.address("news/"), {"part": part}).status_code == 404


def test_news_of_a_private_incident_are_for_who_may_see_it(page, ana, lee):
    services.update_incident(page.incident.pk, private=True)
    known = page.known()
    assert page.client.get(page.address("news/"), known).status_code == 404
    type(ana).objects.filter(pk=ana.pk).update(owner=lee)
    assert page.client.get(page.address("news/"), known).status_code == 200


# A long timeline


@pytest.fixture
def long(incident):
    TimelineEvent.objects.all().delete()
    start = instant("2024-06-30T14:05")
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            incident=incident,
            text=f"entry {n}. *by* <@U1ANA>",
            timestamp=start + timedelta(n // 40),
        )
        for n in range(1000)
    )
    return incident


def entries(html):
    return re.findall(r"entry (\d+)\.", html)


@pytest.mark.parametrize("order", ["", "order=newest"])
def test_a_long_timeline_comes_a_stretch_at_a_time(page, long, order):
    page = OpenPage(page.client, long, order)
    html, seen = page.html, []
    while True:
        seen += entries(html)
        following = re.findall(r'hx-get="(/incident/\d+/timeline/\?[^"]*)"', html)
        if not following:
            break
        assert len(seen) % timeline.ENTRIES_AT_ONCE == 0
        address = following[0].replace("&amp;", "&")
        html = page.client.get(address, headers=page.headers).content.decode()
    expected = [str(n) for n in range(1000)]
    assert seen == (expected[::-1] if order else expected)


def test_all_of_it_is_shown_where_that_is_asked_for(page, long):
    html = page.client.get(f"{page.address()}?timeline=all").content.decode()
    assert len(entries(html)) == 1000


def test_of_a_long_timeline_only_the_stretch_that_changed_is_sent(page, long):
    page = OpenPage(page.client, long)
    second = page.client.get(
        re.findall(r'hx-get="(/incident/\d+/timeline/\?[^"]*)"', page.html)[0].replace("&amp;", "&")
    ).content.decode()
    page.html += second
    entry = TimelineEvent.objects.get(text__startswith="entry 150.")
    services.change_timeline_entry(entry.pk, text="entry 150. changed")
    answer = page.client.get(page.address("news/"), page.known())
    assert parts_in(answer) == {"t1"}
    assert len(entries(text(answer))) == 100
    services.add_timeline_entry(long.pk, text="late", at=instant("2024-06-30T14:04"))
    page.html = page.client.get(page.address()).content.decode() + second
    services.add_timeline_entry(long.pk, text="later", at=instant("2024-06-30T14:03"))
    answer = page.client.get(page.address("news/"), page.known())
    assert "t0" in parts_in(answer)
    assert "later" in text(answer)


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("show=notes", "written"),
        ("show=pins", "pinned"),
        ("show=changes", "changed"),
        ("show=notes&show=pins", "written pinned"),
        ("", "written pinned changed"),
        ("show=luck", "written pinned changed"),
    ],
)
def test_kinds_of_entries_can_be_left_out(page, query, kinds):
    TimelineEvent.objects.all().delete()
    for kind, said in (
        ("text", "written"),
        ("slack_pin", "pinned"),
        ("incident_update", "changed"),
    ):
        TimelineEvent.objects.create(incident=page.incident, text=said, event_type=kind)
    html = page.client.get(f"{page.address()}?{query}").content.decode()
    shown = re.findall(r'<div class="response-text" dir="auto"><p>(\w+)</p></div>', html)
    assert [said for said in shown if said in ("written", "pinned", "changed")] == kinds.split()


# What it costs


@pytest.mark.parametrize("query", ["", "timeline=all", "order=newest&show=notes"])
def test_a_document_costs_an_editor_at_most_12_queries_at_any_size(page, ana, query):
    CommsChannel.objects.create(incident=page.incident, channel_id="C1", channel_name="inc-1")
    counts = set()
    for rows in (3, 1000):
        TimelineEvent.objects.bulk_create(
            TimelineEvent(
                incident=page.incident, text=f"{n} <@U1ANA> :fire:", timestamp=instant("2024-07-01")
            )
            for n in range(rows)
        )
        for n in range(min(rows, 40)):
            someone = slack_person(f"p{rows}x{n}")
            UserStats.objects.create(incident=page.incident, user=someone, message_count=n + 1)
            services.log_action(page.incident.pk, details="Tell <@U1ANA>", owner=someone)
        with CaptureQueriesContext(connection) as captured:
            assert page.client.get(f"{page.address()}?{query}").status_code == 200
        assert len(captured) <= 12, [one["sql"] for one in captured]
        counts.add(len(captured))
    assert len(counts) == 1
