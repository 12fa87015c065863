"""``schema/``: the REST API described in OpenAPI 3.1, and ``schema/page/``: the same to browse.

Both need the extra ``openapi``; without it they do not exist, and everything else works.
"""

from __future__ import annotations

import importlib.util
import threading
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf, reverse
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from response import __version__
from response.core.api.base import Closed

OPENAPI_VERSION = "3.1.1"
SIDECAR = "drf_spectacular_sidecar"
_ABOUT = (
    "Incidents, their actions and timelines, and the feed of their changes. Every answer is for "
    "one who signed in, or sent a token that was made in the admin (Authorization: Bearer rsp_…)."
)
_building = threading.Lock()


class SchemaView(Closed):
    """This API, described in OpenAPI."""

    schema = None  # it does not describe itself

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Describe this API in OpenAPI 3.1."""
        if not is_installed("drf_spectacular"):
            raise NotFound(
                "The description needs packages that are not installed here: "
                "pip install 'django-incident-response[openapi]'"
            )
        return Response(_described(get_urlconf(), get_script_prefix()))


class SchemaPage(Closed):
    """The description, to browse and to try out."""

    schema = None

    renderer_classes = [TemplateHTMLRenderer]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the description as a page."""
        if not (is_installed("drf_spectacular") and apps.is_installed(SIDECAR)):
            raise NotFound(f"This page needs the extra openapi, and {SIDECAR} in INSTALLED_APPS.")
        shown = {
            "schema_address": reverse("response_core:schema"),
            "csrf_header": settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-"),
            "csrf_token": get_token(request._request),
            "viewer": f"{SIDECAR}/swagger-ui-dist",
        }
        return Response(
            shown,
            template_name="response/api/schema.html",
            headers={"Content-Security-Policy": _policy()},
        )

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)


def is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _policy() -> str:
    """As strict as the viewer allows: it sets styles, and has its pictures inline."""
    address = urlsplit(static("response/api-page.js"))
    ours = f"'self' {address.scheme}://{address.netloc}" if address.netloc else "'self'"
    return (
        f"default-src 'self'; script-src {ours}; style-src {ours} 'unsafe-inline'; "
        f"img-src {ours} data:; frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
    )


@cache
def _described(urlconf: str | None, script_prefix: str) -> dict[str, Any]:
    """The description of the views of a URL configuration, made once a process."""
    from drf_spectacular.settings import patched_settings

    from response.core.api.described import OurGenerator

    # The settings are those of the package, for the whole process.
    with _building, patched_settings(_settings()):
        described: dict[str, Any] = OurGenerator(urlconf=urlconf).get_schema(public=True)
    return described


def _settings() -> dict[str, Any]:
    """What drf-spectacular is to do here, whatever the host has set for its own."""
    return {
        "TITLE": "Response",
        "DESCRIPTION": _ABOUT,
        "VERSION": __version__,
        "OAS_VERSION": OPENAPI_VERSION,
        "SCHEMA_PATH_PREFIX": reverse("response_core:api-root").rstrip("/"),
        "SCHEMA_PATH_PREFIX_TRIM": False,
        "SCHEMA_PATH_PREFIX_INSERT": "",
        "SERVERS": [],
        "TAGS": [],
        "SECURITY": [],
        "WEBHOOKS": [],
        "CAMELIZE_NAMES": False,
        "COMPONENT_SPLIT_REQUEST": False,
        "COMPONENT_SPLIT_PATCH": True,
        "COMPONENT_NO_READ_ONLY_REQUIRED": False,
        "ENABLE_LIST_MECHANICS_ON_NON_2XX": False,
        "PREPROCESSING_HOOKS": [],
        "POSTPROCESSING_HOOKS": [],
        "PARSER_WHITELIST": None,
        "RENDERER_WHITELIST": None,
        "EXTENSIONS_INFO": {},
        "EXTENSIONS_ROOT": {},
        "APPEND_COMPONENTS": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": settings.SESSION_COOKIE_NAME,
                },
            }
        },
    }
