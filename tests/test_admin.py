"""Incidents in Django's admin: with their history, and only for those who may know of them."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from response import models
from response.core import services
from response.core.actors import SYSTEM
from response.models import (
    Action,
    ApiToken,
    CommsChannel,
    Event,
    ExternalUser,
    FeedEnd,
    HeadlinePost,
    Heartbeat,
    IdempotentRequest,
    Inbox,
    Incident,
    Lane,
    Mirror,
    Notification,
    OutboxMessage,
    Pause,
    PinnedMessage,
    TimelineEvent,
    UserStats,
    WriteUp,
)

pytestmark = pytest.mark.django_db

EVERY_MODEL = [getattr(models, name) for name in models.__all__]
READ_ONLY = [
    *(Event, FeedEnd, Heartbeat, Inbox, Lane, Mirror, OutboxMessage, Pause),
]
WRITTEN_ELSEWHERE = [IdempotentRequest, WriteUp]
SECRET = "Takeover of a competitor"


class Form(HTMLParser):
    """The fields of the form on a page, as a browser would send them back untouched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._select = self._textarea = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        name = a.get("name") or ""
        if tag == "input" and name and a.get("type") not in {"submit", "button"}:
            if a.get("type") != "checkbox" or "checked" in a:
                self.fields.setdefault(name, []).append(a.get("value") or "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in a:
            self.fields.setdefault(self._select, []).append(a.get("value") or "")
        elif tag == "textarea":
            self._textarea = name
            self.fields[name] = [""]

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            # The line break after the opening tag is not part of the text.
            text = self.fields[self._textarea][0]
            self.fields[self._textarea] = [text.removeprefix("\r\n").removeprefix("\n")]
            self._textarea = ""


def page(model: type[Any], what: str, *args: Any) -> str:
    return reverse(f"admin:response_{model.__name__.lower()}_{what}", args=args)


def opened(client: Client, address: str) -> dict[str, list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return Form(answer.content.decode()).fields


def sent(client: Client, address: str, form: dict[str, list[str]], **changed: Any) -> Any:
    answer = client.post(address, {**form, **changed}, follow=True)
    assert answer.redirect_chain, answer.context["errors"]
    return answer


def ran(client: Client, model: type[Any], action: str, *rows: Any, **listed: str) -> str:
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    address = f"{page(model, 'changelist')}?{urlencode(listed)}"
    answer = client.post(address, data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def boss(django_user_model: Any) -> Client:
    """A superuser's browser."""
    browser = Client()
    browser.force_login(django_user_model.objects.create_superuser("boss"))
    return browser


@pytest.fixture
def staff(django_user_model: Any) -> Any:
    """A member of the staff with every right but that of seeing private incidents."""
    user = django_user_model.objects.create_user("staff", is_staff=True)
    ours = Permission.objects.filter(content_type__app_label="response")
    user.user_permissions.set(ours.exclude(codename="view_private_incident"))
    return user


@pytest.fixture
def limited(staff: Any) -> Client:
    """That person's browser."""
    browser = Client()
    browser.force_login(staff)
    return browser


@pytest.fixture
def ana() -> ExternalUser:
    return ExternalUser.objects.create(app_id="slack", external_id="UANA", display_name="ana")


@pytest.fixture
def incident(ana: ExternalUser) -> Incident:
    return services.declare_incident(report="Checkout is failing", reporter=ana, severity="2")


def _caller(number: int) -> Any:
    return get_user_model().objects.get_or_create(username=f"program {number}")[0]


def filled(incident: Incident, ana: ExternalUser, text: str = "said") -> dict[type[Any], Any]:
    """One row of everything, by model."""
    now = timezone.now()
    number = incident.pk
    channel = CommsChannel.objects.create(
        incident=incident, channel_id=f"C{number}", channel_name=f"inc-{number}"
    )
    entry = services.add_timeline_entry(number, text=text, kind="slack_pin")
    rows: dict[type[Any], Any] = {
        Incident: incident,
        ExternalUser: ana,
        Action: services.log_action(number, details=text, owner=ana),
        TimelineEvent: entry,
        Event: Event.objects.create(
            event_type="incident_event", payload={"id": number, "report": incident.report}
        ),
        CommsChannel: channel,
        HeadlinePost: HeadlinePost.objects.create(incident=incident, comms_channel=channel),
        PinnedMessage: PinnedMessage.objects.create(
            incident=incident,
            author=ana,
            message_ts="1.1",
            text=text,
            timestamp=now,
            timeline_event=entry,
        ),
        UserStats: UserStats.objects.create(user=ana, incident=incident, message_count=3),
        Notification: Notification.objects.create(incident=incident, key="lead", time=now),
        Inbox: Inbox.objects.create(key=f"Ev{number}", kind="event", payload={"text": text}),
        Mirror: Mirror.objects.create(
            kind="topic", object_id=number, lane="C1", shown={"topic": text}
        ),
        OutboxMessage: OutboxMessage.objects.create(
            key=f"m{number}", method="chat.postMessage", lane="C1", body={"text": text}
        ),
        Lane: Lane.objects.create(name=f"C{number}"),
        Pause: Pause.objects.create(scope=f"chat.update C{number}", until=now),
        Heartbeat: Heartbeat.objects.create(name=f"minute {number}", beat_at=now),
        ApiToken: ApiToken.issue(name=f"pager {number}", user=_caller(number))[0],
        IdempotentRequest: IdempotentRequest.objects.create(
            user=_caller(number), key=f"k{number}", incident=incident, answer={"report": text}
        ),
        # The migration makes one, under a number that PostgreSQL's sequence does not know of.
        FeedEnd: FeedEnd.objects.update_or_create(pk=number, defaults={"position": number})[0],
        WriteUp: WriteUp.objects.create(incident=incident, text=text),
    }
    assert set(rows) == set(EVERY_MODEL)
    return rows


# Every page


@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda model: model.__name__)
def test_every_page_opens(
    boss: Client, incident: Incident, ana: ExternalUser, model: type[Any]
) -> None:
    row = filled(incident, ana)[model]
    pages = [
        page(model, "changelist"),
        page(model, "changelist") + "?q=a+b",
        page(model, "changelist") + "?q=%00&page=x&o=99",
        page(model, "change", row.pk),
        page(model, "history", row.pk),
    ]
    if model not in READ_ONLY:
        pages += [page(model, "delete", row.pk)]
    if model not in [*READ_ONLY, *WRITTEN_ELSEWHERE]:
        pages += [page(model, "add")]

    for address in pages:
        answer = boss.get(address, follow=True)
        assert answer.status_code == 200, address


@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda model: model.__name__)
def test_no_page_opens_to_strangers(
    client: Client, incident: Incident, ana: ExternalUser, model: type[Any]
) -> None:
    row = filled(incident, ana)[model]

    for address in (page(model, "changelist"), page(model, "change", row.pk)):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_nobody_writes_what_only_the_machine_writes(
    boss: Client, incident: Incident, ana: ExternalUser, model: type[Any]
) -> None:
    row = filled(incident, ana)[model]

    for address in (
        page(model, "add"),
        page(model, "change", row.pk),
        page(model, "delete", row.pk),
    ):
        assert boss.post(address, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in boss.get(page(model, "changelist")).content.decode()
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda model: model.__name__)
def test_a_longer_list_costs_no_more_queries(
    boss: Client, ana: ExternalUser, model: type[Any]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert boss.get(page(model, "changelist")).status_code == 200
        return len(captured)

    def more(number: int) -> None:
        person = ExternalUser.objects.create(
            app_id="slack", external_id=f"U{number}", display_name=f"person {number}"
        )
        incident = services.declare_incident(report=f"{number}", reporter=person, lead=person)
        filled(incident, person)

    more(1)
    queries()
    few = queries()
    for number in range(2, 6):
        more(number)
    assert queries() == few


# Saving


def test_a_change_is_on_the_timeline_with_who_made_it(boss: Client, incident: Incident) -> None:
    address = page(Incident, "change", incident.pk)
    told = Event.objects.count()
    owed = Mirror.objects.get(kind="headline", object_id=incident.pk).want

    sent(boss, address, opened(boss, address), report="Checkout is slow", severity="1")

    incident.refresh_from_db()
    assert (incident.report, incident.severity) == ("Checkout is slow", "1")
    entries = list(incident.timeline_events())[-2:]
    assert {entry.metadata["update_type"] for entry in entries} == {
        "incident_report",
        "incident_severity",
    }
    for entry in entries:
        assert entry.metadata["actor"]["name"] == "boss"
        assert entry.metadata["source"] == "admin"
    assert Event.objects.count() == told + 1
    assert Mirror.objects.get(kind="headline", object_id=incident.pk).want == owed + 1


def test_saving_without_a_change_leaves_no_trace(boss: Client, incident: Incident) -> None:
    before = list(TimelineEvent.objects.values()), list(Event.objects.values())
    started = incident.start_time
    address = page(Incident, "change", incident.pk)

    sent(boss, address, opened(boss, address))

    assert (list(TimelineEvent.objects.values()), list(Event.objects.values())) == before
    incident.refresh_from_db()
    assert incident.start_time == started


def test_a_form_that_was_open_for_long_does_not_undo_what_others_wrote(
    boss: Client, incident: Incident
) -> None:
    address = page(Incident, "change", incident.pk)
    form = opened(boss, address)
    services.update_incident(incident.pk, summary="Written meanwhile", by=SYSTEM)

    sent(boss, address, form, impact="Nobody can pay")

    incident.refresh_from_db()
    assert (incident.summary, incident.impact) == ("Written meanwhile", "Nobody can pay")


def test_an_incident_added_in_the_admin_is_declared(boss: Client, ana: ExternalUser) -> None:
    address = page(Incident, "add")

    sent(boss, address, opened(boss, address), report="Search is down", reporter=ana.pk)

    incident = Incident.objects.get(report="Search is down")
    declared = incident.timeline_events().get()
    assert declared.metadata["update_type"] == "incident_declared"
    assert declared.metadata["actor"]["name"] == "boss"
    assert Mirror.objects.filter(kind="headline", object_id=incident.pk).exists()


def test_a_title_that_is_too_long_is_refused_at_its_field(boss: Client, incident: Incident) -> None:
    address = page(Incident, "change", incident.pk)

    answer = boss.post(address, {**opened(boss, address), "report": "x" * 201})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"report"}
    incident.refresh_from_db()
    assert incident.report == "Checkout is failing"


def test_an_end_before_the_start_is_refused_at_its_field(boss: Client, incident: Incident) -> None:
    address = page(Incident, "change", incident.pk)
    before = {"end_time_0": "2001-01-01", "end_time_1": "00:00:00"}

    answer = boss.post(address, {**opened(boss, address), **before})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"end_time"}
    # One that the predecessor stored stays, until somebody changes it.
    Incident.objects.update(end_time=incident.start_time - timedelta(days=1))
    sent(boss, address, opened(boss, address), summary="A")
    incident.refresh_from_db()
    assert incident.summary == "A"


