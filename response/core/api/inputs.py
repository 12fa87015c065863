"""What is written to the REST API. What is answered is in ``response.core.serializers``: programs
may send back what they read, and what cannot be written is passed over.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from response.core.api.fields import Facts, Flag, Instant, Person, Text, WordOrNumber
from response.core.models import Incident, TimelineEvent
from response.core.models.action import ActionType, Priority
from response.core.models.incident import Severity

_LONGEST_TITLE = 200


class IncidentChange(serializers.Serializer[Any]):
    """Fields of an incident; those that are left out stay as they are."""

    report = Text(max_length=_LONGEST_TITLE, help_text="The title.")
    summary = Text(required=False, allow_null=True, allow_blank=True)
    impact = Text(required=False, allow_null=True, allow_blank=True)
    lead = Person(required=False, allow_null=True, help_text="null: nobody.")
    severity = WordOrNumber(Severity, required=False)
    report_time = Instant(required=False, help_text="When it was declared.")
    start_time = Instant(required=False)
    end_time = Instant(
        required=False,
        allow_null=True,
        help_text="Not before the start. null reopens the incident.",
    )
    report_only = Flag(required=False, help_text="Reported after the fact: it was never live.")
    private = Flag(
        required=False,
        help_text="For its lead, its reporter and those who took part; others do not find it.",
    )


class IncidentDeclaration(IncidentChange):
    """A new incident; all but the title can be left out."""

    reporter = Person(
        required=False,
        allow_null=True,
        help_text="Left out: the person who belongs to the caller, if there is one.",
    )


class ActionChange(serializers.Serializer[Any]):
    """Fields of an action; those that are left out stay as they are."""

    details = Text(help_text="What is to be done.")
    user = Person(help_text="Whose it is.")
    done = Flag(required=False)
    done_date = Instant(required=False, allow_null=True)
    due_date = Instant(required=False, allow_null=True)
    priority = WordOrNumber(Priority, required=False)
    type = WordOrNumber(ActionType, required=False)


class VisibleIncident(serializers.PrimaryKeyRelatedField[Incident]):
    """An incident that the caller may know of."""

    default_error_messages = {
        "does_not_exist": "There is no such incident, or none that you may see.",
        "incorrect_type": "This is no id of an incident.",
    }

    def get_queryset(self) -> Any:
        return Incident.objects.visible_to(self.context["request"].user)

    def to_internal_value(self, data: Any) -> Incident:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("incorrect_type")
        if not 0 < data < 2**31:
            self.fail("does_not_exist")
        incident: Incident = super().to_internal_value(data)  # type: ignore[arg-type]
        return incident


class ActionOfIncident(ActionChange):
    """A new action, and the incident it is of."""

    incident_id = VisibleIncident()


class TimelineEventChange(serializers.Serializer[Any]):
    """Fields of an entry; those that are left out stay as they are."""

    text = Text(help_text="What happened.")
    timestamp = Instant(required=False, help_text="When it happened; now, where it is left out.")
    event_type = serializers.ChoiceField(TimelineEvent.Kind.choices, required=False)
    metadata = Facts(required=False, allow_null=True, help_text="Facts of your own beside it.")
