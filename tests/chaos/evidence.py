"""What the database holds and what Slack shows, read past the app."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from response.testing import FakeSlack
from response.testing.fake_slack import Call
from response.testing.payloads import BOT, INCIDENTS
from tests.servers import Site


@dataclass(frozen=True)
class StoredIncident:
    pk: int
    title: str
    summary: str
    impact: str
    is_closed: bool

    def looks_like_headline(self, post: str) -> bool:
        state = "Status: resolved" if self.is_closed else "Status: live"
        return f"*{self.title}*" in post and state in post

    def looks_like_summary(self, text: str) -> bool:
        return all(part in text for part in (self.title, self.summary, self.impact))


@dataclass
class Stored:
    """The rows, as far as they matter."""

    incidents: list[StoredIncident] = field(default_factory=list)
    titles: Counter[str] = field(default_factory=Counter)
    #: By field and new value.
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: By incident: when each was called what, the first title first.
    title_history: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    closings: Counter[int] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    action_order: dict[str, int] = field(default_factory=dict)
    messages: Counter[tuple[int, str]] = field(default_factory=Counter)
    pins: Counter[str] = field(default_factory=Counter)
    pin_entries: Counter[str] = field(default_factory=Counter)
    #: By lane: the key and the ts of each message.
    sent: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    #: By lane: the keys of the events that were handled at the first try.
    handled_at_once: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    #: By key, of requests and messages: when it was written, and when that was committed.
    written: dict[str, tuple[float, float]] = field(default_factory=dict)
    unpaid: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, site: Site, written: Iterable[str] = ()) -> Stored:
        """Read them, once everything is quiet; ``written`` is what the site told of when it wrote
        what."""
        stored = cls()
        stored._read_when(written)
        stored._read_incidents(site)
        stored._read_timeline(site)
        stored._read_what_was_said(site)
        stored._read_debts(site)
        return stored

    def _read_when(self, written: Iterable[str]) -> None:
        for line in written:
            inserted, committed, key = line.split(" ", 2)
            # Written by two at once, it is only certain that one of them succeeded.
            first, last = self.written.get(key, (float(inserted), float(committed)))
            self.written[key] = min(first, float(inserted)), max(last, float(committed))

    def _read_incidents(self, site: Site) -> None:
        for pk, title, summary, impact, end in site.rows(
            "SELECT id, report, summary, impact, end_time FROM response_incident ORDER BY id"
        ):
            is_closed = end is not None
            self.incidents.append(StoredIncident(pk, title, summary or "", impact or "", is_closed))
            self.titles[title] += 1

    def _read_timeline(self, site: Site) -> None:
        for incident, metadata in site.rows(
            "SELECT incident_id, metadata FROM response_timelineevent ORDER BY id"
        ):
            facts: dict[str, Any] = _json(metadata) or {}
            kind = str(facts.get("update_type", ""))
            if "message_ts" in facts:
                self.pin_entries[facts["message_ts"]] += 1
            elif kind == "incident_closed":
                self.closings[incident] += 1
            elif kind.startswith("incident_"):
                self.changes[kind.removeprefix("incident_"), str(facts.get("new_value"))] += 1
            if kind == "incident_report":
                self.title_history[incident].append(facts["new_value"])

    def _read_what_was_said(self, site: Site) -> None:
        for pk, details in site.rows("SELECT id, details FROM response_action ORDER BY id"):
            self.actions[details] += 1
            self.action_order[details] = pk
        for incident, user, count in site.rows(
            "SELECT s.incident_id, u.external_id, s.message_count FROM response_userstats s "
            "JOIN response_externaluser u ON u.id = s.user_id"
        ):
            self.messages[incident, user] += count
        for ts, number in site.rows(
            "SELECT message_ts, count(*) FROM response_pinnedmessage "
            "WHERE is_pinned GROUP BY message_ts"
        ):
            self.pins[ts] = number
        for lane, key in site.rows(
            "SELECT lane, key FROM response_inbox WHERE kind = 'event' AND attempts = 1"
        ):
            self.handled_at_once[lane].append(key)

    def _read_debts(self, site: Site) -> None:
        for lane, key, ts in site.rows(
            "SELECT lane, key, sent_ts FROM response_outboxmessage WHERE state = 1 "
            "AND method = 'chat.postMessage' AND sent_ts <> ''"
        ):
            self.sent[lane].append((key, ts))
        # Those of which one prefers never to twice may be dropped in doubt.
        self.unpaid += [
            f"{key} is not sent: {error}"
            for key, error in site.rows(
                "SELECT key, error FROM response_outboxmessage WHERE state = 0 "
                "OR (state = 2 AND in_doubt <> 'drop')"
            )
        ]
        self.unpaid += [
            f"{key} is not handled: {error}"
            for key, error in site.rows("SELECT key, error FROM response_inbox WHERE state <> 1")
        ]
        self.unpaid += [
            f"{kind} {pk} is not shown: {error}"
            for kind, pk, error in site.rows(
                "SELECT kind, object_id, error FROM response_mirror "
                "WHERE want > have AND kind <> 'headline_extras'"
            )
        ]


@dataclass
class Shown:
    """Slack's messages and topics, and what of it was changed in what order."""

    topics: dict[str, str] = field(default_factory=dict)
    keys: Counter[str] = field(default_factory=Counter)
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_channel: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    ticks: set[tuple[str, str]] = field(default_factory=set)
    thanks: Counter[str] = field(default_factory=Counter)
    #: By incident: the titles that its headline had, one after the other.
    headline_history: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    early_calls: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, slack: FakeSlack, calls: Sequence[Call], pauses: Sequence[str] = ()) -> Shown:
        """Read it; ``calls`` are those since the beginning of what is compared, and ``pauses``
        what the site told of when it noted that it had to wait."""
        shown = cls()
        for channel in list(slack.channels.values()):
            shown.topics[channel.id] = channel.topic
            for message in list(channel.messages):
                shown._add(channel.id, message)
            for ephemeral in list(channel.ephemerals):
                if ephemeral.text.startswith("Thank you for reporting"):
                    shown.thanks[f"{ephemeral.user} {ephemeral.text}"] += 1
        shown.early_calls = list(_early(calls, pauses))
        shown._follow_headlines(calls)
        return shown

    def _add(self, channel: str, message: Any) -> None:
        if "white_check_mark" in message.reactions:
            self.ticks.add((channel, message.ts))
        if message.user != BOT:
            return
        text = f"{message.text}\n{json.dumps(message.blocks, ensure_ascii=False)}"
        self.by_channel[channel].append(text)
        key = ((message.metadata or {}).get("event_payload") or {}).get("key")
        if key:
            self.keys[key] += 1
            self.texts[key].append(text)

    def _follow_headlines(self, calls: Iterable[Call]) -> None:
        for call in calls:
            done = call.answer is not None and call.answer.get("ok")
            of_headline = call.params.get("channel") == INCIDENTS
            if not done or not of_headline or not call.method.startswith("chat."):
                continue
            text = json.dumps(call.params.get("blocks"), ensure_ascii=False)
            title = re.search(r'"text": "\*([^"*]+)\*"', text)
            document = re.search(r"/incident/(\d+)/", text)
            if title and document:
                self.headline_history[int(document[1])].append(title[1])

    def has_tick(self, channel: str, ts: str) -> bool:
        return (channel, ts) in self.ticks

    def said(self, channel: str, start: str) -> int:
        """How often the bot said what begins so."""
        return sum(text.startswith(start) for text in self.by_channel[channel])

    def with_key(self, key: str) -> list[str]:
        """The messages that carry this key."""
        return self.texts[key]


