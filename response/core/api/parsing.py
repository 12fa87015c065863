"""The bodies that the REST API takes: JSON, within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

from response.core.api.rendering import SendableJSONRenderer

LARGEST_BODY = 1_000_000  # bytes; as at Slack's doors
DEEPEST = 50  # lists and objects inside each other


class TooLarge(APIException):
    status_code = 413
    default_detail = f"This is more than {LARGEST_BODY:,} bytes. Send less at once."
    default_code = "too_large"


class BoundedJSONParser(JSONParser):
    """JSON as its RFC has it, not too long and not too deep."""

    strict = True
    # What the page for people offers to be changed and sent back.
    renderer_class = SendableJSONRenderer

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise TooLarge
        try:
            data = super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise ParseError(_TOO_DEEP) from None
        if _is_deeper_than(data, DEEPEST):
            raise ParseError(_TOO_DEEP)
        return data


_TOO_DEEP = f"Lists and objects are more than {DEEPEST} deep in each other."


def _is_deeper_than(data: Any, depth: int) -> bool:
    level = [data]
    for _ in range(depth + 1):
        level = [
            item
            for each in level
            if isinstance(each, (Mapping, list))
            for item in (each.values() if isinstance(each, Mapping) else each)
        ]
        if not level:
            return False
    return True
