from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper

SLACK = "slack"
"""The ``app_id`` of people known from Slack."""

_MAY_CHANGE = {"display_name", "full_name", "email", "deleted"}


class ExternalUserManager(models.Manager["ExternalUser"]):
    def get_or_create_slack(self, **kwargs: Any) -> tuple[ExternalUser, bool]:
        """``get_or_create`` for a person of the Slack workspace (``external_id`` is their id)."""
        return self.get_or_create(**_of_slack(kwargs))

    def update_or_create_slack(self, **kwargs: Any) -> tuple[ExternalUser, bool]:
        """``update_or_create`` for a person of the Slack workspace."""
        return self.update_or_create(**_of_slack(kwargs))


def _of_slack(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The person is known by their id; what else a caller knows of them may have changed."""
    known = {name: value for name, value in kwargs.items() if name not in _MAY_CHANGE}
    told = {name: value for name, value in kwargs.items() if name in _MAY_CHANGE}
    return {**known, "app_id": SLACK, "defaults": {**told, **(kwargs.get("defaults") or {})}}


class ExternalUser(models.Model):
    """A person as another system, usually Slack, knows them.

    ``owner`` ties them to a user of this site, where the host keeps such ties.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )
    app_id = models.CharField(max_length=50)
    external_id = models.CharField(max_length=50)
    display_name = models.CharField(max_length=255)
    full_name = models.CharField(max_length=255, null=True, blank=True)
    email = models.CharField(max_length=255, null=True, blank=True)
    deleted = models.BooleanField(default=False)
    time_zone = models.CharField(
        max_length=64, blank=True, default="", help_text="Where they are, as in Europe/Amsterdam."
    )

    objects = ExternalUserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["app_id", "external_id"], name="response_one_row_a_person"
            )
        ]
        # As a look-up whatever the capitals compares it.
        indexes = [
            models.Index(Upper("email"), name="response_person_email"),
            models.Index(fields=["external_id"], name="response_person_id"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def reference(self) -> str:
        """How a text refers to them: it is shown with the name they have when it is read."""
        return f"<@{self.external_id}>" if self.app_id == SLACK else self.name

    @property
    def name(self) -> str:
        """What to call them: the display name, else the full name, else their id."""
        return self.display_name or self.full_name or self.external_id
