"""Who changes an incident, and who notes what Slack shows of it, do not wait for each other."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from response.core import services
from response.core.models import Incident
from response.delivery import mirrors
from response.slack.models import CommsChannel
from response.transactions import atomic
from tests.payloads import GENERAL
from tests.servers import eventually

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite locks the whole database"
)


@pytest.fixture
def incident(transactional_db):
    return services.declare_incident(report="Checkout is failing", reporter=None)


@pytest.fixture
def noting(incident):
    """Somebody who is about to note a channel; its mirror."""

    def sync(work):
        with work.settled():
            CommsChannel.objects.create(incident=incident, channel_id="C1", channel_name="one")

    mirrors.register("noting", sync)
    mirrors.want("noting", incident.pk, lane=GENERAL)
    yield mirrors.Mirror.objects.get(kind="noting")
    del mirrors._syncs["noting"]


def in_another_thread(work):
    def run():
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            connections.close_all()

    errors = []
    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchall()


def test_noting_what_slack_shows_while_somebody_changes_it(incident, noting):
    with atomic():
        Incident.objects.select_for_update().get(pk=incident.pk)
        thread, errors = in_another_thread(lambda: mirrors.pay(noting))
        assert eventually(somebody_waits), "for the incident, to which the channel belongs"
        mirrors.want("noting", incident.pk, lane=GENERAL)
    thread.join(20)
    assert errors == []
    noting.refresh_from_db()
    assert (noting.want, noting.have) == (2, 1)


def test_adding_to_the_timeline_while_somebody_changes_the_incident(incident, noting):
    def add_and_want():
        with atomic():
            services.add_timeline_entry(incident.pk, text="It is the gateway")
            mirrors.want("noting", incident.pk, lane=GENERAL)

    with atomic():
        Incident.objects.select_for_update().get(pk=incident.pk)
        thread, errors = in_another_thread(add_and_want)
        assert eventually(somebody_waits)
        mirrors.want("noting", incident.pk, lane=GENERAL)
    thread.join(20)
    assert errors == []
    noting.refresh_from_db()
    assert noting.want == 3
