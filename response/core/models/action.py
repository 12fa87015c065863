from __future__ import annotations

from typing import Any

from django.db import models

from response.core.models.incident import Incident
from response.core.models.loaded import RemembersLoaded
from response.core.models.user_external import ExternalUser


class Priority(models.TextChoices):
    HIGH = "1", "high"
    MEDIUM = "2", "medium"
    LOW = "3", "low"


class ActionType(models.TextChoices):
    DETECTIVE = "1", "detective"
    PREVENTATIVE = "2", "preventative"
    CORRECTIVE = "3", "corrective"


class Action(RemembersLoaded):
    """Something to be done because of an incident."""

    created_date = models.DateTimeField(null=True, auto_now_add=True)
    details = models.TextField(blank=True, default="")
    done = models.BooleanField(default=False)
    done_date = models.DateTimeField(null=True, blank=True)
    due_date = models.DateTimeField(null=True, blank=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE)
    user = models.ForeignKey(
        ExternalUser, verbose_name="owner", on_delete=models.CASCADE, blank=False, null=False
    )
    priority = models.CharField(max_length=10, blank=True, null=True, choices=Priority.choices)
    type = models.CharField(max_length=10, blank=True, null=True, choices=ActionType.choices)

    class Meta:
        indexes = [
            models.Index(fields=["done", "id"], name="response_action_done"),
            models.Index(fields=["priority", "id"], name="response_action_priority"),
            models.Index(fields=["type", "id"], name="response_action_type"),
            models.Index(fields=["due_date"], name="response_action_due"),
        ]

    def __str__(self) -> str:
        return self.details

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store what was changed, with its history, as the services do."""
        from response.core import services

        services.save_action(self, *args, **kwargs)

    def store(self, *args: Any, **kwargs: Any) -> None:
        """Write the row and nothing else: for ``services``, which writes what belongs to it."""
        super().save(*args, **kwargs)
        self.remember()

    def icon(self) -> str:
        return "✅" if self.done else "🔜"
