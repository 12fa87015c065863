"""How lists of the REST API are cut into pages, whatever the host's DRF settings are."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from response.core import feed_places

MOST_ROWS_A_PAGE = 1000
LARGEST_ID = 2**31 - 1
NOW = "now"
_LONGEST_NUMBER = 18  # digits


class LimitOffset(LimitOffsetPagination):
    """``?limit=`` and ``?offset=``; a page is the host's PAGE_SIZE, or 100 rows without one."""

    max_limit = MOST_ROWS_A_PAGE

    def get_limit(self, request: Request) -> int:
        # Read for each request, and not at import as the parent class does.
        limit = whole_number(request, self.limit_query_param, smallest=1)
        return min(limit or api_settings.PAGE_SIZE or 100, MOST_ROWS_A_PAGE)

    def get_offset(self, request: Request) -> int:
        return whole_number(request, self.offset_query_param, smallest=0) or 0


class PageNumber(PageNumberPagination):
    """``?page=``, 500 rows each unless ``?page_size=`` says otherwise."""

    page_size = 500
    page_size_query_param = "page_size"
    max_page_size = MOST_ROWS_A_PAGE
    invalid_page_message = "There is no page {page_number}: {message}."

    def get_page_size(self, request: Request) -> int:
        size = whole_number(request, "page_size", smallest=1)
        return min(size or self.page_size, MOST_ROWS_A_PAGE)


class Feed(LimitOffset):
    """``?limit=`` and ``?offset=``, or ``?after=`` with the ``cursor`` of the page before.

    A cursor follows the order of the commits, so that nothing is skipped and nothing repeated
    while entries are added. ``?after=0`` begins with the first entry, ``?after=now`` after the
    last. There is a ``next`` page where there is more now; with the ``cursor`` one asks later.
    Entries come as ``values()`` has them, with their ``position``.
    """

    cursor: int | None = None
    _next: str | None = None

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        self.request = request
        if "after" not in request.query_params:
            return super().paginate_queryset(queryset, request, view)
        end = feed_places.end()
        after = self._after(request, end)
        limit = self.get_limit(request)
        placed = queryset.filter(position__gt=after, position__lte=end).order_by("position")
        page = list(placed[: limit + 1])
        self.cursor = end
        if len(page) > limit:
            page = page[:limit]
            self.cursor = page[-1]["position"]
            address = replace_query_param(request.build_absolute_uri(), "after", self.cursor)
            self._next = remove_query_param(address, "offset")
        return page

    def get_paginated_response(self, data: Any) -> Response:
        if self.cursor is None:
            response = super().get_paginated_response(data)
            response.data["cursor"] = None
            return response
        return Response(
            {
                "count": None,
                "next": self._next,
                "previous": None,
                "results": data,
                "cursor": str(self.cursor),
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described: dict[str, Any] = super().get_paginated_response_schema(schema)
        described["required"] = ["count", "results", "cursor"]
        described["properties"] |= {
            "count": {"type": ["integer", "null"], "description": "null after a cursor."},
            "cursor": {"type": ["string", "null"], "description": "What to send as after."},
        }
        return described

    def _after(self, request: Request, end: int) -> int:
        if request.query_params["after"] == NOW:
            return end
        after = whole_number(request, "after", smallest=0) or 0
        if after > end:
            raise NotFound(
                "The feed does not reach that far; it may have been restored from a backup. "
                "Begin again with after=0."
            )
        return after


def whole_number(request: Request, name: str, *, smallest: int) -> int | None:
    """The number that a parameter has; None where it has none. Raises ValidationError."""
    values = request.query_params.getlist(name)
    if values in ([], [""]):
        return None
    given = values[0] if len(values) == 1 else ""
    if given.isascii() and given.isdecimal() and int(given[:_LONGEST_NUMBER]) >= smallest:
        # A larger one is as good as the largest: there are not that many rows.
        return int(given) if len(given) <= _LONGEST_NUMBER else 10**_LONGEST_NUMBER
    raise ValidationError({name: [f"This is to be a whole number, {smallest} or more."]})
