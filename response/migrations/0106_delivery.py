"""What delivery keeps: the inbox, and what Slack is owed."""

import django.core.serializers.json
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("response", "0105_keep_what_was_mended"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("holder", models.CharField(blank=True, default="", max_length=80)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Pause",
            fields=[
                ("scope", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Inbox",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255, unique=True)),
                ("kind", models.CharField(max_length=20)),
                ("lane", models.CharField(blank=True, default="", max_length=40)),
                (
                    "payload",
                    models.JSONField(
                        blank=True,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        null=True,
                    ),
                ),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.IntegerField(
                        choices=[(0, "waiting"), (1, "done"), (2, "given up")], default=0
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claimed_by", models.CharField(blank=True, default="", max_length=80)),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                (
                    "finished",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="The handlers that are done with it, where others still "
                        "have to try again.",
                    ),
                ),
                ("error", models.TextField(blank=True, default="")),
            ],
            options={
                "verbose_name": "request from Slack",
                "verbose_name_plural": "inbox: requests from Slack",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", 0)),
                        fields=["kind", "lane", "id"],
                        name="response_inbox_waiting",
                    ),
                    models.Index(fields=["received_at"], name="response_inbox_received"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mirror",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lane", models.CharField(max_length=80)),
                ("attempts", models.IntegerField(default=0)),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                (
                    "begun_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Set before Slack is asked and cleared once its "
                        "answer is noted: in between, nobody knows whether Slack did it.",
                        null=True,
                    ),
                ),
                (
                    "doubt_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until when Slack may still do what was begun.",
                        null=True,
                    ),
                ),
                (
                    "error",
                    models.TextField(blank=True, default="", help_text="Why it is not paid yet."),
                ),
                ("kind", models.CharField(max_length=30)),
                ("object_id", models.IntegerField()),
                ("want", models.IntegerField(default=1)),
                ("have", models.IntegerField(default=0)),
                (
                    "stuck",
                    models.BooleanField(
                        default=False,
                        help_text="Slack refused it for good; only a person sends it again.",
                    ),
                ),
                ("shown", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "verbose_name": "object kept up to date in Slack",
                "verbose_name_plural": "mirrors: objects kept up to date in Slack",
                "indexes": [
                    models.Index(
                        condition=models.Q(("stuck", False), ("want__gt", models.F("have"))),
                        fields=["lane"],
                        name="response_mirror_behind",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "object_id"), name="response_one_mirror"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                (
                    "id",
                    models.AutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lane", models.CharField(max_length=80)),
                ("attempts", models.IntegerField(default=0)),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                (
                    "begun_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Set before Slack is asked and cleared once its "
                        "answer is noted: in between, nobody knows whether Slack did it.",
                        null=True,
                    ),
                ),
                (
                    "doubt_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until when Slack may still do what was begun.",
                        null=True,
                    ),
                ),
                (
                    "error",
                    models.TextField(blank=True, default="", help_text="Why it is not paid yet."),
                ),
                ("key", models.CharField(max_length=255, unique=True)),
                ("method", models.CharField(max_length=60)),
                ("body", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                (
                    "in_doubt",
                    models.CharField(
                        choices=[
                            ("repeat", "doing it twice is doing it once"),
                            ("look", "look for it in Slack, and repeat it if it is not there"),
                            ("drop", "rather never than twice"),
                        ],
                        default="look",
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.IntegerField(
                        choices=[(0, "waiting"), (1, "sent"), (2, "given up")], default=0
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_ts", models.CharField(blank=True, default="", max_length=50)),
            ],
            options={
                "verbose_name": "message owed to Slack",
                "verbose_name_plural": "outbox: messages owed to Slack",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", 0)),
                        fields=["lane", "id"],
                        name="response_outbox_waiting",
                    ),
                    models.Index(fields=["created_at"], name="response_outbox_created"),
                ],
            },
        ),
    ]
