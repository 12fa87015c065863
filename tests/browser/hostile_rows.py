"""Store every hostile text wherever people can write: ``python -m tests.browser.hostile_rows``.

Run with the environment of a demo, beside its server. It writes the rows as they would lie there,
past the forms, so that nothing but the pages themselves can make them harmless. Prints the ids of
the incidents whose documents hold them all.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import django

from tests.hostile_texts import TEXTS

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 30
"""How many of them one document holds."""


def main() -> None:
    sys.path.insert(0, str(ROOT / "demo"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings"
    django.setup()
    sys.stdout.write(" ".join(str(incident_id) for incident_id in store()))


def store() -> list[int]:
    from django.utils import timezone

    from response.core.models import (
        Action,
        ExternalUser,
        Incident,
        TimelineEvent,
        WriteUp,
    )
    from response.slack.models import CommsChannel, UserStats

    now = timezone.now()
    people = ExternalUser.objects.bulk_create(
        ExternalUser(
            app_id="slack", external_id=f"UH{number}", display_name=text[:255], full_name=text[:255]
        )
        for number, text in enumerate(TEXTS)
    )
    Incident.objects.bulk_create(
        Incident(
            report=text[:200],
            lead=person,
            reporter=person,
            severity=str(number % 4 + 1),
            end_time=now if number % 2 else None,
            start_time=now - timedelta(hours=1),
        )
        for number, (text, person) in enumerate(zip(TEXTS, people, strict=True))
    )
    documents = []
    for start in range(0, len(TEXTS), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        texts, theirs = TEXTS[some], people[some]
        together = "\n\n".join(texts)
        incident = Incident(
            report=texts[0][:200],
            summary=together,
            impact="\n\n".join(texts[::2]),
            lead=theirs[0],
            reporter=theirs[-1],
            start_time=now - timedelta(hours=1),
            end_time=now,
        )
        Incident.objects.bulk_create([incident])
        documents.append(incident.pk)
        WriteUp.objects.create(incident=incident, text=f"## {texts[0]}\n\n{together}")
        CommsChannel.objects.create(
            incident=incident, channel_id=texts[1][:20], channel_name=texts[2][:80]
        )
        Action.objects.bulk_create(
            Action(
                incident=incident,
                details=text,
                user=person,
                priority=text[:10],
                type=text[-10:],
                created_date=now,
            )
            for text, person in zip(texts, theirs, strict=True)
        )
        UserStats.objects.bulk_create(
            UserStats(incident=incident, user=person, message_count=number + 1)
            for number, person in enumerate(theirs)
        )
        TimelineEvent.objects.bulk_create(
            TimelineEvent(
                incident=incident,
                text=text,
                timestamp=now,
                event_type=kind,
                metadata={
                    "actor": {"kind": "slack", "id": text, "name": text},
                    "author": {"display_name": text},
                    "source": text,
                    "permalink": f"https://x.example/{text}",
                    "edited": text,
                },
            )
            for text, kind in zip(
                texts, cycle(["text", "slack_pin", "a host's <b>own"]), strict=False
            )
        )
    return documents


if __name__ == "__main__":
    main()
