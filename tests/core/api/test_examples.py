"""docs/api.md is true: its examples are sent, in their order, and answered as it says."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings as project

from response.core.models import ExternalUser

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```http\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z")
EXAMPLES = list(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))


def parts(block):
    """The first line, the headers and the body of a request or an answer."""
    head, _, body = block.partition("\n\n")
    first, *headers = head.strip().splitlines()
    return first, dict(line.split(": ", 1) for line in headers), body.strip()


def assert_shows(shown, answered, where):
    """Everything that the page shows is in the answer; an answer may have more."""
    if isinstance(shown, dict):
        assert set(shown) <= set(answered), where
        for name, value in shown.items():
            assert_shows(value, answered[name], f"{where} {name}")
    elif isinstance(shown, list):
        assert len(shown) == len(answered), where
        for number, pair in enumerate(zip(shown, answered, strict=True)):
            assert_shows(*pair, f"{where} {number}")
    elif isinstance(shown, str) and INSTANT.fullmatch(shown) and not project.USE_TZ:
        # Such a project answers in its own time, without an offset.
        assert shown.removesuffix("Z") == answered, where
    else:
        assert shown == answered, where


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_examples_of_the_page_are_answered_as_it_says(program, settings):
    # The instants of the page are in UTC.
    settings.TIME_ZONE = "UTC"
    admin = program("admin", "delete_incident")
    for name in ("ana", "ben"):
        ExternalUser.objects.create(
            app_id="slack",
            external_id=f"U0{name.upper()}",
            display_name=name,
            email=f"{name}@incidents.example",
        )
    for request, answer in EXAMPLES:
        (asked, headers, body), (status, _, shown) = parts(request), parts(answer)
        method, path = asked.split(" ")
        answered = getattr(admin, method.lower())(
            path.removeprefix("/core/"), body or None, **headers
        )
        assert answered.status_code == int(status.split()[0]), (asked, answered.content)
        if shown.startswith("{"):
            assert_shows(json.loads(shown), answered.json(), asked)
        elif shown:
            assert answered.content.decode().startswith(shown)
    assert len(EXAMPLES) == 16


def test_the_page_has_each_status_that_is_described():
    from response.core.api.described import REFUSALS

    table = PAGE[PAGE.index("## When it says no") :]
    assert set(re.findall(r"\b4\d\d\b|\b503\b", table)) >= {str(status) for status in REFUSALS}
