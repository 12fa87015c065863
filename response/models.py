"""Django looks for models here."""

from response.core.models import (
    Action,
    ApiToken,
    Event,
    ExternalUser,
    FeedEnd,
    IdempotentRequest,
    Incident,
    TimelineEvent,
    WriteUp,
)
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
    "ApiToken",
    "CommsChannel",
    "Event",
    "ExternalUser",
    "FeedEnd",
    "HeadlinePost",
    "Heartbeat",
    "IdempotentRequest",
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
    "WriteUp",
]
