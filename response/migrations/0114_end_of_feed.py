from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def find_the_end(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The feed that is there has its places."""
    alias = schema_editor.connection.alias
    events = apps.get_model("response", "Event")._default_manager.using(alias)
    last = events.aggregate(last=models.Max("position"))["last"]
    apps.get_model("response", "FeedEnd")._default_manager.using(alias).create(
        pk=1, position=last or 0
    )


class Migration(migrations.Migration):
    dependencies = [
        ("response", "0113_write_up"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeedEnd",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunPython(find_the_end, migrations.RunPython.noop),
    ]
