from __future__ import annotations

import contextlib
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, models, transaction
from django.utils import timezone

PREFIX = "rsp_"
"""What our tokens begin with, so that those of others are left to others, and a leak is found."""

_LIFETIME = timedelta(days=365)
_USE_IS_NOTED_EVERY = timedelta(minutes=5)


def in_a_year() -> datetime:
    return timezone.now() + _LIFETIME


class ApiToken(models.Model):
    """What a program shows to the REST API in place of a password.

    It acts for a user of this site, and can do no more than that user, nor than its scope.
    Only a hash is stored: the token itself is shown once, when it is made.
    """

    class Scope(models.TextChoices):
        READ = "read", "read"
        WRITE = "write", "read and write"
        ADMIN = "admin", "read, write and delete"

    name = models.CharField(max_length=100, help_text="What uses it, and where.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        help_text="Whom it acts for: it sees and does at most what they may.",
    )
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.READ)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(
        null=True, blank=True, default=in_a_year, help_text="Empty: never."
    )
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def issue(cls, **fields: Any) -> tuple[ApiToken, str]:
        """Make a token, with the ``fields`` of this model; returns its row and the token itself,
        which nobody can be told again."""
        token = cls(**fields)
        secret = token.renew()
        token.save()
        return token, secret

    def renew(self) -> str:
        """Give this row a new secret, and return it; the caller saves the row."""
        secret = PREFIX + secrets.token_urlsafe(32)
        self.digest, self.hint = digest_of(secret), secret[: len(PREFIX) + 4]
        return secret

    def has_expired(self) -> bool:
        return self.expires is not None and self.expires <= timezone.now()

    def allows(self, scope: ApiToken.Scope) -> bool:
        """Whether it may be used for what needs ``scope``; the larger ones hold the smaller."""
        ordered = list(ApiToken.Scope)
        return ordered.index(ApiToken.Scope(self.scope)) >= ordered.index(scope)

    def note_use(self) -> None:
        """Keep that it was used, to within five minutes: not every request is worth a write.

        That it cannot be kept just now is no reason to refuse a request.
        """
        now = timezone.now()
        due = now - _USE_IS_NOTED_EVERY
        if self.last_used is None or self.last_used <= due:
            unnoted = models.Q(last_used=None) | models.Q(last_used__lte=due)
            with contextlib.suppress(OperationalError), transaction.atomic():
                ApiToken.objects.filter(unnoted, pk=self.pk).update(last_used=now)


def digest_of(secret: str) -> str:
    """What is stored of a token. It is 256 random bits, so that a plain hash cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
