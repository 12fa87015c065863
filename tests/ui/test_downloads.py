"""An incident to take away, as the pages give it."""

import json
import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.core import services, write_ups
from response.core.models import ExternalUser

pytestmark = pytest.mark.django_db

KINDS = ["markdown", "html", "json"]


@pytest.fixture
def ana():
    return ExternalUser.objects.create(
        app_id="slack", external_id="U1ANA", display_name="ana", email="ana@example.com"
    )


@pytest.fixture
def incident(ana):
    incident = services.declare_incident(
        report="Checkout <is> failing",
        reporter=ana,
        summary="See ![the graph](https://incidents.example/graph.png) & <b>this</b>",
    )
    services.log_action(incident.pk, details="Add an alert", owner=ana)
    services.add_timeline_entry(incident.pk, text="The queue is full, says ana@example.com")
    services.close_incident(incident.pk)
    write_ups.change_write_up(incident.pk, text="## Why\n\nNobody *looked*.")
    return incident


@pytest.fixture
def reader(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("reader"))
    return client


def get(client, incident, kind):
    answer = client.get(f"/incident/{incident.pk}/download/{kind}/")
    assert answer.status_code == 200
    return answer


@pytest.mark.parametrize(
    ("kind", "content_type", "name"),
    [
        ("markdown", "text/markdown; charset=utf-8", "md"),
        ("html", "text/html; charset=utf-8", "html"),
        ("json", "application/json; charset=utf-8", "json"),
    ],
)
def test_everything_is_in_the_file(reader, incident, kind, content_type, name):
    answer = get(reader, incident, kind)
    assert answer["Content-Type"] == content_type
    expected = f'attachment; filename="incident-{incident.pk}.{name}"'
    assert answer["Content-Disposition"] == expected
    said = answer.content.decode()
    for words in ("ana", "Add an alert", "The queue is full", "looked"):
        assert words in said


def test_the_json_is_json(reader, incident):
    said = json.loads(get(reader, incident, "json").content)
    assert said["report"] == "Checkout <is> failing"
    assert said["write_up"] == "## Why\n\nNobody *looked*."


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_html_needs_no_other_file(reader, incident):
    html = get(reader, incident, "html").content.decode()
    elements = Elements(html).found
    tags = {tag for tag, _ in elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert not [name for _, of in elements for name in of if name in ("src", "style")]
    assert "url(" not in html
    assert "@import" not in html
    policy = [of["content"] for tag, of in elements if of.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert "Checkout &lt;is&gt; failing" in html
    assert '<a href="https://incidents.example/graph.png"' in html
    assert "Nobody <em>looked</em>." in html


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_not_signed_in_gets_no_address(client, incident, settings, kind):
    assert client.get(f"/incident/{incident.pk}/download/{kind}/").status_code == 302
    settings.RESPONSE_LOGIN_REQUIRED = False
    said = get(client, incident, kind).content.decode()
    assert "ana" in said
    assert "@example.com" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_incident_cannot_be_had_by_others(reader, incident, kind):
    services.update_incident(incident.pk, private=True)
    assert reader.get(f"/incident/{incident.pk}/download/{kind}/").status_code == 404


def test_what_cannot_be_had_is_not_found(reader, incident):
    assert reader.get(f"/incident/{incident.pk}/download/pdf/").status_code == 404
    assert reader.get("/incident/999999/download/json/").status_code == 404
    assert reader.post(f"/incident/{incident.pk}/download/json/").status_code == 405


def test_the_document_leads_to_all_of_them(reader, incident):
    page = reader.get(f"/incident/{incident.pk}/").content.decode()
    found = re.findall(rf'href="(/incident/{incident.pk}/download/\w+/)"', page)
    assert len(found) == 3
    for address in found:
        assert reader.get(address).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_queries_does_not_grow(reader, incident, ana, kind):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            get(reader, incident, kind)
        return len(asked)

    before = queries()
    for number in range(10):
        other = ExternalUser.objects.create(app_id="slack", external_id=f"U{number}")
        services.log_action(incident.pk, details=f"<@U{number}> does", owner=other)
    assert queries() == before <= 12
