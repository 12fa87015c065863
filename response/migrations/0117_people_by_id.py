from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("response", "0116_find_what_nobody_has_seen"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="externaluser",
            index=models.Index(fields=["external_id"], name="response_person_id"),
        ),
    ]
