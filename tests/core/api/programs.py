"""How a test asks the API of a site that runs in processes of its own."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from tests.fuzz.seed import SECRET


def ask(site: Any, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """The status and the JSON of an answer; with a ``body`` it is posted."""
    request = urllib.request.Request(
        f"{site.url}/core/{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)
