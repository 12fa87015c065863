"""What a person sends from the composer: a message, or a slash command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import channels, interactions, messages
from .change import changing
from .directory import bot, channel_called, person_called, slackbot
from .models import Channel, Message, Person
from .refusals import Refusal
from .wire import escape, to_wire, unescape

Json = dict[str, Any]

#: The commands that the app has registered; they are sent with should_escape.
COMMANDS_OF_THE_APP = {"/incident": "Report an incident"}
OWN_COMMANDS = {
    "/invite": "@person: bring somebody into this channel",
    "/remove": "@person: take somebody out of this channel",
    "/topic": "text: set this channel's topic",
    "/rename": "name: rename this channel",
    "/join": "#channel: go into a channel",
    "/leave": "go out of this channel",
    "/archive": "close this channel",
    "/unarchive": "open this channel again",
}


def send(
    person: Person,
    channel: Channel,
    typed: str,
    *,
    thread_ts: str = "",
    uploads: Sequence[messages.Upload] = (),
) -> Json:
    """Do what Enter does.

    Returns:
        For a message ``{"ok": true, "ts": …}``; for a command what
        :func:`interactions.slash_command` returns, with ``"command": true``.

    Raises:
        Refusal: no_text, not_in_channel, is_archived, thread_not_found, and those of the commands.
    """
    if not typed.strip() and not uploads:
        raise Refusal("no_text")
    if typed.startswith("/"):
        return {"command": True, **_command(person, channel, typed, thread_ts)}
    if not channel.has(person):
        raise Refusal("not_in_channel")
    if channel.is_archived:
        raise Refusal("is_archived")
    wire = to_wire(typed.strip("\n"))
    with changing() as change:
        message = messages.post(change, channel, person, wire, thread_ts=thread_ts, uploads=uploads)
        _offer_to_invite_the_bot(change, message)
    return {"ok": True, "command": False, "ts": message.ts}


def _offer_to_invite_the_bot(change: Any, message: Message) -> None:
    ours = bot()
    if f"<@{ours.user_id}>" in message.text and not message.channel.has(ours):
        text = (
            f"<@{ours.user_id}> is not in this channel, so it did not see that. "
            f"Bring it in with `/invite @{ours.handle}`."
        )
        messages.whisper(change, message.channel, slackbot(), message.author, text)


def _command(person: Person, channel: Channel, typed: str, thread_ts: str) -> Json:
    command, _, text = typed.partition(" ")
    command = command.strip().lower()
    if thread_ts:
        return _slackbot(channel, person, f"{command} is not supported in threads. Sorry!")
    if command in COMMANDS_OF_THE_APP:
        return interactions.slash_command(person, channel, command, to_wire(text.strip()))
    if command not in OWN_COMMANDS:
        known = ", ".join([*COMMANDS_OF_THE_APP, *OWN_COMMANDS])
        return _slackbot(
            channel, person, f"`{escape(command)}` is not a valid command. There are: {known}"
        )
    try:
        return _own_command(person, channel, command, text.strip())
    except Refusal as refusal:
        return _slackbot(channel, person, f"`{command}` did not work: {refusal.error}")


def _own_command(person: Person, channel: Channel, command: str, text: str) -> Json:
    if command == "/join":
        found = channel_called(text)
        if found is None or (found.is_private and not found.has(person)):
            raise Refusal("channel_not_found")
        channel = found
    elif not channel.has(person):
        raise Refusal("not_in_channel")
    with changing() as change:
        if command in ("/invite", "/remove"):
            other = person_called(text)
            if other is None:
                raise Refusal("user_not_found")
            if command == "/invite":
                channels.invite(change, channel, other, person)
            elif not channels.leave(change, channel, other, kicked=True):
                raise Refusal("not_in_channel")
        elif command == "/topic":
            channels.set_topic(change, channel, to_wire(text), person)
        elif command == "/rename":
            channels.rename(change, channel, unescape(text), person)
        elif command == "/join":
            channels.join(change, channel, person)
        elif command == "/leave":
            channels.leave(change, channel, person)
        elif command == "/archive":
            channels.archive(change, channel, person)
        elif command == "/unarchive":
            channels.unarchive(change, channel, person)
    return {"ok": True, "error": "", "answer": "", "channel": channel.channel_id}


def _slackbot(channel: Channel, person: Person, text: str) -> Json:
    with changing() as change:
        messages.whisper(change, channel, slackbot(), person, text)
    return {"ok": False, "error": "not_a_command", "answer": text}
