"""What cannot be: each is refused with the field, where there is one, and a sentence."""

import logging

import pytest
from django.db import OperationalError

from response.core import services
from response.core.models import Event, Incident, TimelineEvent
from tests.core.api.conftest import instant

pytestmark = pytest.mark.django_db

ANA = {"app_id": "slack", "external_id": "U1ANA"}
HUGE = 10**30

NO_TEXT = [None, 7, True, ["a"], {"a": 1}, "", " \n", "NUL \0 in it", "half \ud800 a character"]
NO_INSTANT = [
    *(7, True, "", "yesterday", "2024-01-31", "2024-13-31T00:00:00Z", "2024-01-31T25:00:00Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", HUGE, "1" * 5000, "\0:"),
]
NO_FLAG = [None, 1, 0, "true", "yes", [], HUGE]
NO_CHOICE = [None, 0, 5, -1, 1.0, True, "", "worst", "1 2", [1], {}, HUGE, "1" * 5000, "\0"]
NO_PERSON = [
    *("ana", 7, [], {}, {"app_id": "slack"}, {"external_id": "U1ANA"}, {"email": None}),
    *({"app_id": 7, "external_id": "U1ANA"}, {"app_id": "slack", "external_id": ["U1ANA"]}),
    *({"app_id": "mail", "external_id": "U1ANA"}, {"email": "nobody at all"}),
    *({"email": "a\0@incidents.example"}, {"app_id": "slack", "external_id": "x" * 5000}),
    {"email": "\ud800@incidents.example"},
]

BAD_FIELDS = [
    *(("incident", "report", value) for value in [*NO_TEXT, "x" * 201]),
    *(("incident", "summary", value) for value in [7, ["a"], "NUL \0", "\udfff"]),
    *(("incident", "severity", value) for value in NO_CHOICE),
    *(("incident", "start_time", value) for value in [None, *NO_INSTANT]),
    *(("incident", "report_time", value) for value in [None, *NO_INSTANT]),
    *(("incident", "end_time", value) for value in NO_INSTANT),
    *(("incident", "report_only", value) for value in NO_FLAG),
    *(("incident", "private", value) for value in NO_FLAG),
    *(("incident", "lead", value) for value in NO_PERSON),
    *(("action", "details", value) for value in NO_TEXT),
    *(("action", "user", value) for value in [None, *NO_PERSON]),
    *(("action", "done", value) for value in NO_FLAG),
    *(("action", "due_date", value) for value in NO_INSTANT),
    *(("action", "priority", value) for value in NO_CHOICE),
    *(("action", "type", value) for value in NO_CHOICE),
    *(("entry", "text", value) for value in NO_TEXT),
    *(("entry", "timestamp", value) for value in [None, *NO_INSTANT]),
    *(("entry", "event_type", value) for value in [None, 7, "", "of_a_host", [], HUGE]),
    *(
        ("entry", "metadata", value)
        for value in [7, "{}", [], {"a": "\0"}, {"\ud800": 1}, {"a": [HUGE]}]
    ),
]


@pytest.fixture
def addresses(incident, ana):
    action = services.log_action(incident.pk, details="Look", owner=ana)
    entry = TimelineEvent.objects.first()
    return {
        "incident": ("incidents/", f"incidents/{incident.pk}/", {"report": "A"}),
        "action": (
            f"incidents/{incident.pk}/actions/",
            f"actions/{action.pk}/",
            {"details": "A", "user": ANA},
        ),
        "entry": (
            f"incidents/{incident.pk}/timeline/events/",
            f"incidents/{incident.pk}/timeline/events/{entry.pk}/",
            {"text": "A"},
        ),
    }


def everything():
    return [
        list(model.objects.order_by("pk").values()) for model in (Incident, TimelineEvent, Event)
    ]


@pytest.mark.parametrize(("what", "field", "value"), BAD_FIELDS, ids=repr)
def test_a_value_that_does_not_fit_is_refused_at_its_field(writer, addresses, what, field, value):
    before = everything()
    many, one, whole = addresses[what]
    for answer in (
        writer.post(many, {**whole, field: value}),
        writer.put(one, {**whole, field: value}),
        writer.patch(one, {field: value}),
    ):
        assert answer.status_code == 400, answer.content
        assert list(answer.json()) == [field]
        assert len(str(answer.json()[field])) > 20
    assert everything() == before


@pytest.mark.parametrize("value", [None, 0, -1, True, "1", HUGE, 99999, [], {}])
def test_an_action_needs_an_incident_that_is_there(writer, addresses, value):
    answer = writer.post("actions/", {"details": "A", "user": ANA, "incident_id": value})
    assert answer.status_code == 400
    assert list(answer.json()) == ["incident_id"]


