"""What tests of Slack's side often begin with: an incident, and one with its comms channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from response.core.models import ExternalUser, Incident
from response.slack import modals
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
