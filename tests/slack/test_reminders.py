"""Reminders, as the minutes go by: what is said, to whom, how often, and what stops it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from response.core import services
from response.core.models import Action, ExternalUser, Incident
from response.delivery import clock
from response.delivery.models import OutboxMessage
from response.slack import reminders, wants
from response.slack.client import configured_client
from response.slack.decorators import (
    recurring_notification,
    remove_notification,
    single_notification,
)
from response.slack.duties import to_be_asked
from response.slack.handlers.reminders import (
    remind_close_incident,
    remind_incident_lead,
    remind_severity,
)
from response.slack.models import Notification
from response.slack.registry import LONGEST_KEY, Reminder
from response.testing.payloads import ANA, BEN, block_action

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday, in London's winter

AskedFor = Callable[[str], list[str]]


@pytest.fixture(autouse=True)
def moment() -> Iterator[Any]:
    """It is noon, and stays so until a test lets time pass."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def pass_time(moment: Any, work_is_done: Callable[[], None]) -> Callable[..., None]:
    """Let minutes pass, with somebody looking at the clock each ``step`` of them."""

    def passing(minutes: int, step: int = 1) -> None:
        for _ in range(0, minutes, step):
            moment.shift(timedelta(minutes=step))
            clock.tick()
            work_is_done()

    return passing


@pytest.fixture
def only(handlers: Any) -> Any:
    """No reminders but those that a test registers."""
    handlers.reminders = {}
    handlers.overdue_actions = {}
    return handlers


@pytest.fixture
def said(channel: Any, slack: Any) -> Callable[[], list[str]]:
    """What was reminded of in the comms channel."""
    return lambda: reminded(slack.messages(channel.channel_id))


def reminded(messages: list[Any]) -> list[str]:
    """The texts of those messages that are reminders."""
    return [m.text for m in messages if "reminder-actions" in str(m.blocks)]


def asked_for(what: str, texts: list[str]) -> int:
    return sum(what in text for text in texts)


def button(message: Any, action_id: str) -> str:
    """The value of a reminder's button."""
    (value,) = [
        element["value"]
        for block in message.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == action_id
    ]
    return str(value)


# The built-in ones


def test_no_severity_is_reminded_of_every_five_minutes_five_times(pass_time, said):
    at = []
    for minute in range(1, 41):
        pass_time(1)
        at += [minute] * (asked_for("no severity", said()) - len(at))

    assert at == [5, 10, 15, 20, 25]


def test_no_lead_is_reminded_of_every_two_minutes_five_times(pass_time, said):
    at = []
    for minute in range(1, 21):
        pass_time(1)
        at += [minute] * (asked_for("no lead", said()) - len(at))

    assert at == [2, 4, 6, 8, 10]


def test_what_is_known_is_not_asked_for(channel, pass_time, said):
    lead = ExternalUser.objects.get(external_id=ANA)
    services.update_incident(channel.incident_id, severity="1", lead=lead)

    pass_time(30)

    assert said() == []


def test_an_incident_still_open_is_asked_about_each_day_five_times_its_lead_or_reporter(
    channel, slack, pass_time
):
    services.update_incident(channel.incident_id, severity="1")
    pass_time(60 * 24, step=120)
    assert asked_for("Is it over?", [m.text for m in slack.messages(ANA)]) == 1

    lead, _ = ExternalUser.objects.get_or_create_slack(external_id=BEN)
    services.update_incident(channel.incident_id, lead=lead)
    pass_time(60 * 24 * 9, step=120)

    assert asked_for("Is it over?", [m.text for m in slack.messages(ANA)]) == 1
    assert asked_for("Is it over?", [m.text for m in slack.messages(BEN)]) == 4


@pytest.mark.parametrize(
    ("opened", "first"),
    [
        ("2026-03-02T22:00", "2026-03-04T09:00"),
        ("2026-03-02T03:00", "2026-03-03T09:00"),
        ("2026-03-06T12:00", "2026-03-09T09:00"),
    ],
)
def test_an_incident_opened_out_of_hours_is_still_nudged_next_morning(
    opened, first, moment, channel, slack, pass_time
):
    moment.move_to(datetime.fromisoformat(opened).replace(tzinfo=UTC))
    Incident.objects.filter(pk=channel.incident_id).update(start_time=clock.now(), severity="1")
    expected = datetime.fromisoformat(first).replace(tzinfo=UTC)
    while clock.now().timestamp() < expected.timestamp():
        assert asked_for("Is it over?", [m.text for m in slack.messages(ANA)]) == 0
        pass_time(60, step=60)

    assert asked_for("Is it over?", [m.text for m in slack.messages(ANA)]) == 1
    assert Notification.objects.get(rule__endswith="remind_close_incident").repeat_count == 1


