"""The workspace as it is on the first day."""

from __future__ import annotations

import time

from .models import Channel, Membership, Person, Shortcut, UserGroup, Workspace
from .router import ALIAS

BOT = "U00INCIDENT"
SLACKBOT = "USLACKBOT"

PEOPLE = [
    ("U01ANA", "ana", "Ana Oliveira", "Support engineer", ""),
    ("U02BEN", "ben", "Ben Okafor", "Payments engineer", ""),
    ("U03CHLOE", "chloe", "Chloe Martin", "Engineering manager", ""),
    ("U04DEV", "dev", "Dev Sharma", "Site reliability engineer", ""),
    (BOT, "incident", "Incident", "Declares and runs incidents", "B00INCIDENT"),
    (SLACKBOT, "slackbot", "Slackbot", "The workspace itself", ""),
]

CHANNELS = [
    ("C01GENERAL", "general", "Everybody, everything", False),
    ("C02INCIDENTS", "incidents", "Incidents that are happening now", True),
    ("C03REPORTS", "reports", "Incidents written up afterwards", True),
]


# What the app's manifest would add to every message's menu.
SHORTCUTS = [
    ("declare-incident", "Declare an incident"),
    ("add-to-timeline", "Add to timeline"),
]


def fill() -> None:
    """Write the first day's rows into an empty database."""
    Workspace.objects.using(ALIAS).create(pk=1)
    people = {
        user_id: Person.objects.using(ALIAS).create(
            user_id=user_id,
            handle=handle,
            full_name=full_name,
            title=title,
            email="" if bot_id or user_id == SLACKBOT else f"{handle}@example.com",
            bot_id=bot_id,
        )
        for user_id, handle, full_name, title, bot_id in PEOPLE
    }
    humans = [people[row[0]] for row in PEOPLE[:4]]
    for channel_id, name, purpose, bot_is_in in CHANNELS:
        channel = Channel.objects.using(ALIAS).create(
            channel_id=channel_id,
            name=name,
            purpose=purpose,
            creator=people["U03CHLOE"],
            created=int(time.time()),
        )
        for person in [*humans, *([people[BOT]] if bot_is_in else [])]:
            Membership.objects.using(ALIAS).create(channel=channel, person=person)
    on_call = UserGroup.objects.using(ALIAS).create(
        group_id="S01ONCALL", handle="oncall", name="On call", description="Who carries the pager"
    )
    on_call.people.set([people["U02BEN"], people["U04DEV"]])
    for callback_id, name in SHORTCUTS:
        Shortcut.objects.using(ALIAS).create(callback_id=callback_id, name=name)


def start_over() -> None:
    """Empty the workspace and fill it again. Call it inside a transaction."""
    from django.apps import apps

    revision = Workspace.objects.values_list("revision", flat=True).first() or 0
    ours = apps.get_app_config("workspace").get_models(include_auto_created=True)
    for model in ours:
        model._default_manager.using(ALIAS).all()._raw_delete(ALIAS)
    fill()
    # The revision goes on growing, so that pages notice.
    Workspace.objects.update(revision=revision + 1)
