"""Rows that remember what they looked like when they were read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Self

from django.db import models


class RemembersLoaded(models.Model):
    """A model whose instances know which of their fields were changed since they were read.

    A save can then write those and no others, so that an object read a while ago does not undo
    what somebody else wrote in between.
    """

    _loaded: dict[str, Any]

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any
    ) -> Self:
        instance = super().from_db(db, field_names, values, **options)
        instance.remember()
        return instance

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Self] | None = None,
    ) -> None:
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        self.remember()

    def remember(self) -> None:
        """Take the present values for those that are stored."""
        self._loaded = {
            field.attname: self.__dict__[field.attname]
            for field in self._meta.concrete_fields
            if field.attname in self.__dict__
        }

    def touched(self, update_fields: Sequence[str] | None = None) -> dict[str, Any]:
        """The fields (by attribute name, ``lead_id``) whose value differs from what was read.

        For a row that was never stored, all of them. ``update_fields`` narrows it as the
        argument of ``Model.save`` does.
        """
        loaded = getattr(self, "_loaded", {})
        return {
            field.attname: value
            for field in self._meta.concrete_fields
            if not field.primary_key
            and (update_fields is None or {field.name, field.attname} & set(update_fields))
            and (value := self.__dict__.get(field.attname, _UNREAD)) is not _UNREAD
            and (field.attname not in loaded or loaded[field.attname] != value)
        }


_UNREAD = object()
