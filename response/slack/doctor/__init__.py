"""The examinations of an installation, for ``core.doctor``."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from django.db import Error as DatabaseError

from response.core.doctor import Finding, Findings, problem
from response.slack.doctor import debts, installation, traffic, workspace

logger = logging.getLogger(__name__)

Examination = Callable[[], Findings]

HERE: tuple[Examination, ...] = (
    installation.settings,
    installation.database,
    installation.the_clock,
    installation.runner,
    traffic.signatures,
    traffic.socket_mode,
    traffic.events,
    debts.debts,
)
ELSEWHERE: tuple[Examination, ...] = (workspace.examine, traffic.site)


def examine(asks_outside: bool) -> list[Finding]:
    """Everything there is to say. Without ``asks_outside`` nothing leaves this machine.

    It never raises: an examination that breaks off is a problem of its own. What several meet is
    said once.
    """
    examinations = HERE + ELSEWHERE if asks_outside else HERE
    return list(dict.fromkeys(each for examination in examinations for each in _of(examination)))


def _of(examination: Examination) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(examination())
    except DatabaseError as error:
        found.append(
            problem(
                "Database",
                f"It does not do what was asked of it ({type(error).__name__}).",
                "See that it runs, and that manage.py migrate was run.",
            )
        )
    except Exception as error:
        error_id = uuid.uuid4().hex[:8]
        logger.exception("The doctor could not finish an examination (error %s)", error_id)
        found.append(
            problem(
                "Doctor",
                f"An examination broke off: {type(error).__name__} (error {error_id}).",
                "Look that up in the log.",
            )
        )
    return found
