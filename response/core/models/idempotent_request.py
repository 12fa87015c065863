from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from response.core.models.incident import Incident

KEPT_FOR = timedelta(days=7)
"""How long a request may be sent again."""


class IdempotentRequest(models.Model):
    """A declaration that came with an ``Idempotency-Key``, and how it was answered."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    #: A hash of what was asked, by which the key with another question is noticed.
    fingerprint = models.CharField(max_length=64)
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="+")
    answer = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="response_one_answer_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.created:%Y-%m-%d %H:%M}"

    @classmethod
    def forget_old(cls) -> None:
        """Forget the keys that nobody will send again."""
        cls.objects.filter(created__lt=timezone.now() - KEPT_FOR).delete()
