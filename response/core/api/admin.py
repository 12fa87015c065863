"""API tokens in Django's admin: made here, shown once, and deleted to be taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_variables

from response.core.admin_pages import DeletableAdmin, ReadOnlyAdmin
from response.core.models import ApiToken, FeedEnd, IdempotentRequest

if TYPE_CHECKING:
    Page = admin.ModelAdmin[ApiToken]
else:
    Page = admin.ModelAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(Page):
    """Only superusers make tokens that act for somebody else, or see those of others: a token can
    do what its user can."""

    list_display = ["name", "starts_with", "user", "scope", "expires", "last_used"]
    list_filter = ["scope"]
    list_select_related = ["user"]
    search_fields = ["name"]
    ordering = ["name", "pk"]
    fields = ["name", "user", "scope", "expires", "starts_with", "created", "last_used"]
    readonly_fields = ["starts_with", "created", "last_used"]
    raw_id_fields = ["user"]

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.fields if obj is not None else self.fields[:4]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        # Whoever has the secret would become somebody else.
        return [*self.readonly_fields, *(["user"] if obj is not None else [])]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        tokens = super().get_queryset(request)
        return tokens if _may_act_for_others(request) else tokens.filter(user=request.user.pk)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if not _may_act_for_others(request):
            users = db_field.remote_field.model._default_manager
            kwargs["queryset"] = users.filter(pk=request.user.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @sensitive_variables("secret")
    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        secret = "" if change else obj.renew()
        super().save_model(request, obj, form, change)
        if secret:
            request.response_new_token = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token: here, and never again."""
        shown = {
            **self.admin_site.each_context(request),
            "title": f"The token {obj.name}",
            "opts": self.opts,
            "secret": request.response_new_token,  # type: ignore[attr-defined]
        }
        return TemplateResponse(
            request,
            "response/api/new_token.html",
            shown,
            headers={"Cache-Control": "no-store"},
        )

    @admin.display(description="starts with")
    def starts_with(self, token: ApiToken) -> str:
        return f"{token.hint}…"


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(DeletableAdmin):
    """That something was declared with a key; not what, for it may be private by now."""

    list_display = ["key", "user", "created"]
    list_select_related = ["user"]
    search_fields = ["key"]
    ordering = ["-created", "-pk"]
    fields = ["key", "user", "created"]


@admin.register(FeedEnd)
class FeedEndAdmin(ReadOnlyAdmin):
    list_display = ["position"]


def _may_act_for_others(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
