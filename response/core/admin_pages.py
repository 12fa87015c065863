"""What the admin's pages of incidents, and of all that belongs to them, have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator

from response.core.actors import Actor, acting
from response.core.models import Incident

if TYPE_CHECKING:
    Page = admin.ModelAdmin[Any]
    Form = forms.ModelForm[Any]
else:
    Page = admin.ModelAdmin
    Form = forms.ModelForm


class ChangedFieldsForm(Form):
    """A form that is about what a person changed in it, and leaves the rest in peace.

    A value that is no choice (any more) stays, and is shown, until somebody chooses another.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            stored = getattr(self.instance, name, None)
            if isinstance(field, forms.TypedChoiceField) and stored:
                choices = list(field.choices)  # type: ignore[arg-type]
                if stored not in dict(choices):
                    field.choices = [*choices, (stored, stored)]

    def _get_validation_exclusions(self) -> set[str]:
        # Otherwise an old value that is no choice would stand in the way of every other change.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        if self.instance.pk is None:
            return exclusions
        return exclusions | (set(self.fields) - set(self.changed_data))


class RecordKeepingAdmin(Page):
    """Pages whose changes are attributed to who makes them, and touch nothing else.

    A form that was open for a while does not undo what others wrote meanwhile: it carries the
    values it was opened with, and only those that differ from them are written.
    """

    form = ChangedFieldsForm

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with acting(signed_in(request)):
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with acting(signed_in(request)):
            return super().delete_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with acting(signed_in(request)):
            return super().changelist_view(request, *args, **kwargs)

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.show_hidden_initial = True
            if db_field.null and isinstance(field, forms.CharField):
                field.empty_value = None
        return field

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        # A row can only be put where the person could see it.
        model = db_field.remote_field.model
        if self.admin_site.is_registered(model):
            pages = self.admin_site.get_model_admin(model)
            kwargs.setdefault("queryset", pages.get_queryset(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            self.add(obj)
        elif form.changed_data:
            self.change(obj, {name: form.cleaned_data[name] for name in form.changed_data})

    def add(self, row: Any) -> None:
        """Store a new row."""
        row.save()

    def change(self, row: Any, values: dict[str, Any]) -> None:
        """Store new values, by field name, of a row that is there."""
        stored = self.model._default_manager.get(pk=row.pk)
        for name, value in values.items():
            setattr(stored, name, value)
        stored.save(update_fields=list(values))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.remove(row)

    def remove(self, row: Any) -> None:
        """Delete a row."""
        row.delete()


class OfIncidentsAdmin(RecordKeepingAdmin):
    """Pages of what belongs to incidents: that of a private one is for those who may see it."""

    autocomplete_fields = ["incident"]
    list_select_related = ["incident"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = Incident.objects.visible_to(request.user)
        return super().get_queryset(request).filter(incident__in=visible)


class ReadOnlyAdmin(Page):
    """Pages on which nothing can be changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DeletableAdmin(ReadOnlyAdmin):
    """Pages of what goes when its incident goes, which whoever deletes that must be allowed."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return Page.has_delete_permission(self, request, obj)


def signed_in(request: HttpRequest) -> Actor:
    """The user of the admin, as the timeline names them."""
    user = request.user
    return Actor(kind="user", id=str(user.pk), name=user.get_username(), source="admin")


def may_see_private(request: HttpRequest) -> bool:
    return request.user.has_perm("response.view_private_incident")


def in_short(text: str | None) -> str:
    """The beginning of a text, as long as fits into a list."""
    return Truncator(text or "").chars(100)


def counted(counts: dict[str, int]) -> Iterable[str]:
    """ "3 actions" for each kind of row."""
    return [f"{count} {name}" for name, count in counts.items()]
