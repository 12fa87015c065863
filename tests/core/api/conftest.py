"""An incident, the people around it, and callers of every kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from response.core import services
from response.core.models import ApiToken, ExternalUser


def instant(text):
    """An instant of UTC as this project's database wants it, aware or naive."""
    aware = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return aware if settings.USE_TZ else timezone.make_naive(aware, UTC)


class Program:
    """A program that calls the API with a token, and speaks JSON."""

    def __init__(self, secret):
        self.client = Client()
        self.secret = secret

    def __getattr__(self, method):
        def call(path, body=None, **headers):
            options = {"headers": {"authorization": f"Bearer {self.secret}", **headers}}
            if body is not None:
                text = body if isinstance(body, (str, bytes)) else json.dumps(body)
                options |= {"data": text, "content_type": "application/json"}
            return getattr(self.client, method)(f"/core/{path}", **options)

        return call


@pytest.fixture
def ana():
    return ExternalUser.objects.create(
        app_id="slack", external_id="U1ANA", display_name="ana", email="ana@incidents.example"
    )


@pytest.fixture
def ben():
    return ExternalUser.objects.create(
        app_id="slack", external_id="U2BEN", display_name="ben", email="ben@incidents.example"
    )


@pytest.fixture
def person(django_user_model):
    return django_user_model.objects.create_user("ana", password="correct horse")


@pytest.fixture
def api(person):
    """A browser in which somebody has signed in."""
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def program(django_user_model):
    """Make a program whose token has a scope; it acts for a user of its own."""

    def make(scope, *permissions, **user):
        name = {"read": "reader", "write": "writer"}.get(scope, scope)
        owner = django_user_model.objects.filter(username=name).first()
        owner = owner or django_user_model.objects.create_user(name, **user)
        owner.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
        return Program(ApiToken.issue(name=f"to {scope}", user=owner, scope=scope)[1])

    return make


@pytest.fixture
def reader(program):
    return program("read")


@pytest.fixture
def writer(program):
    return program("write")


@pytest.fixture
def admin(program):
    return program("admin", "delete_incident")


@pytest.fixture
def incident(ana):
    return services.declare_incident(
        report="Checkout is failing",
        reporter=ana,
        report_time=instant("2024-01-31T14:05"),
        summary="A & B, latency < 5ms",
        severity="2",
    )


@pytest.fixture
def private(ana, ben):
    incident = services.declare_incident(
        report="Somebody is in our mail",
        reporter=ben,
        report_time=instant("2024-01-31T15:00"),
        private=True,
    )
    services.log_action(incident.pk, details="Change every password", owner=ana)
    return incident