@pytest.mark.parametrize(("what", "field"), [("incident", "report"), ("entry", "text")])
def test_what_cannot_be_without_is_asked_for(writer, addresses, what, field):
    many, one, _ = addresses[what]
    for answer in (writer.post(many, {}), writer.put(one, {})):
        assert (answer.status_code, list(answer.json())) == (400, [field])
    assert writer.patch(one, {}).status_code == 200


def test_an_end_before_the_start_is_refused_at_the_field_that_was_sent(writer, incident):
    path = f"incidents/{incident.pk}/"
    early, late = "2024-01-31T14:04:59Z", "2024-01-31T16:00:00Z"
    over = {"report": "A", "start_time": late, "end_time": early}
    before = everything()
    for answer in (
        writer.patch(path, {"end_time": early}),
        writer.put(path, over),
        writer.post("incidents/", over),
        writer.post("incidents/", {"report": "A", "end_time": early}),
    ):
        assert (answer.status_code, answer.json()) == (
            400,
            {"end_time": ["This is before it started."]},
        )
    assert everything() == before
    assert writer.patch(path, {"end_time": "2024-01-31T14:05:00Z"}).status_code == 200
    answer = writer.patch(path, {"start_time": late})
    assert (answer.status_code, answer.json()) == (400, {"start_time": ["This is after it ended."]})
    assert writer.patch(path, {"start_time": late, "end_time": late}).status_code == 200
    assert writer.patch(path, {"start_time": early}).status_code == 200


def test_times_of_long_ago_are_judged_only_where_they_are_changed(writer, incident):
    Incident.objects.update(end_time=instant("2024-01-31T14:00"))
    read = writer.get(f"incidents/{incident.pk}/").json()
    answer = writer.put(f"incidents/{incident.pk}/", {**read, "summary": "B"})
    assert (answer.status_code, answer.json()["summary"]) == (200, "B")
    assert writer.patch(f"incidents/{incident.pk}/", {"end_time": None}).status_code == 200


# Bodies


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"report": "a"} and more', 400),
        (b'{"report": NaN}', 400),
        (b'{"severity": ' + b"9" * 5000 + b"}", 400),
        (b'{"report": "\xff\xfe"}', 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"report"', 400),
        (b"7", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
        (b'{"report": "a", "x": ' + b"[" * 60 + b"]" * 60 + b"}", 400),
        (b'{"report": "' + b"a" * 1_000_000 + b'"}', 413),
        (b'{"report": "a", "summary": "' + b"a" * 1_100_000 + b'"}', 413),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_body_that_is_none_is_refused(writer, incident, method, body, status):
    path = "incidents/" if method == "post" else f"incidents/{incident.pk}/"
    answer = getattr(writer, method)(path, body)
    if method == "patch" and body == b"":
        status = 200  # nothing is to be changed
    assert answer.status_code == status, answer.content[:200]
    assert len(answer.content) > 20
    assert Incident.objects.count() == 1


def test_nearly_a_megabyte_of_text_is_kept_as_it_was_written(writer):
    summary = "é <b> & \n" * 60_000
    answer = writer.post("incidents/", {"report": "Long", "summary": summary})
    assert answer.status_code == 201
    assert Incident.objects.get().summary == summary


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/xml",
        "nonsense",
    ],
)
def test_only_json_is_taken(writer, content_type):
    answer = writer.client.post(
        "/core/incidents/",
        b"report=a",
        content_type=content_type,
        headers={"authorization": f"Bearer {writer.secret}"},
    )
    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize("accept", ["application/xml", "image/png"])
def test_a_form_that_there_is_not_is_refused(reader, incident, accept):
    for path in ("incidents/", f"incidents/{incident.pk}/export/"):
        answer = reader.get(path, accept=accept)
        assert answer.status_code == 406
        assert len(answer.json()["detail"]) > 20


# Parameters


