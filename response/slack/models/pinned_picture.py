from __future__ import annotations

from django.db import models

from response.slack.models.pinned_message import PinnedMessage


class PinnedPicture(models.Model):
    """A picture on a captured message: which it is in Slack, and a copy of it.

    The copy is fetched after the message was captured. ``reason`` says why there is none yet, or
    none at all, in words for whoever reads the timeline.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "to be fetched"
        KEPT = "kept", "kept here"
        FAILED = "failed", "not to be had"

    pinned_message = models.ForeignKey(
        PinnedMessage, on_delete=models.CASCADE, related_name="pictures"
    )
    file_id = models.CharField(max_length=40, help_text="Slack's id of the file.")
    name = models.CharField(max_length=255, blank=True, default="")
    alt_text = models.TextField(blank=True, default="")
    link = models.TextField(blank=True, default="", help_text="Where it is in Slack, for people.")
    width = models.PositiveIntegerField(default=0, help_text="In pixels; 0 is not known.")
    height = models.PositiveIntegerField(default=0, help_text="In pixels; 0 is not known.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True, default="")
    content_type = models.CharField(max_length=40, blank=True, default="")
    size = models.PositiveIntegerField(default=0, help_text="Of the copy, in bytes.")
    digest = models.CharField(max_length=64, blank=True, default="")
    # The last column: what stands before it is read without it.
    content = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pinned_message", "file_id"], name="response_a_picture_is_kept_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or self.file_id} of {self.pinned_message_id}"
