"""What reminders remember: when they were due, what was put off, stopped and skipped; and where
people are, so that they are reminded by day."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def reckon_from_the_last_one_sent(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What the predecessor sent was due when it was sent."""
    notifications = apps.get_model("response", "Notification").objects
    notifications.using(schema_editor.connection.alias).update(due_time=models.F("time"))


class Migration(migrations.Migration):
    dependencies = [("response", "0106_delivery")]

    operations = [
        migrations.AddField(
            "externaluser",
            "time_zone",
            models.CharField(
                blank=True,
                default="",
                help_text="Where they are, as in Europe/Amsterdam.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            "notification",
            "rule",
            models.CharField(
                blank=True,
                default="",
                help_text="The function whose reminder it is.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            "notification", "due_time", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "notification",
            "ask_again_at",
            models.DateTimeField(
                blank=True,
                help_text="It had nothing to say, or failed, and is asked again.",
                null=True,
            ),
        ),
        migrations.AddField(
            "notification", "skipped_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "notification",
            "skip_reason",
            models.CharField(
                blank=True,
                default="",
                help_text="Why one was not sent, lately.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            "notification", "snoozed_until", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "notification", "stopped_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "notification",
            "stopped_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.SET_NULL,
                related_name="+",
                to="response.externaluser",
            ),
        ),
        migrations.RunPython(reckon_from_the_last_one_sent, migrations.RunPython.noop),
    ]
