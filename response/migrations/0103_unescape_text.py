"""What people wrote is stored as they wrote it: the predecessor kept it escaped for HTML.

Its sanitiser, and Slack in what it pins, escape three characters and no others, so an ``&nbsp;``
in the text was typed by a person and stays. Once only: somebody who typed ``&lt;`` has
``&amp;lt;`` in the table. The change feed is left as it was told.
"""

from __future__ import annotations

import json
import re
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

from response.conf import conf
from response.migrations._batches import pages, write

ESCAPES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
ESCAPED = re.compile("|".join(ESCAPES))

TEXTS = {
    "Incident": ["report", "summary", "impact"],
    "Action": ["details"],
    "TimelineEvent": ["text"],
    "PinnedMessage": ["text"],
}
TEXT_CHANGES = {"incident_report", "incident_summary", "incident_impact"}


def unescaped(text: str) -> str:
    return ESCAPED.sub(lambda escape: ESCAPES[escape[0]], text)


def unescape_texts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if not conf.RESPONSE_SANITIZE_USER_INPUT:
        return
    connection = schema_editor.connection
    for name, fields in TEXTS.items():
        model = apps.get_model("response", name)
        for page in pages(connection, model, *fields, where=_escaped(*fields)):
            rows = [(*(text and unescaped(text) for text in texts), pk) for pk, *texts in page]
            write(connection, model, fields, rows)


def unescape_values_of_changes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The old and the new text in the metadata of a change are the same texts."""
    if not conf.RESPONSE_SANITIZE_USER_INPUT:
        return
    connection = schema_editor.connection
    model = apps.get_model("response", "TimelineEvent")
    for page in pages(connection, model, "metadata", where=_escaped("metadata")):
        rows = []
        for pk, text in page:
            metadata = json.loads(text)
            if isinstance(metadata, dict) and metadata.get("update_type") in TEXT_CHANGES:
                rows.append((json.dumps({**metadata, **_values(metadata)}), pk))
        write(connection, model, ["metadata"], rows)


def _values(metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        key: unescaped(metadata[key])
        for key in ("old_value", "new_value")
        if isinstance(metadata.get(key), str)
    }


def _escaped(*fields: str) -> Q:
    where = Q()
    for field in fields:
        for escape in ESCAPES:
            where |= Q(**{f"{field}__contains": escape})
    return where


class Migration(migrations.Migration):
    dependencies = [("response", "0102_mend_json")]

    operations = [
        migrations.RunPython(unescape_texts, migrations.RunPython.noop),
        migrations.RunPython(unescape_values_of_changes, migrations.RunPython.noop),
    ]
