"""What Slack told us and what it is owed, in Django's admin: to be seen, and to be sent again.

Nothing here can be written by hand. A text that came from Slack or goes there may be of a private
incident, so it is shown only to holders of ``response.view_private_incident``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timesince import timesince

from response.delivery import backlog, clock, runners
from response.delivery.models import Heartbeat, Inbox, Lane, Mirror, OutboxMessage, Pause

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
    inbox, mirrors, outbox = (
        reverse(f"admin:response_{name}_changelist")
        for name in ("inbox", "mirror", "outboxmessage")
    )
    for what, pile, address in (
        ("Requests from Slack to be handled", now.to_handle, f"{inbox}?state__exact=0"),
        ("Requests given up that nobody has seen", now.given_up, f"{inbox}?{UNSEEN}"),
        ("Objects that Slack does not show yet", now.behind, f"{mirrors}?debt=owed"),
        ("Objects that Slack refuses to show", now.refused, f"{mirrors}?debt=stuck"),
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
    conditions: dict[str, Q]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("owed", "Owed"), ("stuck", "Stuck"), ("paid", "Paid")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.conditions.get(self.value() or "", Q()))


class MirrorFilter(DebtFilter):
    conditions = {
        "owed": Q(want__gt=F("have"), stuck=False),
        "stuck": Q(want__gt=F("have"), stuck=True),
        "paid": Q(want__lte=F("have")),
    }


class OutboxFilter(DebtFilter):
    conditions = {
        "owed": Q(state=OutboxMessage.State.WAITING),
        "stuck": Q(state=OutboxMessage.State.DEAD),
        "paid": Q(state=OutboxMessage.State.SENT),
    }


class AgainAdmin(SeenAdmin):
    """Pages of rows that are worked on, and that a person may have worked on once more."""

    texts: str
    """The field that holds what people wrote, which not everyone may see."""

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

    def say(self, request: HttpRequest, again: int, others: int, why_not: str) -> None:
        """Tell how many of the chosen rows are worked on again, and why the others are not."""
        if again:
            messages.success(request, f"{again} will be tried again now.")
        if others:
            messages.warning(request, f"{others} left as they are: {why_not}")


class GivenUpAdmin(AgainAdmin):
    """Pages of rows that may be given up, and are kept until somebody has seen it."""

    @admin.action(
        description="Seen: may be forgotten with the others of its time", permissions=["again"]
    )
    def mark_seen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = queryset.count()
        seen = queryset.filter(state=queryset.model.State.DEAD).update(seen_at=clock.now())
        if seen:
            messages.success(request, f"{seen} noted as seen.")
        if chosen > seen:
            messages.warning(request, f"{chosen - seen} left as they are: they are not given up.")


@admin.register(Inbox)
class InboxAdmin(GivenUpAdmin):
    list_display = ["key", "kind", "state", "reason", "age", "attempts", "lane"]
    list_filter = ["state", ("seen_at", admin.EmptyFieldListFilter), "kind"]
    search_fields = ["key", "lane", "error"]
    date_hierarchy = "received_at"
    ordering = ["-pk"]
    actions = ["run_again", "mark_seen"]
    texts = "payload"

    @admin.display(description="age", ordering="received_at")
    def age(self, row: Inbox) -> str:
        return timesince(row.received_at)

    @admin.action(description="Run again", permissions=["again"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Inbox]) -> None:
        chosen = queryset.count()
        again = queryset.exclude(state=Inbox.State.DONE).update(
            state=Inbox.State.WAITING, attempts=0, not_before=None, seen_at=None
        )
        runners.ring()
        self.say(request, again, chosen - again, "they are done, and what they said is erased.")


@admin.register(Mirror)
class MirrorAdmin(AgainAdmin):
    list_display = ["what", "debt", "reason", "lane", "attempts", "not_before"]
    list_filter = [MirrorFilter, "kind"]
    search_fields = ["kind", "lane", "error"]
    ordering = ["-pk"]
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

    @admin.action(description="Send again", permissions=["again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Mirror]) -> None:
        # Of one that is paid, Slack may have lost what it had: it is compared and sent anew.
        paid = queryset.filter(want__lte=F("have"))
        paid.update(want=F("have") + 1, behind_since=clock.now())
        again = queryset.update(stuck=False, attempts=0, not_before=None)
        runners.ring()
        self.say(request, again, 0, "")


@admin.register(OutboxMessage)
class OutboxMessageAdmin(GivenUpAdmin):
    list_display = ["method", "state", "reason", "lane", "age", "attempts", "not_before"]
    list_filter = [OutboxFilter, "state", ("seen_at", admin.EmptyFieldListFilter), "method"]
    search_fields = ["key", "method", "lane", "error"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    actions = ["send_again", "mark_seen"]
    texts = "body"

    @admin.display(description="age", ordering="created_at")
    def age(self, message: OutboxMessage) -> str:
        return timesince(message.created_at)

    @admin.action(description="Send again", permissions=["again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        chosen = queryset.count()
        again = queryset.exclude(state=OutboxMessage.State.SENT).update(
            state=OutboxMessage.State.WAITING, attempts=0, not_before=None, seen_at=None
        )
        runners.ring()
        self.say(request, again, chosen - again, "they are in Slack already.")


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