def test_the_hours_are_those_where_the_receiver_is(slack, moment, channel, pass_time, work_is_done):
    slack.users[ANA]["tz"] = "Asia/Tokyo"
    ana = ExternalUser.objects.get(external_id=ANA)
    wants.person(ana.pk)
    work_is_done()
    ana.refresh_from_db()
    assert ana.time_zone == "Asia/Tokyo"
    services.update_incident(channel.incident_id, severity="1")
    moment.move_to(NOON + timedelta(days=1, hours=-1))
    pass_time(60 * 12, step=60)  # till 23:00, which is 08:00 in Tokyo
    assert slack.messages(ANA) == []

    pass_time(60, step=60)
    assert asked_for("Is it over?", [m.text for m in slack.messages(ANA)]) == 1


@pytest.mark.parametrize(
    "changed",
    [{"end_time": NOON}, {"report_only": True}],
    ids=["closed", "only reported"],
)
def test_only_live_open_incidents_are_reminded_of(changed, channel, slack, pass_time, said):
    Incident.objects.filter(pk=channel.incident_id).update(
        **{k: clock.now() if k == "end_time" else v for k, v in changed.items()}
    )

    pass_time(20)

    assert said() == []


def test_an_incident_without_a_channel_is_not_reminded_of(declared, slack, pass_time):
    pass_time(20)

    assert Notification.objects.count() == 0


# Once


def test_after_hours_without_a_clock_one_reminder_comes_and_no_burst(moment, pass_time, said):
    moment.shift(timedelta(hours=3))
    pass_time(1)
    assert asked_for("no severity", said()) == 1

    pass_time(4)
    assert asked_for("no severity", said()) == 2  # the one due at 15:05


def test_two_looks_at_the_clock_in_one_minute_say_it_once(pass_time, said, work_is_done):
    pass_time(5)
    for _ in range(3):
        reminders.remind()
        work_is_done()

    assert asked_for("no severity", said()) == 1
    keys = OutboxMessage.objects.filter(key__startswith="reminder:").values_list("key", flat=True)
    assert [key for key in keys if "20260302T120500Z" in key and "remind_severi" in key] != []


def test_in_doubt_a_reminder_is_rather_lost_than_doubled(pass_time, slack, said):
    slack.drop_answers("chat.postMessage", times=1)
    pass_time(4)
    slack.recover()
    pass_time(4)

    assert asked_for("no lead", said()) == 4
    assert OutboxMessage.objects.filter(error__contains="not sent again").count() == 1


# Between due and sent


@pytest.mark.parametrize("change", ["severity", "closed", "stopped"])
def test_a_reminder_that_became_pointless_before_slack_was_back_is_not_sent(
    change, only, channel, slack, pass_time, said
):
    only.add_reminder(
        Reminder(
            remind_severity, timedelta(minutes=5), timedelta(minutes=5), 5, lambda i: not i.severity
        )
    )
    slack.unreachable()
    pass_time(5)
    (waiting,) = OutboxMessage.objects.filter(key__startswith="reminder:")
    assert waiting.state == OutboxMessage.State.WAITING

    if change == "severity":
        services.update_incident(channel.incident_id, severity="2")
    elif change == "closed":
        services.close_incident(channel.incident_id)
    else:
        by = ExternalUser.objects.get(external_id=ANA)
        (row,) = Notification.objects.all()
        reminders.stop(channel.incident_id, row.key, by=by)
    slack.recover()
    pass_time(2)

    assert said() == []
    row = Notification.objects.get()
    assert row.repeat_count == 0
    waiting.refresh_from_db()
    assert waiting.error == f"Not sent: {row.skip_reason}."