def test_a_severity_that_is_no_choice_stays_until_another_is_chosen(
    boss: Client, incident: Incident
) -> None:
    Incident.objects.filter(pk=incident.pk).update(severity="huge")
    assert "huge" in boss.get(page(Incident, "changelist")).content.decode()
    address = page(Incident, "change", incident.pk)

    sent(boss, address, opened(boss, address), summary="Still huge")
    incident.refresh_from_db()
    assert (incident.severity, incident.summary) == ("huge", "Still huge")

    sent(boss, address, opened(boss, address), severity="3")
    incident.refresh_from_db()
    assert incident.severity == "3"


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Action, {"priority": "9", "type": "odd"}),
        (TimelineEvent, {"event_type": "of_a_host", "metadata": ["not", "an", "object"]}),
        (TimelineEvent, {"metadata": {"actor": "ana"}}),
        (Event, {"event_type": "of_a_host", "payload": ["a list"]}),
        (Event, {"payload": {"unreadable": "<script>"}}),
        (Inbox, {"state": 9, "payload": None}),
        (OutboxMessage, {"state": 9, "in_doubt": "odd"}),
    ],
)
def test_a_value_that_is_none_of_ours_breaks_no_page(
    boss: Client, incident: Incident, ana: ExternalUser, model: type[Any], values: dict[str, Any]
) -> None:
    row = filled(incident, ana)[model]
    model.objects.filter(pk=row.pk).update(**values)

    for address in (page(model, "changelist"), page(model, "change", row.pk)):
        answer = boss.get(address)
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode().replace('<script>"use strict"', "")


