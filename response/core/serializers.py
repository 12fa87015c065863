"""How incidents and what belongs to them look in the REST API and in the change feed.

Field names are those of the predecessor's API, to the letter. What is shown is what is stored:
a value that no form would accept today (a severity that is no choice, a date at the edge of the
calendar) must not keep anybody from reading the rest of a list.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from inspect import isfunction
from operator import attrgetter, itemgetter, methodcaller
from typing import Any

from django.db import models
from django.db.models import Prefetch
from rest_framework import serializers

from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.core.text import reader

# The year after the last country gave its odd seconds up (Liberia, in January 1972).
_ZONES_OF_TODAY = 1973


class InstantField(serializers.DateTimeField):
    """An instant in the current time zone; one that zone cannot express is shown as stored.

    Before the zones of today, clocks differed from UTC by odd seconds, for which RFC 3339 has no
    form: what happened then is shown in UTC.
    """

    @cached_property
    def timezone(self) -> tzinfo | None:  # type: ignore[override]
        """The current time zone, asked for once a list and not for each of its instants."""
        zone: tzinfo | None = self.default_timezone()
        return zone

    def to_representation(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo and value.year < _ZONES_OF_TODAY:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        try:
            return super().to_representation(value)
        except serializers.ValidationError:
            return value.isoformat() if isinstance(value, datetime) else value


class StoredJSONField(serializers.JSONField):
    """JSON of any shape, as it was stored. Whoever sends it makes it ``sendable``."""


def sendable(value: Any) -> Any:
    """A value as JSON has it, without what UTF-8 and JavaScript cannot express.

    Databases keep what JSON's grammar allows: numbers beyond every float, which become null, and
    halves of a surrogate pair, which become question marks.
    """
    if isinstance(value, dict):
        return {sendable(key): sendable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [sendable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


class ReadableTextField(serializers.Field[str, Any, str, Any]):
    """The text in ``source`` as people read it: mentions by name, emoji as characters.

    Views put the Reader of all rows they show into the context, so that a list asks for names
    once; without one the field reads its own text.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        readable = self.context.get("reader") or reader([value])
        return str(readable.plain(value))


# Fields whose values come from the database as they are shown.
_AS_STORED = (
    *(serializers.CharField, serializers.BooleanField, serializers.IntegerField),
    StoredJSONField,
)

Read = Callable[[Any], Any]
Column = tuple[str, Read, Read | None]


class OurModelSerializer(serializers.ModelSerializer[Any]):
    """Rows of ours, to be read.

    REST framework finds out anew, for each value of each row, where it comes from and whether it
    is to be called. Here that is settled once a list, which then takes a third of the time.
    """

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: InstantField,
        models.JSONField: StoredJSONField,
    }
    _columns: list[Column] | None = None

    def to_representation(self, instance: models.Model | dict[str, Any]) -> dict[str, Any]:
        """A row, or what ``values()`` has of it, as it is shown."""
        if self._columns is None:
            self._columns = [_column(field, type(instance)) for field in self._readable_fields]
        row = {}
        for name, read, show in self._columns:
            value = read(instance)
            row[name] = value if value is None or show is None else show(value)
        return row


def _column(field: Any, model: type[Any]) -> Column:
    """How to read a field's value from a row of ``model``, and how to show it."""
    read: Read = itemgetter(field.source) if model is dict else attrgetter(field.source)
    if isfunction(getattr(model, field.source, None)):
        read = methodcaller(field.source)
    return field.field_name, read, None if type(field) in _AS_STORED else field.to_representation


class ExternalUserSerializer(OurModelSerializer):
    class Meta:
        model = ExternalUser
        fields = ["app_id", "external_id", "display_name", "full_name", "email", "deleted"]
        read_only_fields = fields


class CommsChannelSerializer(serializers.Serializer[Any]):
    """The chat's channel of an incident; core knows it by relation only."""

    channel_id = serializers.CharField(read_only=True)
    channel_name = serializers.CharField(read_only=True)


class ActionSnapshotSerializer(OurModelSerializer):
    """An action as the change feed keeps it."""

    user = ExternalUserSerializer(read_only=True)
    incident_id = serializers.IntegerField(read_only=True)
    # What is stored, be it one of the choices or not.
    priority = serializers.CharField(read_only=True, allow_null=True)
    type = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Action
        fields = [
            "id",
            "incident_id",
            "details",
            "done",
            "user",
            "created_date",
            "done_date",
            "due_date",
            "priority",
            "type",
        ]
        read_only_fields = fields


