"""What is answered to each kind of thing that Slack tells us, by whichever door it came.

Each checks, stores or answers within Slack's three seconds, and leaves the rest for later: what is
answered at all is in the database. Where there is nothing to say, the answer is empty.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import Error as DatabaseAwayError
from django.utils import timezone

from response.core.models import Incident
from response.exceptions import UserError
from response.slack import at_once, dispatch, handling, modals, sightings
from response.slack.block_kit import Modal
from response.slack.client import configured_client
from response.slack.errors import SlackError, SlackRefused
from response.slack.lookalikes import lookalikes
from response.slack.payloads import (
    ChannelEvent,
    Click,
    Shortcut,
    SlashCommand,
    Submission,
    type_of,
)
from response.slack.registry import registry

logger = logging.getLogger(__name__)

NOT_SAVED = (
    "This was not saved: the database does not answer just now. Please try again in a moment."
)

#: What Slack is answered with, as it becomes JSON.
Answer = dict[str, Any]


def answer_command(fields: Mapping[str, Any]) -> Answer:
    """``/incident [title]`` opens the form that declares an incident.

    ``fields`` are those that Slack sends ("Implementing slash commands"). Raises
    MalformedPayloadError.
    """
    command = SlashCommand.of(fields)
    sightings.see("command")
    if _is_subcommand(command):
        return _subcommand(command)
    form = modals.report_form(
        {"report": command.text},
        channel_id=command.channel_id,
        lookalikes=_lookalikes(command.text),
    )
    try:
        modals.open_modal(command.trigger_id, form.serialize())
    except UserError as error:
        return _to_the_person(f"{error} {modals.ways_without_form(command.text)}")
    return {}


def answer_interaction(payload: Mapping[str, Any]) -> Answer:
    """Buttons that were pressed, forms that were sent, and shortcuts that were chosen.

    Raises MalformedPayloadError.
    """
    sightings.see(f"interaction {type_of(payload)}")
    match type_of(payload):
        case "view_submission":
            return _submission(Submission.of(payload))
        case "block_actions":
            _click(Click.of(payload))
        case "message_action" | "shortcut":
            _shortcut(Shortcut.of(payload))
        case unknown:
            logger.info("Nothing here answers interactions of the type %r.", unknown)
    return {}


def hear(payload: Mapping[str, Any]) -> bool:
    """What happened in the workspace.

    False where the database did not take it, so that Slack has to come again with it. Raises
    MalformedPayloadError.
    """
    if type_of(payload) != "event_callback":
        logger.info("Nothing here hears of %r.", type_of(payload))
        return True
    event = ChannelEvent.of(payload)
    sightings.see(f"event {event.type}")
    try:
        dispatch.receive_event(event)
    except DatabaseAwayError:
        logger.warning("The database did not take an event; Slack is asked to come again.")
        return False
    return True


def _lookalikes(title: str) -> list[Incident]:
    """Without the database the form still opens; what it declares may be stored a moment later."""
    try:
        return lookalikes(title, timezone.now())
    except DatabaseAwayError:
        logger.warning("The database does not answer; the form is opened without it.")
        return []


def _is_subcommand(command: SlashCommand) -> bool:
    """Without the database nobody can tell, and the form that opens keeps what was typed."""
    try:
        return at_once.is_subcommand(command)
    except DatabaseAwayError:
        logger.warning("The database does not answer; a command is taken for a title.")
        return False


def _subcommand(command: SlashCommand) -> Answer:
    try:
        reply = at_once.answer_subcommand(command)
        if isinstance(reply, Modal):
            modals.open_modal(command.trigger_id, reply.serialize())
            return {}
    except handling.FOR_PEOPLE as error:
        reply = handling.words_of(error)
    except DatabaseAwayError:
        logger.warning("The database did not take a command; the person is told.")
        reply = NOT_SAVED
    return _to_the_person(reply) if reply else {}


def _to_the_person(text: str) -> Answer:
    return {"response_type": "ephemeral", "text": text}


def _submission(submission: Submission) -> Answer:
    try:
        at_once.submit(submission)
    except modals.AskAgainError as again:
        return {"response_action": "update", "view": again.modal.serialize()}
    except ValidationError as error:
        return _errors(submission, error)
    except UserError as error:
        return _errors(submission, ValidationError(str(error)))
    except DatabaseAwayError:
        logger.warning("The database did not take a form; the person is told.")
        return _errors(submission, ValidationError(NOT_SAVED))
    return {}


def _errors(submission: Submission, error: ValidationError) -> Answer:
    """Slack keeps the form open, with what was typed, and shows the errors at their blocks."""
    by_field: Mapping[str, list[str]] = (
        error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    )
    first = next(iter(submission.values), "report")
    errors: dict[str, Any] = {}
    for name, texts in by_field.items():
        block = name if name in submission.values else first
        errors[block] = " ".join(filter(None, [errors.get(block), *texts]))
    return {"response_action": "errors", "errors": errors}


def _click(click: Click) -> None:
    try:
        if click.action_id in registry.actions or click.action_id not in registry.openers:
            dispatch.receive_click(click)
        if click.action_id in registry.openers:
            view = at_once.view_for(click)
            if click.view_id:
                modals.replace_modal(click.view_id, view)
            else:
                modals.open_modal(click.trigger_id, view)
    except handling.FOR_PEOPLE as error:
        _tell_now(click.channel_id, click.user_id, handling.words_of(error))
    except DatabaseAwayError:
        logger.warning("The database did not take a click; the person is told.")
        _tell_now(click.channel_id, click.user_id, NOT_SAVED)


def _shortcut(shortcut: Shortcut) -> None:
    try:
        form = at_once.answer_shortcut(shortcut)
        if form is not None:
            modals.open_modal(shortcut.trigger_id, form.serialize())
    except handling.FOR_PEOPLE as error:
        _tell_now(shortcut.channel_id, shortcut.user_id, handling.words_of(error))
    except DatabaseAwayError:
        logger.warning("The database did not take a shortcut; the person is told.")
        _tell_now(shortcut.channel_id, shortcut.user_id, NOT_SAVED)


def _tell_now(channel_id: str, user_id: str, text: str) -> None:
    """Slack shows nobody what such a request is answered with, so this is said at once."""
    client = configured_client().with_timeout(modals.OPEN_TIMEOUT)
    try:
        try:
            client.send_ephemeral_message(channel_id, user_id, text)
        except SlackRefused:
            # There is no channel, as in a form, or the bot is not in it.
            client.send_message(user_id, text)
    except SlackError as error:
        logger.warning("Somebody could not be told why nothing happened: %s", error)
