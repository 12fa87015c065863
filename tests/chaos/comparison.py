"""Three lists compared: what was acknowledged, what the database holds, what Slack shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.evidence import Shown, Stored
from tests.chaos.plan import Planned, Room

LOST, DOUBLED, DIFFERING, EARLY, DISORDER = "lost", "doubled", "differing", "early", "out of order"
KINDS = (LOST, DOUBLED, DIFFERING, EARLY, DISORDER)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be."""

    kind: str
    what: str


def compare(
    plan: Sequence[Planned],
    acknowledged: Iterable[Planned],
    rooms: Sequence[Room],
    stored: Stored,
    shown: Shown,
) -> Iterator[Finding]:
    """What is wrong, once everything is quiet.

    ``plan`` is all that was sent, of which ``acknowledged`` is a part: what is not in it may have
    happened, and at most once.
    """
    promised = {planned.mark for planned in acknowledged}
    for planned in plan:
        times = _times(planned, stored)
        if times is not None:
            yield from _once(planned.kind, planned.mark, times, planned.mark in promised)
    yield from _commands_are_answered(plan, stored, shown)
    yield from _messages_are_counted(plan, promised, stored)
    yield from _pins_are_as_they_were_left(plan, promised, stored)
    yield from _incidents_are_closed(plan, promised, stored)
    titles = {planned.mark for planned in plan if planned.kind == "declaration"}
    yield from _slack_shows(titles, rooms, stored, shown)
    yield from _debts_are_paid(stored)
    yield from _nothing_is_said_twice(shown)
    yield from _in_order(plan, rooms, stored, shown)
    for call in shown.early_calls:
        yield Finding(EARLY, f"{call} inside a Retry-After window")


def _once(kind: str, mark: str, times: int, promised: bool) -> Iterator[Finding]:
    if times > 1:
        yield Finding(DOUBLED, f"{kind} {mark}: {times} times in the database")
    if promised and not times:
        yield Finding(LOST, f"{kind} {mark}: not in the database")


def _times(planned: Planned, stored: Stored) -> int | None:
    """How often the database has it; None for what is not counted one by one."""
    match planned.kind:
        case "declaration":
            return stored.titles[planned.mark]
        case "edit" | "button":
            return stored.changes[planned.facts["field"], planned.mark]
        case "command":
            return stored.actions[planned.mark]
    return None


def _commands_are_answered(
    plan: Sequence[Planned], stored: Stored, shown: Shown
) -> Iterator[Finding]:
    """Of each action that was logged there is a tick and an answer, in Slack."""
    answers: Counter[str] = Counter()
    for planned in plan:
        if planned.kind != "command" or planned.room is None or not stored.actions[planned.mark]:
            continue
        answers[planned.room.channel] += 1
        if not shown.has_tick(planned.room.channel, planned.facts["ts"]):
            yield Finding(LOST, f"command {planned.mark}: no tick under it in Slack")
    for channel, number in answers.items():
        said = shown.said(channel, "Written down for")
        if said < number:
            yield Finding(LOST, f"{channel}: {said} of {number} commands were answered")
        if said > number:
            yield Finding(DOUBLED, f"{channel}: {number} commands were answered {said} times")


def _messages_are_counted(
    plan: Sequence[Planned], promised: set[str], stored: Stored
) -> Iterator[Finding]:
    sent: Counter[tuple[int, str]] = Counter()
    least: Counter[tuple[int, str]] = Counter()
    for planned in plan:
        # A command is a message too, but Slack tells of it twice, and here only of the command.
        if planned.kind == "message" and planned.room is not None:
            sent[planned.room.incident, planned.user] += 1
            least[planned.room.incident, planned.user] += planned.mark in promised
    for who, most in sent.items():
        counted = stored.messages[who]
        missing, too_many = least[who] - counted, counted - most
        for _message in range(missing):
            yield Finding(LOST, f"a message of {who}: {counted} counted, {least[who]} acknowledged")
        for _message in range(too_many):
            yield Finding(DOUBLED, f"a message of {who}: {counted} counted, {most} sent")


def _pins_are_as_they_were_left(
    plan: Sequence[Planned], promised: set[str], stored: Stored
) -> Iterator[Finding]:
    by_message: dict[str, list[Planned]] = defaultdict(list)
    for planned in plan:
        if planned.kind == "pin":
            by_message[planned.facts["ts"]].append(planned)
    for ts, pins in by_message.items():
        rows, entries = stored.pins[ts], stored.pin_entries[ts]
        if rows > 1 or entries > 1:
            yield Finding(DOUBLED, f"pin of {ts}: {rows} rows, {entries} entries")
        if rows != entries:
            yield Finding(DIFFERING, f"pin of {ts}: {rows} rows, {entries} entries")
        if all(pin.mark in promised for pin in pins):
            last = max(pins, key=lambda pin: pin.facts["event_ts"])
            if last.facts["is_pinned"] != bool(rows):
                yield Finding(LOST, f"pin of {ts}: {rows} rows after {len(pins)} events")


