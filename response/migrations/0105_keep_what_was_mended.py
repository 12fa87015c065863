"""The repaired tables get the types and constraints that keep them in order.

Apart from the repairs, because PostgreSQL does not alter a table that was written to in the same
transaction while a constraint of it is still to be checked ("pending trigger events").
"""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("response", "0104_merge_duplicates")]

    operations = [
        migrations.AlterModelOptions(
            name="incident",
            options={"permissions": [("view_private_incident", "Can view private incidents")]},
        ),
        # Unique over a null owner enforced nothing.
        migrations.AlterUniqueTogether(name="externaluser", unique_together=set()),
        migrations.AddConstraint(
            model_name="externaluser",
            constraint=models.UniqueConstraint(
                fields=["app_id", "external_id"], name="response_one_row_a_person"
            ),
        ),
        migrations.AlterField(
            model_name="externaluser",
            name="display_name",
            field=models.CharField(max_length=255),
        ),
        migrations.AlterField(
            model_name="externaluser",
            name="full_name",
            field=models.CharField(max_length=255, null=True, blank=True),
        ),
        migrations.AlterField(
            model_name="externaluser",
            name="email",
            field=models.CharField(max_length=255, null=True, blank=True),
        ),
        migrations.AlterField(
            model_name="timelineevent",
            name="metadata",
            field=models.JSONField(
                null=True,
                blank=True,
                encoder=DjangoJSONEncoder,
                help_text="What belongs to it: who (actor), from where (source), old and new "
                "value.",
            ),
        ),
        migrations.AddIndex(
            model_name="timelineevent",
            index=models.Index(fields=["incident", "timestamp"], name="response_timeline_order"),
        ),
        migrations.AlterField(
            model_name="event",
            name="payload",
            field=models.JSONField(encoder=DjangoJSONEncoder),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["timestamp"], name="response_event_timestamp"),
        ),
        migrations.AlterField(
            model_name="commschannel",
            name="channel_id",
            field=models.CharField(max_length=20, db_index=True),
        ),
        migrations.AddField(
            model_name="headlinepost",
            name="channel_id",
            field=models.CharField(max_length=20, blank=True, default=""),
        ),
        migrations.AddConstraint(
            model_name="headlinepost",
            constraint=models.UniqueConstraint(
                fields=["incident"], name="response_one_headline_an_incident"
            ),
        ),
        migrations.AddConstraint(
            model_name="pinnedmessage",
            constraint=models.UniqueConstraint(
                fields=["incident", "message_ts"], name="response_a_message_is_pinned_once"
            ),
        ),
    ]
