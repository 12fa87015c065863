"""From the predecessor's last release to ours: what is missing is refused, what is new is added."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.core.management.base import CommandError
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Exists, OuterRef

THEIR_LAST = 16
OUR_FIRST = 101


def refuse_older_databases(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Raise CommandError where the tables are older than django-incident-response 0.5.1."""
    connection = schema_editor.connection
    applied = MigrationRecorder(connection).applied_migrations()
    numbers = [int(name[:4]) for app, name in applied if app == "response" and name[:4].isdigit()]
    theirs = [number for number in numbers if 1 < number < OUR_FIRST]
    too_old = bool(theirs) and max(theirs) < THEIR_LAST
    missing = _missing_columns(apps, schema_editor)
    if too_old or missing:
        what = f" ({missing[0]} is missing)" if missing else ""
        raise CommandError(
            f"The tables of Response in this database are older than release 0.5.1{what}: install "
            "django-incident-response==0.5.1, run its migrations, and then upgrade to this version."
        )


def _missing_columns(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
    """The tables ("response_event") and columns ("response_event.payload") that are not there."""
    connection = schema_editor.connection
    missing = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_app_config("response").get_models():
            table = model._meta.db_table
            if table not in tables:
                missing.append(table)
                continue
            columns = _columns(schema_editor, table)
            missing += [
                f"{table}.{field.column}"
                for field in model._meta.concrete_fields
                if field.column not in columns
            ]
    return missing


def _columns(schema_editor: BaseDatabaseSchemaEditor, table: str) -> set[str]:
    introspection = schema_editor.connection.introspection
    with schema_editor.connection.cursor() as cursor:
        return {column.name for column in introspection.get_table_description(cursor, table)}


def forget_channels_that_are_gone(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Deleting a channel left its headline's reference behind where the database let it.

    First of all, because Django checks every reference of a SQLite database after it altered it.
    """
    alias = schema_editor.connection.alias
    channels = apps.get_model("response", "CommsChannel").objects.using(alias)
    headlines = apps.get_model("response", "HeadlinePost").objects.using(alias)
    headlines.filter(
        ~Exists(channels.filter(pk=OuterRef("comms_channel_id"))), comms_channel__isnull=False
    ).update(comms_channel=None)


class AddFieldWhereMissing(migrations.AddField):
    """The predecessor's repository added this column after its last release; some have it."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        column = model._meta.get_field(self.name).column
        if column not in _columns(schema_editor, model._meta.db_table):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [("response", "0001_initial")]

    operations = [
        migrations.RunPython(refuse_older_databases, migrations.RunPython.noop),
        migrations.RunPython(forget_channels_that_are_gone, migrations.RunPython.noop),
        AddFieldWhereMissing("externaluser", "deleted", models.BooleanField(default=False)),
    ]