def test_one_that_slack_could_not_be_sent_in_working_hours_waits_for_the_next(
    only, moment, channel, slack, pass_time
):
    only.add_reminder(
        Reminder(
            remind_close_incident,
            timedelta(days=1),
            timedelta(days=1),
            5,
            working_hours_of=to_be_asked,
        )
    )
    Incident.objects.update(start_time=clock.now() - timedelta(hours=18, minutes=10))
    moment.move_to(NOON + timedelta(hours=5, minutes=40))
    slack.unreachable()
    pass_time(20, step=10)  # due at 17:50
    moment.move_to(NOON + timedelta(hours=7))
    slack.recover()
    pass_time(60 * 13, step=60)
    assert slack.messages(ANA) == []

    pass_time(60, step=60)

    assert asked_for("Is it over?", [m.text for m in slack.messages(ANA)]) == 1


def test_an_outage_ends_in_one_reminder_and_uses_up_no_others(only, slack, pass_time, said):
    only.add_reminder(Reminder(remind_severity, timedelta(minutes=5), timedelta(minutes=5), 3))
    slack.unreachable()
    pass_time(12)

    slack.recover()
    pass_time(1)
    assert asked_for("no severity", said()) == 1

    pass_time(60)
    assert asked_for("no severity", said()) == 3


# Silence and failure


def test_one_that_had_nothing_to_say_does_not_use_up_its_budget(only, channel, pass_time, said):
    @recurring_notification(interval_mins=2, max_notifications=2)
    def ask(incident: Any) -> None:
        if incident.summary:
            incident.comms_channel().post_in_channel("Is the summary right?")

    pass_time(30)
    assert said() == []
    row = Notification.objects.get()
    assert (row.repeat_count, row.completed, row.skip_reason) == (0, False, reminders.SILENT)

    services.update_incident(channel.incident_id, summary="Cards are refused")
    pass_time(30)
    assert said() == ["Is the summary right?"] * 2


def test_one_that_raises_does_not_use_up_its_budget_and_the_others_go_on(
    only, channel, pass_time, said, caplog
):
    @recurring_notification(interval_mins=2, max_notifications=2)
    def broken(incident: Any) -> None:
        incident.comms_channel().post_in_channel("half of it")
        if not incident.summary:
            raise RuntimeError("no summary")

    @single_notification(initial_delay_mins=3)
    def fine(incident: Any) -> None:
        incident.comms_channel().post_in_channel("all is well")

    pass_time(10)
    assert said() == ["all is well"]
    assert "RuntimeError: no summary" in caplog.text
    row = Notification.objects.get(rule__endswith="broken")
    assert row.repeat_count == 0
    assert "RuntimeError" in row.skip_reason

    services.update_incident(channel.incident_id, summary="Cards are refused")
    pass_time(20)
    assert said() == ["all is well", "half of it", "half of it"]


# A host's own


def test_a_hosts_reminders_work_as_the_predecessors_did(only, channel, slack, pass_time, said):
    @recurring_notification(interval_mins=10, max_notifications=2)
    def ping(incident: Any) -> None:
        incident.comms_channel().post_in_channel(f"still on {incident.report}?")

    @single_notification()
    def greet(incident: Any) -> None:
        configured_client().send_message(BEN, "an incident began")

    pass_time(60)

    assert said() == ["still on Checkout is failing?"] * 2
    assert [m.text for m in slack.messages(BEN)] == ["an incident began"]


def test_one_that_speaks_elsewhere_says_so_by_returning_true(only, channel, pass_time):
    mails = []

    @recurring_notification(interval_mins=5, max_notifications=2)
    def mail(incident: Any) -> bool:
        mails.append(incident.pk)
        return True

    pass_time(30)

    assert mails == [channel.incident_id] * 2


def test_what_a_reminder_asks_of_slack_is_asked_outside_its_transaction(
    only, channel, slack, pass_time, said
):
    runs = []

    @single_notification(initial_delay_mins=1)
    def by_name(incident: Any) -> None:
        runs.append(incident.pk)
        name = configured_client().get_user_profile(ANA)["fullname"]
        incident.comms_channel().post_in_channel(f"ask {name}")

    pass_time(3)

    assert said() == ["ask Ana"]
    assert len(slack.calls_to("users.info")) >= 1


