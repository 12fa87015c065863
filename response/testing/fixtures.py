"""Fixtures of pytest (with pytest-django) for the tests of handlers.

``slack`` is Slack as the settings point to it; ``slack_sends`` delivers a signed request of
``response.testing.payloads`` to the real URLs; ``work_is_done`` does all that is owed and due;
``handlers`` is the registry, which forgets after the test what was registered in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from response.conf import conf
from response.slack import channels, modals
from response.slack.registry import Registry
from response.testing import drain, isolated, payloads
from response.testing.fake_slack import TOKEN, FakeSlack
from response.testing.signing import SIGNING_SECRET, Request, deliver


@pytest.fixture(scope="session")
def slack_server() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def slack(slack_server: FakeSlack, settings: Any) -> Iterator[FakeSlack]:
    """Slack, as the settings point to it: it remembers what was asked of it, and can fail."""
    slack_server.reset()
    # The token of the project's own SLACK_CLIENT, which was made when its settings were read.
    settings.SLACK_TOKEN = slack_server.token = conf.SLACK_TOKEN or TOKEN
    settings.SLACK_API_URL = slack_server.url
    settings.SLACK_SIGNING_SECRET = SIGNING_SECRET
    settings.INCIDENT_CHANNEL_ID = payloads.INCIDENTS
    settings.INCIDENT_BOT_ID = payloads.BOT
    settings.RESPONSE_RUNNER = "response.testing.runners.NothingRunsByItself"
    channels.forget_channels()
    modals.forget_timeouts()
    yield slack_server
    slack_server.reset()


@pytest.fixture
def slack_sends(client: Client, settings: Any) -> Callable[..., Any]:
    """Deliver a signed request to the real URLs, and return the response."""
    settings.SLACK_SIGNING_SECRET = SIGNING_SECRET

    def send(request: Request, **how: Any) -> Any:
        return deliver(client, request, **how)

    return send


@pytest.fixture
def work_is_done(transactional_db: None) -> Callable[[], None]:
    """Do all that is owed and due, here and now."""
    return drain


@pytest.fixture
def handlers() -> Iterator[Registry]:
    """The registry; what a test registers is forgotten after it."""
    with isolated() as registry:
        yield registry
