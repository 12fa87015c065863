"""People, channels and messages as Slack writes them in JSON."""

from __future__ import annotations

import struct
from typing import Any

from django.conf import settings

from .models import Bookmark, Channel, File, Message, Person, UserGroup, View, Workspace

Json = dict[str, Any]


def person(one: Person, workspace: Workspace, *, with_email: bool = True) -> Json:
    profile: Json = {
        **{"real_name": one.full_name, "real_name_normalized": one.full_name},
        **{"display_name": one.display_name, "display_name_normalized": one.display_name},
        **{"first_name": one.full_name.partition(" ")[0], "title": one.title},
        **{"last_name": one.full_name.partition(" ")[2], "team": workspace.team_id},
        **{"avatar_hash": "", "status_text": "", "status_emoji": ""},
    }
    if with_email and one.email:
        profile["email"] = one.email
    shape: Json = {
        **{"id": one.user_id, "team_id": workspace.team_id, "name": one.handle},
        **{"deleted": one.deleted, "profile": profile, "updated": 0},
        **{"is_bot": bool(one.bot_id), "is_app_user": False},
    }
    if one.bot_id:
        profile |= {"bot_id": one.bot_id, "api_app_id": workspace.app_id}
    if not one.deleted:
        shape |= {
            **{"real_name": one.full_name, "tz": "Europe/London", "tz_offset": 0},
            **{"tz_label": "Greenwich Mean Time", "is_admin": False, "is_owner": False},
            **{"is_restricted": False, "is_ultra_restricted": False},
        }
    return shape


def bot_profile(bot: Person, workspace: Workspace) -> Json:
    icon = f"{settings.PRACTICE_URL.rstrip('/')}/static/demo/icon.svg"
    return {
        **{"id": bot.bot_id, "app_id": workspace.app_id, "name": bot.handle, "updated": 0},
        **{"deleted": False, "team_id": workspace.team_id},
        "icons": {"image_36": icon, "image_48": icon, "image_72": icon},
    }


def channel(one: Channel, workspace: Workspace, bot: Person, *, members: bool = False) -> Json:
    shape: Json = {
        **{"id": one.channel_id, "created": one.created, "creator": one.creator.user_id},
        **{"is_im": one.is_dm, "is_mpim": False, "is_org_shared": False, "is_shared": False},
        **{"is_archived": one.is_archived, "is_ext_shared": False, "unlinked": 0},
        **{"context_team_id": workspace.team_id, "updated": one.created * 1000},
    }
    if one.dm_with:
        return shape | {"user": one.dm_with.user_id, "priority": 0}
    topic_by = one.topic_by.user_id if one.topic_by else ""
    shape |= {
        **{"name": one.name, "name_normalized": one.name, "previous_names": []},
        **{"is_channel": not one.is_private, "is_group": one.is_private},
        **{"is_private": one.is_private, "is_general": one.name == "general"},
        "is_member": one.has(bot),
        "topic": {"value": one.topic, "creator": topic_by, "last_set": 0},
        "purpose": {"value": one.purpose, "creator": "", "last_set": 0},
    }
    if members:
        shape["num_members"] = one.memberships.count()
    return shape


def channel_type(one: Channel) -> str:
    return "im" if one.is_dm else "group" if one.is_private else "channel"


def message(one: Message, workspace: Workspace, *, with_metadata: bool = True) -> Json:
    """Return the message as ``conversations.history`` and the events write it."""
    shape: Json = {"type": "message", "user": one.author.user_id, "text": one.text, "ts": one.ts}
    if one.subtype:
        shape["subtype"] = one.subtype
    else:
        shape["team"] = workspace.team_id
    if one.client_msg_id:
        shape["client_msg_id"] = one.client_msg_id
    if one.author.bot_id and not one.subtype:
        shape |= {
            **{"bot_id": one.author.bot_id, "app_id": workspace.app_id},
            "bot_profile": bot_profile(one.author, workspace),
        }
    if one.blocks:
        shape["blocks"] = one.blocks
    if one.attachments:
        shape["attachments"] = one.attachments
    if files := [file(each, one) for each in one.files.all()]:
        shape |= {"files": files, "upload": True, "display_as_bot": False}
    if one.metadata and with_metadata:
        shape["metadata"] = one.metadata
    if one.edited_by:
        shape["edited"] = {"user": one.edited_by.user_id, "ts": one.edited_ts}
    if one.thread_ts:
        shape["thread_ts"] = one.thread_ts
        root = one.channel.messages.filter(ts=one.thread_ts).select_related("author").first()
        if one.is_reply and root:
            shape["parent_user_id"] = root.author.user_id
    if one.broadcast:
        shape["subtype"] = "thread_broadcast"
    if not one.is_reply:
        shape |= _thread_summary(one)
    if reactions := reactions_of(one):
        shape["reactions"] = reactions
    if pin := getattr(one, "pin", None):
        shape["pinned_to"] = [one.channel.channel_id]
        shape["pinned_info"] = {
            **{"channel": one.channel.channel_id, "pinned_by": pin.person.user_id},
            "pinned_ts": pin.created,
        }
    return shape


