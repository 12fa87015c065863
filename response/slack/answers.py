"""Answers of Slack's that a handler needs, with no transaction that waits for them.

A handler runs in a transaction, and nothing may hold the database while Slack thinks. So where a
handler calls a method whose answer it needs, it is broken off and what it wrote is rolled back;
Slack is asked, once; and the handler runs again from its start, where the same call now has its
answer. What is asked is known by method and parameters, and by how often it was asked before.
"""

from __future__ import annotations

import copy
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from response.delivery.errors import AskFirst
from response.exceptions import ResponseError
from response.slack.errors import SlackError

T = TypeVar("T")
Answer = dict[str, Any]
Ask = Callable[[], Answer]

# Enough to read the directory of a large workspace, and no more than a person waits for.
MOST_QUESTIONS = 50
LONGEST = 30.0  # seconds


class AskedTooMuchError(ResponseError):
    """A handler was stopped, because it would have gone on asking Slack."""


class _Stop(BaseException):
    """Ends the run of a handler that is to be stopped, whatever exceptions it catches."""


class _Handling:
    """One handler at one thing Slack told us, through all its runs."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = time.monotonic()
        self._answers: dict[tuple[str, int], Answer | SlackError] = {}
        self._unused: tuple[str, int] | None = None
        self._asked: Counter[str] = Counter()
        self.question: AskFirst | None = None

    def begin(self) -> None:
        self._asked.clear()
        self.question = None
        self._unused = next(reversed(self._answers), None)

    def answer(self, method: str, params: Mapping[str, Any], ask: Ask) -> Answer:
        if self.question is not None:
            raise self.question  # which the handler caught
        wording = f"{method} {json.dumps(params, sort_keys=True, default=str)}"
        self._asked[wording] += 1
        key = wording, self._asked[wording]
        if key not in self._answers:
            self._refuse_to_go_on_for_ever(method)
            self.question = AskFirst(lambda: self._keep(key, ask))
            raise self.question
        if key == self._unused:
            self._unused = None
        answer = self._answers[key]
        if isinstance(answer, SlackError):
            raise answer.with_traceback(None)
        return copy.deepcopy(answer)

    def _keep(self, key: tuple[str, int], ask: Ask) -> None:
        try:
            self._answers[key] = ask()
        except SlackError as error:
            self._answers[key] = error

    def _refuse_to_go_on_for_ever(self, method: str) -> None:
        if self._unused is not None:
            raise _Stop(
                f"It asked for {method} before it used the answer that it was run again for. It "
                "has to ask Slack the same things, in the same order, each time it runs."
            )
        if len(self._answers) >= MOST_QUESTIONS:
            raise _Stop(f"It asked Slack {MOST_QUESTIONS} questions, and for {method} next.")
        if time.monotonic() - self._begun > self._seconds:
            raise _Stop(f"It asked Slack for {self._seconds:g} s, and for {method} next.")


_current: ContextVar[_Handling | None] = ContextVar("handling", default=None)


def of(method: str, params: Mapping[str, Any], ask: Ask) -> Answer:
    """What Slack answers, by ``ask``, which may raise SlackError.

    Inside a ``repeatable`` function, the answer kept from an earlier run; where there is none,
    raises AskFirst. Elsewhere Slack is asked at once.
    """
    handling = _current.get()
    return ask() if handling is None else handling.answer(method, params, ask)


def repeatable(handle: Callable[[], T], *, seconds: float = LONGEST) -> Callable[[], T]:
    """``handle``, to be run inside a transaction, and again whenever it raises AskFirst.

    It is given ``seconds`` in all to begin to ask. Raises AskedTooMuchError where it is stopped.
    """
    handling = _Handling(seconds)

    def run() -> T:
        handling.begin()
        token = _current.set(handling)
        try:
            return handle()
        except _Stop as stop:
            raise AskedTooMuchError(str(stop)) from None
        finally:
            _current.reset(token)
            if handling.question is not None:
                # Again, where the handler caught it: what it did without its answer must not stay.
                raise handling.question

    return run


def until_answered(handle: Callable[[], T]) -> T:
    """Run a function that has its transaction inside, and a ``repeatable`` one in that, to its
    end; asking Slack in between, outside."""
    while True:
        try:
            return handle()
        except AskFirst as question:
            question.ask()
