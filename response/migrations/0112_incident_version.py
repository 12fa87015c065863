from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("response", "0111_place_feed_and_index_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="version",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="How many times something of it changed that its document shows.",
            ),
        ),
    ]
