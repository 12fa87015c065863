"""What the tests of delivery may ask for besides: a moment that lasts, and handlers of theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from response.delivery import inbox
from response.delivery.models import Inbox
from response.slack.client import SlackClient
from response.testing import FakeSlack
from tests.servers import Site, installed

Step = Callable[[Inbox], None]


@pytest.fixture
def time_stands_still(transactional_db: None) -> Iterator[time_machine.Coordinates]:
    """A moment that lasts until the test moves on with ``shift(seconds)``."""
    with time_machine.travel(datetime(2026, 3, 2, 10, 0, tzinfo=UTC), tick=False) as moment:
        yield moment


@pytest.fixture
def slack_in_time(slack: FakeSlack, time_stands_still: Any) -> FakeSlack:
    """The fake Slack, by the same clock."""
    slack.follow_clock()
    return slack


@pytest.fixture
def site(tmp_path: Path, slack_server: FakeSlack, request: Any) -> Iterator[Site]:
    """An installation that a test starts, kills and starts again; Slack goes by the real clock."""
    slack_server.reset()
    slack_server.follow_clock()
    with installed(tmp_path, slack_server, request.module.__name__.rpartition("_")[2]) as site:
        yield site
    slack_server.reset()


@pytest.fixture
def hurried_client(settings: Any) -> None:
    """Wait for Slack a fraction of a second, where a test lets it hang."""
    settings.SLACK_CLIENT = SlackClient(settings.SLACK_TOKEN, timeout=0.2)


class Handled:
    """Handlers made by a test: ``steps`` by name, done for every row, in this order."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.batch: Callable[[Any], None] = lambda rows: None
        self.done: list[str] = []
        self.apologies: list[str] = []

    def note(self, row: Inbox) -> None:
        self.done.append(row.key)

    def handlers(self) -> inbox.Handlers:
        def steps(row: Inbox) -> Any:
            for name, step in self.steps.items():
                yield name, lambda step=step: step(row)

        return inbox.Handlers(
            steps=steps,
            on_failure=lambda row, _error_id: self.apologies.append(row.key),
            batches={"counted": lambda rows: self.batch(rows)},
            urgent=frozenset({"urgent"}),
        )


@pytest.fixture
def handled() -> Iterator[Handled]:
    made = Handled()
    made.steps["note"] = made.note
    (former,) = inbox.use_handlers(made.handlers())
    yield made
    inbox.use_handlers(former)


def handle_all() -> None:
    while inbox.handle_next():
        pass
