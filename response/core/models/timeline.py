from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from response.core.models.incident import Incident, count_change
from response.transactions import atomic


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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the entry; whoever watches the incident can tell that something is new."""
        with atomic():
            super().save(*args, **kwargs)
            count_change(self.incident_id)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Take the entry away, which is a change as well."""
        with atomic():
            count_change(self.incident_id)
            return super().delete(*args, **kwargs)
