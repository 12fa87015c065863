"""reactions.*, pins.* and bookmarks.*"""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import emoji

from .. import messages, shapes
from ..change import new_id
from ..models import Bookmark, Channel, Message
from ..mrkdwn import emoji_text
from ..refusals import Refusal
from .call import Call, Json, method

_SHAPE = re.compile(r"^[a-z0-9_+'-]+(::skin-tone-[2-6])?$")
MOST_BOOKMARKS = 100


def reaction_name(name: str) -> str:
    """Return an emoji's name without colons. Raises invalid_name for what is no emoji."""
    name = name.strip().strip(":")
    plain = name.partition("::")[0]
    if not _SHAPE.match(name) or emoji_text(f":{plain}:") == f":{plain}:":
        raise Refusal("invalid_name")
    return name


def name_of_emoji(given: str) -> str:
    """Return the name for what a person picked: the emoji itself or its name."""
    return reaction_name(emoji.demojize(given, language="alias"))


@method("reactions.add", writes=True, scopes=["reactions:write"])
def reactions_add(call: Call) -> Json:
    name = reaction_name(call.text("name"))
    message = _reactable(call)
    messages.react(call.change, message, call.bot, name)
    return {}


@method("reactions.remove", writes=True, scopes=["reactions:write"])
def reactions_remove(call: Call) -> Json:
    name = reaction_name(call.text("name"))
    messages.unreact(call.change, _reactable(call), call.bot, name)
    return {}


def _reactable(call: Call) -> Message:
    if not (call.has("channel") and call.has("timestamp")):
        raise Refusal("no_item_specified")
    return call.message(call.channel(member=True), "timestamp")


@method("reactions.get", scopes=["reactions:read"])
def reactions_get(call: Call) -> Json:
    message = _reactable(call)
    return {
        **{"type": "message", "channel": message.channel.channel_id},
        "message": shapes.message(message, call.workspace)
        | {"permalink": shapes.permalink(message, call.workspace)},
    }


@method("pins.add", writes=True, scopes=["pins:write"])
def pins_add(call: Call) -> Json:
    messages.pin(call.change, _pinnable(call), call.bot)
    return {}


@method("pins.remove", writes=True, scopes=["pins:write"])
def pins_remove(call: Call) -> Json:
    messages.unpin(call.change, _pinnable(call), call.bot)
    return {}


def _pinnable(call: Call) -> Message:
    channel = call.channel(member=True)
    if not call.has("timestamp"):
        raise Refusal("no_item_specified")
    return call.message(channel, "timestamp")


@method("pins.list", scopes=["pins:read"])
def pins_list(call: Call) -> Json:
    channel = call.channel(member=True)
    pinned = channel.messages.filter(pin__isnull=False).select_related("pin__person", "author")
    return {
        "items": [
            {
                **{"type": "message", "channel": channel.channel_id},
                **{"created": one.pin.created, "created_by": one.pin.person.user_id},
                "message": shapes.message(one, call.workspace, with_metadata=False)
                | {"permalink": shapes.permalink(one, call.workspace)},
            }
            for one in pinned.order_by("-pin__pk")
        ]
    }


def _bookmarkable(call: Call) -> Channel:
    return call.channel("channel_id", member=True)


def _link(call: Call) -> str:
    link = call.text("link", "")
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refusal("invalid_link")
    return link


@method("bookmarks.add", writes=True, scopes=["bookmarks:write"])
def bookmarks_add(call: Call) -> Json:
    channel = _bookmarkable(call)
    title = call.text("title")
    if call.text("type") != "link":
        raise Refusal("invalid_bookmark_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    if channel.bookmarks.count() >= MOST_BOOKMARKS:
        raise Refusal("too_many_bookmarks")
    bookmark = Bookmark.objects.create(
        bookmark_id=new_id("Bk"),
        channel=channel,
        title=title[:255],
        link=_link(call),
        emoji=call.text("emoji", ""),
        created=int(time.time()),
    )
    return {"bookmark": shapes.bookmark(bookmark, call.workspace)}


@method("bookmarks.edit", writes=True, scopes=["bookmarks:write"])
def bookmarks_edit(call: Call) -> Json:
    bookmark = _bookmark(call)
    if call.has("title"):
        bookmark.title = call.text("title")[:255]
    if call.has("link"):
        bookmark.link = _link(call)
    if call.has("emoji"):
        bookmark.emoji = call.text("emoji", "")
    bookmark.updated = int(time.time())
    bookmark.save()
    return {"bookmark": shapes.bookmark(bookmark, call.workspace)}


@method("bookmarks.remove", writes=True, scopes=["bookmarks:write"])
def bookmarks_remove(call: Call) -> Json:
    _bookmark(call).delete()
    return {}


def _bookmark(call: Call) -> Bookmark:
    channel = _bookmarkable(call)
    bookmark = channel.bookmarks.filter(bookmark_id=call.text("bookmark_id")).first()
    if bookmark is None:
        raise Refusal("not_found")
    return bookmark


@method("bookmarks.list", scopes=["bookmarks:read"])
def bookmarks_list(call: Call) -> Json:
    channel = _bookmarkable(call)
    listed = [shapes.bookmark(one, call.workspace) for one in channel.bookmarks.all()]
    return {"bookmarks": listed}
