"""What people add to the timeline themselves: ``@incident timeline``."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from django.utils import timezone

from response.core import services
from response.core.models import Incident
from response.exceptions import UserError
from response.slack.commands import WHAT_IS_KNOWN
from response.slack.decorators import incident_command

Answer = tuple[bool, str | None]

_AT = re.compile(r"(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)\s+(?=\S)", re.ASCII)


@incident_command(
    ["timeline"],
    helptext="adds an entry to the timeline, now or at a time of day.",
    example="@incident timeline 14:05 The database failed over",
    group=WHAT_IS_KNOWN,
    accepts=bool,
)
def add_entry(incident: Incident, user_id: str, message: str) -> Answer:
    text, at = split_time(message)
    if not text:
        raise UserError(
            "What happened? Say it behind the word, as in "
            "`@incident timeline 14:05 The database failed over`."
        )
    services.add_timeline_entry(incident.pk, text=text, at=at)
    return True, None


def split_time(text: str) -> tuple[str, datetime | None]:
    """The text without the time of day it begins with, and the last instant when it was that
    time on the clocks of the site; None where it begins with no time."""
    found = _AT.match(text)
    if found is None:
        return text, None
    now = timezone.now()
    local = timezone.localtime(now) if timezone.is_aware(now) else now
    of_day = time(int(found["hour"]), int(found["minute"]))
    day = local.date() if of_day <= local.time() else local.date() - timedelta(days=1)
    at = datetime.combine(day, of_day)
    return text[found.end() :], timezone.make_aware(at) if timezone.is_aware(now) else at
