"""The write-up of an incident: drafted from the facts by the host's template, and what is still
missing in it.

Pure but for what it is given: rows in, Markdown out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.utils.safestring import SafeString, mark_safe

from response.conf import conf
from response.core import attribution, instants
from response.core.embedding import block
from response.core.markdown import MAX_LENGTH
from response.core.models import Action, ExternalUser, Incident, TimelineEvent
from response.core.text import Reader

MOST_ENTRIES = 60
"""How many entries of the timeline a draft retells; what is left out it says."""

LONGEST_ENTRY = 240
"""How many characters of each."""

# The text of a fence counts for no headings.
_FENCED = re.compile(r"(?ms)^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1|\Z)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_HEADING = re.compile(r"(?m)^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")

# What stands on the timeline because of the facts that the draft tells anyway.
_NOT_RETOLD = {"incident_summary", "incident_impact", "action_logged", "action_changed"}
_NOT_RETOLD |= {"write_up_drafted", "write_up_changed", "write_up_removed"}


@dataclass(frozen=True)
class Facts:
    """What a draft is made of; ``entries`` are in order of time."""

    incident: Incident
    actions: Sequence[Action]
    entries: Sequence[TimelineEvent]


def draft(facts: Facts) -> str:
    """The host's template (RESPONSE_WRITE_UP_TEMPLATE) with the facts in their places.

    What is in braces and no name of a fact stays as it is. People are mentioned as they are in
    other texts, so they are shown with the name they have when it is read.
    """

    def told(match: re.Match[str]) -> str:
        tell = _FACTS.get(match[1])
        return match[0] if tell is None else tell(facts)

    return _PLACEHOLDER.sub(told, template()).strip() + "\n"


def template() -> str:
    return str(conf.RESPONSE_WRITE_UP_TEMPLATE)


def unknown_facts(text: str) -> list[str]:
    """What stands in braces in a template, and is the name of no fact."""
    return sorted(set(_PLACEHOLDER.findall(text)) - set(_FACTS))


@register()
def check(app_configs: object, **_kwargs: Any) -> Sequence[CheckMessage]:
    """Say where RESPONSE_WRITE_UP_TEMPLATE names a fact that there is not."""
    unknown = unknown_facts(template())
    if not unknown:
        return []
    return [
        Warning(
            f"RESPONSE_WRITE_UP_TEMPLATE has {', '.join(f'{{{name}}}' for name in unknown)}, which "
            "is no fact: it will stand in each draft as it is.",
            hint=f"Those that there are: {', '.join(f'{{{name}}}' for name in sorted(_FACTS))}.",
            id="response.W028",
        )
    ]


def unwritten_sections(text: str) -> list[str]:
    """The headings of a write-up under which nobody has written yet.

    That is nothing at all, or only what the template asks there.
    """
    asked = {title: body for title, body, _ in _sections(template())}
    return [
        title
        for title, body, has_subsections in _sections(text)
        if not has_subsections and (not body or body == asked.get(title))
    ]


def rendered(text: str, texts: Reader) -> SafeString:
    """A write-up as HTML. One that is too long to be rendered at once is, part by part."""
    if len(text) <= MAX_LENGTH:
        return texts.html(text)
    return mark_safe("\n".join(texts.html(part) for part in parts(text)))  # noqa: S308


def parts(text: str) -> list[str]:
    """A long Markdown text cut before its headings: each part can be rendered by itself."""
    starts = [0, *(heading.start() for heading in _headings(text) if heading.start())]
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _sections(text: str) -> list[tuple[str, str, bool]]:
    """(title, body, whether a lower heading follows) of each heading in a Markdown text."""
    headings = _headings(text)
    sections = []
    for number, heading in enumerate(headings):
        following = headings[number + 1] if number + 1 < len(headings) else None
        body = text[heading.end() : following.start() if following else len(text)]
        has_lower = following is not None and len(following[1]) > len(heading[1])
        sections.append((heading[2].strip(), body.strip(), has_lower))
    return sections


def _headings(text: str) -> list[re.Match[str]]:
    return list(_HEADING.finditer(_FENCED.sub(lambda fence: "x" * len(fence[0]), text)))


# The facts, by the name that a template has for them


def _written(text: str | None) -> str:
    return block(text or "", below=2, harmless=False)


def _person(who: ExternalUser | None) -> str:
    return who.reference if who else "nobody"


def _moment(at: datetime | None) -> str:
    return instants.in_words(at) if at else "not known"


def _timeline(facts: Facts) -> str:
    retold = [entry for entry in facts.entries if _is_retold(entry)]
    if len(retold) > MOST_ENTRIES:
        # Where not all of it fits, what people said comes before what was changed.
        changed = TimelineEvent.Kind.INCIDENT_UPDATE
        retold.sort(key=lambda entry: entry.event_type == changed)
        kept = sorted(retold[:MOST_ENTRIES], key=lambda entry: (entry.timestamp, entry.pk))
        retold = [*kept, *retold[MOST_ENTRIES:]]
    lines = [_entry(entry) for entry in retold[:MOST_ENTRIES]]
    if len(retold) > MOST_ENTRIES:
        lines.append(f"- … and {len(retold) - MOST_ENTRIES} more on the timeline")
    # With blank lines between them, so that what one of them opens ends with it.
    return "\n\n".join(lines)


def _is_retold(entry: TimelineEvent) -> bool:
    facts = entry.metadata if isinstance(entry.metadata, dict) else {}
    return facts.get("update_type") not in _NOT_RETOLD


def _entry(entry: TimelineEvent) -> str:
    who = attribution.of(entry.metadata).who
    text = _in_a_line(entry.text, LONGEST_ENTRY)
    return f"- {instants.in_words(entry.timestamp)}{f', {who}' if who else ''}: {text}"


def _actions(facts: Facts) -> str:
    return "\n".join(
        f"- {'✅' if action.done else '🔜'} {_in_a_line(action.details, LONGEST_ENTRY)}"
        f" ({_person(action.user)}"
        + (f", due {_moment(action.due_date)}" if _is_due(action) else "")
        + ")"
        for action in facts.actions
    )


def _is_due(action: Action) -> bool:
    return action.due_date is not None and not action.done


def _in_a_line(text: str, limit: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= limit else f"{words[: limit - 1].rstrip()}…"


_FACTS: dict[str, Callable[[Facts], str]] = {
    "title": lambda facts: _in_a_line(facts.incident.report, LONGEST_ENTRY),
    "summary": lambda facts: _written(facts.incident.summary),
    "impact": lambda facts: _written(facts.incident.impact),
    "severity": lambda facts: facts.incident.severity_text() or "not set",
    "lead": lambda facts: _person(facts.incident.lead),
    "reporter": lambda facts: _person(facts.incident.reporter),
    "started": lambda facts: _moment(facts.incident.start_time),
    "declared": lambda facts: _moment(facts.incident.report_time),
    "ended": lambda facts: _moment(facts.incident.end_time),
    "duration": lambda facts: facts.incident.duration() if facts.incident.end_time else "not known",
    "timeline": _timeline,
    "actions": _actions,
}
