"""The comms channel: made once, under a name of its own, and never lost for a detail."""

from __future__ import annotations

import time

import pytest

from response.core import services
from response.core.models import ExternalUser
from response.delivery import clock
from response.delivery.models import Mirror
from response.slack import wants
from response.slack.models import CommsChannel
from response.testing.payloads import ANA, BEN, CHLOE, DAN, INCIDENTS, block_action

TODAY = "2026-03-02"

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def reporter(transactional_db):
    return ExternalUser.objects.create(app_id="slack", external_id=ANA, display_name="Ana")


@pytest.fixture
def declare(reporter):
    def made(report="Checkout is failing", **values):
        return services.declare_incident(report=report, reporter=reporter, **values)

    return made


@pytest.fixture
def a_channel_for(work_is_done):
    """Ask for the comms channel of an incident, and see what comes of it."""

    def asked(incident):
        services.request_channel(incident.pk)
        work_is_done()
        return CommsChannel.objects.filter(incident=incident).first()

    return asked


@pytest.fixture
def minutes_pass(now, work_is_done):
    def passed(number=3):
        for _minute in range(number):
            now.shift(61)
            clock.tick()
            work_is_done()

    return passed


def debt(kind, incident):
    return Mirror.objects.get(kind=kind, object_id=incident.pk)


def test_the_channel_is_named_told_of_and_linked(slack, declare, a_channel_for):
    incident = declare()
    made = a_channel_for(incident)

    there = slack.channels[made.channel_id]
    assert there.name == made.channel_name == f"inc-{TODAY}-checkout-is-failing"
    assert there.topic == f"Checkout is failing · https://incidents.example/incident/{incident.pk}/"
    assert ANA in there.members
    assert f"<#{made.channel_id}>" in str(slack.messages(INCIDENTS)[0].blocks)
    assert (
        incident.timeline_events()
        .filter(text=f"Comms channel #{made.channel_name} created")
        .exists()
    )


def test_promise_7_two_presses_make_one_channel(slack, slack_sends, declare, work_is_done):
    incident = declare()
    for user in (ANA, BEN, ANA):
        slack_sends(block_action("create-comms-channel-button", str(incident.pk), user=user))
    work_is_done()
    slack_sends(block_action("create-comms-channel-button", str(incident.pk), user=BEN))
    work_is_done()
    assert len(slack.calls_to("conversations.create")) == 1
    assert CommsChannel.objects.count() == 1


def test_promise_8_a_taken_name_gets_a_number_and_is_never_taken_over(
    slack, declare, a_channel_for
):
    name = f"inc-{TODAY}-checkout-is-failing"
    slack.add_channel("CSTRANGER1", name)
    slack.add_channel("CSTRANGER2", f"{name}-2")

    first, second = a_channel_for(declare()), a_channel_for(declare())

    assert [first.channel_name, second.channel_name] == [f"{name}-3", f"{name}-4"]
    assert slack.channels["CSTRANGER1"].topic == ""
    assert first.channel_id != second.channel_id


@pytest.mark.parametrize("stranger_first", [False, True])
def test_a_channel_whose_answer_was_lost_is_found_again(
    slack, declare, a_channel_for, minutes_pass, stranger_first
):
    incident = declare()
    if stranger_first:
        slack.add_channel("CSTRANGER1", f"inc-{TODAY}-checkout-is-failing")
    before = set(slack.channels)
    slack.drop_answers("conversations.create", times=2)
    a_channel_for(incident)
    minutes_pass()

    (made,) = set(slack.channels) - before
    assert CommsChannel.objects.get().channel_id == made


def test_a_channel_that_slack_makes_late_is_found_again(
    slack, declare, a_channel_for, minutes_pass
):
    """The call hangs past our patience, and is carried out all the same."""
    incident = declare()
    before = set(slack.channels)
    slack.hang(60, "conversations.create", times=1)
    a_channel_for(incident)
    slack.recover()
    assert slack.wait_for(lambda fake: set(fake.channels) - before)
    minutes_pass()
    assert {CommsChannel.objects.get().channel_id} == set(slack.channels) - before


@pytest.mark.parametrize(
    "stranger",
    [{"creator": ANA}, {"creator": "UBOT", "created": 1_700_000_000}],
    ids=["somebody else's", "one of ours from another time"],
)
def test_promise_8_in_doubt_too_nobody_elses_channel_is_taken(
    slack, declare, a_channel_for, minutes_pass, stranger
):
    incident = declare()
    slack.status(500, "conversations.create", times=1)
    a_channel_for(incident)
    name = f"inc-{TODAY}-checkout-is-failing"
    slack.add_channel("CSTRANGER1", name, **{"created": int(time.time()), **stranger})
    minutes_pass()
    assert CommsChannel.objects.get().channel_name == f"{name}-2"


def test_promise_8_in_doubt_the_channel_of_another_incident_is_not_taken(
    slack, declare, a_channel_for, minutes_pass
):
    first, second = declare(), declare()
    slack.status(500, "conversations.create", times=1)
    services.request_channel(first.pk)
    a_channel_for(second)
    minutes_pass()
    held = {c.incident_id: c.channel_id for c in CommsChannel.objects.all()}
    assert set(held) == {first.pk, second.pk}
    assert len(set(held.values())) == 2


