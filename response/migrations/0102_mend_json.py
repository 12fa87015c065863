"""JSON that the predecessor kept in text columns becomes JSON that every database takes.

It stored the payloads of the change feed encoded twice, and anything at all as metadata. What
cannot be read is kept, as the text of ``{"unreadable": …}``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from response.migrations._batches import pages, write

DEEPEST = 100
"""Levels of nesting that SQLite, PostgreSQL and Python all take with ease."""


def payload_of(text: str) -> dict[str, Any]:
    """The object that a text of the payload column means."""
    value = _read(text)
    return value if isinstance(value, dict) else _unreadable(text)


def metadata_of(text: str) -> Any:
    """What a text of the metadata column means: an object, as a rule; None for nothing."""
    return _read(text) if text.strip() else None


def _read(text: str) -> Any:
    """The JSON value of ``text``, or of the text inside it where an object was encoded twice."""
    value = _loaded(text)
    if isinstance(value, str):
        inner = value
        while isinstance(inner, str):
            try:
                inner = json.loads(inner, strict=False)
            except (ValueError, RecursionError):
                return value
        if isinstance(inner, dict):
            return _storable_or_unreadable(inner, text)
    return value


def _loaded(text: str) -> Any:
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return _unreadable(text)
    return _storable_or_unreadable(value, text)


def _storable_or_unreadable(value: Any, text: str) -> Any:
    try:
        return _storable(value)
    except RecursionError:
        return _unreadable(text)


def _unreadable(text: str) -> dict[str, Any]:
    return {"unreadable": _storable(text)}


def _storable(value: Any, room: int = DEEPEST) -> Any:
    """``value`` without what PostgreSQL's jsonb or the JSON standard refuses.

    NUL and lone surrogates become the replacement character, NaN and the infinities their names.
    Raises RecursionError where it is nested too deeply.
    """
    if room == 0:
        raise RecursionError
    if isinstance(value, str):
        text = value.replace("\0", "\ufffd")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item, room - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item, room - 1) for item in value]
    return value


def mend(
    schema_editor: BaseDatabaseSchemaEditor, model: Any, field: str, meaning: Callable[[str], Any]
) -> None:
    connection = schema_editor.connection
    for page in pages(connection, model, field):
        mended = []
        for pk, text in page:
            if text is None:
                continue
            value = meaning(text)
            new = None if value is None else json.dumps(value)
            if new != text:
                mended.append((new, pk))
        write(connection, model, [field], mended)


def mend_payloads(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    mend(schema_editor, apps.get_model("response", "Event"), "payload", payload_of)


def mend_metadata(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    mend(schema_editor, apps.get_model("response", "TimelineEvent"), "metadata", metadata_of)


class Migration(migrations.Migration):
    dependencies = [("response", "0101_people_may_be_deleted")]

    operations = [
        migrations.RunPython(mend_payloads, migrations.RunPython.noop),
        migrations.RunPython(mend_metadata, migrations.RunPython.noop),
    ]
