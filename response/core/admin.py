"""Incidents in Django's admin. What is saved here takes the services' path, history included."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from response.core import services
from response.core.admin_pages import (
    ChangedFieldsForm,
    DeletableAdmin,
    OfIncidentsAdmin,
    ReadOnlyAdmin,
    RecordKeepingAdmin,
    counted,
    in_short,
    may_see_private,
)
from response.core.models import (
    Action,
    Event,
    ExternalUser,
    Incident,
    TimelineEvent,
    WriteUp,
)


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "Live"), ("resolved", "Resolved"), ("reported", "Reported")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {
            "live": Q(report_only=False, end_time=None),
            "resolved": Q(report_only=False, end_time__isnull=False),
            "reported": Q(report_only=True),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class IncidentForm(ChangedFieldsForm):
    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        try:
            self.instance.refuse_end_before_start(self.changed_data)
        except ValidationError as error:
            self.add_error(None, error)


@admin.register(Incident)
class IncidentAdmin(RecordKeepingAdmin):
    form = IncidentForm
    list_display = [
        *("report", "status", "severity_word", "lead", "reporter", "report_time", "private"),
    ]
    list_filter = [StatusFilter, "severity", "private"]
    list_select_related = ["lead", "reporter"]
    search_fields = ["report", "summary", "impact"]
    date_hierarchy = "report_time"
    ordering = ["-report_time", "-pk"]
    autocomplete_fields = ["reporter", "lead"]
    fieldsets = [
        (None, {"fields": ["report", "severity", "lead", "summary", "impact"]}),
        ("Reported", {"fields": ["reporter", "report_time", "report_only", "private"]}),
        ("Times", {"fields": ["start_time", "end_time"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        visible: QuerySet[Incident] = Incident.objects.visible_to(request.user)
        return visible.order_by(*self.ordering)

    def change(self, row: Incident, values: dict[str, Any]) -> None:
        services.update_incident(row.pk, **values)

    def remove(self, row: Incident) -> None:
        services.remove_incident(row.pk)

    @admin.display(description="status")
    def status(self, incident: Incident) -> str:
        return f"{incident.status_emoji()} {incident.status_text()}"

    @admin.display(description="severity", ordering="severity")
    def severity_word(self, incident: Incident) -> str:
        return f"{incident.severity_emoji()} {incident.severity_text() or '–'}"


@admin.register(Action)
class ActionAdmin(OfIncidentsAdmin):
    list_display = ["short_details", "incident", "user", "done", "priority", "type", "due_date"]
    list_filter = ["done", "priority", "type"]
    list_select_related = ["incident", "user"]
    search_fields = ["details", "incident__report"]
    date_hierarchy = "created_date"
    ordering = ["-created_date", "-pk"]
    autocomplete_fields = ["incident", "user"]
    readonly_fields = ["created_date"]

    def change(self, row: Action, values: dict[str, Any]) -> None:
        services.change_action(row.pk, **values)

    def remove(self, row: Action) -> None:
        services.remove_action(row.pk)

    @admin.display(description="details", ordering="details")
    def short_details(self, action: Action) -> str:
        return in_short(action.details) or "–"


@admin.register(TimelineEvent)
class TimelineEventAdmin(OfIncidentsAdmin):
    list_display = ["timestamp", "incident", "short_text", "event_type", "actor"]
    list_filter = ["event_type"]
    search_fields = ["text", "incident__report"]
    date_hierarchy = "timestamp"
    ordering = ["-timestamp", "-pk"]
    readonly_fields = ["metadata"]
    show_full_result_count = False

    def add(self, row: TimelineEvent) -> None:
        entry = services.add_timeline_entry(
            row.incident_id, text=row.text, at=row.timestamp, kind=row.event_type
        )
        row.pk = entry.pk
        row._state.adding = False

    def change(self, row: TimelineEvent, values: dict[str, Any]) -> None:
        services.change_timeline_entry(row.pk, **values)

    def remove(self, row: TimelineEvent) -> None:
        services.remove_timeline_entry(row.pk)

    @admin.display(description="text")
    def short_text(self, entry: TimelineEvent) -> str:
        return in_short(entry.text)

    @admin.display(description="by")
    def actor(self, entry: TimelineEvent) -> str:
        # Hosts, and the predecessor, kept whatever they liked in there.
        metadata = entry.metadata if isinstance(entry.metadata, dict) else {}
        actor = metadata.get("actor")
        return str(actor.get("name") or "–") if isinstance(actor, dict) else "–"


@admin.register(WriteUp)
class WriteUpAdmin(DeletableAdmin):
    """Written on the incident's page, which keeps what others wrote meanwhile."""

    list_display = ["incident", "revision", "changed_at"]
    list_select_related = ["incident"]
    search_fields = ["text", "incident__report"]
    ordering = ["-changed_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WriteUp]:
        visible = Incident.objects.visible_to(request.user)
        written: QuerySet[WriteUp] = super().get_queryset(request).filter(incident__in=visible)
        return written


@admin.register(ExternalUser)
class ExternalUserAdmin(RecordKeepingAdmin):
    list_display = ["display_name", "full_name", "external_id", "app_id", "email", "deleted"]
    list_filter = ["app_id", "deleted"]
    search_fields = ["display_name", "full_name", "email", "external_id"]
    ordering = ["display_name", "pk"]
    raw_id_fields = ["owner"]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with a person: by its name only for those who may see all incidents."""
        found, counts, missing, protected = super().get_deleted_objects(objs, request)
        if not may_see_private(request):
            found = [*map(str, objs), *counted(counts)]
            protected = ["Incidents they report or lead, or messages they wrote"] * bool(protected)
        return found, counts, missing, protected


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["timestamp", "event_type", "subject"]
    list_filter = ["event_type"]
    date_hierarchy = "timestamp"
    ordering = ["-timestamp", "-pk"]
    fields = ["timestamp", "event_type", "snapshot"]
    readonly_fields = ["snapshot"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        events: QuerySet[Event] = super().get_queryset(request)
        if may_see_private(request):
            return events
        private = list(Incident.objects.filter(private=True).values_list("pk", flat=True))
        return events.exclude(
            Q(event_type=Event.Kind.INCIDENT, payload__id__in=private)
            | Q(event_type=Event.Kind.ACTION, payload__incident_id__in=private)
        )

    @admin.display(description="of")
    def subject(self, event: Event) -> str:
        payload = event.payload if isinstance(event.payload, dict) else {}
        number, title = payload.get("id", "–"), payload.get("report") or payload.get("details")
        return in_short(f"{number} {title or ''}")

    @admin.display(description="payload")
    def snapshot(self, event: Event) -> str:
        words = json.dumps(event.payload, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", words)
