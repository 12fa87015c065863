"""What is answered while somebody waits: forms, shortcuts, and what follows ``/incident``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from response.delivery import inbox
from response.slack import answers, commands, handling
from response.slack.actions import ShortcutContext, SubcommandContext
from response.slack.block_kit import Modal
from response.slack.payloads import Click, Shortcut, SlashCommand, Submission
from response.slack.registry import Handler, registry
from response.transactions import atomic

logger = logging.getLogger(__name__)

T = TypeVar("T")

SUBMISSION, SHORTCUT, SUBCOMMAND = "submission", "shortcut", "subcommand"

# Seconds in which a handler for which Slack waits may begin to ask Slack something.
_AT_ONCE = 2.0


def submit(submission: Submission) -> None:
    """Act on a form, once. Raises ValidationError for what does not fit, UserError for what cannot
    be done, and DatabaseError; then nothing is kept, and the same form may come again."""
    handler = registry.modals.get(submission.callback_id)
    dialog = registry.dialogs.get(submission.callback_id)
    if handler is not None:
        call = partial(handler, submission)
    elif dialog is not None:
        handler, call = dialog, partial(_answer_dialog, dialog, submission)
    else:
        logger.info(
            "Nothing here answers the form %r; @modal_handler(%r) would.",
            submission.callback_id,
            submission.callback_id,
        )
        return
    _at_once(f"view:{submission.view_id}", SUBMISSION, handler, call, by=submission)


def answer_shortcut(shortcut: Shortcut) -> Modal | None:
    """Act on a shortcut, once; the form to open, if there is one. Raises UserError for what cannot
    be done, and DatabaseError."""
    handler = registry.shortcuts.get(shortcut.callback_id)
    if handler is None:
        logger.info(
            "Nothing here answers the shortcut %r; @shortcut_handler(%r) would.",
            shortcut.callback_id,
            shortcut.callback_id,
        )
        return None

    def call() -> Modal | None:
        incident = handling.incident_in(shortcut.channel_id)
        context = ShortcutContext(
            incident=incident,
            user_id=shortcut.user_id,
            message=shortcut.message,
            trigger_id=shortcut.trigger_id,
            response_url=shortcut.response_url,
            channel_id=shortcut.channel_id,
        )
        with handling.opening_from(shortcut.channel_id, incident):
            form: Modal | None = handler(context)
        return form

    return _at_once(f"trigger:{shortcut.trigger_id}", SHORTCUT, handler, call, by=shortcut)


def is_subcommand(command: SlashCommand) -> bool:
    """Whether ``/incident`` is followed by a word that is registered, and by what it accepts."""
    return _subcommand(command) is not None


def answer_subcommand(command: SlashCommand) -> str | Modal | None:
    """Answer ``/incident WORD …``, which ``is_subcommand``, once: with a text for the person, a
    form to open, or nothing. Raises UserError for what cannot be done, and DatabaseError."""
    found = _subcommand(command)
    if found is None:
        return None
    handler, text = found

    def call() -> str | Modal | None:
        incident = handling.incident_in(command.channel_id)
        context = SubcommandContext(
            incident=incident,
            user_id=command.user_id,
            text=text,
            trigger_id=command.trigger_id,
            response_url=command.response_url,
            channel_id=command.channel_id,
        )
        with handling.opening_from(command.channel_id, incident):
            reply: str | Modal | None = handler(context)
        return reply

    return _at_once(f"trigger:{command.trigger_id}", SUBCOMMAND, handler, call, by=command)


def view_for(click: Click) -> dict[str, Any]:
    """The form that a button opens. Raises UserError where there is none to open."""
    opener = registry.openers[click.action_id]
    with handling.explaining(opener):
        view: dict[str, Any] = opener(handling.context_of(click)).serialize()
    return view


def _subcommand(command: SlashCommand) -> tuple[Handler, str] | None:
    word, *rest = command.text.split(None, 1) or [""]
    text = "".join(rest).strip()
    known = registry.subcommands.get(word.lower())
    if known is not None and known.accepts(text):
        return known.handler, text
    # In a comms channel, what can be said to the bot can be said here. Elsewhere, and where the
    # rest makes no sense behind the word, it is the title of an incident.
    here = registry.commands.get(word.lower())
    if here is None or not here.accepts(text) or handling.channel_of(command.channel_id) is None:
        return None
    return commands.as_subcommand(here.handler), text


def _at_once(
    key: str,
    kind: str,
    handler: Handler,
    call: Callable[[], T],
    *,
    by: Submission | Shortcut | SlashCommand,
) -> T | None:
    """What ``call`` returns, made in a transaction with the note that it was; None for a repeat."""
    run = answers.repeatable(call, seconds=_AT_ONCE)

    @atomic()
    def act() -> T | None:
        # Noted only if it is accepted: a form that comes back with errors is sent again.
        if not inbox.accept(key, kind):
            return None
        with handling.explaining(handler), handling.on_behalf_of(by.user_id, by.user_name):
            return run()

    return answers.until_answered(act)


def _answer_dialog(handler: Handler, submission: Submission) -> None:
    came_with = submission.metadata
    channel_id, state = str(came_with.get("channel", "")), str(came_with.get("state", ""))
    handler(submission.user_id, channel_id, dict(submission.answers), "", state)
