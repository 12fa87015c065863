"""A reminder that is due each minute, for clocks to quarrel about."""

from response.core.models import Incident
from response.slack.decorators import recurring_notification

REMINDED = "Reminded of"  #: how the titles of those incidents begin


@recurring_notification(
    interval_mins=1,
    max_notifications=1_000_000,
    needed=lambda incident: incident.report.startswith(REMINDED),
)
def remind_each_minute(incident: Incident) -> None:
    """Says that a minute has passed."""
    incident.commschannel.post_in_channel(f"Another minute of {incident.report}.")
