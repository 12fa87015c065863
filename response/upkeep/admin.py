"""What Slack told us and what it is owed, in Django's admin: to be seen, and to be sent again.

Nothing here can be written by hand. A text that came from Slack or goes there may be of a private
incident, so it is shown only to holders of ``response.view_private_incident``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timesince import timesince

from response.delivery import clock, mirrors
from response.delivery.models import Heartbeat, Inbox, Lane, Mirror, OutboxMessage, Pause
from response.upkeep import backlog, queues
from response.upkeep.queues import Queue

if TYPE_CHECKING:
    Page = admin.ModelAdmin[Any]
else:
    Page = admin.ModelAdmin

UNSEEN = "state__exact=2&seen_at__isempty=1"


class SeenAdmin(Page):
    """Pages on which nothing can be changed. At their head stands what is still to be done."""

    show_full_result_count = False
    change_list_template = "response/admin/delivery.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        now = backlog.backlog()
        return super().changelist_view(
            request,
            {
                **(extra_context or {}),
                "backlog": _lines(now),
                "last_round": now.last_round,
                "paused_until": now.paused_until,
            },
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _lines(now: backlog.Backlog) -> Iterator[dict[str, Any]]:
    """The backlog as a table, with the way to the rows."""
    inbox, mirror, outbox = (
        reverse(f"admin:response_{name}_changelist")
        for name in ("inbox", "mirror", "outboxmessage")
    )
    for what, pile, address in (
        ("Requests from Slack to be handled", now.to_handle, f"{inbox}?state__exact=0"),
        ("Requests given up that nobody has seen", now.given_up, f"{inbox}?{UNSEEN}"),
        ("Objects that Slack does not show yet", now.behind, f"{mirror}?debt=owed"),
        ("Objects that Slack refuses to show", now.refused, f"{mirror}?debt=stuck"),
        ("Messages to be sent", now.to_send, f"{outbox}?debt=owed"),
        ("Messages given up that nobody has seen", now.not_sent, f"{outbox}?{UNSEEN}"),
    ):
        yield {"what": what, "number": pile.number, "since": pile.since, "address": address}
    yield {"what": "Lanes (channels) that are owed something", "number": now.lanes_behind}
    yield {"what": "Lanes that a process is paying now", "number": now.lanes_held}


class DebtFilter(admin.SimpleListFilter):
    """Which debts are still to be paid, are in trouble, or are history."""

    title = "what became of it"
    parameter_name = "debt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.queue: Queue = model_admin.queue
        return [("owed", "Owed"), ("stuck", "Stuck"), ("paid", "Paid")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queue = self.queue
        conditions = {"owed": queue.waiting, "stuck": queue.failed, "paid": queue.done}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class AgainAdmin(SeenAdmin):
    """Pages of rows that are worked on, and that a person may have worked on once more."""

    queue: Queue
    ordering = ["-pk"]

    texts: str
    """The field that holds what people wrote, which not everyone may see."""

    why_not = ""
    """Why rows that are done are not tried again."""

    def has_again_permission(self, request: HttpRequest) -> bool:
        """Whether a person may set things going: who might change the row, if it had a form."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        names = [field.name for field in self.opts.concrete_fields if field.name != self.texts]
        may_read = request.user.has_perm("response.view_private_incident")
        return [*names, "contents"] if may_read else names

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return self.get_fields(request, obj)

    @admin.display(description="contents")
    def contents(self, row: Model) -> str:
        words = json.dumps(getattr(row, self.texts), indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", words)

    @admin.display(description="reason", ordering="error")
    def reason(self, row: Any) -> str:
        return Truncator(row.error).chars(120) or "–"

    def try_again(self, chosen: QuerySet[Any]) -> int:
        return self.queue.try_again(chosen)

    @admin.action(description="Send again", permissions=["again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Have the chosen rows worked on again; tell how many are, and why the others are not."""
        chosen = queryset.count()
        again = self.try_again(queryset)
        if again:
            messages.success(request, f"{again} will be tried again now.")
        if chosen > again:
            messages.warning(request, f"{chosen - again} left as they are: {self.why_not}")


class GivenUpAdmin(AgainAdmin):
    """Pages of rows that may be given up, and are kept until somebody has seen it."""

    @admin.action(
        description="Seen: may be forgotten with the others of its time", permissions=["again"]
    )
    def mark_seen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = queryset.count()
        seen = queryset.filter(self.queue.failed).update(seen_at=clock.now())
        if seen:
            messages.success(request, f"{seen} noted as seen.")
        if chosen > seen:
            messages.warning(request, f"{chosen - seen} left as they are: they are not given up.")


def age_since(field: str) -> Callable[[Any], str]:
    """A column that says how long ago ``field`` was, and is ordered by it."""

    @admin.display(description="age", ordering=field)
    def age(row: Any) -> str:
        return timesince(getattr(row, field))

    return age


@admin.register(Inbox)
class InboxAdmin(GivenUpAdmin):
    queue = queues.INBOX
    list_display = ["key", "kind", "state", "reason", age_since("received_at"), "attempts", "lane"]
    list_filter = ["state", ("seen_at", admin.EmptyFieldListFilter), "kind"]
    search_fields = ["key", "lane", "error"]
    date_hierarchy = "received_at"
    actions = ["run_again", "mark_seen"]
    texts = "payload"
    why_not = "they are done, and what they said is erased."

    @admin.action(description="Run again", permissions=["again"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Inbox]) -> None:
        self.send_again(request, queryset)


@admin.register(Mirror)
class MirrorAdmin(AgainAdmin):
    queue = queues.MIRRORS
    list_display = ["what", "debt", "reason", "lane", "attempts", "not_before"]
    list_filter = [DebtFilter, "kind"]
    search_fields = ["kind", "lane", "error"]
    actions = ["send_again"]
    texts = "shown"

    @admin.display(description="what", ordering="kind")
    def what(self, mirror: Mirror) -> str:
        return str(mirror)

    @admin.display(description="debt")
    def debt(self, mirror: Mirror) -> str:
        if mirror.want <= mirror.have:
            return "paid"
        return "stuck" if mirror.stuck else "owed"

    def try_again(self, chosen: QuerySet[Mirror]) -> int:
        return mirrors.want_anew(chosen)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(GivenUpAdmin):
    queue = queues.OUTBOX
    list_display = [
        *("method", "state", "reason", "lane", age_since("created_at")),
        *("attempts", "not_before"),
    ]
    list_filter = [DebtFilter, "state", ("seen_at", admin.EmptyFieldListFilter), "method"]
    search_fields = ["key", "method", "lane", "error"]
    date_hierarchy = "created_at"
    actions = ["send_again", "mark_seen"]
    texts = "body"
    why_not = "they are in Slack already."


@admin.register(Lane)
class LaneAdmin(SeenAdmin):
    list_display = ["name", "holder", "lease_until"]
    search_fields = ["name", "holder"]


@admin.register(Pause)
class PauseAdmin(SeenAdmin):
    list_display = ["scope", "until", "reason"]
    search_fields = ["scope", "reason"]


@admin.register(Heartbeat)
class HeartbeatAdmin(SeenAdmin):
    list_display = ["name", "beat_at"]
