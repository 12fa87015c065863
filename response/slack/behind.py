"""What core's pages ask: since when Slack does not show an incident as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import F

from response.core.behind import Behind
from response.core.models import Incident
from response.delivery import clock
from response.delivery.models import Mirror
from response.slack import wants

# What is brought up to date at once is nothing to tell anybody; this is more than it takes.
LATE = timedelta(seconds=10)

# Those whose mirrors go by the incident's primary key, and that people look at.
SHOWN = (
    *(wants.HEADLINE, wants.CHANNEL, wants.TOPIC, wants.MEMBERS),
    *(wants.SUMMARY, wants.BOOKMARK),
)


def find(incidents: Sequence[Incident]) -> dict[int, Behind]:
    """The incidents that Slack is behind with, by their primary keys; one query."""
    missing = Mirror.objects.filter(
        kind__in=SHOWN,
        object_id__in=[incident.pk for incident in incidents],
        want__gt=F("have"),
        behind_since__lte=clock.now() - LATE,
    )
    found = {}
    # The last one stays: what was refused, and of that the oldest.
    for mirror in missing.order_by("stuck", "-behind_since"):
        refusal = mirror.error if mirror.stuck else ""
        found[mirror.object_id] = Behind(mirror.behind_since, refusal)
    return found
