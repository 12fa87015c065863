"""What the views of the REST API have in common.

Every view is closed to anonymous callers, and every list is of what the caller may know: a private
incident, and all that belongs to it, does not exist for anyone else. What is written goes through
``response.core.services``, with the caller as the actor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import BasePagination
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.settings import api_settings
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from response.core.api import refusals
from response.core.api.access import MayAct
from response.core.api.authentication import authenticators
from response.core.api.conditional import etag_of, refuse_if_changed
from response.core.api.pagination import LimitOffset
from response.core.api.parsing import BoundedJSONParser
from response.core.api.rendering import SendableJSONRenderer
from response.core.models import Incident
from response.core.text import reader
from response.transactions import atomic

Row = TypeVar("Row", bound=Model)


class Closed(APIView):
    """Refuses anonymous callers and takes JSON, whatever the host's DRF settings are."""

    permission_classes = [MayAct]
    parser_classes = [BoundedJSONParser]
    versioning_class = None

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        # The services have transactions of their own, and other systems are asked before them.
        return transaction.non_atomic_requests(super().as_view(*args, **kwargs))

    def get_authenticators(self) -> list[BaseAuthentication]:
        return authenticators()

    def get_authenticate_header(self, request: Request) -> str:
        # Without a challenge, as where sessions come first, DRF would answer 403.
        return super().get_authenticate_header(request) or "Bearer"

    @property
    def renderer_classes(self) -> list[type[BaseRenderer]]:  # type: ignore[override]
        # For people with a browser, where the host lets them.
        classes: list[Any] = list(api_settings.DEFAULT_RENDERER_CLASSES)
        browsable = [each for each in classes if issubclass(each, BrowsableAPIRenderer)]
        return [SendableJSONRenderer, *browsable]

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        return refusals.answer


class Readable(Closed, GenericViewSet[Row]):
    """Lists and single rows, in a constant number of queries however many rows there are."""

    pagination_class: type[BasePagination] = LimitOffset
    # With points too, so that the refusal is ours.
    lookup_value_regex = "[^/]+"
    #: What is written, by the method that writes it; ``serializer_class`` is what is read.
    input_classes: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}

    def filter_queryset(self, queryset: QuerySet[Row, Any]) -> QuerySet[Row, Any]:
        # Filters narrow lists; a row asked for by its id is answered whatever they say.
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def texts_of(self, rows: Iterable[Any]) -> Iterable[str | None]:
        """What people wrote in ``rows``, as far as the answer makes it readable."""
        return ()

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        # Asked by the browsable API, for the form it offers.
        return self.input_classes.get(self.request.method or "") or super().get_serializer_class()

    def represent(self, rows: Any, *, many: bool = False) -> Any:
        """Rows as they are answered, read as ``rows()`` reads them."""
        serializer_class = self.serializer_class
        if serializer_class is None:
            raise TypeError(f"{type(self).__name__} does not say what is read.")
        context = {
            **self.get_serializer_context(),
            "reader": reader(self.texts_of(rows if many else [rows])),
        }
        return serializer_class(rows, many=many, context=context).data

    def rows(self) -> QuerySet[Row, Any]:
        """All rows there are, with what an answer shows of other tables."""
        raise NotImplementedError

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.represent(page, many=True))

    def answer(self, row: Row, status: int = 200) -> Response:
        """One row, with the ETag that a change of it may name."""
        shown = self.represent(row)
        return Response(shown, status=status, headers={"ETag": etag_of(shown)})


class Shown(Readable[Row], Generic[Row]):
    """Rows that have an address each."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())


class Writable(Shown[Row], Generic[Row]):
    """Rows that are changed and deleted as well; a subclass says by which services."""

    def change(self, row: Row, values: dict[str, Any]) -> None:
        """Write new values of some fields, by name."""
        raise NotImplementedError

    def remove(self, row: Row) -> None:
        """Delete a row."""
        raise NotImplementedError

    def incident_of(self, row: Row) -> int:
        """The id of the incident that is locked while a row of it changes."""
        raise NotImplementedError

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent. ``PUT`` asks for the fields that a row cannot be without."""
        row = self.get_object()
        values = self.validated(partial=request.method == "PATCH")
        with atomic():
            self._refuse_if_changed(row)
            self.change(row, values)
            # Whoever made it private may not see it any more, and still has an answer.
            return self.answer(self.rows().get(pk=row.pk))

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent, and nothing else."""
        return self.update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete it; the change feed keeps what it was."""
        row = self.get_object()
        with atomic():
            self._refuse_if_changed(row)
            self.remove(row)
        return Response(status=204)

    def validated(self, *, partial: bool = False) -> dict[str, Any]:
        """The body as values by field name. Raises ValidationError, naming the fields.

        People whom nobody knows here are asked for elsewhere, so no transaction may be open.
        """
        serializer = self.input_classes[str(self.request.method)](
            data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def _refuse_if_changed(self, row: Row) -> None:
        # Taken in the services' order: the incident first, and then what belongs to it.
        Incident.objects.select_for_update(of=("self",)).get(pk=self.incident_of(row))
        refuse_if_changed(self.request, lambda: self.represent(self.rows().get(pk=row.pk)))


class OfIncident(Readable[Row]):
    """Rows below the address of an incident, of that one."""

    def incident(self) -> Incident:
        """The incident that the address names; 404 where it is not, or not for this caller."""
        return visible_incident(self.request, self.kwargs["incident_pk"])


def visible_incident(request: Request, pk: str) -> Incident:
    """An incident by what an address says; Http404 where it is not, or not for this caller."""
    visible = Incident.objects.visible_to(request.user)
    related = visible.select_related("lead", "reporter", "commschannel")
    incident: Incident = get_object_or_404(related, pk=pk)
    return incident
