"""The pictures on captured messages: which there are follows the message, and a copy of each is
fetched afterwards.

The entry of the timeline says in its metadata which pictures belong to it, so that whoever shows
the timeline needs no more than the entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from response.core import services
from response.core.models import TimelineEvent
from response.delivery import calls
from response.delivery.errors import InDoubt, NotSent, Refused
from response.delivery.mirrors import Work
from response.slack import downloads, wants
from response.slack.models import PinnedMessage, PinnedPicture
from response.slack.payloads import pictures_of, sources_of
from response.transactions import atomic

MOST_PICTURES = 10  # of a message
LARGEST = 2_000_000  # bytes

State = PinnedPicture.State

_NO_PICTURE = "no_picture"

# What may be otherwise with another size of the same picture.
_OF_ONE_SIZE = frozenset({downloads.TOO_LARGE, downloads.GONE})

_UNREADABLE = (
    "The Slack app may not read files. Whoever looks after it gives it the scope files:read and "
    "installs it again; then the picture is fetched by itself."
)

# What Slack refuses for good, and what a person can mend; in words for whoever reads the timeline.
_FOR_GOOD = {
    downloads.GONE: "It is not in Slack any more.",
    "file_deleted": "It is not in Slack any more.",
    downloads.ELSEWHERE: "It is kept outside of Slack.",
    downloads.TOO_LARGE: f"It is larger than {LARGEST // 1_000_000} MB.",
    _NO_PICTURE: "It is no PNG, JPEG, GIF or WebP.",
}
_UNTIL_MENDED = {"missing_scope": _UNREADABLE, downloads.SIGN_IN: _UNREADABLE}


def follow(marked: PinnedMessage, message: Mapping[str, Any]) -> None:
    """Have the pictures that the message has now, and no others; what is new, or could not be had,
    is to be fetched."""
    there = {picture.file_id: picture for picture in pictures_of(message)[:MOST_PICTURES]}
    known = {row.file_id: row for row in _rows(marked)}
    gone = [row.pk for file_id, row in known.items() if file_id not in there]
    if not there and not gone:
        return
    PinnedPicture.objects.filter(pk__in=gone).delete()
    wanted = []
    for file_id, picture in there.items():
        row = known.get(file_id) or PinnedPicture(pinned_message=marked, file_id=file_id)
        row.name, row.alt_text, row.link = picture.name, picture.alt_text, picture.link
        if row.state == State.KEPT:
            row.save(update_fields=["name", "alt_text", "link"])
            continue
        row.width, row.height = picture.width, picture.height
        row.state, row.reason = State.WAITING, ""
        row.save()
        wanted.append(row.pk)
    _tell(marked)
    # After the timeline: whoever changes an incident locks it first, and its mirrors then.
    for pk in wanted:
        wants.picture(pk)


def fetch(work: Work) -> None:
    """Ask Slack for a picture, and keep what it gives."""
    row = PinnedPicture.objects.defer("content").filter(pk=work.object_id).first()
    if row is None or row.state == State.KEPT:
        return
    try:
        values = _fetched(row.file_id)
    except Refused as refused:
        if reason := _FOR_GOOD.get(refused.code):
            with work.settled():
                _note(row.pk, State.FAILED, reason)
            return
        reason = _UNTIL_MENDED.get(refused.code) or f"Slack does not give it to the app: {refused}."
        _note(row.pk, State.FAILED, reason)
        raise
    except (InDoubt, NotSent):
        _note(row.pk, State.WAITING, "It could not be fetched yet, and is tried again.")
        raise
    with work.settled():
        _note(row.pk, State.KEPT, "", **values)


def _fetched(file_id: str) -> dict[str, Any]:
    """What is kept of a picture, by the names of the columns."""
    file = calls.call("files.info", {"file": file_id}).get("file")
    refused = Refused("Slack has no address for the file", _NO_PICTURE)
    for source in sources_of(file if isinstance(file, dict) else {}, most_bytes=LARGEST):
        try:
            content = calls.download(source.address, LARGEST)
        except Refused as error:
            if error.code not in _OF_ONE_SIZE:
                raise
            refused = error
            continue
        if content_type := _type_of(content):
            return {
                "content": content,
                "content_type": content_type,
                "size": len(content),
                "digest": hashlib.sha256(content).hexdigest(),
                "width": source.width,
                "height": source.height,
            }
    raise refused


def _type_of(content: bytes) -> str:
    """What kind of picture it is, by its first bytes and not by what is said of it; "" for none."""
    return next((name for name, is_one in _BY_FIRST_BYTES.items() if is_one(content)), "")


_BY_FIRST_BYTES: Mapping[str, Callable[[bytes], bool]] = {
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda content: content.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda content: content.startswith(b"RIFF") and content[8:12] == b"WEBP",
}


def _rows(marked: PinnedMessage) -> list[PinnedPicture]:
    return list(marked.pictures.defer("content").order_by("pk"))


@atomic()
def _note(pk: int, state: str, reason: str, **values: Any) -> None:
    """Write down what became of a picture, here and on the timeline, if it is still wanted."""
    # The message first, as everything does that changes what belongs to it.
    marked = PinnedMessage.objects.select_for_update(of=("self",)).filter(pictures=pk).first()
    if marked is None:
        return
    row = PinnedPicture.objects.filter(pk=pk)
    if row.filter(state=state, reason=reason).exists():
        return
    row.update(state=state, reason=reason, **values)
    _tell(marked)


def _tell(marked: PinnedMessage) -> None:
    """Have the entry of the timeline say which pictures it has."""
    if marked.timeline_event_id is None:
        return
    entry = TimelineEvent.objects.select_for_update().get(pk=marked.timeline_event_id)
    shown = [
        {
            "id": row.pk,
            "name": row.name,
            "alt": row.alt_text,
            "width": row.width,
            "height": row.height,
            "state": row.state,
            "reason": row.reason,
            "link": row.link,
        }
        for row in _rows(marked)
    ]
    facts = entry.metadata if isinstance(entry.metadata, dict) else {}
    services.change_timeline_entry(entry.pk, metadata={**facts, "pictures": shown})
