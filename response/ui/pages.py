"""What every page has: its frame, its navigation, and who is reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone

from response.conf import conf
from response.core.addresses import without_address
from response.core.links import within_project
from response.ui import appearance
from response.ui.rights import may_change


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page, and not a browser for the whole of it."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    section: str = "incidents",
) -> HttpResponse:
    """A page, or a part of one, from a template that may extend ``response/base.html``.

    ``section`` says which entry of the navigation it belongs to: incidents, insights, declare or
    "".
    """
    signed_in = request.user.is_authenticated
    frame: dict[str, Any] = {
        "brand": appearance.brand(),
        "theme": appearance.theme_of(request),
        "section": section,
        "zone": timezone.get_current_timezone_name(),
        "may_change": may_change(request.user),
        "bot": conf.INCIDENT_BOT_NAME or "incident",
        "signed_in_as": without_address(request.user.get_username()) if signed_in else "",
        "sign_out_address": _sign_out_address() if signed_in else "",
        "sign_in_address": ""
        if signed_in
        else redirect_to_login(request.get_full_path(), sign_in_address()).url,
    }
    return render(request, template, {**frame, **(context or {})}, status=status)


def _sign_out_address() -> str:
    """Where a POST signs out: the project's page of that name, else the admin's; "" for neither."""
    for name in ("logout", "admin:logout"):
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def sign_in_address() -> str:
    """LOGIN_URL where that is a page of this project (or of another site), else the admin's login.

    Django's default LOGIN_URL leads nowhere in a project that has no such page; the admin, which
    most projects have, can sign people in as well.
    """
    try:
        address = resolve_url(settings.LOGIN_URL)
        if urlsplit(address).netloc:
            return address
        resolve(within_project(urlsplit(address).path))
    except (NoReverseMatch, Resolver404):
        try:
            return reverse("admin:login")
        except NoReverseMatch:
            return str(settings.LOGIN_URL)
    return address
