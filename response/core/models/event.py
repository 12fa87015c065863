from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from response.core.models.incident import Incident


class Event(models.Model):
    """One entry of the change feed: what an incident or an action looked like once saved."""

    class Kind(models.TextChoices):
        ACTION = "action_event", "action"
        INCIDENT = "incident_event", "incident"

    ACTION_EVENT_TYPE = Kind.ACTION.value
    INCIDENT_EVENT_TYPE = Kind.INCIDENT.value

    timestamp = models.DateTimeField(default=timezone.now)
    event_type = models.CharField(max_length=50, choices=Kind.choices)
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    #: Which incident the payload is about. The feed keeps what was, so the number stays when the
    #: incident is deleted.
    incident = models.ForeignKey(
        Incident, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    #: Where the entry stands among those that were committed; given when the feed is read.
    position = models.BigIntegerField(null=True, editable=False, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["timestamp"], name="response_event_timestamp"),
            models.Index(fields=["event_type", "timestamp"], name="response_event_type"),
            models.Index(
                fields=["id"],
                condition=models.Q(position=None),
                name="response_event_unplaced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.timestamp:%Y-%m-%d %H:%M:%S} {self.event_type}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the entry; which incident it is about follows from the payload.

        A host's own handler may write entries, and those of a private incident are not shown.
        """
        if self.incident_id is None:
            self.incident_id = incident_number(self.event_type, self.payload)
        super().save(*args, **kwargs)


def incident_number(event_type: str, payload: Any) -> int | None:
    """The id of the incident that a feed entry's payload is about; None where it names none."""
    name = "incident_id" if event_type == Event.Kind.ACTION else "id"
    number = payload.get(name) if isinstance(payload, dict) else None
    is_id = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**31
    return number if is_id else None


class FeedEnd(models.Model):
    """How far the places of the change feed have been given: one row, locked while more are."""

    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.position)
