"""Slack's Web API, under the method names that hosts know from the predecessor.

A settings file may import this module: it reads no setting and opens no connection before the
first call.

    SLACK_CLIENT = SlackClient(SLACK_TOKEN)
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from response.conf import conf
from response.slack import answers, downloads, web_call
from response.slack.already_so import ALREADY_SO, is_so_already
from response.slack.errors import (
    SlackError,
    SlackInDoubt,
    SlackNotReached,
    SlackRateLimited,
    SlackRefused,
)
from response.slack.web_call import Answer

__all__ = [
    "ALREADY_SO",
    "DEFERRED_METHODS",
    "SlackClient",
    "SlackError",
    "SlackInDoubt",
    "SlackNotReached",
    "SlackRateLimited",
    "SlackRefused",
    "configured_client",
    "deferring",
]

#: Set while a handler runs inside a transaction. A message must not leave before the commit, nor
#: at all if there is none, so the methods of DEFERRED_METHODS are not called: the function set
#: here takes (method, parameters), owes Slack that call, and gives the answer the handler gets in
#: place of Slack's. It has no real ``ts``, for there is no message yet. Every other method is
#: called, since its answer is needed, by way of ``answers`` and with no more than DIRECT_TIMEOUT.
deferring: ContextVar[Callable[[str, dict[str, Any]], Answer] | None] = ContextVar(
    "deferring", default=None
)

DEFERRED_METHODS = frozenset(
    {
        *("chat.postMessage", "chat.postEphemeral", "chat.update"),
        *("reactions.add", "reactions.remove"),
    }
)

#: Seconds. A person is waiting.
DIRECT_TIMEOUT = 2.0

_PAGE = 200  #: what Slack advises for its lists ("Pagination")


class SlackClient:
    """One workspace's Web API, as the app that ``token`` belongs to.

    ``token``: the bot token. ``base_url``: where the Web API is, by default the setting
    SLACK_API_URL, read at each call. ``timeout``: seconds for each call, as
    ``response.slack.transport.send`` counts them.

    Every method makes one try and raises one of the four kinds of SlackError (see
    ``response.slack.errors``); whether to try again is for the caller to decide. While
    ``deferring`` is set, messages and reactions are owed instead of sent.
    """

    def __init__(self, token: str, *, base_url: str | None = None, timeout: float = 6.0) -> None:
        self._token = token
        self._base_url = base_url
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._base_url or 'SLACK_API_URL'}>"

    @property
    def has_token(self) -> bool:
        """Whether it was given a token at all."""
        return bool(self._token)

    def with_timeout(self, seconds: float) -> SlackClient:
        """The same client, with another time for each call."""
        other = copy.copy(self)
        other._timeout = seconds
        return other

    def api_call(self, method: str, **params: Any) -> Answer:
        """Call any method of the Web API, for instance ``api_call("users.info", user="U1")``.

        Parameters that are None are left out; lists and objects are sent as JSON, lists of
        strings as Slack's comma-separated lists. Gives Slack's answer.
        """
        params = {name: value for name, value in params.items() if value is not None}
        timeout = self._timeout
        if (defer := deferring.get()) is not None:
            if method in DEFERRED_METHODS:
                return defer(method, params)
            timeout = min(timeout, DIRECT_TIMEOUT)
        return answers.of(method, params, lambda: self._call(method, params, timeout))

    def download(self, address: str, at_most: int) -> bytes:
        """Fetch a file that Slack has (``url_private``, ``thumb_960``…), of ``at_most`` so many
        bytes.

        It is fetched from Slack alone, and as raw bytes: what they are is for the caller to find
        out. Raises SlackRefused also where the file is somewhere else, too large, or gone.
        """
        if not self._token:
            raise SlackRefused("No token to fetch a file with: set SLACK_TOKEN", "not_authed")
        with web_call.telling("file"):
            return downloads.fetch(
                address,
                token=self._token,
                base_url=self._base_url or conf.SLACK_API_URL,
                timeout=self._timeout,
                at_most=at_most,
            )

    def who_am_i(self) -> tuple[Answer, Mapping[str, str]]:
        """auth.test: whose the token is; and the headers of the answer, by names in lower case.
        Those of a bot token say in ``x-oauth-scopes`` what it may do."""
        return self._ask("auth.test", {}, self._timeout)

    def _call(self, method: str, params: Mapping[str, Any], timeout: float) -> Answer:
        answer, _headers = self._ask(method, params, timeout)
        return answer

    def _ask(
        self, method: str, params: Mapping[str, Any], timeout: float
    ) -> tuple[Answer, dict[str, str]]:
        base_url = self._base_url or conf.SLACK_API_URL
        return web_call.ask(method, params, token=self._token, base_url=base_url, timeout=timeout)

    def _unless_already_so(self, method: str, **params: Any) -> Answer:
        try:
            return self.api_call(method, **params)
        except SlackRefused as refused:
            if is_so_already(method, params, str(refused.slack_error)):
                return {"ok": True, "already_so": refused.slack_error}
            raise

    def pages(self, method: str, **params: Any) -> Iterator[Answer]:
        """The answers of a list method, page by page. Ends where Slack names no further page, or
        one that was read already."""
        read: set[str] = set()
        cursor = ""
        while cursor not in read:
            read.add(cursor)
            answer = self.api_call(method, **{"limit": _PAGE, **params, "cursor": cursor or None})
            yield answer
            metadata = web_call.object_of(answer.get("response_metadata")) or {}
            cursor = str(metadata.get("next_cursor") or "")

    # Messages

    def send_message(
        self,
        channel_id: str,
        text: str,
        attachments: Sequence[Any] | None = None,
        thread_ts: str | None = None,
        **more: Any,
    ) -> Answer:
        """Post in a channel, or to a person by their id; ``more`` goes to chat.postMessage."""
        message = {"text": text, "attachments": attachments, "thread_ts": thread_ts, **more}
        return self.api_call("chat.postMessage", channel=channel_id, **message)

    def send_ephemeral_message(
        self,
        channel_id: str,
        user_id: str,
        text: str,
        attachments: Sequence[Any] | None = None,
        **more: Any,
    ) -> Answer:
        """Show a message in a channel to one person of it."""
        message = {"user": user_id, "text": text, "attachments": attachments, **more}
        return self.api_call("chat.postEphemeral", channel=channel_id, **message)

    def send_or_update_message_block(
        self,
        channel_id: str,
        blocks: Sequence[Mapping[str, Any]],
        fallback_text: str,
        ts: str | None = None,
        **more: Any,
    ) -> Answer:
        """Post blocks, or put them into the message ``ts``; ``fallback_text`` is what is read out
        and shown in notifications, and always goes along."""
        message = {"channel": channel_id, "blocks": list(blocks), "text": fallback_text, **more}
        if ts:
            return self.api_call("chat.update", ts=ts, **message)
        return self.api_call("chat.postMessage", **message)

    def add_reaction(self, reaction: str, channel_id: str, thread_ts: str) -> Answer:
        """Put an emoji ("white_check_mark") under the message ``thread_ts``, if it is not there."""
        where = {"channel": channel_id, "timestamp": thread_ts}
        return self._unless_already_so("reactions.add", name=reaction.strip(":"), **where)

    def remove_reaction(self, reaction: str, channel_id: str, thread_ts: str) -> Answer:
        """Take our emoji off the message again, if it is there."""
        where = {"channel": channel_id, "timestamp": thread_ts}
        return self._unless_already_so("reactions.remove", name=reaction.strip(":"), **where)

    # Forms

    def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> Answer:
        """Show a form to the person whose click or command gave ``trigger_id``, at most three
        seconds ago (views.open)."""
        return self.api_call("views.open", trigger_id=trigger_id, view=dict(view))

    # Channels

    def get_channel_id(self, name: str, auto_unarchive: bool = False) -> str:
        """The id of a channel by its name, private ones of the app too where it may see them.

        ``auto_unarchive``: bring it back if it is archived. Raises SlackRefused
        ("channel_not_found").
        """
        wanted = name.removeprefix("#")
        for channel in self._channels():
            if channel.get("name") == wanted:
                channel_id = str(channel["id"])
                if channel.get("is_archived") and auto_unarchive:
                    self.unarchive_channel(channel_id)
                return channel_id
        raise SlackRefused("Slack has no channel of that name", "channel_not_found")

    def _channels(self) -> Iterator[Answer]:
        public, both = "public_channel", "public_channel,private_channel"
        try:
            first = next(pages := self.pages("conversations.list", types=both))
        except SlackRefused as refused:
            if refused.slack_error != "missing_scope":
                raise
            first = next(pages := self.pages("conversations.list", types=public))
        yield from first.get("channels") or []
        for page in pages:
            yield from page.get("channels") or []

    def get_channel_name(self, channel_id: str) -> str:
        """The name of a channel by its id."""
        answer = self.api_call("conversations.info", channel=channel_id)
        return str(_part(answer, "channel", "name"))

    def create_channel(self, name: str) -> str:
        """Make a public channel, and give its id. Raises SlackRefused ("name_taken", …)."""
        return str(_part(self.api_call("conversations.create", name=name), "channel", "id"))

    def get_or_create_channel(self, channel_name: str, auto_unarchive: bool = False) -> str:
        """The id of the channel of that name, which is made if there is none.

        Two incidents may not share one: where a channel is to be new, use create_channel.
        """
        try:
            return self.create_channel(channel_name)
        except SlackRefused as refused:
            if refused.slack_error != "name_taken":
                raise
        return self.get_channel_id(channel_name, auto_unarchive=auto_unarchive)

    def join_channel(self, channel_id: str) -> Answer:
        """Make the bot a member."""
        return self.api_call("conversations.join", channel=channel_id)

    def leave_channel(self, channel_id: str) -> Answer:
        """Take the bot out."""
        return self.api_call("conversations.leave", channel=channel_id)

    def invite_user_to_channel(self, user_id: str, channel_id: str) -> Answer:
        """Bring a person in, if they are not there."""
        where = {"channel": channel_id, "users": user_id}
        return self._unless_already_so("conversations.invite", **where)

    def rename_channel(self, channel_id: str, new_name: str) -> str:
        """Rename a channel, and give the name Slack made of it."""
        answer = self.api_call("conversations.rename", channel=channel_id, name=new_name)
        return str(_part(answer, "channel", "name"))

    def set_channel_topic(self, channel_id: str, channel_topic: str) -> Answer:
        """Set the topic, of at most 250 characters; the bot has to be a member."""
        return self.api_call("conversations.setTopic", channel=channel_id, topic=channel_topic)

    def unarchive_channel(self, channel_id: str) -> Answer:
        """Bring an archived channel back, if it is one."""
        return self._unless_already_so("conversations.unarchive", channel=channel_id)

    # People

    def get_user_id(self, name: str) -> str:
        """The id of a person by user name ("ana" or "@ana"). Reads the whole directory; raises
        SlackRefused ("user_not_found")."""
        wanted = name.removeprefix("@")
        for page in self.pages("users.list"):
            for user in page.get("members") or []:
                if user.get("name") == wanted:
                    return str(user["id"])
        raise SlackRefused("Slack has no person of that name", "user_not_found")

    def get_user_profile(self, user_id: str) -> Answer:
        """{id, name, fullname, email, deleted, is_bot}; fullname and email may be None."""
        return _profile(self.api_call("users.info", user=user_id))

    def get_user_profile_by_email(self, email: str) -> Answer:
        """The same by e-mail address. Raises SlackRefused ("users_not_found"), for people who have
        left as well."""
        return _profile(self.api_call("users.lookupByEmail", email=email))

    def get_paginated_users(self, limit: int = 0, cursor: str | None = None) -> Answer:
        """One page of users.list as Slack answers it, with the cursor of the next in its
        ``response_metadata``. ``pages("users.list")`` goes through all."""
        return self.api_call("users.list", limit=limit or _PAGE, cursor=cursor or None)

    def get_usergroup_id(self, group_name: str) -> str:
        """The id of a group of people by its handle. Raises SlackRefused ("no_such_subteam")."""
        wanted = group_name.removeprefix("@")
        for group in self.api_call("usergroups.list").get("usergroups") or []:
            if group.get("handle") == wanted:
                return str(group["id"])
        raise SlackRefused("Slack has no group of that name", "no_such_subteam")

    def get_usergroup_users(self, group_id: str) -> list[str]:
        """The ids of the people in a group."""
        return list(self.api_call("usergroups.users.list", usergroup=group_id).get("users") or [])

    def get_slack_token_owner(self) -> str:
        """The user id that our token speaks as, which for a bot token is the bot."""
        return str(_part(self.api_call("auth.test"), "user_id"))


def configured_client() -> SlackClient:
    """The host's client: the setting SLACK_CLIENT, else one made from SLACK_TOKEN."""
    client: SlackClient | None = conf.SLACK_CLIENT
    return client or _client_of(conf.SLACK_TOKEN)


@functools.lru_cache(maxsize=8)
def _client_of(token: str) -> SlackClient:
    return SlackClient(token)


def _part(answer: Mapping[str, Any], *path: str) -> Any:
    """What stands at ``path`` in an answer that has to have it."""
    value: Any = answer
    for name in path:
        if not isinstance(value, dict) or not value.get(name):
            raise SlackInDoubt(f"Slack's answer has no {'.'.join(path)}")
        value = value[name]
    return value


def _profile(answer: Mapping[str, Any]) -> Answer:
    user_id = _part(answer, "user", "id")
    user = answer["user"]
    profile = web_call.object_of(user.get("profile")) or {}
    return {
        "id": user_id,
        "name": user.get("name"),
        "fullname": profile.get("real_name") or user.get("real_name"),
        "email": profile.get("email"),
        "deleted": bool(user.get("deleted")),
        "is_bot": bool(user.get("is_bot")),
    }
