"""What has to be looked at anew once the database is an older copy of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from response.core.models import Incident
from response.delivery import clock, mirrors
from response.delivery.models import Mirror, OutboxMessage
from response.slack import wants
from response.transactions import atomic
from response.upkeep.queues import OUTBOX

#: What may have changed in Slack since the copy was made, of an incident that ended before it.
LATELY = timedelta(days=30)

PUT_ASIDE = "Owed in a copy that was restored: it may have been sent since."

_SHOWN = (wants.HEADLINE, wants.TOPIC, wants.SUMMARY, wants.BOOKMARK)


@dataclass(frozen=True)
class Restored:
    """How many messages were put aside, and how many objects in Slack are told anew."""

    put_aside: int
    told_anew: int


def after_restore() -> Restored:
    """Put aside the messages that the copy owes, for a person to send or not; and have Slack show
    what the copy says of each incident that was open in it, or ended within ``LATELY``."""
    with atomic():
        put_aside = OUTBOX.rows(OUTBOX.waiting).update(
            state=OutboxMessage.State.DEAD, error=PUT_ASIDE
        )
        lately = Q(end_time=None) | Q(end_time__gte=clock.now() - LATELY)
        shown = Mirror.objects.filter(
            kind__in=_SHOWN, object_id__in=Incident.objects.filter(lately).values("pk")
        )
        told_anew = mirrors.want_anew(shown)
    return Restored(put_aside, told_anew)
