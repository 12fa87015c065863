"""``@incident WORD rest``: which command is meant, and how it is answered."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from django.db import transaction

from response.conf import conf
from response.core.models import Incident
from response.exceptions import UserError
from response.slack import handling, messages, mrkdwn
from response.slack.actions import SubcommandContext
from response.slack.payloads import ChannelEvent
from response.slack.registry import Command, Handler, registry

# The groups of the built-in commands, in the order in which help shows them.
THE_INCIDENT, WHAT_IS_KNOWN, WHAT_TO_DO, THE_CHANNEL = GROUPS = (
    "The incident",
    "What is known",
    "What to do",
    "The channel",
)

DONE = "white_check_mark"
NOT_DONE = "question"

# Where we do not know as whom Slack knows the bot, it is the first one that is mentioned.
_MENTION = re.compile(r"<@[UW]\w+(?:\|[^>]*)?>")


@dataclass(frozen=True)
class Request:
    """What was asked of the bot: the command's word, and the rest as it was written."""

    word: str
    rest: str


def answer(incident: Incident | None, event: ChannelEvent) -> None:
    """Do what a mention of the bot asks for, and say how that went.

    A reaction tells everyone. Where it cannot be done, nothing of it is kept, and the person who
    asked is told why.
    """
    reply = None
    try:
        with transaction.atomic():
            handled, reply = _run(incident, event)
    except handling.FOR_PEOPLE as error:
        handled = False
        messages.tell(event.channel_id, event.user_id, handling.words_of(error))
    mark, other = (DONE, NOT_DONE) if handled else (NOT_DONE, DONE)
    messages.answer(
        event.channel_id,
        str(event.event.get("ts", "")),
        mark=mark,
        # Only a message that was edited can carry the mark of an earlier try.
        no_more=other if "edited" in event.event else "",
        reply=reply,
    )


def as_subcommand(handler: Handler) -> Callable[[SubcommandContext], str]:
    """The handler of a command, for ``/incident``: it is answered to the person alone."""

    @functools.wraps(handler)
    def run(context: SubcommandContext) -> str:
        handled, reply = handler(context.incident, context.user_id, context.text)
        return str(reply or ("Done." if handled else "Sorry, that did not work."))

    return run


def parse(text: str, bot_user_id: str) -> Request:
    """The command in a message, which stands behind the mention of the bot.

    ``text`` is as Slack sent it; the rest of the request is as the person wrote it, except that
    references (``<@U…>``) stay what they are.
    """
    mention = re.search(rf"<@{re.escape(bot_user_id)}(?:\|[^>]*)?>", text) or _MENTION.search(text)
    request = mrkdwn.unescape(text[mention.end() :] if mention else text)
    word, *rest = request.split(None, 1) or [""]
    return Request(word.lower(), "".join(rest).rstrip())


def _run(incident: Incident | None, event: ChannelEvent) -> tuple[bool, str | None]:
    if incident is None:
        raise UserError(
            "This channel belongs to no incident. Declare one with `/incident`, or say this in "
            "the comms channel of yours."
        )
    request = parse(str(event.event.get("text", "")), event.bot_user_id or conf.INCIDENT_BOT_ID)
    command = registry.commands.get(request.word)
    if command is None:
        raise UserError(_unknown(request.word))
    handled, reply = command.handler(incident, event.user_id, request.rest)
    return bool(handled), reply


def _unknown(word: str) -> str:
    if not word:
        return "What can I do? `@incident help` shows all there is."
    shown = mrkdwn.outgoing(word, limit=100)
    near = get_close_matches(word, registry.commands, n=1)
    if near:
        return f"Sorry, I do not know “{shown}”. Did you mean `@incident {near[0]}`?"
    return f"Sorry, I do not know “{shown}”. `@incident help` shows all that I do."


def is_empty(rest: str) -> bool:
    """For ``Command.accepts``: nothing may follow the word."""
    return not rest.strip()


def is_mention(rest: str) -> bool:
    """For ``Command.accepts``: somebody is mentioned, and nothing else is said."""
    named = mrkdwn.leading_mention(rest)
    return named is not None and not named[1].strip()


def help_text(commands: Iterable[Command]) -> str:
    """Every command with what it does and an example, in groups, as a message."""
    groups: dict[str, list[Command]] = {name: [] for name in GROUPS}
    for command in commands:
        groups.setdefault(command.group, []).append(command)
    parts = ["Say `@incident` and then one of these, or `/incident` and then one of these."]
    for name, members in groups.items():
        if members:
            parts.append("\n".join([f"*{name}*", *map(_help_line, members)]))
    return "\n\n".join(parts)


def _help_line(command: Command) -> str:
    words = " or ".join(f"`{word}`" for word in command.words)
    example = f" For example: `{command.example}`" if command.example else ""
    return f"• {words} {command.helptext}".rstrip() + example
