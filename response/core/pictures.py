"""The pictures that belong to entries of a timeline, as the entries' metadata tell of them, and the
copies that slack keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from response.core.models import Incident

#: What may be kept, and shown: the type of the content, and the ending of its file.
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}

KEPT = "kept"

_LARGEST_KEY = 2**31 - 1


@dataclass(frozen=True)
class Picture:
    """A picture by its primary key. ``width`` and ``height`` are in pixels, or 0 if not known.

    ``state``: "waiting" for its copy, "kept", or "failed"; ``reason`` may say why. ``link`` leads
    to it in Slack; "" where no link is known.
    """

    pk: int
    name: str
    alt: str
    width: int
    height: int
    state: str
    reason: str
    link: str

    @property
    def is_kept(self) -> bool:
        return self.state == KEPT


def of(metadata: Any) -> tuple[Picture, ...]:
    """Read the metadata of an entry, in whatever shape it was stored."""
    listed = metadata.get("pictures") if isinstance(metadata, dict) else None
    facts = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return tuple(_picture(each) for each in facts if _number(each, "id"))


def _picture(facts: Mapping[str, Any]) -> Picture:
    link = _text(facts, "link")
    return Picture(
        pk=_number(facts, "id"),
        name=_text(facts, "name"),
        alt=_text(facts, "alt"),
        width=_number(facts, "width"),
        height=_number(facts, "height"),
        state=_text(facts, "state"),
        reason=_text(facts, "reason"),
        link=link if link.startswith("https://") else "",
    )


def _number(facts: Mapping[str, Any], name: str) -> int:
    value = facts.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 < value <= _LARGEST_KEY else 0


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Copy:
    """What is known of a picture's copy without reading it. ``digest`` is another one where the
    content is."""

    pk: int
    content_type: str
    digest: str
    size: int


def copy_of(incident: Incident, picture_id: int) -> Copy | None:
    """The copy of a picture, if it belongs to the incident and is kept."""
    # No database takes a larger key.
    within_keys = 0 < picture_id <= _LARGEST_KEY
    return next(_copies(incident, pictures=picture_id), None) if within_keys else None


def contents_of(incident: Incident, picture_ids: list[int]) -> dict[int, bytes]:
    """The content of copies that are kept, by the primary keys of the pictures; one query."""
    kept = incident.pinnedmessage_set.filter(pictures__in=picture_ids, pictures__state=KEPT)
    found = kept.values_list("pictures__pk", "pictures__content")
    return {pk: bytes(content) for pk, content in found if content is not None}


def within(incident: Incident, most_bytes: int) -> list[Copy]:
    """The copies of an incident's pictures, as many as are ``most_bytes`` together; one query."""
    found, total = [], 0
    for copy in _copies(incident):
        total += copy.size
        if total > most_bytes:
            break
        found.append(copy)
    return found


def _copies(incident: Incident, **which: int) -> Iterator[Copy]:
    kept = incident.pinnedmessage_set.filter(pictures__state=KEPT, **which)
    columns = [f"pictures__{name}" for name in ("pk", "content_type", "digest", "size")]
    for values in kept.order_by("pictures__pk").values_list(*columns):
        copy = Copy(*values)
        if copy.content_type in ENDINGS:
            yield copy
