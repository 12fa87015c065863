"""The rows that the jobs meet, the same in every run."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from response.core.models import Action, Event, ExternalUser, FeedEnd, Incident, TimelineEvent
from response.core.serializers import IncidentSnapshotSerializer
from response.slack.models import CommsChannel, UserStats
from response.testing import payloads
from tests.bench.jobs import (
    CHANNEL,
    FEED_AFTER,
    FIRST_PRESSED,
    INCIDENT,
    MOST_PRESSED,
    SESSION,
    SPEAKERS,
)

INCIDENTS = 200
MANY_INCIDENTS = 10_000
ENTRIES = 200
ACTIONS = 10
PEOPLE = (payloads.ANA, payloads.BEN, payloads.CHLOE, payloads.DAN)

SENTENCES = (
    "Rolled back the deploy of 14:05, error rate falls",
    "<@U0000000BEN> looks at the *connection pool*, it is full :fire:",
    "Dashboard: <https://status.example/d/checkout|checkout> & payments",
    "Asked <#CGENERAL|general> whether anyone changed `max_connections`",
    "Latency is < 200 ms again :tada:",
    "1. drain the queue\n2. restart the workers\n3. look again in ten minutes",
)


def fill() -> None:
    """Write them into an empty, migrated database."""
    chance = random.Random(20261123)  # noqa: S311
    people = ExternalUser.objects.bulk_create(
        ExternalUser(app_id="slack", external_id=user, display_name=name, full_name=name)
        for user, name in zip(PEOPLE, ("Ana", "Ben", "Chloe", "Dan"), strict=True)
    )
    # Past bulk_create(), which neither tells Slack nor writes a timeline.
    incidents = Incident.objects.bulk_create(
        _incident(number, people, chance) for number in range(INCIDENTS)
    )
    busy = incidents[0]
    if busy.pk != INCIDENT:
        raise RuntimeError("The database was not empty.")
    CommsChannel.objects.create(incident=busy, channel_id=CHANNEL, channel_name="inc-bench")
    _document(busy, people, chance)
    _sign_in()


def fill_for_programs(incidents: int = MANY_INCIDENTS, entries: int = FEED_AFTER + 200) -> None:
    """Write what programs read, beside what ``fill`` wrote: incidents with a channel and two
    actions each, and a long change feed, of which every entry has its place."""
    chance = random.Random(20261124)  # noqa: S311
    people = list(ExternalUser.objects.order_by("pk"))
    made = Incident.objects.bulk_create(
        (_incident(number, people, chance) for number in range(incidents)), batch_size=1000
    )
    CommsChannel.objects.bulk_create(
        (
            CommsChannel(incident=one, channel_id=f"CMANY{one.pk}", channel_name=f"inc-{one.pk}")
            for one in made
        ),
        batch_size=1000,
    )
    Action.objects.bulk_create(
        (
            Action(incident=one, details=chance.choice(SENTENCES), user=chance.choice(people))
            for one in made
            for _ in range(2)
        ),
        batch_size=1000,
    )
    Event.objects.all().delete()
    snapshots = [IncidentSnapshotSerializer(one).data for one in made[:50]]
    Event.objects.bulk_create(
        (
            Event(
                event_type=Event.Kind.INCIDENT,
                payload=snapshots[place % len(snapshots)],
                incident=made[place % len(snapshots)],
                position=place,
            )
            for place in range(1, entries + 1)
        ),
        batch_size=1000,
    )
    FeedEnd.objects.update_or_create(pk=1, defaults={"position": entries})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def fill_for_load() -> None:
    """Write, beside what ``fill`` wrote, live incidents with a channel in which everybody of
    SPEAKERS has their say, and those whose buttons are pressed."""
    chance = random.Random(20261128)  # noqa: S311
    people = list(ExternalUser.objects.order_by("pk"))
    ExternalUser.objects.bulk_create(
        ExternalUser(app_id="slack", external_id=user, display_name=user, full_name=user)
        for user in dict.fromkeys(user for user, _channel in SPEAKERS)
    )
    channels = list(dict.fromkeys(channel for _user, channel in SPEAKERS))
    talked_of = Incident.objects.bulk_create(_live(number, people, chance) for number in range(10))
    CommsChannel.objects.bulk_create(
        CommsChannel(incident=one, channel_id=channel, channel_name=channel.lower())
        for one, channel in zip(talked_of, channels, strict=True)
    )
    pressed = [_live(number, people, chance) for number in range(MOST_PRESSED)]
    for pk, one in enumerate(pressed, FIRST_PRESSED):
        one.pk = pk
    Incident.objects.bulk_create(pressed)


def _live(number: int, people: list[ExternalUser], chance: random.Random) -> Incident:
    made = _incident(number, people, chance)
    made.end_time = None
    return made


def _incident(number: int, people: list[ExternalUser], chance: random.Random) -> Incident:
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * number)
    return Incident(
        report=f"Incident {number}: {chance.choice(SENTENCES)}"[:200],
        reporter=chance.choice(people),
        lead=chance.choice(people),
        report_time=_stored(began),
        start_time=_stored(began),
        # A few are live; all have what reminders would ask for.
        end_time=None if number % 40 == 0 else _stored(began + timedelta(minutes=number % 300)),
        summary="\n\n".join(chance.choices(SENTENCES, k=4)),
        impact=chance.choice(SENTENCES),
        severity=chance.choice("1234"),
    )


def _document(incident: Incident, people: list[ExternalUser], chance: random.Random) -> None:
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            incident=incident,
            timestamp=incident.start_time + timedelta(minutes=7 * number),
            text=chance.choice(SENTENCES),
            event_type="slack_pin" if number % 3 else "incident_update",
            metadata={"author": _as_metadata(chance.choice(people))},
        )
        for number in range(ENTRIES)
    )
    Action.objects.bulk_create(
        Action(incident=incident, details=chance.choice(SENTENCES), user=chance.choice(people))
        for _ in range(ACTIONS)
    )
    UserStats.objects.bulk_create(
        UserStats(
            incident=incident,
            user=person,
            join_time=incident.start_time,
            message_count=chance.randint(1, 90),
        )
        for person in people
    )


def _as_metadata(person: ExternalUser) -> dict[str, Any]:
    return {"app_id": "slack", "external_id": person.external_id, "name": person.display_name}


def _stored(instant: datetime) -> datetime:
    return instant if settings.USE_TZ else timezone.make_naive(instant, UTC)


def _sign_in() -> None:
    """A reader without any permission, signed in under the session that the jobs send."""
    reader = get_user_model().objects.create_user("reader")
    content = {
        SESSION_KEY: str(reader.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: reader.get_session_auth_hash(),
    }
    Session.objects.save(SESSION, content, timezone.now() + timedelta(days=1))
