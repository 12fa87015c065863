"""Django looks for models here."""

from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.delivery.models import Heartbeat, Inbox, Lane, Mirror, OutboxMessage, Pause
from response.slack.models import (
    CommsChannel,
    HeadlinePost,
    Notification,
    PinnedMessage,
    UserStats,
)

__all__ = [
    "Action",
    "CommsChannel",
    "Event",
    "ExternalUser",
    "HeadlinePost",
    "Heartbeat",
    "Inbox",
    "Incident",
    "Lane",
    "Mirror",
    "Notification",
    "OutboxMessage",
    "Pause",
    "PinnedMessage",
    "TimelineEvent",
    "UserStats",
]
