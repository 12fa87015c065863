"""Who may open the pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from response.conf import conf

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def for_readers(view: View[Arguments]) -> View[Arguments]:
    """A page that needs a signed-in person, unless RESPONSE_LOGIN_REQUIRED is False.

    Anybody else is led to the sign-in, and from there back. What a reader may see of private
    incidents is decided by ``Incident.objects.visible_to``.
    """

    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponseBase:
        if request.user.is_authenticated or not conf.RESPONSE_LOGIN_REQUIRED:
            return view(request, *args, **kwargs)
        return redirect_to_login(request.get_full_path(), sign_in_address())

    return guarded


def sign_in_address() -> str:
    """LOGIN_URL where that is a page of this project (or of another site), else the admin's login.

    Django's default LOGIN_URL leads nowhere in a project that has no such page; the admin, which
    most projects have, can sign people in as well.
    """
    try:
        address = resolve_url(settings.LOGIN_URL)
        if urlsplit(address).netloc:
            return address
        resolve(_within_project(urlsplit(address).path))
    except (NoReverseMatch, Resolver404):
        try:
            return reverse("admin:login")
        except NoReverseMatch:
            return str(settings.LOGIN_URL)
    return address


def _within_project(path: str) -> str:
    prefix = get_script_prefix()
    return f"/{path.removeprefix(prefix)}" if path.startswith(prefix) else path
