"""The change feed by its cursor: nothing is skipped or repeated, whoever writes meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from response.core import services
from response.core.models import Event, FeedEnd
from tests.core.api.conftest import instant
from tests.core.api.programs import ask
from tests.servers import eventually, installed

pytestmark = pytest.mark.django_db


def page(caller, query):
    answer = caller.get(f"events/?{query}")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"count", "next", "previous", "results", "cursor"}
    return [row["id"] for row in body["results"]], body["cursor"], body["next"]


def add(number=1):
    return [Event.objects.create(event_type="incident_event", payload={}).pk for _ in range(number)]


def test_a_feed_is_followed_from_its_beginning_page_by_page(reader):
    ids = add(7)
    found, cursor, following = page(reader, "after=0&limit=3")
    assert found == ids[:3]
    assert f"after={cursor}" in following
    found, cursor, following = page(reader, following.partition("?")[2])
    assert found == ids[3:6]
    found, cursor, following = page(reader, f"after={cursor}&limit=3")
    assert (found, following) == (ids[6:], None)
    assert page(reader, f"after={cursor}") == ([], cursor, None)
    assert page(reader, "after=")[0] == ids


def test_one_can_begin_now_and_miss_nothing_that_comes(reader):
    add(3)
    found, cursor, _ = page(reader, "after=now")
    assert found == []
    later = add(2)
    assert page(reader, f"after={cursor}")[0] == later


def test_an_entry_that_is_older_than_a_day_is_in_the_feed_that_is_followed(reader):
    Event.objects.create(
        timestamp=instant("2024-01-01T12:00"), event_type="incident_event", payload={}
    )
    assert len(page(reader, "after=0")[0]) == 1
    assert len(reader.get("events/").json()["results"]) == 0
    assert len(page(reader, "after=0&from=2024-01-02")[0]) == 0


def test_what_a_filter_leaves_out_is_passed_by(reader, incident, ana):
    services.log_action(incident.pk, details="Look", owner=ana)
    found, cursor, _ = page(reader, "after=0&event_type=action_event")
    assert len(found) == 1
    services.update_incident(incident.pk, severity="1")
    assert page(reader, f"after={cursor}&event_type=action_event")[0] == []
    of_it = page(reader, f"after=0&incident={incident.pk}")[0]
    assert of_it == list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_a_place_is_given_once_even_where_the_last_entry_is_deleted(reader):
    add(2)
    _, cursor, _ = page(reader, "after=0")
    Event.objects.order_by("pk").last().delete()
    later = add(1)
    assert page(reader, f"after={cursor}")[0] == later


def test_very_many_new_entries_get_their_places_by_and_by(reader):
    ids = [
        event.pk
        for event in Event.objects.bulk_create(
            Event(event_type="incident_event", payload={}) for _ in range(4100)
        )
    ]
    found, query = [], "after=0&limit=1000"
    for _ in range(20):
        rows, cursor, _ = page(reader, query)
        found += rows
        query = f"after={cursor}&limit=1000"
    assert found == ids


def test_what_a_host_writes_into_the_feed_is_of_its_incident(reader, incident):
    for kind, payload in (
        ("incident_event", {"id": incident.pk}),
        ("action_event", {"incident_id": incident.pk}),
    ):
        Event.objects.create(event_type=kind, payload=payload)
    services.update_incident(incident.pk, private=True)
    assert page(reader, "after=0")[0] == []


@pytest.mark.django_db(transaction=True)
def test_what_commits_later_comes_later_though_its_id_is_smaller(reader):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time: ids are in the order of the commits")
    written, go_on = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                pk = add()[0]
                written.set()
                assert go_on.wait(60)
            return pk
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow)
        assert written.wait(60)
        quick = add()[0]
        found, cursor, _ = page(reader, "after=0")
        assert found == [quick]
        go_on.set()
        first = first.result()
    assert first < quick
    assert page(reader, f"after={cursor}")[0] == [first]


WRITE = """
from django.db import transaction
from response.core.models import Event
for number in range({rounds}):
    with transaction.atomic():
        for _ in range(1 + number % 3):
            Event.objects.create(event_type="incident_event", payload={{}})
"""


def test_readers_and_writers_in_many_processes_lose_nothing(tmp_path, slack_server):
    with installed(tmp_path, slack_server, "feed") as site:
        site.manage("shell", "--no-imports", "-c", "from tests.fuzz import seed; seed.fill()")
        site.start(workers=2)
        with ThreadPoolExecutor(5) as pool:
            writers = [pool.submit(site.run, WRITE.format(rounds=40)) for _ in range(3)]
            done = threading.Event()
            readers = [pool.submit(follow, site, done) for _ in range(2)]
            for writer in writers:
                assert writer.result().returncode == 0, writer.result().stderr
            done.set()
            seen = [reader.result() for reader in readers]
        ids = [row[0] for row in site.rows("SELECT id FROM response_event WHERE payload = '{}'")]
        assert len(ids) == 3 * 79
        for found in seen:
            assert len(found) == len(set(found))
            assert set(ids) <= set(found)


def follow(site, done):
    """Every entry of the feed, as one who follows it gets to see them."""
    found, cursor = [], "0"

    def read_on():
        nonlocal cursor
        nothing_follows = done.is_set()
        status, body = ask(site, f"events/?after={cursor}&limit=7")
        if status != 200:
            return False
        found.extend(row["id"] for row in body["results"])
        cursor = body["cursor"]
        return nothing_follows and body["next"] is None

    assert eventually(read_on, timeout=120)
    return found


def test_the_end_of_the_feed_is_one_row(reader):
    add(3)
    page(reader, "after=0")
    page(reader, "after=0")
    assert list(FeedEnd.objects.values_list("position", flat=True)) == [3]
