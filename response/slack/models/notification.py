from __future__ import annotations

from datetime import datetime

from django.db import models

from response.core.models import ExternalUser, Incident


class Notification(models.Model):
    """What became of one reminder about an incident.

    ``time`` is when it was last sent, or first had nothing to say; ``due_time`` when the last one
    was due, from which the next is reckoned. ``completed``: all there may be were sent.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE)
    key = models.CharField(max_length=30)
    time = models.DateTimeField()
    repeat_count = models.IntegerField(default=0)
    completed = models.BooleanField(default=False)

    rule = models.CharField(
        max_length=255, blank=True, default="", help_text="The function whose reminder it is."
    )
    due_time = models.DateTimeField(null=True, blank=True)
    ask_again_at = models.DateTimeField(
        null=True, blank=True, help_text="It had nothing to say, or failed, and is asked again."
    )
    skipped_at = models.DateTimeField(null=True, blank=True)
    skip_reason = models.CharField(
        max_length=200, blank=True, default="", help_text="Why one was not sent, lately."
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        ExternalUser, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        unique_together = ("incident", "key")

    def __str__(self) -> str:
        return f"{self.key} of {self.incident}"

    def note_sent(self, due: datetime, at: datetime, *, most: int | None) -> None:
        """One that was due then is owed to Slack. ``most``: how many there may be."""
        self.time, self.due_time = at, due
        self.repeat_count += 1
        self.completed = most is not None and self.repeat_count >= most
        self.ask_again_at = None

    def note_skipped(self, reason: str, at: datetime, *, ask_again_at: datetime | None) -> None:
        """One that was due is not sent, for a reason that people may read."""
        self.skipped_at, self.skip_reason = at, reason[:200]
        self.ask_again_at = ask_again_at

    def note_not_sent_after_all(self, reason: str, at: datetime) -> None:
        """One that was owed is taken back: as if it had not been sent, except that the next is
        reckoned from it."""
        self.note_skipped(reason, at, ask_again_at=None)
        self.repeat_count = max(self.repeat_count - 1, 0)
        self.completed = False