def _incidents_are_closed(
    plan: Sequence[Planned], promised: set[str], stored: Stored
) -> Iterator[Finding]:
    pressed = {
        planned.room.incident: False for planned in plan if planned.kind == "close" and planned.room
    }
    for planned in plan:
        if planned.kind == "close" and planned.room is not None:
            pressed[planned.room.incident] |= planned.mark in promised
    for incident, must in pressed.items():
        yield from _once("close of", str(incident), stored.closings[incident], must)


def _slack_shows(
    titles: set[str], rooms: Sequence[Room], stored: Stored, shown: Shown
) -> Iterator[Finding]:
    """One headline for each incident, and in it, the topic and the summary what is so."""
    channels = {room.incident: room.channel for room in rooms}
    for incident in stored.incidents:
        if incident.pk not in channels and incident.title not in titles:
            continue
        posts = shown.with_key(f"headline:{incident.pk}")
        if len(posts) > 1:
            yield Finding(DOUBLED, f"{len(posts)} headlines of incident {incident.pk}")
        if not posts:
            yield Finding(LOST, f"the headline of incident {incident.pk}")
        for post in posts:
            if not incident.looks_like_headline(post):
                yield Finding(DIFFERING, f"the headline of incident {incident.pk}: {post}")
        channel = channels.get(incident.pk)
        if channel is None:
            continue
        if incident.title not in shown.topics[channel]:
            yield Finding(DIFFERING, f"the topic of {channel}: {shown.topics[channel]}")
        summaries = shown.with_key(f"summary:{incident.pk}")
        if len(summaries) > 1:
            yield Finding(DOUBLED, f"{len(summaries)} pinned summaries in {channel}")
        if not any(incident.looks_like_summary(text) for text in summaries):
            yield Finding(DIFFERING, f"the pinned summary in {channel}: {summaries}")


def _debts_are_paid(stored: Stored) -> Iterator[Finding]:
    for what in stored.unpaid:
        yield Finding(LOST, what)


def _nothing_is_said_twice(shown: Shown) -> Iterator[Finding]:
    for key, number in shown.keys.items():
        # Headlines and summaries are counted above.
        if number > 1 and not key.startswith(("headline:", "summary:")):
            yield Finding(DOUBLED, f"{key}: {number} times in Slack")
    for text, number in shown.thanks.items():
        if number > 1:
            yield Finding(DOUBLED, f"thanks, {number} times: {text[:80]}")


def _overtaken(
    places: Mapping[str, float], written: Mapping[str, tuple[float, float]]
) -> Iterator[tuple[str, str]]:
    """Where one was committed before another was written, and has a later place all the same.

    Two that were written at the same time may come in any order: nobody can know of either when
    the other is taken.
    """
    known = [key for key in places if key in written]
    committed = sorted(known, key=lambda key: written[key][1])
    last: str | None = None
    for key in sorted(known, key=lambda key: written[key][0]):
        while committed and written[committed[0]][1] < written[key][0]:
            earlier = committed.pop(0)
            last = max(last or earlier, earlier, key=places.__getitem__)
        if last is not None and places[last] > places[key]:
            yield last, key


def _in_order(
    plan: Sequence[Planned], rooms: Sequence[Room], stored: Stored, shown: Shown
) -> Iterator[Finding]:
    """Messages of a channel come in the order they were owed in, commands are done in the order
    they came in, and no headline goes back to what it was."""
    for lane, sent in stored.sent.items():
        places = {key: float(ts) for key, ts in sent}
        for one, other in _overtaken(places, stored.written):
            yield Finding(DISORDER, f"{lane}: {one} was owed before {other}")
    marks = {planned.facts["key"]: planned.mark for planned in plan if planned.kind == "command"}
    for lane, keys in stored.handled_at_once.items():
        actions = {key: stored.action_order.get(marks.get(key, "")) for key in keys}
        places = {key: float(action) for key, action in actions.items() if action is not None}
        for one, other in _overtaken(places, stored.written):
            yield Finding(DISORDER, f"{lane}: {one} came before {other}, and was done after it")
    for room in rooms:
        position = {title: at for at, title in enumerate(stored.title_history[room.incident], 1)}
        seen = [position.get(title, 0) for title in shown.headline_history[room.incident]]
        for before, after in pairwise(seen):
            if before > after:
                yield Finding(DISORDER, f"the headline of incident {room.incident} went back")
