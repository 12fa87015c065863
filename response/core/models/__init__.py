from response.core.models.action import Action
from response.core.models.api_token import ApiToken
from response.core.models.event import Event, FeedEnd
from response.core.models.idempotent_request import IdempotentRequest
from response.core.models.incident import Incident
from response.core.models.timeline import TimelineEvent
from response.core.models.user_external import ExternalUser
from response.core.models.write_up import WriteUp

__all__ = [
    "Action",
    "ApiToken",
    "Event",
    "ExternalUser",
    "FeedEnd",
    "IdempotentRequest",
    "Incident",
    "TimelineEvent",
    "WriteUp",
]
