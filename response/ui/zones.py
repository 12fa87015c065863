"""The time zone that a page is read in: the browser's, once it has said it, else the site's."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest

#: Set by response.js to the name of the browser's zone, as in Europe/Amsterdam.
COOKIE = "response_zone"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}")
_LONGEST_NAME = 64


def reader_zone(request: HttpRequest) -> ZoneInfo | None:
    """The zone that the reader's browser named; None where it named none that is known here.

    For ``django.utils.timezone.override``, which takes None for the site's own.
    """
    name = request.COOKIES.get(COOKIE, "")
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
