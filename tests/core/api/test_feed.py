"""The change feed: what is kept when something is saved, and how it is read."""

import pytest

from response.core import services
from response.core.models import Event
from tests.core.api.conftest import instant

pytestmark = pytest.mark.django_db


def test_the_feed_has_a_snapshot_for_each_save(api, incident, ana):
    services.update_incident(incident.pk, severity="1")
    services.log_action(incident.pk, details="Add an alert", owner=ana)
    declared, changed, logged = api.get("/core/events/").json()["results"]
    assert [e["event_type"] for e in (declared, changed, logged)] == [
        *("incident_event", "incident_event", "action_event")
    ]
    assert (declared["payload"]["severity"], changed["payload"]["severity"]) == ("2", "1")
    shown = api.get(f"/core/incidents/{incident.pk}/").json()
    assert changed["payload"] == {k: v for k, v in shown.items() if k != "action_items"}
    action = shown["action_items"][0]
    del action["details_ui"]
    assert logged["payload"] == action


@pytest.fixture
def days():
    """A feed entry at noon UTC of each of the first four days of 2024, and one of now."""
    for day in (1, 2, 3, 4):
        Event.objects.create(
            timestamp=instant(f"2024-01-0{day}T12:00"), event_type="incident_event", payload=day
        )
    Event.objects.create(event_type="incident_event", payload="now")


@pytest.mark.parametrize(
    ("query", "payloads"),
    [
        ("", ["now"]),
        ("?from=&to=", ["now"]),
        ("?from=2024-01-03T12:00:00Z", [3, 4, "now"]),
        ("?from=2024-01-03T12:00:01Z", [4, "now"]),
        ("?from=2024-01-02T12:00:00%2B00:00&to=2024-01-03T12:00:00Z", [2, 3]),
        ("?from=2024-01-02T12:00:00+00:00&to=2024-01-03T13:00:00+01:00", [2, 3]),
        ("?from=2024-01-02&to=2024-01-03", [2]),
        ("?from=2024-01-02T12:00:00&to=2024-01-02T12:00:00", [2]),
        ("?to=2024-01-03T12:00:00Z", [2, 3]),
        ("?to=0001-01-01T12:00:00Z", []),
        ("?from=9999-12-30T00:00:00Z", []),
    ],
)
def test_from_and_to_bound_the_feed(api, days, query, payloads):
    answer = api.get(f"/core/events/{query}")
    assert answer.status_code == 200, answer.content
    assert [entry["payload"] for entry in answer.json()["results"]] == payloads


def test_an_old_entry_is_found_by_its_id(api, days):
    oldest = Event.objects.earliest("timestamp")
    assert api.get(f"/core/events/{oldest.pk}/").json()["payload"] == 1


def test_a_host_s_own_handlers_take_the_place_of_the_feed(incident, settings, ana):
    settings.INCIDENT_EVENT_HANDLER_CLASS = f"{__name__}.Collects"
    settings.ACTION_EVENT_HANDLER_CLASS = f"{__name__}.Collects"
    Collects.seen.clear()
    services.update_incident(incident.pk, severity="1", private=True)
    services.log_action(incident.pk, details="Add an alert", owner=ana)
    assert [(sender.__name__, str(row)) for sender, row in Collects.seen] == [
        ("Incident", "Checkout is failing"),
        ("Action", "Add an alert"),
    ]
    assert Event.objects.count() == 1


class Collects:
    seen = []

    @staticmethod
    def handle(sender, instance, **kwargs):
        Collects.seen.append((sender, instance))


def test_a_handler_that_cannot_be_imported_loses_no_incident(ana, settings, caplog):
    settings.INCIDENT_EVENT_HANDLER_CLASS = "nowhere.Handler"
    services.declare_incident(report="Still declared", reporter=ana)
    assert Event.objects.get().payload["report"] == "Still declared"
    (record,) = caplog.records
    assert "INCIDENT_EVENT_HANDLER_CLASS" in record.getMessage()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_change_feed_can_be_edited_or_deleted_by_nobody(admin_client, incident, method):
    entry = Event.objects.get()
    assert getattr(admin_client, method)(f"/core/events/{entry.pk}/").status_code == 405
    assert Event.objects.get().payload == entry.payload


def test_an_incident_made_private_leaves_the_change_feed(api, admin_client, incident, ana):
    services.log_action(incident.pk, details="Ask legal", owner=ana)
    entries = api.get("/core/events/").json()["results"]
    assert len(entries) == 2
    services.update_incident(incident.pk, private=True)
    for client in (api, admin_client):
        assert client.get("/core/events/").json()["results"] == []
        assert client.get(f"/core/events/{entries[0]['id']}/").status_code == 404


@pytest.mark.parametrize("query", ["", "&after=0", "&event_type=incident_event"])
def test_the_feed_keeps_what_a_deleted_incident_was(api, incident, query):
    number = incident.pk
    services.remove_incident(number)
    (entry,) = api.get(f"/core/events/?incident={number}{query}").json()["results"]
    assert entry["payload"]["report"] == "Checkout is failing"
    assert api.get(f"/core/events/{entry['id']}/").json() == entry


def test_the_feed_says_nothing_of_a_private_incident_even_to_its_people(admin_client, ana):
    private = services.declare_incident(report="In our mail", reporter=ana, private=True)
    services.log_action(private.pk, details="Change every password", owner=ana)
    assert admin_client.get("/core/events/").json()["count"] == 0
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/core/events/?from=yesterday", "from"),
        ("/core/events/?from=2024-02-30", "from"),
        ("/core/events/?to=2024-01-01T25:00", "to"),
        ("/core/events/?to=%00", "to"),
        ("/core/events/?from=0001-01-01T00:00:00%2B14:00", "from"),
        ("/core/events/?to=9999-12-31T23:59:59-12:00", "to"),
        ("/core/events/?from=2024-01-02&to=2024-01-01", "from"),
        ("/core/events/?from=" + "9" * 5000, "from"),
    ],
)
def test_a_bound_that_is_no_instant_is_named(api, path, field):
    answer = api.get(path)
    assert answer.status_code == 400
    (sentence,) = answer.json()[field]
    assert len(sentence) > 20
