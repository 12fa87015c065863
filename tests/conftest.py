"""What every test may ask for: what the tests of hosts may ask for too, a moment that lasts, and a
site that is really there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck
from hypothesis import settings as examples

pytest_plugins = ["response.testing.fixtures"]

# How long an example takes depends on what else the machine does. In CI the same examples are
# tried each time, so that a change is judged by what it changes.
examples.register_profile(
    "response",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
examples.load_profile("response")


@pytest.fixture
def time_stands_still(transactional_db: None) -> Iterator[time_machine.Coordinates]:
    """A moment that lasts until the test moves on with ``shift(seconds)``."""
    with time_machine.travel(datetime(2026, 3, 2, 10, 0, tzinfo=UTC), tick=False) as moment:
        yield moment


@pytest.fixture
def slack_in_time(slack: Any, time_stands_still: Any) -> Any:
    """The fake Slack, by the same clock."""
    slack.follow_clock()
    return slack


@pytest.fixture
def site(tmp_path: Path, slack_server: Any, request: Any) -> Iterator[Any]:
    """An installation that a test starts, kills and starts again; Slack goes by the real clock."""
    from tests.servers import installed

    slack_server.reset()
    slack_server.follow_clock()
    with installed(tmp_path, slack_server, request.module.__name__.rpartition("_")[2]) as site:
        yield site
    slack_server.reset()


@pytest.fixture
def hurried_client(settings: Any) -> None:
    """Wait for Slack a fraction of a second, where a test lets it hang."""
    from response.slack.client import SlackClient

    settings.SLACK_CLIENT = SlackClient(settings.SLACK_TOKEN, timeout=0.2)


@pytest.fixture
def handled() -> Iterator[Any]:
    """Handlers of the test's own, which note what they handled."""
    from tests.handled import in_use

    with in_use() as made:
        yield made
