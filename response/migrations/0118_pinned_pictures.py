import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("response", "0117_people_by_id"),
    ]

    operations = [
        migrations.CreateModel(
            name="PinnedPicture",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_id", models.CharField(help_text="Slack's id of the file.", max_length=40)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("alt_text", models.TextField(blank=True, default="")),
                (
                    "link",
                    models.TextField(
                        blank=True, default="", help_text="Where it is in Slack, for people."
                    ),
                ),
                (
                    "width",
                    models.PositiveIntegerField(default=0, help_text="In pixels; 0 is not known."),
                ),
                (
                    "height",
                    models.PositiveIntegerField(default=0, help_text="In pixels; 0 is not known."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "to be fetched"),
                            ("kept", "kept here"),
                            ("failed", "not to be had"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                ("content_type", models.CharField(blank=True, default="", max_length=40)),
                (
                    "size",
                    models.PositiveIntegerField(default=0, help_text="Of the copy, in bytes."),
                ),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
                ("content", models.BinaryField(null=True)),
                (
                    "pinned_message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pictures",
                        to="response.pinnedmessage",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pinned_message", "file_id"), name="response_a_picture_is_kept_once"
                    )
                ],
            },
        ),
    ]