class ActionSerializer(ActionSnapshotSerializer):
    details_ui = ReadableTextField(source="details")

    class Meta(ActionSnapshotSerializer.Meta):
        fields = [*ActionSnapshotSerializer.Meta.fields, "details_ui"]
        read_only_fields = fields

    @staticmethod
    def with_relations(actions: models.QuerySet[Action]) -> models.QuerySet[Action]:
        """``actions`` with what this serializer reads from other tables."""
        return actions.select_related("user")


class IncidentSnapshotSerializer(OurModelSerializer):
    """An incident as the change feed keeps it."""

    comms_channel = CommsChannelSerializer(read_only=True, allow_null=True)
    is_closed = serializers.BooleanField(read_only=True)
    lead = ExternalUserSerializer(read_only=True, allow_null=True)
    reporter = ExternalUserSerializer(read_only=True, allow_null=True)
    severity = serializers.CharField(read_only=True, allow_null=True)
    severity_text = serializers.CharField(read_only=True, allow_null=True)
    status = serializers.CharField(source="status_text", read_only=True)

    class Meta:
        model = Incident
        fields = [
            "comms_channel",
            "end_time",
            "id",
            "impact",
            "is_closed",
            "lead",
            "private",
            "report",
            "report_only",
            "report_time",
            "reporter",
            "severity",
            "severity_text",
            "start_time",
            "status",
            "summary",
        ]
        read_only_fields = fields


class IncidentSerializer(IncidentSnapshotSerializer):
    action_items = ActionSerializer(source="action_set", many=True, read_only=True)

    class Meta(IncidentSnapshotSerializer.Meta):
        fields = ["action_items", *IncidentSnapshotSerializer.Meta.fields]
        read_only_fields = fields

    @staticmethod
    def with_relations(incidents: models.QuerySet[Incident]) -> models.QuerySet[Incident]:
        """``incidents`` with what this serializer reads from other tables, in two queries."""
        actions = ActionSerializer.with_relations(Action.objects.order_by("created_date", "pk"))
        return incidents.select_related("lead", "reporter", "commschannel").prefetch_related(
            Prefetch("action_set", queryset=actions)
        )


class TimelineEventSerializer(OurModelSerializer):
    text_ui = ReadableTextField(source="text")
    event_type = serializers.CharField(read_only=True)

    class Meta:
        model = TimelineEvent
        fields = ["id", "timestamp", "text", "event_type", "metadata", "text_ui"]
        read_only_fields = fields


class EventSerializer(OurModelSerializer):
    class Meta:
        model = Event
        fields = ["id", "timestamp", "event_type", "payload"]
        read_only_fields = fields


class ParticipantSerializer(serializers.Serializer[Any]):
    """How much somebody wrote in an incident's channel, and since when."""

    user = ExternalUserSerializer(read_only=True)
    join_time = InstantField(read_only=True, allow_null=True)
    message_count = serializers.IntegerField(read_only=True)


class TimeToCloseSerializer(serializers.Serializer[Any]):
    """How long closed incidents ran, in seconds; null where none is closed."""

    closed = serializers.IntegerField(read_only=True)
    median = serializers.FloatField(read_only=True, allow_null=True)
    p90 = serializers.FloatField(read_only=True, allow_null=True)


class _CountsSerializer(serializers.Serializer[Any]):
    incidents = serializers.IntegerField(read_only=True)
    by_severity = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    by_status = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    time_to_close = TimeToCloseSerializer(read_only=True)


class MonthField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return str(value.isoformat()[:7])


class MonthSerializer(_CountsSerializer):
    """What was declared in one month."""

    month = MonthField(source="first", help_text="As in 2026-01.")


class StatisticsSerializer(_CountsSerializer):
    """Counts of incidents by when they were declared; ``time_zone`` is where months begin."""

    time_zone = serializers.CharField(read_only=True)
    time_to_close_by_severity = serializers.DictField(child=TimeToCloseSerializer(), read_only=True)
    months = MonthSerializer(many=True, read_only=True)
