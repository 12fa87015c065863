from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone

from response.core.instants import is_before
from response.core.models.loaded import RemembersLoaded
from response.core.models.user_external import ExternalUser

if TYPE_CHECKING:
    from response.core.models.action import Action
    from response.core.models.timeline import TimelineEvent


class Severity(models.TextChoices):
    """How bad it is, worst first. The numbers are stored; they are the predecessor's."""

    CRITICAL = "1", "critical"
    MAJOR = "2", "major"
    MINOR = "3", "minor"
    TRIVIAL = "4", "trivial"

    @property
    def emoji(self) -> str:
        return _SEVERITY_EMOJI[self.value]

    @classmethod
    def from_words(cls, text: str) -> Severity | None:
        """The severity that somebody means, by name or number; None where that is not clear.

        "2 since 10:15" and "Major, I think" are major; "minor (not major)" and "10" are not clear.
        """
        by_word = {member.label: member for member in cls}
        words = re.findall(r"\w+(?:[:.]\w+)*", text.lower())
        if _UNDECIDED & set(words):
            return None
        named = list(dict.fromkeys(by_word[word] for word in words if word in by_word))
        if words and words[0] in cls.values:
            named = list(dict.fromkeys([cls(words[0]), *named]))
        return named[0] if len(named) == 1 else None


# Whoever uses these has not said which one they mean.
_UNDECIDED = frozenset({"not", "or"})

_SEVERITY_EMOJI = {"1": "⛈️", "2": "🌧️", "3": "🌦️", "4": "☀️"}


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> IncidentQuerySet:
        return self.filter(end_time=None)

    def visible_to(self, user: Any) -> IncidentQuerySet:
        """The incidents that a signed-in (or anonymous) Django user may know of.

        A private one is for its lead, its reporter, those who took part, and holders of
        ``response.view_private_incident``; to anyone else it does not exist.
        """
        if user.has_perm("response.view_private_incident"):
            return self
        if not user.is_authenticated:
            return self.filter(private=False)
        theirs = ExternalUser.objects.filter(owner=user)
        return self.filter(
            models.Q(private=False)
            | models.Q(lead__in=theirs)
            | models.Q(reporter__in=theirs)
            | models.Q(
                pk__in=self.model._base_manager.filter(userstats__user__in=theirs).values("pk")
            )
        )


class IncidentManager(models.Manager.from_queryset(IncidentQuerySet)):  # type: ignore[misc]
    def create_incident(
        self,
        report: str,
        reporter: ExternalUser,
        report_time: datetime,
        report_only: bool,
        private: bool = False,
        summary: str | None = None,
        impact: str | None = None,
        lead: ExternalUser | None = None,
        severity: str | None = None,
    ) -> Incident:
        """Declare an incident, as hosts of the predecessor did; see ``services``."""
        from response.core import services

        return services.declare_incident(
            report=report,
            reporter=reporter,
            report_time=report_time,
            report_only=report_only,
            private=private,
            summary=summary,
            impact=impact,
            lead=lead,
            severity=severity,
        )


