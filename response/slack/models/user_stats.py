from __future__ import annotations

from django.db import models

from response.core.models import ExternalUser, Incident


class UserStats(models.Model):
    """How much somebody wrote in an incident's channel, and since when."""

    user = models.ForeignKey(ExternalUser, on_delete=models.CASCADE)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE)
    join_time = models.DateTimeField(null=True)
    message_count = models.IntegerField(default=0)

    class Meta:
        unique_together = ("incident", "user")
        verbose_name_plural = "user stats"

    def __str__(self) -> str:
        return f"{self.user} in {self.incident}"