def test_an_action_is_logged_changed_and_removed_with_its_history(
    boss: Client, incident: Incident, ana: ExternalUser
) -> None:
    address = page(Action, "add")
    named = {"incident": incident.pk, "user": ana.pk, "details": "Raise the limit"}
    sent(boss, address, opened(boss, address), **named)
    action = Action.objects.get()

    address = page(Action, "change", action.pk)
    sent(boss, address, opened(boss, address), done="on")
    action.refresh_from_db()
    assert action.done
    assert action.done_date is not None

    ran_away = boss.post(page(Action, "delete", action.pk), {"post": "yes"})
    assert ran_away.status_code == 302
    assert not Action.objects.exists()
    entries = list(incident.timeline_events())[1:]
    assert len(entries) == 3
    assert {entry.metadata["actor"]["name"] for entry in entries} == {"boss"}


def test_a_timeline_entry_names_who_added_it(boss: Client, incident: Incident) -> None:
    address = page(TimelineEvent, "add")
    sent(boss, address, opened(boss, address), incident=incident.pk, text="Called the bank")
    entry = TimelineEvent.objects.get(text="Called the bank")
    assert entry.metadata["actor"]["name"] == "boss"
    when = entry.timestamp

    address = page(TimelineEvent, "change", entry.pk)
    sent(boss, address, opened(boss, address), text="Called the bank twice")
    entry.refresh_from_db()
    assert (entry.text, entry.timestamp) == ("Called the bank twice", when)
    assert entry.metadata["actor"]["name"] == "boss"

    boss.post(
        page(TimelineEvent, "changelist"),
        {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"},
    )
    assert not TimelineEvent.objects.filter(pk=entry.pk).exists()


def test_deleting_an_incident_takes_along_what_belongs_to_it(
    boss: Client, incident: Incident, ana: ExternalUser
) -> None:
    filled(incident, ana)

    answer = boss.post(page(Incident, "delete", incident.pk), {"post": "yes"})

    assert answer.status_code == 302
    assert not Incident.objects.exists()
    assert not HeadlinePost.objects.exists()


def test_a_headline_outlives_its_channel(
    boss: Client, incident: Incident, ana: ExternalUser
) -> None:
    rows = filled(incident, ana)
    owed = Mirror.objects.get(kind="headline", object_id=incident.pk).want

    answer = boss.post(page(CommsChannel, "delete", rows[CommsChannel].pk), {"post": "yes"})

    assert answer.status_code == 302
    connection.check_constraints()
    assert HeadlinePost.objects.get().comms_channel is None
    assert Mirror.objects.get(kind="headline", object_id=incident.pk).want == owed + 1


# Private incidents


@pytest.fixture
def private(ana: ExternalUser) -> dict[type[Any], Any]:
    """A private incident with everything that belongs to it, by model."""
    incident = services.declare_incident(report=SECRET, reporter=ana, private=True)
    return filled(incident, ana, text=SECRET)


@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda model: model.__name__)
def test_a_private_incident_does_not_show_to_staff_without_the_right(
    limited: Client, private: dict[type[Any], Any], model: type[Any]
) -> None:
    for address in (
        page(model, "changelist"),
        page(model, "changelist") + "?q=takeover",
        page(model, "change", private[model].pk),
        page(model, "history", private[model].pk),
        page(model, "delete", private[model].pk),
    ):
        answer = limited.get(address, follow=True)
        assert answer.status_code in {200, 403}
        assert SECRET not in answer.content.decode(), address


