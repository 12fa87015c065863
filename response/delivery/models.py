"""What Slack told us, and what we owe it. The constraints of these tables carry the promises."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class Inbox(models.Model):
    """One distinct thing that Slack told us. The row is the promise that the 200 made.

    ``lane`` is the Slack channel it came from: rows of a lane are handled in the order they came.
    ``claimed_until`` bounds how long one process may take over it; ``attempts`` is counted when a
    row is claimed, so that a row that kills its process is not tried for ever.
    """

    class State(models.IntegerChoices):
        WAITING = 0, "waiting"
        DONE = 1, "done"
        DEAD = 2, "given up"

    key = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=20)
    lane = models.CharField(max_length=40, blank=True, default="")
    payload = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.IntegerField(choices=State.choices, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True, default="")
    not_before = models.DateTimeField(null=True, blank=True)
    in_trouble_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the database first did not take what it leads to.",
    )
    finished = models.JSONField(
        default=list,
        blank=True,
        help_text="The handlers that are done with it, where others still have to try again.",
    )
    error = models.TextField(blank=True, default="")
    seen_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When somebody saw that it was given up; only then may it be forgotten.",
    )

    class Meta:
        verbose_name = "request from Slack"
        verbose_name_plural = "inbox: requests from Slack"
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(state=0),
                name="response_inbox_queue",
            ),
            models.Index(
                fields=["received_at"],
                condition=models.Q(state=2, seen_at=None),
                name="response_inbox_unseen",
            ),
            models.Index(fields=["received_at"], name="response_inbox_received"),
        ]

    def __str__(self) -> str:
        return self.key


class Debt(models.Model):
    """What mirrors and outbox messages have in common: something that Slack is still owed."""

    lane = models.CharField(max_length=80)
    attempts = models.IntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Set before Slack is asked and cleared once its answer is noted: in between, "
        "nobody knows whether Slack did it.",
    )
    doubt_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when Slack may still do what was begun."
    )
    error = models.TextField(blank=True, default="", help_text="Why it is not paid yet.")

    class Meta:
        abstract = True


class Mirror(Debt):
    """An object in Slack that must come to look like a row of ours.

    A change raises ``want``; once Slack shows that version it is written to ``have``. Many changes
    in between are one update. ``shown`` is what the kind's sync keeps of what Slack has.
    """

    kind = models.CharField(max_length=30)
    object_id = models.IntegerField()
    want = models.IntegerField(default=1)
    have = models.IntegerField(default=0)
    stuck = models.BooleanField(
        default=False, help_text="Slack refused it for good; only a person sends it again."
    )
    behind_since = models.DateTimeField(
        default=timezone.now,
        help_text="Where Slack does not show what we have: since when it does not.",
    )
    shown = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "object kept up to date in Slack"
        verbose_name_plural = "mirrors: objects kept up to date in Slack"
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="response_one_mirror")
        ]
        indexes = [
            models.Index(
                fields=["lane"],
                condition=models.Q(want__gt=models.F("have"), stuck=False),
                name="response_mirror_behind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class OutboxMessage(Debt):
    """A call that Slack is owed once: a reply, a reaction, a direct message."""

    class State(models.IntegerChoices):
        WAITING = 0, "waiting"
        SENT = 1, "sent"
        DEAD = 2, "given up"

    class InDoubt(models.TextChoices):
        """What to do when nobody knows whether Slack did it."""

        REPEAT = "repeat", "doing it twice is doing it once"
        LOOK = "look", "look for it in Slack, and repeat it if it is not there"
        DROP = "drop", "rather never than twice"

    key = models.CharField(max_length=255, unique=True)
    method = models.CharField(max_length=60)
    body = models.JSONField(encoder=DjangoJSONEncoder)
    in_doubt = models.CharField(max_length=10, choices=InDoubt.choices, default=InDoubt.LOOK)
    state = models.IntegerField(choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    sent_ts = models.CharField(max_length=50, blank=True, default="")
    seen_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When somebody saw that it was given up; only then may it be forgotten.",
    )

    class Meta:
        verbose_name = "message owed to Slack"
        verbose_name_plural = "outbox: messages owed to Slack"
        indexes = [
            models.Index(
                fields=["lane", "id"],
                condition=models.Q(state=0),
                name="response_outbox_waiting",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(state=2, seen_at=None),
                name="response_outbox_unseen",
            ),
            models.Index(fields=["created_at"], name="response_outbox_created"),
        ]

    def __str__(self) -> str:
        return self.key


class Lane(models.Model):
    """Who may talk to one Slack channel now: a lease, which ends by time if its holder dies."""

    name = models.CharField(max_length=80, primary_key=True)
    holder = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Pause(models.Model):
    """Something that Slack asked us not to do before an instant.

    The scope is a method ("chat.update"), a method in a channel ("chat.postMessage C024BE91L"),
    or everything ("*") while the token is refused.
    """

    scope = models.CharField(max_length=120, primary_key=True)
    until = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return self.scope


class Heartbeat(models.Model):
    """When something that must happen regularly last did, and who may do it next."""

    name = models.CharField(max_length=60, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