def test_one_that_asks_slack_for_what_cannot_be_sent_does_not_keep_the_others_quiet(
    only, channel, pass_time, said
):
    @single_notification(initial_delay_mins=1)
    def broken(incident: Any) -> None:
        configured_client().api_call("users.info", user={"id": object()})

    @single_notification(initial_delay_mins=1)
    def fine(incident: Any) -> None:
        incident.comms_channel().post_in_channel("all is well")

    pass_time(3)

    assert said() == ["all is well"]


def test_a_host_can_take_a_built_in_reminder_away(handlers, pass_time, said):
    for built_in in (remind_severity, remind_incident_lead, remind_close_incident):
        remove_notification(built_in)

    pass_time(10)

    assert said() == []


def test_functions_of_the_same_name_in_two_apps_are_two_reminders(only, channel, pass_time, said):
    def of(app: str) -> None:
        def remind(incident: Any) -> None:
            incident.comms_channel().post_in_channel(app)

        remind.__module__ = f"{app}.response_handlers"
        remind.__qualname__ = "remind_somebody_of_something"
        recurring_notification(interval_mins=5)(remind)

    of("billing_of_the_company")
    of("shipping_of_the_company")
    pass_time(5)

    assert sorted(said()) == ["billing_of_the_company", "shipping_of_the_company"]
    assert all(len(row.key) <= LONGEST_KEY for row in Notification.objects.all())


@pytest.mark.parametrize(("interval", "most"), [(0, 1), (-5, 1), (5, 0)])
def test_an_interval_or_a_number_that_makes_no_sense_is_refused(interval, most):
    with pytest.raises(ValueError, match="interval"):
        recurring_notification(interval, most)


def test_what_the_predecessor_sent_is_not_sent_again(channel, pass_time, said):
    """Its rows know a reminder by the bare name of the function."""
    common = {"incident": channel.incident, "time": clock.now(), "due_time": clock.now()}
    Notification.objects.create(key="remind_severity", repeat_count=4, **common)
    Notification.objects.create(
        key="remind_incident_lead", repeat_count=5, completed=True, **common
    )

    pass_time(30)

    assert asked_for("no severity", said()) == 1
    assert asked_for("no lead", said()) == 0


# The buttons


def press(slack_sends: Any, message: Any, action_id: str, channel_id: str, **more: Any) -> None:
    value = button(message, action_id)
    answer = slack_sends(
        block_action(action_id, value, channel=channel_id, message_ts=message.ts, **more)
    )
    assert answer.status_code == 200


def test_snoozed_it_is_quiet_for_half_an_hour(
    channel, slack, slack_sends, pass_time, said, work_is_done
):
    pass_time(5)
    severity = [m for m in slack.messages(channel.channel_id) if "no severity" in m.text][-1]
    for _delivery in range(2):
        press(slack_sends, severity, reminders.SNOOZE_BUTTON, channel.channel_id, user=BEN)
        work_is_done()

    (told, *_again) = slack.ephemerals(channel.channel_id)
    assert told.user == BEN
    due = int((NOON + timedelta(minutes=35)).timestamp())
    assert f"<!date^{due}^" in told.text
    pass_time(29)
    assert asked_for("no severity", said()) == 1
    pass_time(1)
    assert asked_for("no severity", said()) == 2


def test_stopped_it_does_not_come_again_and_the_second_to_press_hears_who_did(
    channel, slack, slack_sends, pass_time, said, work_is_done
):
    pass_time(5)
    severity = [m for m in slack.messages(channel.channel_id) if "no severity" in m.text][-1]
    for presser in (ANA, BEN):
        press(slack_sends, severity, reminders.STOP_BUTTON, channel.channel_id, user=presser)
        work_is_done()
    press(slack_sends, severity, reminders.SNOOZE_BUTTON, channel.channel_id, user=BEN)
    pass_time(60)

    assert asked_for("no severity", said()) == 1
    assert asked_for("no lead", said()) == 5
    told = [(e.user, e.text) for e in slack.ephemerals(channel.channel_id)]
    assert told == [
        (ANA, "Fine. This reminder does not come any more."),
        (BEN, f"<@{ANA}> stopped this reminder already."),
        (BEN, "This reminder does not come any more."),
    ]
    row = Notification.objects.get(rule__endswith="remind_severity")
    assert row.stopped_by.external_id == ANA