def told_that_it_was_not_saved(slack: FakeSlack) -> set[str]:
    """The ids of those whom Response told, there or directly, that something was not saved."""
    told = set()
    for channel in list(slack.channels.values()):
        told |= {e.user for e in list(channel.ephemerals) if e.text.startswith("This was not")}
        if channel.is_im and any(m.text.startswith("This was not") for m in channel.messages):
            told |= set(channel.members)
    return told - {BOT}


def _early(calls: Sequence[Call], pauses: Sequence[str]) -> Iterator[str]:
    """The calls inside a Retry-After window that were begun when it was noted already that there
    is one; and those of a window that was never noted."""
    noted = [(float(line.split(" ", 1)[0]), line.split()[1:]) for line in pauses]
    opened: dict[str, float] = {}
    for call in calls:
        if call.status != 429:
            continue
        scope, begun = call.method, float(call.params.get("begun_at", 0))
        if scope == "chat.postMessage":
            scope += f" {call.params.get('channel')}"
        if not call.early:
            opened[scope] = begun
            continue
        since = (at for at, words in noted if at > opened.get(scope, 0) and _is(scope, words))
        known = next(since, None)
        if known is None or begun > known + _A_MOMENT:
            yield scope


def _is(scope: str, words: Sequence[str]) -> bool:
    return set(scope.split()) <= set(words)


# From looking whether it has to wait until the call is begun.
_A_MOMENT = 0.5  # seconds


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
