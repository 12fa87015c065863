"""How fast the work behind the answers is done, in one thread of one process, as each process of a
site does it. Printed as JSON, for whoever started this in a process of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict

from django.db.models import F

from response.background import work
from response.core.models import Incident
from response.delivery import inbox, lanes
from response.delivery.models import Inbox, Mirror, OutboxMessage
from response.slack import dispatch, wants
from response.slack.payloads import ChannelEvent
from response.testing import payloads
from tests.bench.jobs import CHANNEL, SPEAKERS

MESSAGES = 4000
COMMANDS = 200
DEBTS = 200
LANES = 10
KEY = "drained:"


def main() -> None:
    """Do each kind, one after the other; print how many there were and how long they took."""
    work.relax_sqlite()  # as the thread does that handles
    kinds = (
        ("messages counted", _store_messages, inbox.handle_next),
        ("commands handled", _store_commands, inbox.handle_next),
        ("posts paid", _owe_posts, lanes.pay_next),
        ("headlines paid", _want_headlines, lanes.pay_next),
    )
    drained = {}
    for name, store, piece in kinds:
        number = store()
        began = time.perf_counter()
        _do_all(piece)
        drained[name] = number / (time.perf_counter() - began)
        _do_all(lambda: inbox.handle_next() or lanes.pay_next())
    _nothing_is_left()
    print(json.dumps(drained))  # noqa: T201


def _do_all(piece: Callable[[], bool]) -> None:
    while piece():
        pass


def _nothing_is_left() -> None:
    left = (
        Inbox.objects.exclude(state=Inbox.State.DONE),
        OutboxMessage.objects.filter(key__startswith=KEY).exclude(state=OutboxMessage.State.SENT),
        Mirror.objects.exclude(have=F("want")),
    )
    if found := [str(row) for rows in left for row in rows[:3]]:
        raise RuntimeError(f"Not done: {found}")


def _store_messages() -> int:
    Inbox.objects.bulk_create(
        Inbox(
            key=f"count:Drained{number}",
            kind=dispatch.MESSAGE,
            lane=SPEAKERS[number % len(SPEAKERS)][1],
            payload={"user": SPEAKERS[number % len(SPEAKERS)][0], "ts": payloads.new_ts()},
        )
        for number in range(MESSAGES)
    )
    return MESSAGES


def _store_commands() -> int:
    requests = [
        payloads.app_mention(f"severity {'minor' if number % 2 else 'major'}", channel=CHANNEL)
        for number in range(COMMANDS)
    ]
    Inbox.objects.bulk_create(
        Inbox(
            key=f"event:{event.event_id}",
            kind=dispatch.EVENT,
            lane=event.channel_id,
            payload=asdict(event),
        )
        for event in (ChannelEvent.of(request.data) for request in requests)
    )
    return COMMANDS


def _owe_posts() -> int:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            key=f"{KEY}{number}",
            lane=(channel := f"CCOUNT{number % LANES}"),
            method="chat.postMessage",
            body={"channel": channel, "text": f"Number {number}"},
        )
        for number in range(DEBTS)
    )
    return DEBTS


def _want_headlines() -> int:
    incidents = list(Incident.objects.filter(end_time=None).order_by("-pk")[:DEBTS])
    for incident in incidents:
        wants.headline(incident)
    return len(incidents)