@pytest.mark.parametrize("method", ["conversations.setTopic", "conversations.invite"])
def test_promise_9_a_refused_detail_does_not_lose_the_channel(
    slack, declare, a_channel_for, minutes_pass, method
):
    slack.refuse(method, "restricted_action")
    incident = declare()
    made = a_channel_for(incident)
    assert f"<#{made.channel_id}>" in str(slack.messages(INCIDENTS)[0].blocks)
    kind = wants.TOPIC if method.endswith("Topic") else wants.MEMBERS
    assert "restricted_action" in debt(kind, incident).error

    slack.recover()
    minutes_pass()
    there = slack.channels[made.channel_id]
    assert there.topic
    assert ANA in there.members
    assert debt(kind, incident).error == ""


def test_somebody_who_cannot_be_invited_keeps_nobody_else_out(slack, declare, a_channel_for):
    gone = ExternalUser.objects.create(app_id="slack", external_id="UGONE")
    made = a_channel_for(declare(lead=gone))
    assert ANA in slack.channels[made.channel_id].members


def test_a_new_lead_is_invited_and_nobody_twice(slack, declare, a_channel_for, work_is_done):
    incident = declare()
    made = a_channel_for(incident)
    for user_id in (BEN, CHLOE, BEN):
        lead, _ = ExternalUser.objects.get_or_create_slack(external_id=user_id)
        services.update_incident(incident.pk, lead=lead)
        work_is_done()
    assert {ANA, BEN, CHLOE} <= set(slack.channels[made.channel_id].members)
    assert DAN not in slack.channels[made.channel_id].members
    assert len(slack.calls_to("conversations.invite")) == 3


def test_a_refused_channel_is_a_debt_with_slacks_reason(
    slack, declare, a_channel_for, minutes_pass
):
    slack.refuse("conversations.create", "restricted_action")
    incident = declare()
    assert a_channel_for(incident) is None
    assert "restricted_action" in debt(wants.CHANNEL, incident).error
    slack.recover()
    minutes_pass()
    assert CommsChannel.objects.count() == 1


def test_a_private_incident_gets_no_public_channel(slack, declare, a_channel_for):
    assert a_channel_for(declare(private=True)) is None
    assert slack.calls_to("conversations.create") == []


# Names and topics


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Checkout is failing", "-checkout-is-failing"),
        ("Crème brûlée ÉTÉ", "-creme-brulee-ete"),
        ("A & B: 100% <down>", "-a-b-100-down"),
        ("支払いが失敗しています", ""),
        ("Оплата не работает", ""),
        ("🔥🔥🔥", ""),
        ("---___***", ""),
        ("支払い API ist kaputt", "-api-ist-kaputt"),
        ("x" * 200, "-" + "x" * 65),
        (" lots   of\n\nspace ", "-lots-of-space"),
    ],
)
def test_any_title_gives_a_name_that_slack_takes(slack, declare, a_channel_for, title, slug):
    made = a_channel_for(declare(title))
    assert made.channel_name == f"inc-{TODAY}{slug}"
    assert len(made.channel_name) <= 80
    # Another of the same title fits too.
    assert a_channel_for(declare(title)).channel_name.endswith("-2")


@pytest.mark.parametrize("template", ["{slug}", "_{slug}", "-", "", "INC {id}!", "{date}"])
def test_any_template_gives_a_name_that_slack_takes(
    slack, declare, a_channel_for, settings, template
):
    settings.RESPONSE_CHANNEL_NAME_TEMPLATE = template
    assert a_channel_for(declare("支払い")) is not None


@pytest.mark.parametrize(
    "template", ["inc-{title}", "inc-{", "{0}", "{id.year}", "{id[0]}", "{slug:d}"]
)
def test_a_template_that_is_not_understood_does_not_keep_a_channel_from_being_made(
    slack, declare, a_channel_for, settings, template
):
    settings.RESPONSE_CHANNEL_NAME_TEMPLATE = template
    assert a_channel_for(declare("Checkout")).channel_name.endswith("-checkout")


@pytest.mark.parametrize("title", ["x" * 200, "&<>" * 66, "ü" * 200, "<@U0000000BEN> " * 13])
def test_a_topic_has_at_most_250_characters_and_the_whole_link(
    slack, declare, a_channel_for, title
):
    incident = declare(title)
    topic = slack.channels[a_channel_for(incident).channel_id].topic
    assert len(topic) <= 250
    assert topic.endswith(f" · https://incidents.example/incident/{incident.pk}/")


def test_a_title_that_changes_changes_the_topic_once(slack, declare, a_channel_for, work_is_done):
    incident = declare()
    made = a_channel_for(incident)
    services.update_incident(incident.pk, report="Cards")
    services.update_incident(incident.pk, report="Cards are refused")
    services.update_incident(incident.pk, severity="1")
    work_is_done()
    assert slack.channels[made.channel_id].topic.startswith("Cards are refused · ")
    assert len(slack.calls_to("conversations.setTopic")) == 2
