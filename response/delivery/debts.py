"""What paying a mirror and paying an outbox message have in common: doubt, and waiting."""

from __future__ import annotations

import random
from datetime import timedelta

from response.delivery import calls, clock
from response.delivery.errors import DeliveryError, InDoubt, Postponed
from response.delivery.models import Debt

# A call that timed out may still be done by Slack a while later; only after that is "it is not
# there" an answer that one may act on.
HOLD = timedelta(seconds=35)

LONGEST_BACK_OFF = 30.0  # seconds


def note_begun(debt: Debt) -> None:
    """Keep, before Slack is asked, that from now on it may have been done; or from an earlier time
    on, of which that is not known yet."""
    present = clock.now()
    debt.begun_at = debt.begun_at or present
    debt.doubt_until = present + HOLD
    debt.save(update_fields=["begun_at", "doubt_until"])


def note_broken_off(debt: Debt, error: InDoubt) -> None:
    """Slack may have done what was begun; where it was Slack that broke off, it will not later."""
    if not error.timed_out:
        debt.doubt_until = clock.now()


def clear_doubt(debt: Debt) -> None:
    """Slack answered: what was begun is known to be done, or not done."""
    debt.begun_at = None
    debt.doubt_until = None


def postpone(debt: Debt, error: DeliveryError) -> None:
    """Keep why it has to wait, and until when. The doubt, where there is one, stays."""
    debt.error = str(error)
    if isinstance(error, Postponed):
        debt.not_before = error.until
    elif isinstance(error, InDoubt):
        debt.attempts += 1
        debt.not_before = clock.now() + back_off(debt.attempts)
    else:
        debt.not_before = clock.now() + calls.UNREACHABLE_PAUSE
    debt.save(update_fields=["error", "not_before", "attempts", "begun_at", "doubt_until"])


def in_doubt_for(debt: Debt) -> timedelta:
    """How long ago something was begun of which nobody knows whether Slack did it."""
    return clock.now() - debt.begun_at if debt.begun_at is not None else timedelta(0)


def is_held(debt: Debt) -> bool:
    """Whether Slack may still do what was begun."""
    return debt.doubt_until is not None and clock.now() < debt.doubt_until


def back_off(attempts: int) -> timedelta:
    """How long to wait after that many failures: 1, 2, 4 … 30 seconds, a little spread out."""
    seconds = min(2.0 ** min(attempts - 1, 10), LONGEST_BACK_OFF)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311
