"""Years of incidents as django-incident-response 0.5.1 kept them, and what they have to become.

Both are made from the same numbers, by rules that are written down here and nowhere else: what is
expected is not worked out by what it is compared with. Every fault that the predecessor is known
for comes again and again, each at a step of its own, so that they meet in every combination.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from tests.core.predecessor_rows import at

Row = tuple[Any, ...]

# Each person is known by their id, and has up to three rows: unique over a null owner let them in.
PEOPLE = 300

COLUMNS = {
    "externaluser": ("id", "app_id", "external_id", "display_name", "full_name", "email"),
    "incident": (
        *("id", "report", "reporter_id", "report_time", "report_only", "private"),
        *("start_time", "end_time", "summary", "impact", "lead_id", "severity"),
    ),
    "action": ("id", "incident_id", "user_id", "details", "done", "created_date"),
    "commschannel": ("id", "incident_id", "channel_id", "channel_name"),
    "headlinepost": ("id", "incident_id", "message_ts", "comms_channel_id"),
    "timelineevent": ("id", "incident_id", "timestamp", "text", "event_type", "metadata"),
    "pinnedmessage": (
        *("id", "incident_id", "author_id", "message_ts", "text", "timestamp"),
        "timeline_event_id",
    ),
    "userstats": ("id", "incident_id", "user_id", "join_time", "message_count"),
    "event": ("id", "timestamp", "event_type", "payload"),
    "notification": ("id", "incident_id", "key", "time", "repeat_count", "completed"),
}


class Years:
    """``before`` and ``after`` have the rows of each table, in the order of COLUMNS and of the
    ids. ``after`` has JSON as objects."""

    def __init__(self, incidents: int, *, longest_name: int) -> None:
        self.before: dict[str, list[Row]] = defaultdict(list)
        self.after: dict[str, list[Row]] = defaultdict(list)
        self._ids: Counter[str] = Counter()
        self._longest_name = longest_name
        # The row of a person that is kept, by the id of each of their rows.
        self._kept: dict[int, int] = {}
        self._rows_of_people = self._people()
        for number in range(1, incidents + 1):
            self._incident(number)

    def fill(self, connection: BaseDatabaseWrapper) -> None:
        """Write what there was, past every model."""
        quote = connection.ops.quote_name
        for table, columns in COLUMNS.items():
            names = ", ".join(quote(column) for column in columns)
            marks = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {quote('response_' + table)} ({names}) VALUES ({marks})"  # noqa: S608
            with connection.cursor() as cursor:
                cursor.executemany(statement, [_adapted(connection, r) for r in self.before[table]])

    # People

    def _people(self) -> list[list[int]]:
        """The ids of each person's rows. The one that knows most is kept, and learns the rest."""
        rows = []
        for number in range(PEOPLE):
            name = f"person-{number}".ljust(self._longest_name if number % 7 == 0 else 0, "-")
            external_id, address = f"U{number:08}", f"person-{number}@example.com"
            own = [self._person(external_id, name)]
            if number % 2 == 0:
                own.append(self._person(external_id, "", full_name=f"Person & {number}"))
            if number % 3 == 0:
                own.append(self._person(external_id, "third", email=address))
            kept = own[0] if len(own) == 1 else own[1]
            self._kept.update(dict.fromkeys(own, kept))
            shown = {
                # The kept row's own name, else that of the first that has one.
                (True, True): name, (True, False): name, (False, True): "third",
                (False, False): name,
            }[number % 2 == 0, number % 3 == 0]  # fmt: skip
            full_name = f"Person & {number}" if number % 2 == 0 else None
            email = address if number % 3 == 0 else None
            self.after["externaluser"].append((kept, "slack", external_id, shown, full_name, email))
            rows.append(own)
        self.after["externaluser"].sort()
        return rows

    def _person(self, external_id: str, name: str, **more: str) -> int:
        values = ("slack", external_id, name, more.get("full_name"), more.get("email"))
        return self._was("externaluser", *values)

    def _one_of(self, number: int) -> int:
        rows = self._rows_of_people[number % PEOPLE]
        return rows[number // PEOPLE % len(rows)]

    # Everything else

    def _incident(self, number: int) -> None:
        reporter, lead = self._one_of(number), self._one_of(number * 7)
        lead_or_none = lead if number % 4 else None
        when, end = at(number), at(number + 60) if number % 3 else None
        # Not a choice, and as long as the column.
        severity = "disastrous" if number % 97 == 0 else [None, "1", "2", "3", "4"][number % 5]
        flags = (number % 11 == 0, number % 13 == 0)
        report, summary, impact = f"A &amp; B {number}", f"&lt;@U1&gt;\n{number} &lt; 5", None
        plain = (f"A & B {number}", f"<@U1>\n{number} < 5", None)
        if number % 6 == 0:
            # Typed by a person, and escaped once; or not an escape of theirs at all.
            impact, plain = f"&amp;lt; and&nbsp;{number}", (*plain[:2], f"&lt; and&nbsp;{number}")
        head = (reporter, when, *flags, when, end)
        pk = self._was("incident", report, *head, summary, impact, lead_or_none, severity)
        kept = (self._kept[reporter], when, *flags, when, end)
        lead_kept = self._kept[lead] if lead_or_none else None
        self._is("incident", pk, plain[0], *kept, *plain[1:], lead_kept, severity)

        action = self._was("action", pk, lead, f"Raise it &gt; {number}", False, when)
        self._is("action", action, pk, self._kept[lead], f"Raise it > {number}", False, when)

        self._in_slack(pk, number)
        self._timeline(pk, number, when)
        self._pins(pk, number, when)
        self._stats(pk, number, when)
        self._feed(pk, number, when)
        key = f"remind_{number % 3}"
        reminder = self._was("notification", pk, key, when, number % 5, number % 2 == 0)
        self._is("notification", reminder, pk, key, when, number % 5, number % 2 == 0)

    def _in_slack(self, incident: int, number: int) -> None:
        # Every tenth is worked on in the channel of the one before.
        channel_id = f"C{number - 1 if number % 10 == 0 else number:09}"
        name = f"inc-{number}".ljust(80 if number % 17 == 0 else 0, "x")
        channel = self._was("commschannel", incident, channel_id, name)
        self._is("commschannel", channel, incident, channel_id, name)
        posts = [(f"16{number:08}.000100", None)]
        if number % 4 == 0:
            posts.append((f"16{number:08}.000200", None))
        if number % 8 == 0:
            # Never posted, and the only one that knows the channel.
            posts.append((None, channel))
        ids = [self._was("headlinepost", incident, ts, known) for ts, known in posts]
        newest = max(index for index, (ts, _) in enumerate(posts) if ts)
        known = channel if number % 8 == 0 else None
        self._is("headlinepost", ids[newest], incident, posts[newest][0], known)

    def _timeline(self, incident: int, number: int, when: datetime) -> None:
        said = self._was("timelineevent", incident, when, f"x &amp; {number}", "text", None)
        self._is("timelineevent", said, incident, when, f"x & {number}", "text", None)
        change = {"update_type": "incident_impact", "old_value": None, "new_value": f"< {number}"}
        written = json.dumps({**change, "new_value": f"&lt; {number}"})
        if number % 2:
            written = json.dumps(written)
        entry = (incident, when, "changed", "incident_update")
        changed = self._was("timelineevent", *entry, written)
        self._is("timelineevent", changed, *entry, change)
        if number % 9 == 0:
            broken = f'{{"author": "U{number}'
            entry = (incident, when, "broken", "of_a_host")
            cut = self._was("timelineevent", *entry, broken)
            self._is("timelineevent", cut, *entry, {"unreadable": broken})

    def _pins(self, incident: int, number: int, when: datetime) -> None:
        author, ts, text = self._one_of(number * 3), f"17{number:08}.000100", "a &amp; b"
        twice = number % 5 == 0
        entry = (incident, when, "a & b", "slack_pin", None)
        escaped = (incident, when, text, "slack_pin", None)
        entries = [self._was("timelineevent", *escaped) for _ in range(1 + twice)]
        pins = [
            self._was("pinnedmessage", incident, author, ts, text, when, shown) for shown in entries
        ]
        self._is("timelineevent", entries[0], *entry)
        kept = (incident, self._kept[author], ts, "a & b", when, entries[0])
        self._is("pinnedmessage", pins[0], *kept)

    def _stats(self, incident: int, number: int, when: datetime) -> None:
        """Each of two people, under each of their rows: what one person wrote adds up."""
        for person in (number % PEOPLE, (number + 1) % PEOPLE):
            rows = self._rows_of_people[person]
            joined = [at(number + 10 - index) for index in range(len(rows))]
            ids = [
                self._was("userstats", incident, row, join, number % 50)
                for row, join in zip(rows, joined, strict=True)
            ]
            sum_ = number % 50 * len(rows)
            self._is("userstats", ids[0], incident, self._kept[rows[0]], min(joined), sum_)

    def _feed(self, incident: int, number: int, when: datetime) -> None:
        snapshot = {"id": incident, "report": f"A &amp; B {number}"}
        kind = "incident_event"
        twice = self._was("event", when, kind, json.dumps(json.dumps(snapshot)))
        self._is("event", twice, when, kind, snapshot)
        if number % 50 == 0:
            torn = self._was("event", when, kind, "{'id': 1}")
            self._is("event", torn, when, kind, {"unreadable": "{'id': 1}"})

    def _was(self, table: str, *values: Any) -> int:
        self._ids[table] += 1
        self.before[table].append((self._ids[table], *values))
        return self._ids[table]

    def _is(self, table: str, *values: Any) -> None:
        self.after[table].append(values)


def _adapted(connection: BaseDatabaseWrapper, row: Row) -> Iterable[Any]:
    return tuple(
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in row
    )
