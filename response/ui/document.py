"""The incident document: what it is made of, and how its parts are kept up to date on a page.

Each part stands in an element of its own that knows a digest of itself. Whoever asks for news sends
what they have, and gets the parts that look otherwise now; a part that is being edited sends
nothing, so nothing overwrites it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from html import unescape
from typing import Any

from django.db.models import F, Prefetch
from django.http import Http404, HttpRequest
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from response.conf import conf
from response.core import completeness, drafting, missing
from response.core.addresses import without_address
from response.core.models import Action, Incident, WriteUp
from response.core.text import Reader, reader
from response.ui.editing import seen
from response.ui.incident_list import at_a_glance
from response.ui.moments import moment
from response.ui.rights import may_change, may_remove
from response.ui.timeline import (
    Entry,
    Stretch,
    View,
    again,
    around,
    by_day,
    entry,
    name_of,
    stretch,
    view_of,
    whole,
)

MOST_TALKATIVE = 10

#: The parts besides the timeline's, by name.
PARTS = ("header", "gaps", "facts", "summary", "impact", "write_up", "actions", "people")


def find(request: HttpRequest, incident_id: int) -> Incident:
    """The incident with all that its document needs of it, in one query and one for its actions.

    Raises Http404 where there is none, or none for this reader.
    """
    visible = Incident.objects.visible_to(request.user)
    actions = Action.objects.select_related("user").order_by("created_date", "pk")
    incident: Incident = get_object_or_404(
        visible.select_related("lead", "reporter", "commschannel", "write_up")
        .annotate(
            headline_ts=F("headlinepost__message_ts"),
            headline_channel=F("headlinepost__channel_id"),
        )
        .prefetch_related(Prefetch("action_set", actions)),
        pk=incident_id,
    )
    return incident


@dataclass
class Document:
    """One incident as one reader sees it. Rows and texts are read when a part needs them."""

    request: HttpRequest
    incident: Incident

    @cached_property
    def view(self) -> View:
        return view_of(self.request.GET if self.request.method == "GET" else self.request.POST)

    @cached_property
    def stretches(self) -> list[Stretch]:
        """What of the timeline is shown; set by whoever wants another than its beginning."""
        query = self.request.GET
        if query.get("timeline") == "all":
            return [whole(self.incident, self.view)]
        entry_id = query.get("entry", "")
        if entry_id.isdecimal() and len(entry_id) < 10:
            return [around(self.incident, self.view, int(entry_id))]
        return [stretch(self.incident, self.view, after=query.get("after", ""))]

    @cached_property
    def actions(self) -> list[Action]:
        return list(self.incident.action_set.all())

    @cached_property
    def participants(self) -> list[Any]:
        talked = self.incident.userstats_set.filter(message_count__gt=0).select_related("user")
        return list(talked.order_by("-message_count", "join_time", "pk")[: MOST_TALKATIVE + 1])

    @cached_property
    def write_up(self) -> WriteUp | None:
        return WriteUp.of(self.incident)

    @cached_property
    def texts(self) -> Reader:
        incident = self.incident
        return reader(
            [
                *(incident.report, incident.summary, incident.impact),
                self.write_up.text if self.write_up else None,
                *(action.details for action in self.actions),
                *(entry.text for part in self.stretches for entry in part.entries),
            ],
            addresses=self.request.user.is_authenticated,
        )

    @cached_property
    def _frame(self) -> dict[str, Any]:
        """What every part may show."""
        return {
            **at_a_glance(self.incident),
            "may_change": may_change(self.request.user),
            "bot": conf.INCIDENT_BOT_NAME or "incident",
            "csrf_token": get_token(self.request),
            "comms_channel": self.incident.comms_channel(),
        }

    def context(self) -> dict[str, Any]:
        """The whole document, for its page."""
        first = self.stretches[0]
        return {
            **self._frame,
            "title": self.texts.line(self.incident.report),
            "view": self.view,
            "part": {name: self.part(name) for name in PARTS},
            "stretches": [self.stretch(part) for part in self.stretches],
            "is_empty": not first.entries and not first.start,
            "begins_later": bool(first.start),
        }

    # Parts

    def part(self, name: str, *, oob: bool = False, **more: Any) -> SafeString:
        """A part as HTML. ``oob``: for htmx, to be put where the part of that name stands."""
        values = {**self._frame, **getattr(self, f"_{name}")(), **more}
        html = render_to_string(f"response/parts/{name}.html", values)
        return self._wrapped(name, f"{name}:{self._digest(html)}", html, oob=oob)

    def editing(self, name: str, html: str) -> SafeString:
        """A form in the place of a part. It sends no digest, so no news replaces it."""
        return self._wrapped(name, "", html, oob=True)

    def stretch(self, part: Stretch, *, oob: bool = False) -> SafeString:
        """A stretch of the timeline as HTML, and after it the way to the next."""
        removes = may_remove(self.request.user)
        entries = tuple(entry(event, self.texts, may_remove=removes) for event in part.entries)
        html = _entries_html(entries, self.incident.pk, may_change(self.request.user))
        shown = self._wrapped(f"t{part.number}", f"timeline:{name_of(part)}", html, oob=oob)
        if oob or not part.end:
            return shown
        values = {"incident": self.incident, "stretch": part, "view": self.view}
        return shown + render_to_string("response/parts/more.html", values)

    def news(self, known: Iterable[str]) -> list[SafeString]:
        """Those of the ``known`` parts (as their elements send them) that look otherwise now.

        Raises Http404 for what is no part.
        """
        changed, parts = [], []
        for one in known:
            name, _, digest = one.partition(":")
            if name == "timeline":
                fresh = again(self.incident, self.view, digest)
                changed += [fresh] if fresh else []
            elif name in PARTS:
                parts.append((name, digest))
            else:
                raise Http404("There is no such part of a document.")
        self.stretches = changed
        html = [self.part(name, oob=True) for name, _ in parts]
        fresh_parts = [
            shown
            for (name, digest), shown in zip(parts, html, strict=True)
            if f'value="{name}:{digest}"' not in shown
        ]
        return [*fresh_parts, *(self.stretch(part, oob=True) for part in changed)]

    def _digest(self, html: str) -> str:
        # The token is another one for each request.
        bare = html.replace(self._frame["csrf_token"], "")
        return hashlib.blake2b(bare.encode(), digest_size=9).hexdigest()

    def _wrapped(self, name: str, known: str, html: str, *, oob: bool) -> SafeString:
        knows = format_html('<input type="hidden" name="part" value="{}">', known) if known else ""
        swap = mark_safe(' hx-swap-oob="true"') if oob else ""
        shown = mark_safe(html)  # noqa: S308
        return format_html(
            '<div id="part-{}" class="response-part"{}>{}{}</div>', name, swap, knows, shown
        )

    # What each part shows besides the frame

    def _header(self) -> Mapping[str, Any]:
        return {"title": self.texts.line(self.incident.report)}

    def _gaps(self) -> Mapping[str, Any]:
        return {"gaps": self.gaps() if self._is_over else []}

    @property
    def _is_over(self) -> bool:
        return self.incident.is_closed() or self.incident.report_only

    def _facts(self) -> Mapping[str, Any]:
        incident = self.incident
        return {
            "reporter": without_address(incident.reporter.name) if incident.reporter else "",
            "reported": moment(incident.report_time),
            "ended": moment(incident.end_time),
            "headline": self._headline(),
            "nobody_leads": seen(incident, ["lead"]),
        }

    def _headline(self) -> Any:
        """The headline post, without a query: the incident came with what its address needs."""
        channel, ts = self.incident.headline_channel, self.incident.headline_ts  # type: ignore[attr-defined]
        if not ts:
            return None
        posts = self.incident.headlinepost_set
        return posts.model(incident=self.incident, channel_id=channel, message_ts=ts)

    def _summary(self) -> Mapping[str, Any]:
        return {"summary": self.texts.html(self.incident.summary)}

    def _impact(self) -> Mapping[str, Any]:
        return {"impact": self.texts.html(self.incident.impact)}

    def _write_up(self) -> Mapping[str, Any]:
        return {
            "write_up": drafting.rendered(self.write_up.text, self.texts) if self.write_up else "",
            "is_over": self._is_over,
        }

    def _actions(self) -> Mapping[str, Any]:
        return {
            "actions": [
                {
                    "action": action,
                    "details": (details := self.texts.html(action.details)),
                    "in_short": Truncator(unescape(strip_tags(details))).chars(60),
                    "owner": without_address(action.user.name),
                    "due": moment(action.due_date),
                    "is_overdue": _has_passed(action.due_date),
                    "done_at": moment(action.done_date),
                }
                for action in self.actions
            ],
            "to_do": sum(1 for action in self.actions if not action.done),
        }

    def _people(self) -> Mapping[str, Any]:
        talked = {row.user: row.message_count for row in self.participants[:MOST_TALKATIVE]}
        # Who has a part need not say anything.
        cast = (self.incident.lead, self.incident.reporter, *(a.user for a in self.actions))
        silent = dict.fromkeys((user for user in cast if user and user not in talked), 0)
        return {
            "participants": [
                {
                    "name": without_address(user.name),
                    "messages": messages,
                    "roles": self._roles(user.pk),
                }
                for user, messages in {**talked, **silent}.items()
            ],
            "more_participants": len(self.participants) > MOST_TALKATIVE,
        }

    def _roles(self, person_id: int) -> str:
        owned = sum(1 for action in self.actions if action.user_id == person_id)
        roles = (
            ("lead", person_id == self.incident.lead_id),
            ("reporter", person_id == self.incident.reporter_id),
            (f"{owned} action{'' if owned == 1 else 's'}", owned),
        )
        return ", ".join(role for role, has in roles if has)

    def gaps(self) -> list[completeness.Gap]:
        """What the document still lacks."""
        return [
            *completeness.gaps(self.incident, self.actions),
            *missing.after(self.incident, self.actions),
        ]


def _has_passed(due: datetime | None) -> bool:
    return due is not None and due < timezone.now()


# The same entries are shown to many, and over and over. A hundred of them are some 40 kB.
@lru_cache(maxsize=256)
def _entries_html(entries: tuple[Entry, ...], incident_id: int, may_change: bool) -> SafeString:
    values = {
        "days": by_day(entries),
        "incident": {"pk": incident_id},
        "may_change": may_change,
    }
    return render_to_string("response/parts/stretch.html", values)
