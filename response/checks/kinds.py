"""What ``manage.py check`` says of settings that are of another kind than they have to be.

An environment variable is a text, and a text is true even where it says False.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Warning

from response.conf import SETTINGS, conf


def check_kinds() -> Iterator[CheckMessage]:
    for name, setting in SETTINGS.items():
        given: Any = getattr(conf, name)
        if isinstance(setting.default, bool) and isinstance(given, str):
            yield Warning(
                f"{name} is the text {given!r}, and counts as {bool(given)}.",
                hint=f"Write True or False; of an environment variable make one of them, as in "
                f'{name} = os.environ.get("{name}") == "true".',
                id="response.W037",
            )
        if isinstance(setting.default, list) and isinstance(given, str):
            yield Warning(
                f"{name} is the text {given!r}, and each of its letters is taken for one entry.",
                hint="Write a list; of an environment variable make one, as in "
                f'{name} = os.environ.get("{name}", "").split().',
                id="response.W037",
            )


def check_channel_names() -> Iterator[CheckMessage]:
    template = conf.RESPONSE_CHANNEL_NAME_TEMPLATE
    try:
        template.format(date="2026-01-31", slug="checkout-is-failing", id=1)
    except (LookupError, ValueError, AttributeError, TypeError):
        yield Warning(
            f"RESPONSE_CHANNEL_NAME_TEMPLATE is {template!r}, which is not understood: channels "
            "are called as by default.",
            hint="It may have {date}, {slug} and {id} in it, and no other braces.",
            id="response.W038",
        )
