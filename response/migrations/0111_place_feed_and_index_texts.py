"""The feed as it is gets its places, and PostgreSQL an index for the words in texts."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db import DatabaseError, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

from response.migrations._batches import pages, write

#: Table and columns that ``?search=`` looks into.
SEARCHED = {
    "response_incident": ("report", "summary", "impact"),
    "response_timelineevent": ("text",),
}


def place_the_feed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Everything in it was committed, so it stands as it is; and its incidents are named."""
    model = apps.get_model("response", "Event")
    connection = schema_editor.connection
    events = model._default_manager.using(connection.alias)
    events.filter(position=None).update(position=F("id"))
    for page in pages(connection, model, "event_type", "payload"):
        numbers = [(_incident_number(kind, payload), pk) for pk, kind, payload in page]
        write(connection, model, ["incident"], [row for row in numbers if row[0] is not None])


def _incident_number(event_type: str, payload: Any) -> int | None:
    name = "incident_id" if event_type == "action_event" else "id"
    number = payload.get(name) if isinstance(payload, dict) else None
    is_id = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**31
    return number if is_id else None


def index_texts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Trigrams, where the database has them (pg_trgm) and lets us; a search works without too."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return
    for table, columns in SEARCHED.items():
        for column in columns:
            schema_editor.execute(
                f"CREATE INDEX {table}_{column}_words ON {table} "
                f"USING gin (upper({column}::text) gin_trgm_ops)"
            )


def drop_text_indexes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table, columns in SEARCHED.items():
            for column in columns:
                schema_editor.execute(f"DROP INDEX IF EXISTS {table}_{column}_words")


class Migration(migrations.Migration):
    dependencies = [
        ("response", "0110_api_and_its_filters"),
    ]

    operations = [
        migrations.RunPython(place_the_feed, migrations.RunPython.noop),
        migrations.RunPython(index_texts, drop_text_indexes),
    ]
