from __future__ import annotations

from django.db import models

from response.core.models import ExternalUser, Incident, TimelineEvent


class PinnedMessage(models.Model):
    """A message in the comms channel that people marked: by pinning it, or by our reaction."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE)
    author = models.ForeignKey(ExternalUser, on_delete=models.PROTECT)
    message_ts = models.CharField(max_length=50)
    text = models.TextField()
    timestamp = models.DateTimeField()
    timeline_event = models.ForeignKey(TimelineEvent, on_delete=models.CASCADE, null=True)
    is_pinned = models.BooleanField(default=True)
    reacted_by = models.JSONField(
        default=list, blank=True, help_text="The Slack ids of those who put the reaction there."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "message_ts"], name="response_a_message_is_pinned_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.message_ts} of {self.incident}"
