"""The demo's own middleware."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ContentSecurityPolicyMiddleware:
    """Let pages load what this server serves and nothing else.

    The strictest policy that a host may want is the one the demo runs under, so that a page of
    Response that needed more would be seen to fail here. A view that sets the header keeps its own.
    """

    POLICY = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.POLICY)
        return response
