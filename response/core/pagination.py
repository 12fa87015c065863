"""How lists of the REST API are cut into pages, whatever the host's DRF settings are."""

from __future__ import annotations

from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.settings import api_settings

MOST_ROWS_A_PAGE = 1000


class LimitOffset(LimitOffsetPagination):
    """``?limit=`` and ``?offset=``; a page is the host's PAGE_SIZE, or 100 rows without one."""

    max_limit = MOST_ROWS_A_PAGE

    def get_limit(self, request: Request) -> int | None:
        # Read for each request, and not at import as the parent class does.
        self.default_limit = api_settings.PAGE_SIZE or 100
        return super().get_limit(request)


class PageNumber(PageNumberPagination):
    """``?page=``, 500 rows each unless ``?page_size=`` says otherwise."""

    page_size = 500
    page_size_query_param = "page_size"
    max_page_size = MOST_ROWS_A_PAGE
    invalid_page_message = "There is no page {page_number}: {message}."