@pytest.mark.parametrize("model", EVERY_MODEL, ids=lambda model: model.__name__)
def test_holders_of_the_right_see_private_incidents(
    limited: Client, staff: Any, private: dict[type[Any], Any], model: type[Any]
) -> None:
    staff.user_permissions.add(Permission.objects.get(codename="view_private_incident"))
    ApiToken.objects.update(user=staff)  # those of others are not theirs to see

    assert limited.get(page(model, "change", private[model].pk)).status_code == 200
    if model in {Incident, Action, TimelineEvent, Event, PinnedMessage}:
        assert SECRET in limited.get(page(model, "changelist")).content.decode()


def test_those_who_took_part_see_their_private_incident(
    limited: Client, staff: Any, ana: ExternalUser, private: dict[type[Any], Any]
) -> None:
    ana.owner = staff
    ana.save()

    for model in (Incident, Action, TimelineEvent, PinnedMessage):
        assert SECRET in limited.get(page(model, "changelist")).content.decode()


@pytest.mark.parametrize(
    ("of", "field", "target"),
    [
        ("action", "incident", Incident),
        ("headlinepost", "comms_channel", CommsChannel),
        ("pinnedmessage", "timeline_event", TimelineEvent),
    ],
)
def test_fields_that_complete_themselves_do_not_offer_private_incidents(
    limited: Client,
    incident: Incident,
    private: dict[type[Any], Any],
    of: str,
    field: str,
    target: type[Any],
) -> None:
    asked = {"app_label": "response", "model_name": of, "field_name": field, "term": ""}

    answer = limited.get(reverse("admin:autocomplete"), asked)

    assert answer.status_code == 200
    offered = {int(result["id"]) for result in answer.json()["results"]}
    assert private[target].pk not in offered
    assert SECRET not in answer.content.decode()


