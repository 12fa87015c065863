"""What stands before the workspace's pages and doors."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from demo.environment import why_not_to_start
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from . import courier


class WorkspaceMiddleware:
    """Keep the workspace to this machine, and start the courier with the web handler.

    Whoever reaches the workspace can be anyone in it, so it is for one's own machine:
    ``DEMO_ALLOW_REMOTE_WORKSPACE=1`` opens it where something else keeps strangers out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        # By whichever server: start.py has asked already, gunicorn and runserver have not.
        if why_not := why_not_to_start():
            raise ImproperlyConfigured(why_not)
        self.get_response = get_response
        courier.ensure_running()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/workspace/"):
            if not settings.PRACTICE_REMOTE_ALLOWED and not _is_local(request):
                return HttpResponseForbidden(
                    "The practice workspace answers this machine only. Set "
                    "DEMO_ALLOW_REMOTE_WORKSPACE=1 to open it to others.",
                    content_type="text/plain; charset=utf-8",
                )
            courier.ensure_running()
        return self.get_response(request)


def _is_local(request: HttpRequest) -> bool:
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        # No address at all: a Unix socket, which only this machine can reach.
        return not request.META.get("REMOTE_ADDR")
