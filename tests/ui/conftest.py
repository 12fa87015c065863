"""Somebody at a browser, who presses what a page shows."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from response.core import services
from response.core.actors import Actor
from response.core.models import ExternalUser

ANA = Actor("slack", "U1ANA", "ana", "slack")


def instant(text: str) -> Any:
    """An instant of London's time as this project's database wants it, aware or naive."""
    naive = datetime.fromisoformat(text)
    return timezone.make_aware(naive) if settings.USE_TZ else naive


def slack_person(name: str, full_name: str | None = None) -> ExternalUser:
    return ExternalUser.objects.create(
        app_id="slack", external_id=f"U1{name.upper()}", display_name=name, full_name=full_name
    )


def text_of(answer: Any) -> str:
    """A page's text as it is read, without its markup."""
    page = re.sub(r"(?s)<head>.*?</head>", "", answer.content.decode())
    page = re.sub(r"</(?:p|h\d|li|dt|dd|td|th|span|div)>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


class Editor:
    """A signed-in person with a document open, with JavaScript (``htmx``) or without."""

    def __init__(self, client: Any, incident: Any, *, htmx: bool) -> None:
        self.client, self.incident, self.htmx = client, incident, htmx
        self.headers = {"HX-Request": "true"} if htmx else {}

    def address(self, rest: str = "") -> str:
        return f"/incident/{self.incident.pk}/{rest}"

    def sees(self) -> str:
        return text_of(self.client.get(self.address()))

    def opens(self, form: str) -> dict[str, str]:
        """Open a form, and return what it sends if nothing is changed in it."""
        answer = self.client.get(self.address(form), headers=self.headers)
        assert answer.status_code == 200
        return fields_of(answer.content.decode())

    def sends(self, form: str, **fields: Any) -> Any:
        if self.htmx:
            fields = {**fields, "part": self.parts()}
        return self.client.post(self.address(form), fields, headers=self.headers)

    def edits(self, form: str, **fields: Any) -> Any:
        return self.sends(form, **{**self.opens(form), **fields})

    def parts(self) -> list[str]:
        """What the open page knows of its parts."""
        page = self.client.get(self.address()).content.decode()
        return re.findall(r'name="part" value="([^"]*)"', page)


def fields_of(page: str) -> dict[str, str]:
    """The values of the last form on a page, as a browser would send them."""
    form = re.findall(r"(?s)<form[^>]*method=\"post\"[^>]*novalidate.*?</form>", page)[-1]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if told.get("type") != "checkbox" or " checked" in tag:
            found[told["name"]] = unescape(told.get("value", ""))
    for name, text in re.findall(r'(?s)<textarea[^>]*name="(\w+)"[^>]*>\n?(.*?)</textarea>', form):
        found[name] = unescape(text)
    for name, options in re.findall(r'(?s)<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form):
        chosen = re.findall(r'<option value="([^"]*)"\s+selected', options)
        found[name] = chosen[0] if chosen else ""
    return found


@pytest.fixture
def ana() -> ExternalUser:
    return slack_person("ana", "Ana Lima")


@pytest.fixture
def incident(ana: ExternalUser) -> Any:
    return services.declare_incident(
        report="Checkout is failing",
        reporter=ana,
        report_time=instant("2024-06-30T14:05"),
        summary="Payments time out",
        by=ANA,
    )


@pytest.fixture
def lee(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("lee")


@pytest.fixture(params=[True, False], ids=["htmx", "no script"])
def editor(request: pytest.FixtureRequest, client: Any, incident: Any, lee: Any) -> Editor:
    client.force_login(lee)
    return Editor(client, incident, htmx=request.param)