def test_nothing_is_put_into_a_private_incident_one_may_not_see(
    limited: Client, ana: ExternalUser, private: dict[type[Any], Any]
) -> None:
    address = page(Action, "add")
    named = {"incident": private[Incident].pk, "user": ana.pk, "details": "Listen"}

    answer = limited.post(address, {**opened(limited, address), **named})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"incident"}
    assert not Action.objects.filter(details="Listen").exists()


@pytest.mark.parametrize("model", [Inbox, Mirror, OutboxMessage], ids=lambda model: model.__name__)
def test_what_people_wrote_shows_in_deliveries_to_those_who_see_everything(
    boss: Client, limited: Client, incident: Incident, ana: ExternalUser, model: type[Any]
) -> None:
    row = filled(incident, ana, text="we are <b>down</b>")[model]
    address = page(model, "change", row.pk)

    assert "we are &lt;b&gt;down&lt;/b&gt;" in boss.get(address).content.decode()
    assert "we are" not in limited.get(address).content.decode()


# Again


class Bell:
    """A runner that only counts how often it was rung."""

    rings = 0

    def ring(self) -> None:
        Bell.rings += 1


@pytest.fixture
def bell(settings: Any) -> type[Bell]:
    settings.RESPONSE_RUNNER = "tests.test_admin.Bell"
    Bell.rings = 0
    return Bell


def test_a_request_that_was_given_up_is_run_again(
    boss: Client, bell: type[Bell], django_capture_on_commit_callbacks: Any
) -> None:
    later = timezone.now() + timedelta(hours=1)
    dead = Inbox.objects.create(
        key="Ev1", kind="event", state=Inbox.State.DEAD, attempts=8, error="KeyError", payload={}
    )
    slow = Inbox.objects.create(key="Ev2", kind="event", attempts=3, not_before=later, payload={})
    done = Inbox.objects.create(key="Ev3", kind="event", state=Inbox.State.DONE, attempts=1)

    with django_capture_on_commit_callbacks(execute=True):
        said = ran(boss, Inbox, "run_again", dead, slow, done)

    assert "2 will be tried again now." in said
    assert "1 left as they are: they are done, and what they said is erased." in said
    rows = Inbox.objects.order_by("key").values_list("state", "attempts", "not_before", "error")
    assert list(rows) == [(0, 0, None, "KeyError"), (0, 0, None, ""), (1, 1, None, "")]
    assert bell.rings == 1


def test_a_message_that_slack_refused_is_sent_again(
    boss: Client, bell: type[Bell], django_capture_on_commit_callbacks: Any
) -> None:
    owed = {"method": "chat.postMessage", "lane": "C1", "body": {}}
    dead = OutboxMessage.objects.create(
        key="1", state=OutboxMessage.State.DEAD, attempts=20, error="not_in_channel", **owed
    )
    there = OutboxMessage.objects.create(key="2", state=OutboxMessage.State.SENT, **owed)

    with django_capture_on_commit_callbacks(execute=True):
        said = ran(boss, OutboxMessage, "send_again", dead, there)

    assert "1 will be tried again now." in said
    assert "1 left as they are: they are in Slack already." in said
    rows = OutboxMessage.objects.order_by("key").values_list("state", "attempts", "error")
    assert list(rows) == [(0, 0, "not_in_channel"), (1, 0, "")]
    assert bell.rings == 1


