"""The work as a task of Django's Tasks: django.tasks, or django-tasks before Django 6.

Only the runner that enqueues it imports this, for a project that has no such engine can do without.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from response.background import runners, work

_engine: Any = import_module("django.tasks" if find_spec("django.tasks") else "django_tasks")
_errors: Any = import_module(f"{_engine.__name__}.exceptions")

# After this long the rest is left to another task, so that a worker that is told to end does so
# soon, and tasks of the host have their turn.
TURN = timedelta(seconds=20)


@_engine.task  # type: ignore[untyped-decorator]
def drain() -> None:
    """Do what there is to do. It has no arguments: the database says what that is."""
    work.take_over_from_the_gone()
    if work.drain(at_most=TURN):
        runners.configured().ring()


def is_waiting(enqueued: Any) -> bool:
    """Whether nobody has begun it yet; False where the engine cannot tell."""
    if not enqueued.task.get_backend().supports_get_result:
        return False
    try:
        enqueued.refresh()
    except _errors.TaskResultDoesNotExist:
        return False
    return bool(enqueued.status == _engine.TaskResultStatus.READY)
