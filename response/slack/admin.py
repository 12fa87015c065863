"""What Response keeps of Slack, in Django's admin."""

from __future__ import annotations

from django.contrib import admin

from response.core.admin_pages import OfIncidentsAdmin, in_short
from response.slack import pictures, wants
from response.slack.models import (
    CommsChannel,
    HeadlinePost,
    Notification,
    PinnedMessage,
    UserStats,
)
from response.transactions import atomic


@admin.register(CommsChannel)
class CommsChannelAdmin(OfIncidentsAdmin):
    list_display = ["channel_name", "channel_id", "incident"]
    search_fields = ["channel_name", "channel_id", "incident__report"]
    ordering = ["-pk"]

    @atomic()
    def remove(self, row: CommsChannel) -> None:
        # The database would refuse: the headline refers to its channel, and outlives it.
        HeadlinePost.objects.filter(comms_channel=row).update(comms_channel=None)
        incident = row.incident
        row.delete()
        wants.headline(incident)


@admin.register(HeadlinePost)
class HeadlinePostAdmin(OfIncidentsAdmin):
    list_display = ["incident", "channel_id", "message_ts", "comms_channel"]
    list_select_related = ["incident", "comms_channel"]
    search_fields = ["incident__report", "message_ts"]
    ordering = ["-pk"]
    autocomplete_fields = ["incident", "comms_channel"]


@admin.register(PinnedMessage)
class PinnedMessageAdmin(OfIncidentsAdmin):
    list_display = ["timestamp", "incident", "author", "short_text"]
    list_select_related = ["incident", "author"]
    search_fields = ["text", "incident__report"]
    date_hierarchy = "timestamp"
    ordering = ["-timestamp", "-pk"]
    autocomplete_fields = ["incident", "author", "timeline_event"]

    @atomic()
    def remove(self, row: PinnedMessage) -> None:
        # The entry stays, and must not say that it has them.
        pictures.follow(row, {})
        row.delete()

    @admin.display(description="text")
    def short_text(self, pin: PinnedMessage) -> str:
        return in_short(pin.text)


@admin.register(UserStats)
class UserStatsAdmin(OfIncidentsAdmin):
    list_display = ["user", "incident", "message_count", "join_time"]
    list_select_related = ["user", "incident"]
    search_fields = ["user__display_name", "user__full_name", "incident__report"]
    ordering = ["-pk"]
    autocomplete_fields = ["user", "incident"]


@admin.register(Notification)
class NotificationAdmin(OfIncidentsAdmin):
    list_display = ["rule", "incident", "time", "repeat_count", "completed", "stopped_by"]
    list_select_related = ["incident", "stopped_by"]
    list_filter = ["completed", "rule"]
    search_fields = ["key", "rule", "incident__report"]
    autocomplete_fields = ["incident", "stopped_by"]
    date_hierarchy = "time"
    ordering = ["-time", "-pk"]
