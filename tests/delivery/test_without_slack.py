"""An incident is declared, changed and closed while Slack is down; then Slack catches up."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import Any

import pytest

from response.core import services
from response.core.models import ExternalUser, Incident
from response.delivery import clock
from response.slack import messages
from response.testing import FakeSlack
from response.testing.payloads import ANA, GENERAL, INCIDENTS

OUTAGES = {
    "refuses connections": lambda slack: slack.unreachable(),
    "breaks connections off": lambda slack: slack.down(),
    "answers 500": lambda slack: slack.status(500),
    "knows our token no more": lambda slack: slack.refuse(error="invalid_auth"),
}


@pytest.fixture
def ana(slack_in_time: FakeSlack) -> ExternalUser:
    return ExternalUser.objects.create(app_id="slack", external_id=ANA, display_name="ana")


@pytest.fixture
def pages(client: Any, django_user_model: Any) -> Any:
    """Words of a page that a signed-in person reads."""
    client.force_login(django_user_model.objects.create_user("reader"))

    def words_of(address: str) -> str:
        answer = client.get(address)
        assert answer.status_code == 200
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())

    return words_of


@pytest.fixture
def minutes_pass(time_stands_still: Any, work_is_done: Any) -> Any:
    def passed(number: float, step: int = 1) -> None:
        for _look in range(int(number * 60) // step):
            time_stands_still.shift(step)
            clock.tick()
            work_is_done()

    return passed


def declared_with_channel(ana: ExternalUser, work_is_done: Any, report: str) -> Incident:
    incident = services.declare_incident(report=report, reporter=ana, lead=ana, severity="3")
    services.request_channel(incident.pk)
    work_is_done()
    return Incident.objects.get(pk=incident.pk)


def calls_since(slack: FakeSlack, number: int) -> list[tuple[str, str]]:
    return [(call.method, str(call.params.get("channel"))) for call in slack.calls[number:]]


@pytest.mark.parametrize("outage", OUTAGES)
def test_what_happens_without_slack_is_shown_in_order_when_it_is_back(
    slack_in_time, ana, work_is_done, minutes_pass, outage
):
    slack = slack_in_time
    known = declared_with_channel(ana, work_is_done, "Checkout is failing")
    channel = known.comms_channel()
    assert channel is not None

    OUTAGES[outage](slack)
    for severity in ("2", "1", "2", "1"):
        services.update_incident(known.pk, severity=severity)
    services.request_message(known.pk, text="first")
    services.update_incident(known.pk, report="Payments are failing")
    minutes_pass(10, step=30)
    services.request_message(known.pk, text="second")
    services.close_incident(known.pk)
    new = services.declare_incident(report="Search is slow", reporter=ana)
    services.request_channel(new.pk)
    minutes_pass(10, step=30)
    services.update_incident(new.pk, report="Search is down")
    services.close_incident(new.pk)
    services.reopen_incident(new.pk)
    minutes_pass(10, step=30)
    assert Incident.objects.get(pk=known.pk).is_closed()
    assert Incident.objects.get(pk=new.pk).report == "Search is down"

    before = len(slack.calls)
    slack.recover()
    minutes_pass(2)

    old_post, new_post = slack.messages(INCIDENTS)
    assert "Payments are failing" in str(old_post.blocks)
    assert "resolved" in str(old_post.blocks).lower()
    assert "Search is down" in str(new_post.blocks)
    made = new.comms_channel() or Incident.objects.get(pk=new.pk).comms_channel()
    assert made is not None
    assert f"<#{made.channel_id}>" in str(new_post.blocks)
    said = [message.text for message in slack.messages(channel.channel_id)]
    assert said.index("first") < said.index("second")
    assert said.count("first") == said.count("second") == 1

    calls = calls_since(slack, before)
    updates = [
        call.params["ts"]
        for call in slack.calls[before:]
        if call.method == "chat.update" and call.params["channel"] == INCIDENTS
    ]
    assert len(updates) == len(set(updates)), "at most one update of each headline"
    assert calls.count(("chat.postMessage", INCIDENTS)) == 1
    assert [method for method, _where in calls].count("conversations.create") == 1
    assert len(calls) < 30, calls


def test_pages_say_that_slack_is_behind_and_since_when(
    slack_in_time, ana, pages, work_is_done, minutes_pass, time_stands_still
):
    incident = declared_with_channel(ana, work_is_done, "Checkout is failing")
    other = declared_with_channel(ana, work_is_done, "Search is slow")
    slack_in_time.unreachable()
    services.update_incident(incident.pk, severity="1")
    # The list asks for its part of it afterwards, and again every minute.
    addresses = (f"/incident/{incident.pk}/", "/slack-behind/")
    for address in addresses:
        assert "Slack is behind" not in pages(address), "it may take a moment"

    minutes_pass(1)
    services.update_incident(incident.pk, severity="2")
    minutes_pass(1)

    for address in addresses:
        assert "Slack is behind since 2 Mar 2026, 10:00 GMT" in pages(address)
        assert "Slack follows by itself" in pages(address)
    assert "Slack is behind" not in pages(f"/incident/{other.pk}/")

    slack_in_time.recover()
    minutes_pass(1)
    for address in addresses:
        assert "Slack is behind" not in pages(address)


def test_what_slack_refuses_is_told_with_its_reason(
    slack_in_time, ana, pages, work_is_done, minutes_pass
):
    incident = declared_with_channel(ana, work_is_done, "Checkout is failing")
    slack_in_time.refuse("chat.update", "is_archived")
    services.update_incident(incident.pk, severity="1")
    minutes_pass(0.5)
    words = pages(f"/incident/{incident.pk}/")
    assert "Slack is behind since 2 Mar 2026, 10:00 GMT" in words
    assert "is_archived" in words


def test_an_outage_is_no_storm(slack_in_time, ana, work_is_done, minutes_pass):
    incident = declared_with_channel(ana, work_is_done, "Checkout is failing")
    messages.post(GENERAL, "hello")
    slack_in_time.status(500)
    services.update_incident(incident.pk, severity="1")
    before = len(slack_in_time.calls)
    minutes_pass(10, step=5)
    # In ten minutes, of each: those up to the longest back-off, and then one each half a minute,
    # which is spread out by up to a fifth.
    tried = Counter(
        (call.method, call.params.get("channel")) for call in slack_in_time.calls[before:]
    )
    assert max(tried.values()) <= 5 + 600 / (30 * 0.8)
