"""Handlers that a test makes, in the place of Response's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from response.delivery import inbox
from response.delivery.models import Inbox

Step = Callable[[Inbox], None]


class Handled:
    """Handlers made by a test: ``steps`` by name, done for every row, in this order."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.batch: Callable[[Any], None] = lambda rows: None
        self.done: list[str] = []
        self.apologies: list[str] = []
        self.steps["note"] = self.note

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


def handle_all() -> None:
    while inbox.handle_next():
        pass


@contextmanager
def in_use() -> Iterator[Handled]:
    """Have requests handled by handlers of a test, which keep what they were given."""
    made = Handled()
    (former,) = inbox.use_handlers(made.handlers())
    yield made
    inbox.use_handlers(former)
