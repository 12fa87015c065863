"""How the REST API writes its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer

from response.core.serializers import sendable


class SendableJSONRenderer(JSONRenderer):
    """JSON that every program can read, whatever the database kept.

    Nearly every answer is fit to be sent as it is. That is found out by writing it, as looking at
    each stored value before would cost more than the value itself.
    """

    ensure_ascii = False
    strict = True

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        try:
            body: bytes = super().render(data, accepted_media_type, renderer_context)
        except ValueError:
            body = super().render(sendable(data), accepted_media_type, renderer_context)
        return body
