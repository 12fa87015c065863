"""The page for staff that says what is wrong with the installation."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from response.core import doctor
from response.core.doctor import Level
from response.ui.access import for_staff
from response.ui.pages import render_page


# Slack is asked, which no transaction of the host's may wait for.
@transaction.non_atomic_requests
@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def installation(request: HttpRequest) -> HttpResponseBase:
    """Every finding, the worst first. A POST has one stuck debt sent again."""
    if request.method == "POST":
        return _send_again(request)
    found = doctor.examine()
    order = list(reversed(Level))
    groups = [(level, [finding for finding in found if finding.level is level]) for level in order]
    return render_page(
        request,
        "response/doctor.html",
        {"groups": groups, "sent": request.GET.get("sent", "")},
        section="installation",
    )


def _send_again(request: HttpRequest) -> HttpResponse:
    kind, _, key = request.POST.get("again", "").partition(" ")
    is_sent = key.isascii() and key.isdecimal() and doctor.send_again(kind, int(key[:18]))
    return redirect(f"{request.path}?sent={'yes' if is_sent else 'no'}")
