"""Not about Slack: a deployment that fails declares an incident."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from response.core.models import ExternalUser, Incident


def deployment_failed(service: str, version: str) -> Incident:
    reporter, _ = ExternalUser.objects.get_or_create_slack(
        external_id=settings.INCIDENT_BOT_ID, display_name="Deploys"
    )
    now = timezone.now() if settings.USE_TZ else datetime.now()  # noqa: DTZ005
    return Incident.objects.create_incident(
        report=f"{service} {version} does not start",
        reporter=reporter,
        report_time=now,
        report_only=False,
        summary=f"Version {version} was rolled out.",
        impact=None,
        lead=None,
        severity="2",
    )


def deployment_recovered(incident: Incident):
    incident.end_time = timezone.now()
    incident.save()