class Incident(RemembersLoaded):
    """Something broke. Closed once it has an end; a report was never live."""

    SEVERITIES = Severity.choices

    report = models.CharField("title", max_length=200)
    reporter = models.ForeignKey(
        ExternalUser, related_name="reporter", on_delete=models.PROTECT, blank=True, null=True
    )
    report_time = models.DateTimeField("declared", default=timezone.now)
    report_only = models.BooleanField(default=False)
    private = models.BooleanField(default=False)

    start_time = models.DateTimeField("started", default=timezone.now)
    end_time = models.DateTimeField("ended", blank=True, null=True)

    summary = models.TextField(blank=True, null=True)
    impact = models.TextField(blank=True, null=True)
    lead = models.ForeignKey(
        ExternalUser, related_name="lead", on_delete=models.PROTECT, blank=True, null=True
    )
    severity = models.CharField(max_length=10, blank=True, null=True, choices=Severity.choices)

    version = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="How many times something of it changed that its document shows.",
    )

    objects = IncidentManager()

    class Meta:
        permissions = [("view_private_incident", "Can view private incidents")]
        indexes = [
            models.Index(fields=["-report_time", "-id"], name="response_incident_latest"),
            models.Index(fields=["severity", "-report_time"], name="response_incident_severity"),
            models.Index(fields=["start_time"], name="response_incident_started"),
            models.Index(fields=["end_time"], name="response_incident_ended"),
            models.Index(
                fields=["-report_time"],
                condition=models.Q(end_time=None, report_only=False),
                name="response_incident_live",
            ),
            models.Index(
                fields=["-report_time"],
                condition=models.Q(report_only=True),
                name="response_incident_reported",
            ),
            models.Index(
                fields=["-report_time"],
                condition=models.Q(private=True),
                name="response_incident_private",
            ),
        ]

    def __str__(self) -> str:
        return self.report

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store what was changed, with its history, as the services do.

        Old handlers, the admin and the shell save incidents directly; the record must not
        depend on who wrote.
        """
        from response.core import services

        services.save_incident(self, *args, **kwargs)

    def refuse_end_before_start(self, changed: Collection[str]) -> None:
        """Raise ValidationError where it would end before it starts, and either was ``changed``.

        The predecessor stored such rows; they stay, and can be changed in other ways.
        """
        said = [name for name in ("end_time", "start_time") if name in changed]
        if said and self.end_time and is_before(self.end_time, self.start_time):
            why = {
                "end_time": "This is before it started.",
                "start_time": "This is after it ended.",
            }
            raise ValidationError({said[0]: why[said[0]]})

    def store(self, *args: Any, **kwargs: Any) -> None:
        """Write the row and nothing else: for ``services``, which writes what belongs to it."""
        super().save(*args, **kwargs)
        self.remember()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete it as the services do, so that what Slack shows of it goes too.

        A QuerySet's ``delete`` does not come here, as Django says of it.
        """
        from response.core import services

        return services.remove_saved_incident(self, *args, **kwargs)

    def erase(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row and what refers to it: for ``services``, which announces it."""
        return super().delete(*args, **kwargs)

    # What it is now

    def is_closed(self) -> bool:
        return self.end_time is not None

    def duration(self) -> str:
        """How long it has been running, or ran, in words: hours and minutes, or seconds."""
        return in_words((self.end_time or timezone.now()) - self.start_time)

    def status_text(self) -> str:
        if self.report_only:
            return "reported"
        return "resolved" if self.is_closed() else "live"

    def status_emoji(self) -> str:
        return {"reported": "📓", "resolved": "💧", "live": "🔥"}[self.status_text()]

    def badge_type(self) -> str:
        """The Bootstrap colour of the status."""
        return {"reported": "info", "resolved": "success", "live": "danger"}[self.status_text()]

    def severity_text(self) -> str | None:
        """The severity as a word; what is stored and is no choice is shown as it is."""
        if not self.severity:
            return None
        return dict(Severity.choices).get(self.severity, self.severity)

    def severity_emoji(self) -> str:
        return _SEVERITY_EMOJI.get(self.severity or "", "☁️")

    # What belongs to it

    def comms_channel(self) -> Any | None:
        """The CommsChannel of this incident, or None while there is none."""
        try:
            return self.commschannel
        except ObjectDoesNotExist:
            return None

    def action_items(self) -> models.QuerySet[Action]:
        return self.action_set.order_by("created_date", "pk")

    def timeline_events(self) -> models.QuerySet[TimelineEvent]:
        return self.timelineevent_set.order_by("timestamp", "pk")

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("response_ui:incident_doc", kwargs={"incident_id": self.pk})


def count_change(incident_id: int) -> None:
    """Raise an incident's ``version``, past its ``save``: an object read before stays valid.

    Every change of an incident is on its timeline, so the timeline's rows call this.
    """
    Incident._base_manager.filter(pk=incident_id).update(version=models.F("version") + 1)


def in_words(length: timedelta) -> str:
    """ "2 hours 5 minutes", "1 minute", seconds only under a minute, and from two days on "3 days
    4 hours"."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return _counted(seconds, "second")
    hours, minutes = divmod(seconds // 60, 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    if hours >= 48:
        parts = [(hours // 24, "day"), (hours % 24, "hour")]
    return " ".join(_counted(number, unit) for number, unit in parts if number)


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}" + ("" if number == 1 else "s")
