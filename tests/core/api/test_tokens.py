"""Tokens: made in the admin, shown once, kept as a hash."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from response.core.models import ApiToken
from tests.core.api.conftest import Program

pytestmark = pytest.mark.django_db

ADD = "/admin/response/apitoken/add/"


@pytest.fixture
def superuser(django_user_model):
    return django_user_model.objects.create_superuser("root", password="correct horse")


@pytest.fixture
def staff(django_user_model):
    staff = django_user_model.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(*Permission.objects.filter(content_type__model="apitoken"))
    return staff


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def make(client, user, **fields):
    form = {"name": "pager", "user": user.pk, "scope": "write", "expires_0": "", "expires_1": ""}
    return client.post(ADD, {**form, **fields})


def test_a_token_made_in_the_admin_is_shown_once_and_works(superuser, person):
    page = make(signed_in(superuser), person)
    assert page.status_code == 200, page.context and page.context["errors"]
    assert "no-store" in page["Cache-Control"]
    secret = re.search(r"rsp_[\w-]{43}", page.content.decode())[0]
    answer = Program(secret).post("incidents/", {"report": "Search is slow"})
    assert answer.status_code == 201
    token = ApiToken.objects.get()
    stored = " ".join(str(value) for value in token.__dict__.values())
    assert secret not in stored
    assert token.user == person
    pages = (f"/admin/response/apitoken/{token.pk}/change/", "/admin/response/apitoken/")
    for path in pages:
        assert secret not in signed_in(superuser).get(path).content.decode()


def test_a_token_lasts_a_year_unless_said_otherwise(superuser):
    page = signed_in(superuser).get(ADD).content.decode()
    assert str(timezone.now().year + 1) in page


def test_staff_make_tokens_for_themselves_alone(staff, superuser):
    page = make(signed_in(staff), superuser)
    assert page.context["errors"]
    assert not ApiToken.objects.exists()
    assert b"rsp_" in make(signed_in(staff), staff).content


def test_staff_see_their_own_tokens_alone(staff, superuser):
    theirs, _ = ApiToken.issue(name="the night watch", user=superuser)
    client = signed_in(staff)
    assert "the night watch" not in client.get("/admin/response/apitoken/").content.decode()
    change = f"/admin/response/apitoken/{theirs.pk}/change/"
    assert client.get(change).status_code == 302


def test_a_token_cannot_be_given_to_another_user(superuser, staff):
    token, _ = ApiToken.issue(name="pager", user=staff)
    form = {"name": "pager", "user": superuser.pk, "scope": "read"}
    path = f"/admin/response/apitoken/{token.pk}/change/"
    signed_in(superuser).post(path, {**form, "expires_0": "", "expires_1": ""})
    token.refresh_from_db()
    assert token.user == staff


@pytest.mark.parametrize("trouble", ["unknown", "expired", "deleted", "user gone", "nonsense"])
def test_a_token_that_is_no_good_is_refused_with_the_reason(person, trouble):
    token, secret = ApiToken.issue(name="pager", user=person)
    if trouble == "expired":
        ApiToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    if trouble == "deleted":
        token.delete()
    if trouble == "user gone":
        person.is_active = False
        person.save()
    secret = {"unknown": "rsp_x", "nonsense": "rsp_\xff\xfe"}.get(trouble, secret)
    answer = Program(secret).get("incidents/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert len(answer.json()["detail"]) > 20
    assert secret not in answer.content.decode()


def test_that_a_token_is_used_is_kept_without_a_write_for_each_request(person):
    _, secret = ApiToken.issue(name="pager", user=person)

    def writes():
        with CaptureQueriesContext(connection) as asked:
            assert Program(secret).get("incidents/").status_code == 200
        return [query["sql"] for query in asked if query["sql"].startswith("UPDATE")]

    noon = timezone.now()
    with time_machine.travel(noon.timestamp(), tick=False):
        assert len(writes()) == 1
        first = ApiToken.objects.get().last_used
        assert writes() == []
    with time_machine.travel(noon.timestamp() + 301, tick=False):
        assert len(writes()) == 1
    assert ApiToken.objects.get().last_used - first == timedelta(seconds=301)


def test_a_token_is_in_no_log(person, caplog):
    _, secret = ApiToken.issue(name="pager", user=person)
    caplog.set_level("DEBUG")
    Program(secret).get("incidents/none/")
    Program(secret + "x").get("incidents/")
    assert secret not in caplog.text
