"""The tables as django-incident-response 0.5.1 left them, at its migration 0016.

A database of the predecessor has a row for this name and is taken up from here; a new one starts
here and goes the same way. Only columns, keys and constraints are theirs; what only Python sees
(choices, defaults, help texts) is ours.
"""

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def number() -> tuple[str, models.AutoField]:
    return (
        "id",
        models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="ExternalUser",
            fields=[
                number(),
                ("app_id", models.CharField(max_length=50)),
                ("external_id", models.CharField(max_length=50)),
                ("display_name", models.CharField(max_length=50)),
                ("full_name", models.CharField(max_length=50, null=True, blank=True)),
                ("email", models.CharField(max_length=100, null=True, blank=True)),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        blank=True,
                        on_delete=models.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"unique_together": {("owner", "app_id", "external_id")}},
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                number(),
                ("report", models.CharField("title", max_length=200)),
                ("report_time", models.DateTimeField("declared", default=timezone.now)),
                ("report_only", models.BooleanField(default=False)),
                ("private", models.BooleanField(default=False)),
                ("start_time", models.DateTimeField("started", default=timezone.now)),
                ("end_time", models.DateTimeField("ended", null=True, blank=True)),
                ("summary", models.TextField(null=True, blank=True)),
                ("impact", models.TextField(null=True, blank=True)),
                (
                    "severity",
                    models.CharField(
                        max_length=10,
                        null=True,
                        blank=True,
                        choices=[
                            ("1", "critical"),
                            ("2", "major"),
                            ("3", "minor"),
                            ("4", "trivial"),
                        ],
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        null=True,
                        blank=True,
                        on_delete=models.PROTECT,
                        related_name="lead",
                        to="response.externaluser",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        null=True,
                        blank=True,
                        on_delete=models.PROTECT,
                        related_name="reporter",
                        to="response.externaluser",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Action",
            fields=[
                number(),
                ("created_date", models.DateTimeField(auto_now_add=True, null=True)),
                ("details", models.TextField(blank=True, default="")),
                ("done", models.BooleanField(default=False)),
                ("done_date", models.DateTimeField(null=True, blank=True)),
                ("due_date", models.DateTimeField(null=True, blank=True)),
                (
                    "priority",
                    models.CharField(
                        max_length=10,
                        null=True,
                        blank=True,
                        choices=[("1", "high"), ("2", "medium"), ("3", "low")],
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        max_length=10,
                        null=True,
                        blank=True,
                        choices=[
                            ("1", "detective"),
                            ("2", "preventative"),
                            ("3", "corrective"),
                        ],
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.CASCADE, to="response.incident"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        verbose_name="owner",
                        on_delete=models.CASCADE,
                        to="response.externaluser",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TimelineEvent",
            fields=[
                number(),
                (
                    "timestamp",
                    models.DateTimeField(default=timezone.now, help_text="When it happened."),
                ),
                ("text", models.TextField(help_text="What happened.")),
                (
                    "event_type",
                    models.CharField(
                        max_length=30,
                        choices=[
                            ("text", "written by a person"),
                            ("slack_pin", "a message pinned in Slack"),
                            ("incident_update", "a change of the incident"),
                        ],
                        default="text",
                        help_text="What kind of entry this is.",
                    ),
                ),
                ("metadata", models.TextField(null=True, blank=True)),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.CASCADE, to="response.incident"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                number(),
                ("timestamp", models.DateTimeField(default=timezone.now)),
                (
                    "event_type",
                    models.CharField(
                        max_length=50,
                        choices=[("action_event", "action"), ("incident_event", "incident")],
                    ),
                ),
                ("payload", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="CommsChannel",
            fields=[
                number(),
                ("channel_id", models.CharField(max_length=20)),
                ("channel_name", models.CharField(max_length=80)),
                (
                    "incident",
                    models.OneToOneField(on_delete=models.CASCADE, to="response.incident"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HeadlinePost",
            fields=[
                number(),
                ("message_ts", models.CharField(max_length=20, null=True, blank=True)),
                (
                    "comms_channel",
                    models.OneToOneField(
                        null=True,
                        blank=True,
                        on_delete=models.DO_NOTHING,
                        to="response.commschannel",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.CASCADE, to="response.incident"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                number(),
                ("key", models.CharField(max_length=30)),
                ("time", models.DateTimeField()),
                ("repeat_count", models.IntegerField(default=0)),
                ("completed", models.BooleanField(default=False)),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.CASCADE, to="response.incident"),
                ),
            ],
            options={"unique_together": {("incident", "key")}},
        ),
        migrations.CreateModel(
            name="PinnedMessage",
            fields=[
                number(),
                ("message_ts", models.CharField(max_length=50)),
                ("text", models.TextField()),
                ("timestamp", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(on_delete=models.PROTECT, to="response.externaluser"),
                ),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.CASCADE, to="response.incident"),
                ),
                (
                    "timeline_event",
                    models.ForeignKey(
                        null=True, on_delete=models.CASCADE, to="response.timelineevent"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UserStats",
            fields=[
                number(),
                ("join_time", models.DateTimeField(null=True)),
                ("message_count", models.IntegerField(default=0)),
                (
                    "incident",
                    models.ForeignKey(on_delete=models.CASCADE, to="response.incident"),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=models.CASCADE, to="response.externaluser"),
                ),
            ],
            options={
                "unique_together": {("incident", "user")},
                "verbose_name_plural": "user stats",
            },
        ),
    ]
