"""What waits for an instant that a wrong clock made up, before it was put back, waits no more."""

from __future__ import annotations

from datetime import timedelta

from response.delivery import clock
from response.delivery.models import Lane, Pause
from response.transactions import atomic
from response.upkeep.queues import INBOX, MIRRORS, OUTBOX

# Nothing is put off, claimed or held for more than an hour at a time.
LONGEST_WAIT = timedelta(hours=2)


def put_right() -> None:
    """Let go of whatever waits for longer than anything does."""
    too_far = clock.now() + LONGEST_WAIT
    with atomic():
        Pause.objects.filter(until__gt=too_far).delete()
        Lane.objects.filter(lease_until__gt=too_far).update(holder="", lease_until=None)
        for queue in (INBOX, OUTBOX, MIRRORS):
            put_off = queue.rows(queue.waiting | queue.failed).filter(not_before__gt=too_far)
            put_off.update(not_before=clock.now())
        claimed = INBOX.rows(INBOX.waiting).filter(claimed_until__gt=too_far)
        claimed.update(claimed_until=clock.now())