def test_a_mirror_that_is_stuck_is_sent_again_and_one_that_is_paid_too(
    boss: Client, bell: type[Bell], django_capture_on_commit_callbacks: Any
) -> None:
    later = timezone.now() + timedelta(hours=1)
    stuck = Mirror.objects.create(
        kind="headline",
        object_id=1,
        lane="C1",
        stuck=True,
        attempts=4,
        not_before=later,
        error="channel_not_found",
    )
    paid = Mirror.objects.create(kind="headline", object_id=2, lane="C1", want=5, have=5)

    with django_capture_on_commit_callbacks(execute=True):
        said = ran(boss, Mirror, "send_again", stuck, paid)

    assert "2 will be tried again now." in said
    rows = Mirror.objects.order_by("object_id").values_list(
        "want", "have", "stuck", "attempts", "not_before", "error"
    )
    assert list(rows) == [
        (2, -1, False, 0, None, "channel_not_found"),
        (6, -1, False, 0, None, ""),
    ]
    assert bell.rings == 1


def test_a_mirror_is_sent_again_from_the_list_of_those_that_are_paid(
    boss: Client, bell: type[Bell]
) -> None:
    paid = Mirror.objects.create(kind="headline", object_id=2, lane="C1", want=5, have=5)

    assert "1 will be tried again now." in ran(boss, Mirror, "send_again", paid, debt="paid")
    paid.refresh_from_db()
    assert paid.want > paid.have


@pytest.mark.parametrize("model", [Inbox, Mirror, OutboxMessage], ids=lambda model: model.__name__)
def test_who_may_only_look_sends_nothing_again(
    limited: Client, staff: Any, incident: Incident, ana: ExternalUser, model: type[Any]
) -> None:
    row = filled(incident, ana)[model]
    model.objects.filter(pk=row.pk).update(attempts=3)
    name = model.__name__.lower()
    staff.user_permissions.set(Permission.objects.filter(codename=f"view_{name}"))

    page_shown = ran(limited, model, "run_again" if model is Inbox else "send_again", row)

    assert "again" not in page_shown.split("</h1>")[-1].split("changelist-filter")[0]
    assert model.objects.get(pk=row.pk).attempts == 3


@pytest.mark.parametrize(
    ("debt", "mirrors", "messages"),
    [
        ("owed", {1}, {"a"}),
        ("stuck", {2}, {"b"}),
        ("paid", {3}, {"c"}),
        ("", {1, 2, 3}, set("abc")),
    ],
)
def test_debts_are_listed_by_what_became_of_them(
    boss: Client, debt: str, mirrors: set[int], messages: set[str]
) -> None:
    for number, state in enumerate([{}, {"stuck": True}, {"have": 1}], 1):
        Mirror.objects.create(kind="topic", object_id=number, lane="C1", **state)
    for key, state in zip("abc", [0, 2, 1], strict=True):
        OutboxMessage.objects.create(key=key, method="chat.postMessage", body={}, state=state)

    def listed(model: type[Any]) -> Any:
        return boss.get(page(model, "changelist"), {"debt": debt}).context["cl"].result_list

    assert {mirror.object_id for mirror in listed(Mirror)} == mirrors
    assert {message.key for message in listed(OutboxMessage)} == messages


def test_a_refusal_shows_in_the_list_with_slacks_reason(boss: Client) -> None:
    Mirror.objects.create(
        kind="headline", object_id=1, lane="CINCIDENTS", stuck=True, error="channel_not_found"
    )

    shown = boss.get(page(Mirror, "changelist")).content.decode()

    assert "headline 1" in shown
    assert "CINCIDENTS" in shown
    assert "stuck" in shown
    assert "channel_not_found" in shown


def test_everything_is_in_the_admin() -> None:
    assert all(admin.site.is_registered(model) for model in EVERY_MODEL)
