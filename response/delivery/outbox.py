"""Calls that Slack is owed once: replies, reactions, direct messages.

A call is written down in the transaction of whatever it follows from, under a unique key, and
made later, once. Before Slack is asked the row says *begun*; if our note of the answer is then
missing, the row's ``in_doubt`` says what to do.
"""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min, Q, QuerySet

from response.delivery import bell, calls, clock, debts
from response.delivery.errors import (
    DeliveryError,
    InDoubt,
    LaneLost,
    NotSent,
    Postponed,
    Refused,
    TokenRefused,
)
from response.delivery.models import OutboxMessage
from response.transactions import DATABASE_TROUBLE, atomic

logger = logging.getLogger(__name__)

Doubt = OutboxMessage.InDoubt
State = OutboxMessage.State

# A message that Slack breaks off at again and again is taken for the cause itself after this
# long, and lets the others of its lane pass. Longer than Slack is usually out of order.
GIVE_UP_AFTER = timedelta(hours=6)


WhyNot = Callable[[OutboxMessage], str]

_conditions: dict[str, WhyNot] = {}


def use_condition(start: str, why_not: WhyNot) -> None:
    """Ask, when it is the turn of a message whose key starts so, why it should not be sent after
    all; for a reason (nothing, where there is none) it is given up, in the same transaction."""
    _conditions[start] = why_not


def owe(
    key: str,
    method: str,
    body: Mapping[str, Any],
    *,
    lane: str,
    in_doubt: str = Doubt.LOOK,
    not_before: datetime | None = None,
) -> bool:
    """Write down a call that Slack is owed; False where ``key`` is owed, or paid, already.

    ``lane`` is the Slack channel: calls of a lane are made in the order they were owed in.
    """
    try:
        with transaction.atomic():
            OutboxMessage.objects.create(
                key=key,
                method=method,
                body=body,
                lane=lane,
                in_doubt=in_doubt,
                not_before=not_before,
            )
    except IntegrityError:
        if not OutboxMessage.objects.filter(key=key).exists():
            raise
        return False
    bell.ring()
    return True


def owe_together(messages: Iterable[OutboxMessage]) -> None:
    """Write down several calls in one statement, each under a key that is new."""
    OutboxMessage.objects.bulk_create(messages)
    bell.ring()


def move_lane(old: str, new: str) -> None:
    """Have what waits in the lane of one channel sent to another."""
    for message in _waiting().filter(lane=old):
        message.lane = new
        if message.body.get("channel") == old:
            message.body = {**message.body, "channel": new}
        message.save(update_fields=["lane", "body"])


def lanes_owing(present: datetime) -> QuerySet[OutboxMessage, str]:
    """The lanes whose first message may go now, the one with the oldest first."""
    first = _waiting().values("lane").annotate(first=Min("pk")).values("first")
    due = Q(not_before=None) | Q(not_before__lte=present)
    messages = OutboxMessage.objects.filter(due, pk__in=first).order_by("pk")
    return messages.values_list("lane", flat=True)


def first_owed(lane: str, present: datetime) -> OutboxMessage | None:
    """A lane's first message, if it may go now."""
    first = _waiting().filter(lane=lane).order_by("pk").first()
    is_due = first is not None and (first.not_before is None or first.not_before <= present)
    return first if is_due else None


def _waiting() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(state=State.WAITING)


def pay(message: OutboxMessage) -> None:
    """Make the call, or keep why it has to wait or will not be made."""
    try:
        _pay(message)
    except (LaneLost, *DATABASE_TROUBLE):
        raise
    except Exception as error:
        error_id = uuid.uuid4().hex[:8]
        logger.exception("Slack message %s failed (error %s)", message, error_id)
        _give_up(message, f"{type(error).__name__} (error {error_id}, see the log)")


def _pay(message: OutboxMessage) -> None:
    try:
        if message.begun_at is not None and not _may_repeat(message):
            return
    except Refused as error:
        _give_up(message, f"No answer came, and Slack does not let us look for it: {error}")
        return
    except DeliveryError as error:
        debts.postpone(message, error)
        return
    if _is_pointless(message):
        return
    begin = functools.partial(debts.note_begun, message)
    try:
        answer = calls.call(message.method, message.body, begin=begin)
    except InDoubt as error:
        debts.note_broken_off(message, error)
        if debts.in_doubt_for(message) > GIVE_UP_AFTER:
            _give_up(message, str(error))
        else:
            debts.postpone(message, error)
    except (NotSent, Postponed, TokenRefused) as error:
        debts.clear_doubt(message)
        debts.postpone(message, error)
    except Refused as error:
        _give_up(message, str(error))
    else:
        _settle(message, str(answer.get("ts") or answer.get("message_ts") or ""))


def _is_pointless(message: OutboxMessage) -> bool:
    """Give up what should not be sent any more. Not what may have been sent before."""
    why_not = next((f for start, f in _conditions.items() if message.key.startswith(start)), None)
    if why_not is None or message.begun_at is not None:
        return False
    with atomic():
        reason = why_not(message)
        if reason:
            message.error = f"Not sent: {reason}."
            # Nothing went wrong that anybody would have to look at.
            message.seen_at = clock.now()
            _end(message, State.DEAD)
    return bool(reason)


def _may_repeat(message: OutboxMessage) -> bool:
    """Find out what became of a call whose answer is missing; True where it must be made again."""
    if message.in_doubt == Doubt.REPEAT:
        return True
    if message.in_doubt == Doubt.DROP:
        _give_up(message, "No answer came; it is not sent again, because it may be there.")
        return False
    found = calls.find(message.body, message.key, message.created_at)
    if found:
        _settle(message, found[0])
        return False
    if debts.is_held(message):
        message.not_before = message.doubt_until
        message.save(update_fields=["not_before"])
        return False
    return True


def _settle(message: OutboxMessage, ts: str) -> None:
    message.sent_ts = ts
    message.error = ""
    _end(message, State.SENT)


def _give_up(message: OutboxMessage, reason: str) -> None:
    logger.error("Slack message %s is given up: %s", message.key, reason)
    message.error = reason
    _end(message, State.DEAD)


def _end(message: OutboxMessage, state: State) -> None:
    message.state = state
    message.not_before = None
    debts.clear_doubt(message)
    message.save()
