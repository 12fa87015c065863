from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils import timezone

from response.core.models.incident import Incident


class WriteUp(models.Model):
    """What a team says of an incident once it is over, in Markdown. Removed, it is empty."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="write_up")
    text = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(
        default=1, editable=False, help_text="How many times it was written."
    )
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Write-up of {self.incident}"

    @classmethod
    def of(cls, incident: Incident) -> WriteUp | None:
        """The write-up of an incident, None where nobody has written any.

        One query, or none where it was selected with the incident.
        """
        try:
            written: WriteUp = incident.write_up
        except ObjectDoesNotExist:
            return None
        return written if written.text else None
