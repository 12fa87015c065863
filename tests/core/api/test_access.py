"""Who may do what: every address, with every method, asked by everybody."""

import base64

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import get_resolver

from response.core import services
from response.core.models import Action, Event, Incident, TimelineEvent
from response.slack.models import UserStats

pytestmark = pytest.mark.django_db

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")

INCIDENT = {"report": "Search is slow"}
ACTION = {"details": "Add an alert", "user": {"email": "ana@incidents.example"}}
ENTRY = {"text": "Rolled back"}

#: What each address takes, by the method that takes it; GET it all takes.
ENDPOINTS = {
    "": {},
    "users/": {},
    "users/{user}/": {},
    "incidents/": {"post": INCIDENT},
    "incidents/{incident}/": {"put": INCIDENT, "patch": INCIDENT, "delete": None},
    "incidents/{incident}/export/": {},
    "incidents/{incident}/participants/": {},
    "incidents/{incident}/actions/": {"post": ACTION},
    "incidents/{incident}/actions/{action}/": {"put": ACTION, "patch": ACTION, "delete": None},
    "incidents/{incident}/timeline/events/": {"post": ENTRY},
    "incidents/{incident}/timeline/events/{entry}/": {"put": ENTRY, "patch": ENTRY, "delete": None},
    "incidents/bymonth/2024/01/": {},
    "actions/": {"post": {**ACTION, "incident_id": "{incident}"}},
    "actions/{action}/": {"put": ACTION, "patch": ACTION, "delete": None},
    "events/": {},
    "events/{event}/": {},
    "stats/": {},
    "schema/": {},
}
OF_AN_INCIDENT = [path for path in ENDPOINTS if "{incident}" in path or "{action}" in path]

READING = ("get", "head", "options")
MAY = {
    "reader": READING,
    "writer": (*READING, "post", "put", "patch"),
    "admin": (*READING, "post", "put", "patch", "delete"),
}
ASKED = [(path, method) for path in ENDPOINTS for method in METHODS]


@pytest.fixture
def ids(incident, ana):
    action = services.log_action(incident.pk, details="Look", owner=ana)
    return {
        "incident": incident.pk,
        "action": action.pk,
        "entry": TimelineEvent.objects.first().pk,
        "user": ana.pk,
        "event": Event.objects.first().pk,
    }


def ask(caller, method, path, ids, **headers):
    body = ENDPOINTS[path].get(method)
    if body and "incident_id" in body:
        body = {**body, "incident_id": ids["incident"]}
    return getattr(caller, method)(path.format(**ids), body, **headers)


def expected(role, path, method):
    """The status that a role's request of this method is answered with."""
    takes = method in READING or method in ENDPOINTS[path]
    if not takes:
        return 405
    if method not in MAY[role]:
        return 403
    return {"post": 201, "delete": 204}.get(method, 200)


def test_the_table_has_every_address():
    def addresses(patterns, prefix=""):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
            elif "format" not in str(pattern.pattern):
                yield pattern.name

    named = set(addresses(get_resolver("response.core.urls").url_patterns))
    basenames = {name.removesuffix("-list").removesuffix("-detail") for name in named}
    assert basenames == {
        *("api-root", "user", "incident", "incident-of-month", "incident-action", "action"),
        *("incident-timeline-event", "incident-participant", "incident-export", "event"),
        *("statistics", "schema", "schema-page"),
    }


@pytest.mark.parametrize(("path", "method"), ASKED)
def test_who_has_not_said_who_they_are_is_asked(client, ids, path, method):
    answer = getattr(client, method)(f"/core/{path.format(**ids)}")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert b"Checkout" not in answer.content


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize(("path", "method"), ASKED)
def test_each_role_may_do_what_its_scope_says(request, ids, role, path, method):
    caller = request.getfixturevalue(role)
    answer = ask(caller, method, path, ids)
    assert answer.status_code == expected(role, path, method), answer.content
    if answer.status_code in (403, 405) and method != "head":
        assert len(answer.json()["detail"]) > 20
    if answer.status_code == 403:
        assert Incident.objects.count() == Action.objects.count() == 1


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("path", OF_AN_INCIDENT)
@pytest.mark.parametrize("method", METHODS)
def test_a_private_incident_is_not_there_for_an_outsider(request, ids, role, path, method):
    services.update_incident(ids["incident"], private=True)
    caller = request.getfixturevalue(role)
    answer = ask(caller, method, path, ids)
    wanted = expected(role, path, method)
    if wanted in (403, 405) or (method == "options" and wanted == 200):
        assert answer.status_code in (wanted, 404)
    else:
        assert answer.status_code == 404, answer.content
    assert b"Checkout" not in answer.content
    assert Incident.objects.count() == Action.objects.count() == 1


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize(
    "path",
    [
        *("incidents/", "incidents/?search=checkout", "incidents/bymonth/2024/01/", "actions/"),
        *("events/", "events/?after=0", "events/?incident={incident}", "stats/"),
    ],
)
def test_no_list_tells_an_outsider_of_a_private_incident(request, ids, role, path):
    services.update_incident(ids["incident"], private=True)
    answer = request.getfixturevalue(role).get(path.format(**ids))
    assert answer.status_code == 200
    assert answer.json().get("results", []) == []
    assert answer.json().get("incidents", 0) == 0
    event = Event.objects.first()
    assert request.getfixturevalue(role).get(f"events/{event.pk}/").status_code == 404


