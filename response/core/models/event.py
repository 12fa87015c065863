from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


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

    class Meta:
        indexes = [models.Index(fields=["timestamp"], name="response_event_timestamp")]

    def __str__(self) -> str:
        return f"{self.timestamp:%Y-%m-%d %H:%M:%S} {self.event_type}"
