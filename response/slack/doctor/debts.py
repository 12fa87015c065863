"""What waits, and what is stuck, with Slack's reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.timesince import timesince

from response.core.doctor import Finding, Findings, Level, ok, warning
from response.delivery import clock, runners
from response.delivery.models import Inbox, Mirror, OutboxMessage, Pause

MOST_NAMED = 20  # of a kind; the admin has them all

_LONG = timedelta(minutes=5)

#: Refusals and what mends them.
_REMEDIES = {
    "channel_not_found": "Invite the bot to the channel, or correct its id; then send it again.",
    "not_in_channel": "Invite the bot to the channel; then send it again.",
    "is_archived": "Unarchive the channel, or leave it as it is.",
    "missing_scope": "Give the Slack app the scope and install it again; then send it again.",
    "restricted_action": "Let the bot post in the channel (its settings); then send it again.",
}


def debts() -> Findings:
    """What Slack is owed, and what it told us that could not be handled."""
    stuck = [*_stuck()]
    yield from stuck
    oldest = _oldest()
    if oldest is not None and clock.now() - oldest > _LONG:
        yield warning(
            "Debts",
            f"Something has waited for {timesince(oldest, clock.now())}.",
            "See “Clock” and “Slack” here; the admin shows what it is.",
        )
    elif not stuck:
        yield ok("Debts", "Slack shows what it should, and everything it told us is handled.")
    for pause in Pause.objects.filter(until__gt=clock.now()).order_by("scope"):
        what = "asked for nothing" if pause.scope == "*" else f"not asked for {pause.scope}"
        yield warning(
            "Debts",
            f"Slack is {what} before {_time_of_day(pause.until)} ({pause.reason}).",
            "Wait: it goes on by itself, once that is mended.",
        )


def send_again(kind: str, pk: int) -> bool:
    """Have one stuck debt tried again; False where there is none such any more."""
    stuck: dict[str, tuple[QuerySet[Any], dict[str, Any]]] = {
        "mirror": (_stuck_mirrors(), {"stuck": False}),
        "outbox": (_dead_messages(), {"state": OutboxMessage.State.WAITING}),
        "inbox": (_dead_requests(), {"state": Inbox.State.WAITING}),
    }
    if kind not in stuck:
        return False
    rows, again = stuck[kind]
    is_one = bool(rows.filter(pk=pk).update(**again, attempts=0, not_before=None))
    runners.ring()
    return is_one


def _stuck_mirrors() -> QuerySet[Mirror]:
    return Mirror.objects.filter(stuck=True, want__gt=F("have"))


def _dead_messages() -> QuerySet[OutboxMessage]:
    """Without those that somebody has seen, or that nobody wants any more."""
    return OutboxMessage.objects.filter(state=OutboxMessage.State.DEAD, seen_at=None)


def _dead_requests() -> QuerySet[Inbox]:
    return Inbox.objects.filter(state=Inbox.State.DEAD, seen_at=None)


def _stuck() -> Findings:
    for mirror in _stuck_mirrors().order_by("-pk")[:MOST_NAMED]:
        yield _finding("mirror", mirror.pk, f"Slack does not show {mirror}", mirror.error)
    for message in _dead_messages().order_by("-pk")[:MOST_NAMED]:
        what = f"A {message.method} to {message.lane} was not made"
        yield _finding("outbox", message.pk, what, message.error)
    for row in _dead_requests().order_by("-pk")[:MOST_NAMED]:
        yield _finding("inbox", row.pk, f"What Slack told us ({row}) was given up", row.error)


def _finding(kind: str, pk: int, what: str, error: str) -> Finding:
    advice = next((remedy for code, remedy in _REMEDIES.items() if code in error), "")
    return Finding(
        Level.WARNING,
        "Debts",
        f"{what}: {error or 'no reason was kept'}",
        advice or "Mend the reason; then send it again.",
        again=(kind, pk),
    )


def _time_of_day(at: datetime) -> str:
    there = timezone.localtime(at) if timezone.is_aware(at) else at
    return f"{there:%H:%M:%S %Z}".rstrip()


def _oldest() -> datetime | None:
    """Since when the oldest thing waits that could be done."""
    behind = Mirror.objects.filter(want__gt=F("have"), stuck=False)
    waiting = [
        behind.order_by("behind_since").values_list("behind_since", flat=True).first(),
        OutboxMessage.objects.filter(state=OutboxMessage.State.WAITING)
        .order_by("created_at")
        .values_list("created_at", flat=True)
        .first(),
        Inbox.objects.filter(state=Inbox.State.WAITING)
        .order_by("received_at")
        .values_list("received_at", flat=True)
        .first(),
    ]
    return min((at for at in waiting if at is not None), default=None)
