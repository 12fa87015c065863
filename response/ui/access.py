"""Who may open the pages, and who may change what they show."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from response.conf import conf
from response.ui.zones import reader_zone

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def may_read(user: Any) -> bool:
    """Whether the pages are open to a Django user, signed in or anonymous.

    What a reader may see of private incidents is decided by ``Incident.objects.visible_to``.
    """
    if not conf.RESPONSE_LOGIN_REQUIRED:
        return True
    if not user.is_authenticated:
        return False
    return not conf.RESPONSE_REQUIRE_PERMISSIONS or user.has_perm("response.view_incident")


def may_change(user: Any) -> bool:
    """Whether a Django user may change what they can see: never anonymously."""
    if not user.is_authenticated:
        return False
    return not conf.RESPONSE_REQUIRE_PERMISSIONS or user.has_perm("response.change_incident")


def may_remove(user: Any) -> bool:
    """Whether a Django user may take away actions and notes as well. Where the host asks for
    permissions, that is another one than changing, as it is by the API."""
    if not may_change(user):
        return False
    return not conf.RESPONSE_REQUIRE_PERMISSIONS or user.has_perm("response.delete_incident")


def for_readers(view: View[Arguments]) -> View[Arguments]:
    """A page for those who ``may_read``, in their time zone, kept by no shared cache.

    Anybody who is not signed in is led to the sign-in, and from there back. Raises
    PermissionDenied for somebody who is, and has no right to it.
    """
    return _guarded(view, may_read)


def for_editors(view: View[Arguments]) -> View[Arguments]:
    """The same for those who ``may_change`` things."""
    return _guarded(view, lambda user: may_read(user) and may_change(user))


def for_removers(view: View[Arguments]) -> View[Arguments]:
    """The same for those who ``may_remove`` them."""
    return _guarded(view, lambda user: may_read(user) and may_remove(user))


def for_staff(view: View[Arguments]) -> View[Arguments]:
    """The same for those who look after this site."""
    return _guarded(view, lambda user: user.is_authenticated and user.is_staff)


def _guarded(view: View[Arguments], allows: Callable[[Any], bool]) -> View[Arguments]:
    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponseBase:
        if not allows(request.user):
            return _refusal(request)
        with timezone.override(reader_zone(request)):
            try:
                answer = view(request, *args, **kwargs)
            except ObjectDoesNotExist as gone:
                # Found by the view, and deleted by somebody else before it was locked.
                raise Http404("It was deleted meanwhile.") from gone
        patch_cache_control(answer, private=True, no_cache=True)
        return answer

    return guarded


def _refusal(request: HttpRequest) -> HttpResponseBase:
    if request.user.is_authenticated:
        raise PermissionDenied("Your account may not do this. Ask whoever manages this site.")
    if request.headers.get("HX-Request") == "true":
        # Whoever was signed out while they wrote must not lose what they wrote.
        return HttpResponse("You are signed out. Sign in again in another tab.", status=401)
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return redirect_to_login(back, sign_in_address())


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
