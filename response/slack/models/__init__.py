from response.slack.models.comms_channel import CommsChannel
from response.slack.models.headline_post import HeadlinePost
from response.slack.models.notification import Notification
from response.slack.models.pinned_message import PinnedMessage
from response.slack.models.pinned_picture import PinnedPicture
from response.slack.models.user_stats import UserStats

__all__ = [
    "CommsChannel",
    "HeadlinePost",
    "Notification",
    "PinnedMessage",
    "PinnedPicture",
    "UserStats",
]