@pytest.mark.parametrize("path", OF_AN_INCIDENT)
def test_a_private_incident_is_there_for_who_takes_part(ids, program, ana, path):
    services.update_incident(ids["incident"], private=True)
    caller = program("read")
    ana.owner = type(ana).owner.field.related_model.objects.get(username="reader")
    ana.save()
    UserStats.objects.create(incident_id=ids["incident"], user=ana)
    assert ask(caller, "get", path, ids).status_code == 200


def test_an_action_cannot_be_logged_for_an_incident_one_may_not_see(writer, private):
    answer = writer.post("actions/", {**ACTION, "incident_id": private.pk})
    assert answer.status_code == 400
    assert list(answer.json()) == ["incident_id"]


def test_what_was_said_before_an_incident_was_private_goes_with_it(ids, reader):
    services.update_incident(ids["incident"], private=True)
    services.remove_incident(ids["incident"])
    assert reader.get("events/?after=0").json()["results"] == []


# People who signed in


@pytest.mark.parametrize(
    ("is_staff", "permission", "status"),
    [(False, "", 403), (True, "", 204), (False, "delete_incident", 204)],
)
def test_deleting_is_for_staff_and_holders_of_the_permission(
    api, person, incident, is_staff, permission, status
):
    person.is_staff = is_staff
    person.save()
    person.user_permissions.add(*Permission.objects.filter(codename=permission))
    assert api.delete(f"/core/incidents/{incident.pk}/").status_code == status


@pytest.mark.parametrize(
    ("method", "permission"),
    [("get", "view_incident"), ("patch", "change_incident"), ("delete", "delete_incident")],
)
def test_a_site_may_ask_for_permissions(api, person, incident, settings, method, permission):
    settings.RESPONSE_REQUIRE_PERMISSIONS = True
    person.is_staff = True
    person.save()
    ask = getattr(api, method)
    path, body = f"/core/incidents/{incident.pk}/", {"severity": 1}
    options = {"data": body, "content_type": "application/json"} if method == "patch" else {}
    answer = ask(path, **options)
    assert answer.status_code == 403
    assert f"response.{permission}" in answer.json()["detail"]
    person.user_permissions.add(Permission.objects.get(codename=permission))
    assert ask(path, **options).status_code in (200, 204)


def test_a_token_can_do_no_more_than_its_user(program, incident):
    outsider = program("admin")
    answer = outsider.delete(f"incidents/{incident.pk}/")
    assert answer.status_code == 403
    assert "response.delete_incident" in answer.json()["detail"]


def test_a_browser_cannot_be_made_to_write(person, incident):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    answer = client.patch(
        f"/core/incidents/{incident.pk}/", {"severity": 1}, content_type="application/json"
    )
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


@pytest.mark.parametrize("classes", [[], ["rest_framework.authentication.BasicAuthentication"]])
def test_tokens_and_sessions_work_whatever_the_host_has_set(
    api, reader, incident, settings, classes
):
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    assert reader.get("incidents/").status_code == 200
    assert api.get("/core/incidents/").status_code == 200
    credentials = base64.b64encode(b"ana:correct horse").decode()
    basic = Client().get("/core/incidents/", headers={"authorization": f"Basic {credentials}"})
    assert basic.status_code == (200 if classes else 401)


def test_the_bearer_tokens_of_others_are_left_to_others(client, incident):
    answer = client.get("/core/incidents/", headers={"authorization": "Bearer eyJhbGciOi"})
    assert answer.status_code == 401
    assert "not known" not in answer.json()["detail"]
