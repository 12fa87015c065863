"""The change feed: what an incident or an action looked like each time it was saved.

The services call ``record_incident`` and ``record_action`` inside their transaction, so a save
that fails leaves nothing in the feed. A host that publishes changes elsewhere names a class of its
own in INCIDENT_EVENT_HANDLER_CLASS or ACTION_EVENT_HANDLER_CLASS; it then decides everything,
private incidents included.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.module_loading import import_string

from response.conf import conf
from response.core.models import Action, Event, Incident
from response.core.serializers import ActionSnapshotSerializer, IncidentSnapshotSerializer
from response.transactions import delete_in_batches

logger = logging.getLogger(__name__)


class Handler(Protocol):
    @staticmethod
    def handle(sender: Any, instance: Any, **kwargs: Any) -> None: ...


class IncidentEventHandler:
    """Keeps a snapshot of every saved incident that is not private."""

    @staticmethod
    def handle(sender: Any, instance: Incident, **kwargs: Any) -> None:
        if not instance.private:
            _append(Event.Kind.INCIDENT, IncidentSnapshotSerializer(instance).data)


class ActionEventHandler:
    """Keeps a snapshot of every saved action whose incident is not private."""

    @staticmethod
    def handle(sender: Any, instance: Action, **kwargs: Any) -> None:
        if not instance.incident.private:
            _append(Event.Kind.ACTION, ActionSnapshotSerializer(instance).data)


def record_incident(incident: Incident) -> None:
    """Hand a saved incident to whoever keeps the feed; call it inside the saving transaction.

    What a host's own handler raises is passed on, and undoes the save.
    """
    _handler("INCIDENT_EVENT_HANDLER_CLASS", IncidentEventHandler).handle(
        sender=Incident, instance=incident
    )


def record_action(action: Action) -> None:
    """The same for a saved action."""
    _handler("ACTION_EVENT_HANDLER_CLASS", ActionEventHandler).handle(
        sender=Action, instance=action
    )


def forget(incident: Incident) -> None:
    """Take all that is of an incident out of the feed."""
    Event.objects.filter(incident=incident).delete()


def _handler(setting: str, ours: type[Handler]) -> type[Handler]:
    dotted_path = getattr(conf, setting)
    if not dotted_path:
        return ours
    try:
        theirs: type[Handler] = import_string(dotted_path)
    except ImportError:
        # A typing error in a setting is no reason why an incident could not be declared.
        logger.exception("%s cannot be imported; the change feed is kept as by default", setting)
        return ours
    return theirs


def forget_before(before: datetime) -> int:
    """Forget the entries from before an instant; returns how many."""
    return delete_in_batches(Event.objects.filter(timestamp__lt=before))


def _append(kind: Event.Kind, snapshot: Any) -> None:
    # Through JSON and back, so that readers of the row just saved and of the row loaded later
    # see the same plain values, whatever DATETIME_FORMAT the host has set.
    payload = json.loads(json.dumps(snapshot, cls=DjangoJSONEncoder))
    Event.objects.create(event_type=kind, payload=payload)
