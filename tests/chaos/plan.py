"""What people do in Slack, planned: unique requests, some of them delivered again, in disorder.

The plan follows from its seed alone, so that a run that found something can be run again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from response.slack.modals import fingerprint
from response.testing import FakeSlack, payloads
from response.testing.payloads import BEN, chosen, person, typed
from response.testing.signing import Request

#: Who talks in the channels.
PEOPLE = [f"UTALKS{number:04d}" for number in range(8)]

# How often each kind of request comes, in a hundred.
SHARES = {
    "message": 46,
    "command": 16,
    "edit": 12,
    "pin": 10,
    "declaration": 8,
    "button": 8,
}

# So many of a hundred are delivered again, up to three times, within so many seconds.
REPEATED = 20
LATEST_REPEAT = 1.5
# A request may overtake those of so many seconds before.
DISORDER = 0.3


@dataclass(frozen=True)
class Room:
    """An incident that is worked on, and its comms channel."""

    incident: int
    channel: str


@dataclass(frozen=True)
class Planned:
    """One request, the moments (seconds from the start) at which it is delivered, and what must
    come of it: ``mark`` is found in nothing else."""

    kind: str
    mark: str
    request: Request
    moments: tuple[float, ...]
    user: str = ""
    room: Room | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Plan:
    """The requests of one row of the table."""

    def __init__(self, name: str, seed: int, slack: FakeSlack, rooms: Sequence[Room]) -> None:
        self._name = name
        self._slack = slack
        self._rooms = rooms
        self._chance = random.Random(f"{seed} {name}")  # noqa: S311 - no secret
        self._number = 0
        self._event_ts = 1_720_000_000.0
        self._pinned: list[tuple[Room, str, list[Planned]]] = []

    def requests(self, rate: float, seconds: float) -> list[Planned]:
        """So many a second for so long."""
        kinds = list(SHARES)
        number = max(int(rate * seconds), 1)
        chosen_kinds = self._chance.choices(kinds, weights=list(SHARES.values()), k=number)
        return [
            self._made(kind, at=position / rate + self._chance.uniform(0, DISORDER))
            for position, kind in enumerate(chosen_kinds)
        ]

    def edits(self, number: int, rate: float) -> list[Planned]:
        """So many changes, so many a second, each delivered once."""
        return [self._edit((position / rate,)) for position in range(number)]

    def closing(self) -> list[Planned]:
        """Two people press Close for each incident, and nobody repeats anything."""
        return [
            self._planned(
                "close",
                payloads.block_action(
                    "close-incident-button", str(room.incident), user=user, channel=room.channel
                ),
                moments=(0.0,),
                user=user,
                room=room,
            )
            for room in self._rooms
            for user in PEOPLE[:2]
        ]

    def _made(self, kind: str, at: float) -> Planned:
        make: Callable[[tuple[float, ...]], Planned] = getattr(self, f"_{kind}")
        return make(self._moments(at))

    def _moments(self, at: float) -> tuple[float, ...]:
        moments = [at]
        if self._chance.randrange(100) < REPEATED:
            moments += [
                at + self._chance.uniform(0, LATEST_REPEAT)
                for _again in range(self._chance.randint(1, 3))
            ]
        return tuple(moments)

    def _planned(self, kind: str, request: Request, **about: Any) -> Planned:
        mark = about.pop("mark", None) or self.mark()
        return Planned(kind, mark, request, **about)

    def mark(self) -> str:
        """A text that is found nowhere else."""
        self._number += 1
        # No two are like each other, for those who compare titles; no digits stand alone.
        return f"{self._name}x{self._number:05d}x{self._chance.getrandbits(48):012x}"

    def _message(self, moments: tuple[float, ...]) -> Planned:
        room, user = self._chance.choice(self._rooms), self._chance.choice(PEOPLE)
        request = payloads.message("So what", user=user, channel=room.channel)
        return self._planned("message", request, moments=moments, user=user, room=room)

    def _command(self, moments: tuple[float, ...]) -> Planned:
        room, mark = self._chance.choice(self._rooms), self.mark()
        user = self._chance.choice(PEOPLE)
        ts = self._slack.say(room.channel, "@incident action …", user=user)
        request = payloads.app_mention(
            f"action <@{BEN}> {mark}", user=user, channel=room.channel, ts=ts
        )
        key = f"event:{request.data['event_id']}"
        facts = {"ts": ts, "key": key}
        about = {"user": user, "room": room, "facts": facts}
        return self._planned("command", request, mark=mark, moments=moments, **about)

    def _edit(self, moments: tuple[float, ...]) -> Planned:
        room, mark = self._chance.choice(self._rooms), self.mark()
        field_name = self._chance.choice(["report", "report", "summary", "impact"])
        request = payloads.view_submission(
            "incident-edit-dialog",
            {**_FORM, field_name: typed(mark)},
            user=self._chance.choice(PEOPLE),
            private_metadata=json.dumps({"incident": room.incident, "shown": _shown(field_name)}),
        )
        facts = {"field": field_name}
        return self._planned("edit", request, mark=mark, moments=moments, room=room, facts=facts)

    def _declaration(self, moments: tuple[float, ...]) -> Planned:
        mark = self.mark()
        return self.declaration(mark, self._chance.choice(PEOPLE), moments)

    def declaration(self, title: str, user: str, moments: tuple[float, ...] = (0.0,)) -> Planned:
        """Somebody declares an incident, and has seen that there are others."""
        latest = max((room.incident for room in self._rooms), default=0)
        seen = list(range(max(latest - 100, 1), latest + 1000))
        request = payloads.view_submission(
            "incident-report-dialog",
            {**_FORM, "report": typed(title)},
            user=user,
            private_metadata=json.dumps({"channel": payloads.GENERAL, "seen": seen}),
        )
        return self._planned("declaration", request, mark=title, moments=moments, user=user)

    def _button(self, moments: tuple[float, ...]) -> Planned:
        room, mark = self._chance.choice(self._rooms), self.mark()
        # A person of their own, to whom what they are told can be traced back.
        user = f"UPRESS{self._number:05d}{self._name.upper()}"[:20]
        self._slack.add_user(user, user.lower())
        self._slack.channels[room.channel].members.append(user)
        request = payloads.block_action(
            "set-new-summary-action", json.dumps({"text": mark}), user=user, channel=room.channel
        )
        about = {"user": user, "room": room, "facts": {"field": "summary"}}
        return self._planned("button", request, mark=mark, moments=moments, **about)

    def _pin(self, moments: tuple[float, ...]) -> Planned:
        """A message is pinned, or an earlier one of them unpinned or pinned once more."""
        if self._pinned and self._chance.randrange(2):
            room, ts, earlier = self._chance.choice(self._pinned)
        else:
            room = self._chance.choice(self._rooms)
            ts, earlier = self._slack.say(room.channel, "Look at this"), []
            self._pinned.append((room, ts, earlier))
        make = payloads.pin_removed if len(earlier) % 2 else payloads.pin_added
        self._event_ts += 1
        event_ts = f"{self._event_ts:.6f}"
        request = make("Look at this", message_ts=ts, channel=room.channel, event_ts=event_ts)
        facts = {"ts": ts, "event_ts": event_ts, "is_pinned": len(earlier) % 2 == 0}
        planned = self._planned("pin", request, moments=moments, room=room, facts=facts)
        earlier.append(planned)
        return planned


_FORM = {
    "report": typed("As it was"),
    "summary": typed(None),
    "impact": typed(None),
    "lead": person(None),
    "severity": chosen("2"),
}


def _shown(changed: str) -> dict[str, str]:
    """What the form showed, by which it is known that only one field was changed."""
    shown = {"report": "As it was", "summary": "", "impact": "", "lead": "", "severity": "2"}
    return {name: fingerprint(text) for name, text in shown.items() if name != changed}
