"""What tests of Slack's side often begin with: an incident, and one with its comms channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from response.core.models import ExternalUser, Incident
from response.slack import modals
from response.slack.client import SlackClient
from response.slack.models import CommsChannel
from response.slack.registry import registry
from response.testing.payloads import ANA, app_mention


@pytest.fixture(autouse=True)
def forms_open() -> Iterator[None]:
    """No time-out of an earlier test is remembered."""
    modals.forget_timeouts()
    yield
    modals.forget_timeouts()


@pytest.fixture
def declared(work_is_done: Callable[[], None], slack: Any) -> Incident:
    """An incident that Ana declared, with its headline post."""
    reporter, _ = ExternalUser.objects.get_or_create_slack(
        external_id=ANA, defaults={"display_name": "ana"}
    )
    incident = Incident.objects.create_incident(
        "Checkout is failing", reporter, timezone.now(), report_only=False
    )
    work_is_done()
    return incident


@pytest.fixture
def channel(declared: Incident, slack: Any, work_is_done: Callable[[], None]) -> CommsChannel:
    """Its comms channel, in which the bot, Ana and everyone else are."""
    from response.core import services

    services.request_channel(declared.pk)
    work_is_done()
    made = CommsChannel.objects.get()
    slack.channels[made.channel_id].members[:] = list(slack.users)
    return made


@pytest.fixture
def now(slack: Any) -> Iterator[Any]:
    """A clock that the test moves, and that Slack goes by."""
    with time_machine.travel(datetime(2026, 3, 2, 10, tzinfo=UTC)) as moved:
        slack.follow_clock()
        yield moved


@pytest.fixture
def incident(transactional_db: None, slack: Any) -> Incident:
    """An incident of Ana's of which Slack was told nothing yet."""
    from response.core import services
    from response.slack import people

    return services.declare_incident(report="Checkout is failing", reporter=people.person(ANA))


@pytest.fixture
def moment(slack: Any, settings: Any, transactional_db: None) -> Iterator[Any]:
    """A moment that lasts until the test moves on, and that Slack goes by; nobody waits long for
    an answer."""
    begin = datetime(2026, 3, 2, 10, tzinfo=UTC)
    with time_machine.travel(begin, tick=False) as moved:
        slack.follow_clock()
        settings.SLACK_CLIENT = SlackClient(settings.SLACK_TOKEN, timeout=0.2)
        yield moved


@pytest.fixture
def seconds_pass(moment: Any, work_is_done: Callable[[], None]) -> Callable[[int], None]:
    """Let so many seconds pass, in each of which all is done that is due."""

    def passed(number: int) -> None:
        for _second in range(number):
            moment.shift(1)
            work_is_done()

    return passed


@pytest.fixture
def a_channel(
    moment: Any, declared: Incident, work_is_done: Callable[[], None]
) -> Callable[[], CommsChannel]:
    """Make the comms channel, in whatever trouble the test has made."""
    from response.core import services

    def made() -> CommsChannel:
        services.request_channel(declared.pk)
        work_is_done()
        return CommsChannel.objects.get()

    return made


@pytest.fixture
def say(
    channel: CommsChannel, slack: Any, slack_sends: Any, work_is_done: Callable[[], None]
) -> Callable[..., str]:
    """Ana says ``@incident …`` in the comms channel, and it is answered; gives the ts."""

    def mention(text: str, *, user: str = ANA) -> str:
        ts = slack.say(channel.channel_id, f"<@UBOT> {text}", user=user)
        answer = slack_sends(app_mention(text, user=user, channel=channel.channel_id, ts=ts))
        assert answer.status_code == 200
        work_is_done()
        return ts

    return mention


@pytest.fixture
def handlers() -> Iterator[Any]:
    """The registry; what a test registers is forgotten after it."""
    with registry.isolated():
        yield registry