def test_the_buttons_of_a_direct_message_know_their_incident(
    moment, channel, slack, slack_sends, pass_time, work_is_done
):
    services.update_incident(channel.incident_id, severity="1")
    moment.move_to(NOON + timedelta(days=1, minutes=-1))
    pass_time(1)
    (message,) = slack.messages(ANA)

    press(slack_sends, message, reminders.STOP_BUTTON, f"D{ANA[1:]}", user=ANA)
    work_is_done()
    pass_time(60 * 24 * 4, step=60)

    assert asked_for("Is it over?", [m.text for m in slack.messages(ANA)]) == 1


@pytest.mark.parametrize(
    "value",
    ["", "1", "null", "[]", "{}", '{"incident": 1}', '{"incident": true, "reminder": []}'],
)
def test_a_button_of_another_time_is_answered_in_words(
    value, channel, slack, slack_sends, work_is_done
):
    slack_sends(block_action(reminders.STOP_BUTTON, value, channel=channel.channel_id))
    work_is_done()

    assert len(slack.ephemerals(channel.channel_id)) == 1
    assert Notification.objects.count() == 0


@pytest.mark.parametrize(
    "key", ["no.such.thing", "overdue-action-999", "overdue-action-x", "é" * 99]
)
def test_a_button_of_a_reminder_that_is_gone_is_answered_in_words(
    key, channel, slack, slack_sends, work_is_done
):
    value = json.dumps({"incident": channel.incident_id, "reminder": key})
    for action_id in (reminders.STOP_BUTTON, reminders.SNOOZE_BUTTON):
        slack_sends(block_action(action_id, value, channel=channel.channel_id))
    work_is_done()

    told = slack.ephemerals(channel.channel_id)
    assert [e.text for e in told] == ["This reminder does not come any more."] * 2 or [
        e.text for e in told
    ] == [
        "Fine. This reminder does not come any more.",
        "This reminder does not come any more.",
    ]


# Actions


@pytest.fixture
def action(only: Any, declared: Incident) -> Action:
    """Something that Ben promised for noon."""
    from response.slack.handlers.reminders import remind_owner

    only.overdue_actions = {"overdue action": remind_owner}
    owner, _ = ExternalUser.objects.get_or_create_slack(external_id=BEN)
    due = clock.now() + timedelta(hours=1)
    return services.log_action(declared.pk, details="rotate the <keys>", owner=owner, due_date=due)


def test_an_action_past_its_due_date_is_told_to_its_owner_once_a_working_day(
    action, slack, pass_time, moment
):
    pass_time(50, step=10)
    assert slack.messages(BEN) == []

    days = []
    for _ in range(7 * 12):
        before = len(slack.messages(BEN))
        pass_time(120, step=120)
        days += [f"{clock.now():%a %H}"] * (len(slack.messages(BEN)) - before)

    assert days == ["Mon 14", "Tue 10", "Wed 10", "Thu 10", "Fri 10", "Mon 10"]
    assert "“rotate the &lt;keys&gt;”" in slack.messages(BEN)[0].text


@pytest.mark.parametrize("change", ["done", "later"])
def test_an_action_that_is_settled_is_not_told_again(change, action, slack, pass_time):
    pass_time(70, step=10)
    assert len(slack.messages(BEN)) == 1

    if change == "done":
        services.change_action(action.pk, done=True)
    else:
        services.change_action(action.pk, due_date=clock.now() + timedelta(days=3))
    pass_time(60 * 24 * 2, step=60)

    assert len(slack.messages(BEN)) == 1


def test_the_action_of_a_private_incident_does_not_name_it(action, slack, pass_time):
    Incident.objects.filter(pk=action.incident_id).update(private=True)

    pass_time(70, step=10)

    (message,) = slack.messages(BEN)
    assert "Checkout" not in message.text
    assert "rotate" in message.text


# What it costs


def test_looking_costs_the_same_for_many_incidents_as_for_one(channel, django_assert_num_queries):
    from response.slack.models import CommsChannel

    with CaptureQueriesContext(
        connection,
    ) as before:
        reminders.remind()
    for number in range(20):
        incident = services.declare_incident(report=f"incident {number}", reporter=None)
        CommsChannel.objects.create(incident=incident, channel_id=f"C{number}", channel_name="x")
        services.log_action(incident.pk, details="x", owner=ExternalUser.objects.first())

    with django_assert_num_queries(len(before)):
        reminders.remind()
