"""Two writers at once: what was read has an ETag, and ``If-Match`` writes only over that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from response.core.api.refusals import PreconditionFailed


def etag_of(shown: Any) -> str:
    """The ETag of what an answer shows, in whatever order it has its members."""
    body = json.dumps(shown, sort_keys=True, cls=JSONEncoder)
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def refuse_if_changed(request: Request, shown: Callable[[], Any]) -> None:
    """Raise PreconditionFailed where the caller named another ETag than that of what is there.

    ``shown`` reads it: to be called in the transaction that writes, once the row is locked.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    wanted = parse_etags(header)
    if wanted != ["*"] and etag_of(shown()) not in wanted:
        raise PreconditionFailed
