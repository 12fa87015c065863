from django.db import migrations, models


class Migration(migrations.Migration):
    """The rows that wait, in the order they came: each time the next is looked for."""

    dependencies = [("response", "0119_in_trouble_since")]

    operations = [
        migrations.RemoveIndex("inbox", "response_inbox_waiting"),
        migrations.AddIndex(
            "inbox",
            models.Index(fields=["id"], condition=models.Q(state=0), name="response_inbox_queue"),
        ),
    ]