@pytest.mark.parametrize(
    ("path", "field"),
    [
        *((f"incidents/?limit={value}", "limit") for value in ("0", "-1", "x", "1.5", "1&limit=2")),
        *((f"incidents/?offset={value}", "offset") for value in ("-1", "x", "%00")),
        *((f"users/?page_size={value}", "page_size") for value in ("0", "x", "-1")),
        *((f"incidents/?ordering={value}", "ordering") for value in ("age", "-", "lead__owner")),
        ("incidents/?status=burning", "status"),
        ("incidents/?status=live&status=resolved", "status"),
        ("incidents/?ordering=id&ordering=report", "ordering"),
        ("stats/?severity=1&severity=2", "severity"),
        ("events/?from=2024-01-01&from=2024-01-02", "from"),
        ("incidents/?severity=5", "severity"),
        ("incidents/?search=%00", "search"),
        ("incidents/?search=" + "a+" * 5000, "search"),
        ("incidents/?private=maybe", "private"),
        ("incidents/?report_only=1", "report_only"),
        ("incidents/?lead=%00", "lead"),
        ("incidents/?lead=" + "x" * 300, "lead"),
        *(
            (f"incidents/?{name}_{side}={value}", f"{name}_{side}")
            for name in ("declared", "started", "ended")
            for side in ("after", "before")
            for value in ("yesterday", "2024-02-30", "0001-01-01T00:00:00%2B14:00")
        ),
        ("actions/?done=x", "done"),
        ("actions/?priority=urgent", "priority"),
        ("actions/?type=9", "type"),
        ("actions/?due_before=soon", "due_before"),
        ("incidents/{incident}/timeline/events/?after=x", "after"),
        ("incidents/{incident}/timeline/events/?event_type=%00", "event_type"),
        ("events/?event_type=x", "event_type"),
        ("events/?incident=x", "incident"),
        (f"events/?incident={HUGE}", "incident"),
        ("events/?after=x", "after"),
        ("events/?after=-1", "after"),
        ("events/?from=x", "from"),
        ("events/?after=0&to=x", "to"),
        ("stats/?status=burning", "status"),
        ("stats/?declared_after=x", "declared_after"),
        ("users/?deleted=x", "deleted"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_by_name(reader, incident, path, field):
    answer = reader.get(path.format(incident=incident.pk))
    assert answer.status_code == 400, answer.content
    assert list(answer.json()) == [field]
    assert len(answer.json()[field][0]) > 20


@pytest.mark.parametrize(
    "path",
    [
        *("events/?after=99999", f"events/?after={HUGE}", "users/?page=2", "users/?page=x"),
        *("incidents/99999/", "incidents/0.5/", f"incidents/{HUGE}/", "incidents/%00/"),
        *("incidents/99999/export/", "incidents/0.5/export/", "incidents/x/export/"),
        "incidents/{incident}/export/?format=pdf",
        *("incidents/{incident}/export/?format=%00", "incidents/0.5/actions/0.5/"),
        *("incidents/99999/participants/", "incidents/bymonth/2024/13/"),
        *(f"incidents/bymonth/{month}/" for month in ("2024/1.5", "2_024/01", "2024/%2001")),
    ],
)
def test_what_is_not_there_is_said_in_json(reader, incident, path):
    answer = reader.get(path.format(incident=incident.pk))
    assert answer.status_code == 404
    assert len(answer.json()["detail"]) > 10


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("path", ["incidents/99999/", "actions/99999/", f"incidents/{HUGE}/"])
def test_what_is_not_there_cannot_be_written(program, method, path):
    caller = program("admin", "delete_incident")
    body = None if method == "delete" else {"report": "A", "details": "A", "user": ANA}
    assert getattr(caller, method)(path, body).status_code == 404


# What goes wrong here


def test_a_database_that_is_away_is_said_so(writer, incident, settings, caplog):
    settings.INCIDENT_EVENT_HANDLER_CLASS = f"{__name__}.DatabaseIsAway"
    answer = writer.patch(f"incidents/{incident.pk}/", {"summary": "secret words"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert "try again" in answer.json()["detail"]
    assert Incident.objects.get().summary == "A & B, latency < 5ms"
    assert "secret words" not in caplog.text


class DatabaseIsAway:
    @staticmethod
    def handle(sender, instance, **kwargs):
        raise OperationalError("database is locked")


def test_what_nobody_expected_is_logged_once_with_an_id(writer, incident, settings, caplog):
    settings.INCIDENT_EVENT_HANDLER_CLASS = f"{__name__}.Breaks"
    answer = writer.patch(f"incidents/{incident.pk}/", {"summary": "B"})
    assert answer.status_code == 500
    (logged,) = [
        record
        for record in caplog.records
        if record.levelno == logging.ERROR and record.name.startswith("response")
    ]
    assert logged.exc_info
    assert logged.args[0] in answer.json()["detail"]
    assert "broken" not in answer.json()["detail"]
    assert Incident.objects.get().summary == "A & B, latency < 5ms"


class Breaks:
    @staticmethod
    def handle(sender, instance, **kwargs):
        raise RuntimeError("the host's handler is broken")
