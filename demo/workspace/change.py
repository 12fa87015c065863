"""One change of the workspace: a transaction, a new revision, and instants that never repeat."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from .models import Message, Workspace
from .router import ALIAS

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def new_id(prefix: str, length: int = 10) -> str:
    """Return a random id as Slack writes them: a letter that says what it is, then capitals."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


class Change:
    """What is being changed now. Made by :func:`changing` only."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.revision = workspace.revision + 1

    def ts(self) -> str:
        """Return a ts later than every one before it: seconds since 1970, six decimals."""
        self.workspace.clock = max(time.time_ns() // 1000, self.workspace.clock + 1)
        return f"{self.workspace.clock // 1_000_000}.{self.workspace.clock % 1_000_000:06d}"

    def touch(self, message: Message) -> None:
        """Mark a message as changed, so that pages draw it again."""
        message.revision = self.revision
        message.save()


@contextmanager
def changing() -> Iterator[Change]:
    """Open a transaction in which the workspace may be changed; an exception undoes all of it.

    The transaction is IMMEDIATE, so whoever is inside is alone: reading and then writing is safe.
    No request to the app may be made in here.
    """
    with transaction.atomic(using=ALIAS):
        workspace = Workspace.objects.get()
        change = Change(workspace)
        yield change
        workspace.revision = change.revision
        workspace.save(update_fields=["revision", "clock"])
