"""What waits, and what is stuck, with Slack's reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince

from response.core.doctor import Finding, Findings, Level, ok, warning
from response.delivery import clock
from response.delivery.models import Inbox, Mirror, OutboxMessage, Pause
from response.upkeep import queues
from response.upkeep.queues import INBOX, MIRRORS, OUTBOX

MOST_NAMED = 20  # of a kind; the admin has them all

_LONG = timedelta(minutes=5)

_KINDS = {"mirror": MIRRORS, "outbox": OUTBOX, "inbox": INBOX}

#: Refusals and what mends them.
_REMEDIES = {
    "channel_not_found": "Invite the bot to the channel, or correct its id; then send it again.",
    "not_in_channel": "Invite the bot to the channel; then send it again.",
    "is_archived": "Unarchive the channel, or leave it as it is.",
    "sign_in_page": "Give the Slack app the scope files:read and install it again; then send it "
    "again.",
    "missing_scope": "Give the Slack app the scope and install it again; then send it again.",
    "messages_tab_disabled": "Switch the Messages Tab on, on your Slack app's page “App Home”; "
    "then send it again.",
    "restricted_action": "Let the bot post in the channel (its settings); then send it again.",
}


def debts() -> Findings:
    """What Slack is owed, and what it told us that could not be handled."""
    stuck = [*_stuck()]
    yield from stuck
    waiting = (depth.waiting.since for depth in queues.depths().values())
    oldest = min((since for since in waiting if since is not None), default=None)
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
    queue = _KINDS.get(kind)
    return queue is not None and bool(queue.try_again(queue.rows(queue.given_up).filter(pk=pk)))


def _stuck() -> Findings:
    for kind, queue in _KINDS.items():
        for row in queue.rows(queue.given_up).order_by("-pk")[:MOST_NAMED]:
            yield _finding(kind, row)


def _said_of(row: Mirror | OutboxMessage | Inbox) -> str:
    match row:
        case Mirror():
            return f"Slack does not show {row}"
        case OutboxMessage():
            return f"A {row.method} to {row.lane} was not made"
        case Inbox():
            return f"What Slack told us ({row}) was given up"


def _finding(kind: str, row: Mirror | OutboxMessage | Inbox) -> Finding:
    advice = next((remedy for code, remedy in _REMEDIES.items() if code in row.error), "")
    return Finding(
        Level.WARNING,
        "Debts",
        f"{_said_of(row)}: {row.error or 'no reason was kept'}",
        advice or "Mend the reason; then send it again.",
        again=(kind, row.pk),
    )


def _time_of_day(at: datetime) -> str:
    there = timezone.localtime(at) if timezone.is_aware(at) else at
    return f"{there:%H:%M:%S %Z}".rstrip()
