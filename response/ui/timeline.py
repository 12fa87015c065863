"""The timeline as the incident document shows it: some entries at a time, by day, and who did what
from where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, QueryDict
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString

from response.core import attribution, pictures
from response.core.models import Incident, TimelineEvent
from response.core.pictures import Picture
from response.core.text import Reader
from response.ui import undo
from response.ui.keyset import Key, beyond, cursor_of, in_order
from response.ui.moments import Moment, moment

ENTRIES_AT_ONCE = 100
ENTRIES_BEFORE = 10
"""How many of those before it are shown with one that a link leads to."""

#: What can be left out of a timeline, by the name in the address.
KINDS = {
    "notes": ~Q(event_type__in=[TimelineEvent.Kind.SLACK_PIN, TimelineEvent.Kind.INCIDENT_UPDATE]),
    "pins": Q(event_type=TimelineEvent.Kind.SLACK_PIN),
    "changes": Q(event_type=TimelineEvent.Kind.INCIDENT_UPDATE),
}


@dataclass(frozen=True)
class View:
    """How somebody wants to read a timeline: which ``kinds`` of entries, and the newest first or
    last."""

    kinds: tuple[str, ...]
    newest_first: bool

    @property
    def keys(self) -> Sequence[Key]:
        return (Key("timestamp", self.newest_first), Key("pk", self.newest_first))

    @property
    def query(self) -> str:
        """What follows the rest of an address, to ask for the same; "" for what is usual."""
        asked = [] if self.shows_all else [("show", kind) for kind in self.kinds]
        asked += [("order", "newest")] if self.newest_first else []
        return f"&{urlencode(asked)}" if asked else ""

    @property
    def shows_all(self) -> bool:
        return len(self.kinds) == len(KINDS)


def view_of(query: QueryDict) -> View:
    """What an address asks for: ``?show=notes&show=pins&order=newest``."""
    kinds = tuple(kind for kind in KINDS if kind in query.getlist("show"))
    return View(kinds=kinds or tuple(KINDS), newest_first=query.get("order") == "newest")


@dataclass(frozen=True)
class Stretch:
    """Some entries that follow each other. ``start`` is the cursor before the first of them and
    ``end`` that of the last; either is empty where the timeline begins or ends there.

    ``digest`` tells whether anything of it changed.
    """

    number: int
    start: str
    end: str
    entries: list[TimelineEvent]

    @property
    def digest(self) -> str:
        rows = [
            (row.pk, row.timestamp.isoformat(), row.event_type, row.text, row.metadata)
            for row in self.entries
        ]
        # With this site's secret, since the rows may hold more than a reader is shown.
        return salted_hmac("response.timeline", repr(rows), algorithm="sha256").hexdigest()[:18]


def stretch(incident: Incident, view: View, *, after: str = "", number: int = 0) -> Stretch:
    """The first entries of the timeline, or those after a cursor; one query.

    Raises Http404 for a cursor that is none of ours.
    """
    rows = _rows(incident, view)
    if after:
        rows = rows.filter(beyond(view.keys, after))
    found = list(rows[: ENTRIES_AT_ONCE + 1])
    entries = found[:ENTRIES_AT_ONCE]
    end = cursor_of(entries[-1], view.keys) if len(found) > ENTRIES_AT_ONCE else ""
    return Stretch(number=number, start=after, end=end, entries=entries)


def around(incident: Incident, view: View, entry_id: int) -> Stretch:
    """The entries about one of them, however far down it is; the first ones where it is not there.
    Three queries."""
    rows = _rows(incident, view)
    entry = rows.filter(pk=entry_id).first()
    if entry is None:
        return stretch(incident, view)
    back = [Key(key.name, not key.descending) for key in view.keys]
    earlier = rows.filter(beyond(back, cursor_of(entry, back)))
    start = in_order(earlier, back)[ENTRIES_BEFORE : ENTRIES_BEFORE + 1].first()
    return stretch(incident, view, after=cursor_of(start, view.keys) if start else "")


def whole(incident: Incident, view: View) -> Stretch:
    """The timeline as one, for printing and for searching in the page."""
    return Stretch(number=0, start="", end="", entries=list(_rows(incident, view)))


def again(incident: Incident, view: View, known: str) -> Stretch | None:
    """A stretch that a page shows, read again; ``known`` is what ``name_of`` it says.

    None where nothing of it changed. Raises Http404 for what is no such name.
    """
    try:
        number, start, end, digest = known.split(":")
        numbered = int(number)
    except ValueError:
        raise Http404("There is no such part of a timeline.") from None
    rows = _rows(incident, view)
    if start:
        rows = rows.filter(beyond(view.keys, start))
    if end:
        rows = rows.exclude(beyond(view.keys, end))
    found = Stretch(number=numbered, start=start, end=end, entries=list(rows))
    return None if found.digest == digest else found


def name_of(part: Stretch) -> str:
    """What a page keeps of a stretch, to ask later whether it changed."""
    return f"{part.number}:{part.start}:{part.end}:{part.digest}"


def _rows(incident: Incident, view: View) -> QuerySet[TimelineEvent]:
    shown = Q()
    for kind in view.kinds:
        shown |= KINDS[kind]
    rows = incident.timelineevent_set.all()
    return in_order(rows if view.shows_all else rows.filter(shown), view.keys)


# Entries in words


class Entry(NamedTuple):
    """One entry in words; what it does not say is empty.

    ``link`` leads to the message it came from. ``is_note`` is one that a person wrote, and may
    change; ``can_be_undone`` is a change that can be taken back.
    """

    pk: int
    at: Moment
    kind: str
    whose: attribution.Attribution
    html: SafeString
    pictures: tuple[Picture, ...]
    is_note: bool
    can_be_undone: bool


@dataclass(frozen=True)
class Day:
    first: Moment
    entries: list[Entry]


def by_day(entries: Iterable[Entry]) -> list[Day]:
    """``entries``, which come in order of time, grouped by their day."""
    days = [list(day) for _, day in groupby(entries, key=lambda each: each.at.date)]
    return [Day(first=day[0].at, entries=day) for day in days]


# What a picture may take up of a page at first; whoever opens it sees the whole of it.
_WIDEST, _HIGHEST = 640, 420


def _shown(picture: Picture, texts: Reader) -> Picture:
    """A picture with its words as the reader may see them, and the size in which it is shown."""
    name = texts.line(picture.name) or "picture"
    width, height = picture.width, picture.height
    if width and height:
        scale = min(_WIDEST / width, _HIGHEST / height, 1)
        width, height = max(round(width * scale), 1), max(round(height * scale), 1)
    return replace(
        picture, name=name, alt=texts.line(picture.alt) or name, width=width, height=height
    )


def entry(event: TimelineEvent, texts: Reader, *, may_remove: bool = False) -> Entry:
    """One entry in words, and in the current time zone, for somebody who ``may_remove`` actions,
    or not."""
    at = moment(event.timestamp)
    assert at is not None  # noqa: S101 - the column has no nulls
    return Entry(
        pk=event.pk,
        at=at,
        kind=event.event_type,
        whose=attribution.of(event.metadata),
        html=texts.html(event.text),
        pictures=tuple(_shown(picture, texts) for picture in pictures.of(event.metadata)),
        is_note=event.event_type == TimelineEvent.Kind.TEXT,
        can_be_undone=undo.is_possible(event, may_remove=may_remove),
    )
