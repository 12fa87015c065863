"""The doors of the pages: who gets in, and what everybody else is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control

from response.ui.pages import render_page, sign_in_address
from response.ui.rights import may_change, may_read, may_remove
from response.ui.zones import reader_zone

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def for_readers(view: View[Arguments]) -> View[Arguments]:
    """A page for those who ``may_read``, in their time zone, kept by no shared cache.

    Anybody who is not signed in is led to the sign-in, and from there back. Somebody who is, and
    has no right to it, is told so; and so is whoever asks for what is not there.
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
        with timezone.override(reader_zone(request)):
            try:
                if not allows(request.user):
                    return _sign_in(request)
                answer = view(request, *args, **kwargs)
            except PermissionDenied:
                answer = _problem(request, "response/refused.html", status=403)
            except (Http404, ObjectDoesNotExist):
                # The latter: found by the view, and deleted by somebody else before it was locked.
                answer = _problem(request, "response/not_found.html", status=404)
        patch_cache_control(answer, private=True, no_cache=True)
        return answer

    return guarded


def _problem(request: HttpRequest, template: str, *, status: int) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=status)
    return render_page(request, template, status=status, section="")


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.user.is_authenticated:
        raise PermissionDenied
    if request.headers.get("HX-Request") == "true":
        # Whoever was signed out while they wrote must not lose what they wrote.
        return HttpResponse("You are signed out. Sign in again in another tab.", status=401)
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return redirect_to_login(back, sign_in_address())
