"""Which piece of news is the latest: Slack promises no order, and repeats what it believes lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from response.core.models import Incident
from response.delivery import inbox


def is_the_latest(incident: Incident, what: str, event: Mapping[str, Any]) -> bool:
    """Whether this is the last that happened to something, as far as we were told.

    The news that a pin was taken off may come before the pin. So each leaves a note of its time,
    and what is older than a note changes nothing.
    """
    about = f"{incident.pk}:{what[:100]}:"
    mine = about + str(event.get("event_ts") or "")[:50]
    inbox.accept(mine, "mark")
    return mine == max(inbox.keys_under(about))