def file(one: File, message: Message) -> Json:
    """Return the file as messages and ``files.info`` write it. Its ``url_private`` wants the token;
    its ``permalink`` is for people."""
    private = f"{settings.PRACTICE_URL.rstrip('/')}/workspace/files-pri/{one.file_id}"
    shape: Json = {
        **{"id": one.file_id, "created": one.created, "timestamp": one.created},
        **{"name": one.name, "title": one.name, "mimetype": one.mimetype},
        **{"filetype": one.mimetype.rpartition("/")[2], "user": message.author.user_id},
        **{"editable": False, "size": len(one.content), "mode": "hosted", "is_external": False},
        **{"external_type": "", "is_public": True, "public_url_shared": False},
        **{"url_private": private, "url_private_download": f"{private}?download=1"},
        "permalink": f"{settings.SITE_URL.rstrip('/')}/workspace/files/{one.file_id}",
        **{"has_rich_preview": False, "file_access": "visible"},
    }
    if one.alt_text:
        shape["alt_txt"] = one.alt_text
    if bytes(one.content[:8]) == b"\x89PNG\r\n\x1a\n":
        shape["original_w"], shape["original_h"] = struct.unpack(">II", one.content[16:24])
    return shape


def _thread_summary(root: Message) -> Json:
    replies = list(
        Message.objects.filter(channel=root.channel_id, thread_ts=root.ts, only_for=None)
        .exclude(ts=root.ts)
        .select_related("author")
    )
    if not replies:
        return {}
    authors = list(dict.fromkeys(reply.author.user_id for reply in replies))
    return {
        **{"reply_count": len(replies), "reply_users_count": len(authors)},
        **{"reply_users": authors[:5], "latest_reply": replies[-1].ts, "subscribed": False},
        **{"thread_ts": root.ts, "is_locked": False},
    }


def reactions_of(one: Message) -> list[Json]:
    people: dict[str, list[str]] = {}
    for reaction in one.reactions.select_related("person"):
        people.setdefault(reaction.name, []).append(reaction.person.user_id)
    return [{"name": name, "users": ids, "count": len(ids)} for name, ids in people.items()]


def permalink(one: Message, workspace: Workspace) -> str:
    """Return the address at which the practice page shows the message."""
    link = (
        f"{settings.SITE_URL.rstrip('/')}/workspace/archives/"
        f"{one.channel.channel_id}/p{one.ts.replace('.', '')}"
    )
    if one.is_reply:
        link += f"?thread_ts={one.thread_ts}&cid={one.channel.channel_id}"
    return link


def bookmark(one: Bookmark, workspace: Workspace) -> Json:
    return {
        **{"id": one.bookmark_id, "channel_id": one.channel.channel_id, "title": one.title},
        **{"link": one.link, "emoji": one.emoji, "icon_url": None, "type": "link"},
        **{"entity_id": None, "date_created": one.created, "date_updated": one.updated},
        **{"rank": "U", "last_updated_by_team_id": workspace.team_id, "shortcut_id": None},
        "app_id": workspace.app_id,
    }


def group(one: UserGroup, workspace: Workspace, *, users: bool, count: bool) -> Json:
    shape: Json = {
        **{"id": one.group_id, "team_id": workspace.team_id, "is_usergroup": True},
        **{"name": one.name, "description": one.description, "handle": one.handle},
        **{"is_external": False, "date_create": 0, "date_update": 0, "date_delete": 0},
        **{"auto_type": None, "deleted_by": None},
    }
    if users:
        shape["users"] = [person.user_id for person in one.people.all()]
    if count:
        shape["user_count"] = str(one.people.count())
    return shape


def view(one: View, workspace: Workspace, bot: Person) -> Json:
    """Return the form as the answer of ``views.open`` and the payload of a submission write it."""
    content = one.content
    shape: Json = {
        **{"id": one.view_id, "team_id": workspace.team_id, "type": content["type"]},
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": one.values},
        "hash": one.hash,
        "title": content.get("title", {"type": "plain_text", "text": "Home", "emoji": True}),
        "clear_on_close": content.get("clear_on_close", False),
        "notify_on_close": content.get("notify_on_close", False),
        "close": content.get("close"),
        "submit": content.get("submit"),
        "previous_view_id": one.under.view_id if one.under else None,
        "root_view_id": one.root_id,
        **{"app_id": workspace.app_id, "external_id": content.get("external_id", "")},
        **{"app_installed_team_id": workspace.team_id, "bot_id": bot.bot_id},
    }
    return shape
