"""What is done, and old, is forgotten: RESPONSE_RETENTION_DAYS after it came.

Never what is still to be done, nor what was given up and nobody has seen.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from response.conf import conf
from response.delivery import clock
from response.delivery.models import Inbox, OutboxMessage, Pause
from response.transactions import delete_in_batches

# What a key has stood for must be known for as long as Slack may say it again, or the harm of a
# wrong setting would be a second incident.
LEAST = timedelta(days=1)


def oldest_kept() -> datetime | None:
    """From when on things are kept; None where everything is."""
    days = conf.RESPONSE_RETENTION_DAYS
    if not isinstance(days, int) or days <= 0:
        return None
    return clock.now() - max(timedelta(days=days), LEAST)


def prune() -> None:
    """Forget what may be forgotten by now. Safe at any time and in several processes."""
    before = oldest_kept()
    if before is None:
        return
    seen = Q(seen_at__isnull=False)
    for old in (
        Inbox.objects.filter(
            Q(state=Inbox.State.DONE) | Q(state=Inbox.State.DEAD) & seen, received_at__lt=before
        ),
        OutboxMessage.objects.filter(
            Q(state=OutboxMessage.State.SENT) | Q(state=OutboxMessage.State.DEAD) & seen,
            created_at__lt=before,
        ),
        Pause.objects.filter(until__lt=before),
    ):
        delete_in_batches(old)
