import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("response", "0112_incident_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="WriteUp",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(blank=True, default="")),
                (
                    "revision",
                    models.PositiveIntegerField(
                        default=1, editable=False, help_text="How many times it was written."
                    ),
                ),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="write_up",
                        to="response.incident",
                    ),
                ),
            ],
        ),
    ]
