from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("response", "0118_pinned_pictures")]

    operations = [
        migrations.AddField(
            "inbox",
            "in_trouble_since",
            models.DateTimeField(
                blank=True,
                help_text="When the database first did not take what it leads to.",
                null=True,
            ),
        ),
    ]
