import django.db.models.deletion
from django.db import migrations, models


def let_the_app_read_files(apps, schema_editor):
    """What a new workspace's app may do, for one that is there already."""
    workspaces = apps.get_model("workspace", "Workspace").objects.using(
        schema_editor.connection.alias
    )
    for workspace in workspaces:
        workspace.scopes = sorted({*workspace.scopes, "files:read"})
        workspace.save(update_fields=["scopes"])


class Migration(migrations.Migration):
    dependencies = [
        ("workspace", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="File",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_id", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("alt_text", models.TextField(blank=True)),
                ("mimetype", models.CharField(max_length=80)),
                ("created", models.BigIntegerField()),
                ("content", models.BinaryField()),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="workspace.message",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.RunPython(let_the_app_read_files, migrations.RunPython.noop),
    ]
