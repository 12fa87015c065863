"""A declaration that is sent twice, since nobody knows whether it arrived, is one incident."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from response.core import services
from response.core.models import IdempotentRequest, Incident
from response.delivery import clock
from response.testing import FakeSlack
from tests.core.api.programs import ask
from tests.servers import eventually, installed

pytestmark = pytest.mark.django_db

BODY = {"report": "Search is slow", "severity": "minor"}
KEY = {"idempotency-key": "3f1c"}


def test_the_same_key_twice_makes_one_incident_and_answers_the_same(writer):
    first = writer.post("incidents/", BODY, **KEY)
    services.update_incident(first.json()["id"], summary="Changed since")
    second = writer.post("incidents/", BODY, **KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Location"] == first["Location"]
    assert Incident.objects.count() == 1


def test_without_a_key_twice_is_two(writer):
    assert writer.post("incidents/", BODY).status_code == 201
    assert writer.post("incidents/", BODY).status_code == 201
    assert Incident.objects.count() == 2


def test_the_same_key_with_something_else_is_refused(writer):
    writer.post("incidents/", BODY, **KEY)
    answer = writer.post("incidents/", {**BODY, "severity": "major"}, **KEY)
    assert answer.status_code == 409
    assert "Idempotency-Key" in answer.json()["detail"]
    assert Incident.objects.count() == 1


def test_how_the_same_is_written_makes_no_difference(writer):
    writer.post("incidents/", BODY, **KEY)
    other = json.dumps(dict(reversed(BODY.items())), indent=2)
    assert writer.post("incidents/", other, **KEY).status_code == 201
    assert Incident.objects.count() == 1


def test_each_caller_has_keys_of_their_own(writer, admin):
    assert writer.post("incidents/", BODY, **KEY).status_code == 201
    assert admin.post("incidents/", {"report": "Another"}, **KEY).status_code == 201
    assert Incident.objects.count() == 2


def test_what_was_refused_can_be_sent_again(writer):
    assert writer.post("incidents/", {**BODY, "severity": "x"}, **KEY).status_code == 400
    assert writer.post("incidents/", BODY, **KEY).status_code == 201


def test_a_declaration_that_fails_leaves_no_key(writer, settings):
    settings.INCIDENT_EVENT_HANDLER_CLASS = f"{__name__}.Fails"
    assert writer.post("incidents/", BODY, **KEY).status_code == 500
    assert not IdempotentRequest.objects.exists()
    settings.INCIDENT_EVENT_HANDLER_CLASS = ""
    assert writer.post("incidents/", BODY, **KEY).status_code == 201


class Fails:
    @staticmethod
    def handle(sender, instance, **kwargs):
        raise RuntimeError("the host's handler is broken")


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ключ", "a\tb"])
def test_a_key_of_no_use_is_refused(writer, key):
    answer = writer.post("incidents/", BODY, **{"idempotency-key": key})
    assert answer.status_code == 400
    assert list(answer.json()) == ["Idempotency-Key"]
    assert not Incident.objects.exists()


def test_keys_are_forgotten_after_a_week(writer):
    writer.post("incidents/", BODY, **KEY)
    IdempotentRequest.objects.update(created=timezone.now() - timedelta(days=6))
    clock.tick()
    assert IdempotentRequest.objects.exists()
    IdempotentRequest.objects.update(created=timezone.now() - timedelta(days=8))
    IdempotentRequest.forget_old()
    assert not IdempotentRequest.objects.exists()
    assert IdempotentRequest.forget_old in clock._jobs[clock.DAY]


def test_the_same_key_from_many_at_once_makes_one_incident(tmp_path):
    with FakeSlack() as slack, installed(tmp_path, slack, "keys") as site:
        site.manage("shell", "--no-imports", "-c", "from tests.fuzz import seed; seed.fill()")
        before = site.rows("SELECT count(*) FROM response_incident")[0][0]
        site.start(workers=2)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: declare(site), range(16)))
        assert {status for status, _ in answers} <= {201, 503}
        assert eventually(lambda: declare(site)[0] == 201, timeout=30)
        bodies = {json.dumps(body) for status, body in answers if status == 201}
        assert len(bodies) == 1
        after = site.rows("SELECT count(*) FROM response_incident")[0][0]
        assert after == before + 1


def declare(site):
    return ask(site, "incidents/", BODY, **{"Idempotency-Key": "at once"})
