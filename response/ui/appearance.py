"""How the pages look: light or dark as the reader chose, and in the colours of the host."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_POST, require_safe

from response.conf import conf

COOKIE = "response_theme"
THEMES = ("light", "dark")
A_YEAR = 365 * 24 * 60 * 60

LOGO = "response/icon.svg"

#: The colours that a host may set, by the name in RESPONSE_COLOURS.
COLOURS = (
    *("page", "surface", "sunken", "ink", "muted", "line", "link"),
    *("primary", "on-primary", "accent"),
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,30}|(?:rgb|hsl)a?\([0-9.,%\s/]{5,40}\)")


@dataclass(frozen=True)
class Brand:
    """What the host calls its site; ``logo`` is an address, and so is ``colours`` unless empty."""

    name: str
    logo: str
    colours: str


def brand() -> Brand:
    """Name, logo and colours as the settings have them."""
    return Brand(
        name=conf.RESPONSE_SITE_NAME,
        logo=_address(conf.RESPONSE_LOGO or LOGO),
        colours=reverse("response_ui:colours") if conf.RESPONSE_COLOURS else "",
    )


def theme_of(request: HttpRequest) -> str:
    """ "light" or "dark" where the reader chose it; "" for what their system says."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else ""


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice in a cookie, and go back to where it was made."""
    chosen = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("response_ui:incident_list")
    # Not ``redirect``, which takes what has no slash for the name of a view.
    answer = HttpResponseRedirect(back)
    if chosen in THEMES:
        answer.set_cookie(COOKIE, chosen, max_age=A_YEAR, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE)
    return answer


def _colours_etag(request: HttpRequest) -> str:
    rules = "".join(colour_rules())
    return f'"{hashlib.blake2b(rules.encode(), digest_size=8).hexdigest()}"'


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_colours_etag)
def colours(request: HttpRequest) -> HttpResponseBase:
    """RESPONSE_COLOURS as a stylesheet: a policy without inline styles leaves no other way."""
    rules = "".join(f"  {rule}\n" for rule in colour_rules())
    return HttpResponse(f":root {{\n{rules}}}\n", content_type="text/css; charset=utf-8")


def colour_rules() -> Iterator[str]:
    """One declaration for each colour that is known and written as CSS writes colours."""
    for name, value in dict(conf.RESPONSE_COLOURS).items():
        light, dark = (value, value) if isinstance(value, str) else tuple(value)
        if name in COLOURS and _COLOUR.fullmatch(light) and _COLOUR.fullmatch(dark):
            yield f"--response-{name}: light-dark({light}, {dark});"


def _address(logo: str) -> str:
    """A path within the static files, or an address that is one already."""
    return logo if logo.startswith(("/", "https://")) else staticfiles_storage.url(logo)
