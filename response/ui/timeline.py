"""The timeline as the incident document shows it: by day, and who did what from where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString

from response.core.models import TimelineEvent
from response.core.text import Reader
from response.ui.moments import Moment, moment

PLACES = {
    "slack": "in Slack",
    "web": "on the web",
    "api": "through the API",
    "admin": "in the admin",
    "system": "",
}


@dataclass(frozen=True)
class Entry:
    """One entry in words; what it does not say is empty.

    ``link`` leads to the message it came from.
    """

    at: Moment
    kind: str
    who: str
    where: str
    pinned_by: str
    edited: bool
    link: str
    html: SafeString


@dataclass(frozen=True)
class Day:
    first: Moment
    entries: list[Entry]


def by_day(events: Iterable[TimelineEvent], texts: Reader) -> list[Day]:
    """``events``, which come in order of time, grouped by their day in the current time zone."""
    entries = [_entry(event, texts) for event in events]
    days = [list(day) for _, day in groupby(entries, key=lambda entry: entry.at.date)]
    return [Day(first=day[0].at, entries=day) for day in days]


def name_of(person: Any) -> str:
    """What to call somebody that metadata names, in whatever shape; "" where it names nobody.

    A name that is an e-mail address, as the user names of some sites are, is cut at the "@":
    a page may be open to readers who are to see no addresses.
    """
    if isinstance(person, dict):
        keys = ("name", "display_name", "full_name", "external_id", "id")
        person = next((person[key] for key in keys if person.get(key)), "")
    return without_address(person) if isinstance(person, str) else ""


def without_address(name: str) -> str:
    before, at, domain = name.strip().partition("@")
    return before if before and at and "." in domain else name.strip()


def _entry(event: TimelineEvent, texts: Reader) -> Entry:
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    actor, source = name_of(metadata.get("actor")), metadata.get("source")
    author = name_of(metadata.get("author"))
    at = moment(event.timestamp)
    assert at is not None  # noqa: S101 - the column has no nulls
    return Entry(
        at=at,
        kind=event.event_type,
        who=author or actor,
        where=PLACES.get(source, f"from {source}") if isinstance(source, str) and source else "",
        pinned_by=actor if author and actor != author else "",
        edited=bool(metadata.get("edited")),
        link=_link(metadata.get("permalink")),
        html=texts.html(event.text),
    )


def _link(address: Any) -> str:
    return address if isinstance(address, str) and address.startswith("https://") else ""
