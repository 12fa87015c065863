"""What Slack has to allow the app, for what this installation does.

Two tables, of methods and of events, from the reference pages of each on docs.slack.dev. A bot's
token has only the scopes that its app was installed with, so a setting or a handler that needs
another one needs the app to be installed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from response.conf import conf
from response.slack.registry import registry

#: Every method that Response calls, and the bot scopes that it needs there.
METHODS: Mapping[str, tuple[str, ...]] = {
    "auth.test": (),
    "bookmarks.add": ("bookmarks:write",),
    "bookmarks.list": ("bookmarks:read",),
    "chat.delete": ("chat:write",),
    "chat.getPermalink": (),
    "chat.postEphemeral": ("chat:write",),
    # In public channels that the bot did not join, and to people.
    "chat.postMessage": ("chat:write", "chat:write.public", "im:write"),
    "chat.update": ("chat:write",),
    "conversations.archive": ("channels:manage",),
    "conversations.create": ("channels:manage",),
    "conversations.history": ("channels:history",),
    "conversations.info": ("channels:read",),
    "conversations.invite": ("channels:manage",),
    "conversations.join": ("channels:join",),
    "conversations.list": ("channels:read",),
    "conversations.rename": ("channels:manage",),
    "conversations.replies": ("channels:history",),
    "conversations.setPurpose": ("channels:manage",),
    "conversations.setTopic": ("channels:manage",),
    "files.info": ("files:read",),
    "pins.add": ("pins:write",),
    "reactions.add": ("reactions:write",),
    "reactions.remove": ("reactions:write",),
    "usergroups.list": ("usergroups:read",),
    "usergroups.users.list": ("usergroups:read",),
    "users.info": ("users:read", "users:read.email"),
    "users.list": ("users:read", "users:read.email"),
    "users.lookupByEmail": ("users:read.email",),
    "views.open": (),
    "views.update": (),
}

# What an installation calls only where its settings ask for it.
_ONLY_WHERE: Mapping[str, Callable[[], bool]] = {
    "files.info": lambda: _messages_are_captured(),
    "usergroups.list": lambda: any(_names_a_group(who) for who in conf.RESPONSE_CHANNEL_INVITE),
    "usergroups.users.list": lambda: any(_is_group(who) for who in conf.RESPONSE_CHANNEL_INVITE),
}

_ANY_CHANNEL_READ = ("channels:read", "groups:read")

#: What a handler hears of under a type of event: the events to subscribe to, and their scopes.
EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "message": (("message.channels", "message.groups"), ("channels:history", "groups:history")),
    **{
        event: ((event,), scopes)
        for event, scopes in (
            ("app_home_opened", ()),
            ("app_mention", ("app_mentions:read",)),
            ("app_uninstalled", ()),
            ("call_rejected", ("calls:read",)),
            ("channel_archive", ("channels:read",)),
            ("channel_created", ("channels:read",)),
            ("channel_deleted", ("channels:read",)),
            ("channel_history_changed", ("channels:history",)),
            ("channel_id_changed", ("channels:read",)),
            ("channel_left", ("channels:read",)),
            ("channel_rename", ("channels:read",)),
            ("channel_unarchive", ("channels:read",)),
            ("emoji_changed", ("emoji:read",)),
            ("file_change", ("files:read",)),
            ("file_created", ("files:read",)),
            ("file_deleted", ("files:read",)),
            ("file_public", ("files:read",)),
            ("file_shared", ("files:read",)),
            ("file_unshared", ("files:read",)),
            ("group_archive", ("groups:read",)),
            ("group_deleted", ("groups:read",)),
            ("group_left", ("groups:read",)),
            ("group_rename", ("groups:read",)),
            ("group_unarchive", ("groups:read",)),
            ("link_shared", ("links:read",)),
            ("member_joined_channel", _ANY_CHANNEL_READ),
            ("member_left_channel", _ANY_CHANNEL_READ),
            ("pin_added", ("pins:read",)),
            ("pin_removed", ("pins:read",)),
            ("reaction_added", ("reactions:read",)),
            ("reaction_removed", ("reactions:read",)),
            ("subteam_created", ("usergroups:read",)),
            ("subteam_members_changed", ("usergroups:read",)),
            ("subteam_updated", ("usergroups:read",)),
            ("team_join", ("users:read",)),
            ("tokens_revoked", ()),
            ("user_change", ("users:read",)),
            ("user_profile_changed", ("users:read",)),
        )
    },
}

# Handlers hear of these under the name of the subtype.
_SUBTYPES = {"message_changed": "message", "message_deleted": "message"}

# Whatever handlers there are: commands are mentions, and messages are counted.
_ALWAYS_HEARD = ("app_mention", "message")


def events() -> set[str]:
    """The events to subscribe to, for the handlers that are registered."""
    return {name for kind in _heard() for name in EVENTS.get(kind, ((kind,), ()))[0]}


def events_of_unknown_scope() -> set[str]:
    """Those of handlers whose scopes are in no table here: RESPONSE_SLACK_SCOPES has to name
    them."""
    return {kind for kind in _heard() if kind not in EVENTS}


def scopes() -> set[str]:
    """The bot scopes that the app needs, for these settings and the handlers registered."""
    needed = {"commands", *conf.RESPONSE_SLACK_SCOPES}
    for method in methods():
        needed.update(METHODS[method])
    for kind in _heard():
        needed.update(EVENTS.get(kind, ((), ()))[1])
    return needed


def methods() -> list[str]:
    """The methods that Response calls, with these settings."""
    return [method for method in METHODS if _ONLY_WHERE.get(method, lambda: True)()]


def _heard() -> Iterator[str]:
    for kind in (*_ALWAYS_HEARD, *registry.events):
        yield _SUBTYPES.get(kind, kind)


def _messages_are_captured() -> bool:
    """Whether anything puts messages on a timeline, whose pictures are then fetched."""
    marks = {"pin_added", "reaction_added"}.intersection(registry.events)
    return bool(marks) or "add-to-timeline" in registry.shortcuts


def _is_group(who: object) -> bool:
    named = str(who).strip()
    return _names_a_group(named) or (named.startswith("S") and named.isalnum())


def _names_a_group(who: object) -> bool:
    """Whether it is a handle, as ``invitations`` reads it: no id, and no address."""
    named = str(who).strip()
    is_id = named.startswith(("U", "W", "S")) and named.isalnum()
    return bool(named) and not is_id and "@" not in named[1:]
