from response.core.models.action import Action
from response.core.models.event import Event
from response.core.models.incident import Incident
from response.core.models.timeline import TimelineEvent
from response.core.models.user_external import ExternalUser

__all__ = ["Action", "Event", "ExternalUser", "Incident", "TimelineEvent"]
