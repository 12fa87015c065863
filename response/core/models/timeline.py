from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from response.core.models.incident import Incident


class TimelineEvent(models.Model):
    """One entry of an incident's timeline, at the instant it happened."""

    class Kind(models.TextChoices):
        TEXT = "text", "written by a person"
        SLACK_PIN = "slack_pin", "a message pinned in Slack"
        INCIDENT_UPDATE = "incident_update", "a change of the incident"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE)
    timestamp = models.DateTimeField(default=timezone.now, help_text="When it happened.")
    text = models.TextField(help_text="What happened.")
    event_type = models.CharField(
        max_length=30,
        choices=Kind.choices,
        default=Kind.TEXT,
        help_text="What kind of entry this is.",
    )
    metadata = models.JSONField(
        null=True,
        blank=True,
        encoder=DjangoJSONEncoder,
        help_text="What belongs to it: who (actor), from where (source), old and new value.",
    )

    class Meta:
        indexes = [models.Index(fields=["incident", "timestamp"], name="response_timeline_order")]

    def __str__(self) -> str:
        return f"{self.timestamp:%Y-%m-%d %H:%M} {self.text[:80]}"
