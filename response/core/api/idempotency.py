"""``Idempotency-Key``: what is asked twice is done once, and answered the same.

The key is stored in the transaction of what it was sent with. Of two requests at the same time the
database lets one go first, and the other finds its answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from response.core.api.refusals import Conflict
from response.core.models import IdempotentRequest, Incident
from response.transactions import atomic

HEADER = "Idempotency-Key"
_LONGEST = 255


def key_of(request: Request) -> str | None:
    """The key of a request; None where it has none. Raises ValidationError for one of no use."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    key = key.strip()
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise ValidationError(
            {HEADER: [f"This is to be 1 to {_LONGEST} letters, digits or signs of ASCII."]}
        )
    return key


def earlier_answer(request: Request, key: str) -> Any | None:
    """How the caller's request with this key was answered; None where there was none.

    Raises Conflict where that request was another one.
    """
    earlier = IdempotentRequest.objects.filter(user=_caller(request), key=key).first()
    return None if earlier is None else _same(earlier, request)


def once(
    request: Request, key: str, do: Callable[[], Incident], show: Callable[[Incident], Any]
) -> Any:
    """Do it, unless the caller did with this key; returns the answer, which is kept.

    ``do`` writes, and ``show`` is how what it wrote is answered. Raises Conflict.
    """
    with atomic():
        kept, is_new = IdempotentRequest.objects.get_or_create(
            user=_caller(request), key=key, defaults={"fingerprint": _fingerprint(request)}
        )
        if not is_new:
            return _same(kept, request)
        incident = do()
        kept.incident, kept.answer = incident, show(incident)
        kept.save(update_fields=["incident", "answer"])
        # As the next one with this key will see it.
        kept.refresh_from_db(fields=["answer"])
        return kept.answer


def _caller(request: Request) -> Any:
    return request.user


def _same(kept: IdempotentRequest, request: Request) -> Any:
    if kept.fingerprint != _fingerprint(request):
        raise Conflict(
            f"This {HEADER} was used before, with something else. Send each declaration with a "
            "key of its own."
        )
    return kept.answer


def _fingerprint(request: Request) -> str:
    canonical = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
