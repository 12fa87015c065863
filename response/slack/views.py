"""Slack's doors. Each checks, stores or answers within Slack's three seconds, and does the rest
later: what a 200 acknowledges is in the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import Error as DatabaseAwayError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from response.core.models import Incident
from response.exceptions import UserError
from response.slack import at_once, dispatch, modals
from response.slack.block_kit import Modal
from response.slack.client import configured_client
from response.slack.errors import SlackError, SlackRefused
from response.slack.lookalikes import lookalikes
from response.slack.payloads import (
    ChannelEvent,
    Click,
    MalformedPayloadError,
    Shortcut,
    SlashCommand,
    Submission,
    form_of,
    interaction_of,
    json_of,
    type_of,
)
from response.slack.registry import registry
from response.slack.signing import refusal, signed

logger = logging.getLogger(__name__)

NOT_SAVED = (
    "This was not saved: the database does not answer just now. Please try again in a moment."
)

Door = Callable[[HttpRequest], HttpResponse]


def door(view: Door) -> Door:
    """A signed door for well-formed requests. Its view has transactions of its own."""

    def enter(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except MalformedPayloadError as error:
            return refusal(request, 400, f"it is signed, and makes no sense ({error}).")

    enter.__name__ = view.__name__
    # Slack signs its requests; it has no login, which a host's middleware may ask everyone for.
    return login_not_required(transaction.non_atomic_requests(signed(enter)))


@door
def slash_command(request: HttpRequest) -> HttpResponse:
    """``/incident [title]`` opens the form that declares an incident."""
    fields = form_of(request)
    if fields.get("ssl_check"):
        return HttpResponse()
    command = SlashCommand.of(fields)
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
        return JsonResponse({"response_type": "ephemeral", "text": str(error)})
    return HttpResponse()


@door
def action(request: HttpRequest) -> HttpResponse:
    """Buttons that were pressed, forms that were sent, and shortcuts that were chosen."""
    payload = interaction_of(request)
    match type_of(payload):
        case "view_submission":
            return _submission(Submission.of(payload))
        case "block_actions":
            _click(Click.of(payload))
        case "message_action" | "shortcut":
            _shortcut(Shortcut.of(payload))
        case unknown:
            logger.info("Nothing here answers interactions of the type %r.", unknown)
    return HttpResponse()


@door
def event(request: HttpRequest) -> HttpResponse:
    """What happened in the workspace. A 503 has Slack come again."""
    payload = json_of(request.body)
    if type_of(payload) == "url_verification":
        return JsonResponse({"challenge": str(payload.get("challenge", ""))})
    if type_of(payload) != "event_callback":
        logger.info("Nothing here hears of %r.", type_of(payload))
        return HttpResponse()
    try:
        dispatch.receive_event(ChannelEvent.of(payload))
    except DatabaseAwayError:
        logger.warning("The database did not take an event; Slack is asked to come again.")
        return HttpResponse(status=503)
    return HttpResponse()


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


def _subcommand(command: SlashCommand) -> HttpResponse:
    try:
        reply = at_once.answer_subcommand(command)
        if isinstance(reply, Modal):
            modals.open_modal(command.trigger_id, reply.serialize())
            return HttpResponse()
    except UserError as error:
        reply = str(error)
    except DatabaseAwayError:
        logger.warning("The database did not take a command; the person is told.")
        reply = NOT_SAVED
    if not reply:
        return HttpResponse()
    return JsonResponse({"response_type": "ephemeral", "text": reply})


def _submission(submission: Submission) -> HttpResponse:
    try:
        at_once.submit(submission)
    except modals.AskAgainError as again:
        return JsonResponse({"response_action": "update", "view": again.modal.serialize()})
    except ValidationError as error:
        return _errors(submission, error)
    except UserError as error:
        return _errors(submission, ValidationError(str(error)))
    except DatabaseAwayError:
        logger.warning("The database did not take a form; the person is told.")
        return _errors(submission, ValidationError(NOT_SAVED))
    return HttpResponse()


def _errors(submission: Submission, error: ValidationError) -> HttpResponse:
    """Slack keeps the form open, with what was typed, and shows the errors at their blocks."""
    by_field: Mapping[str, list[str]] = (
        error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    )
    first = next(iter(submission.values), "report")
    errors: dict[str, Any] = {}
    for name, texts in by_field.items():
        block = name if name in submission.values else first
        errors[block] = " ".join(filter(None, [errors.get(block), *texts]))
    return JsonResponse({"response_action": "errors", "errors": errors})


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
    except UserError as error:
        _tell_now(click.channel_id, click.user_id, str(error))
    except DatabaseAwayError:
        logger.warning("The database did not take a click; the person is told.")
        _tell_now(click.channel_id, click.user_id, NOT_SAVED)


def _shortcut(shortcut: Shortcut) -> None:
    try:
        form = at_once.answer_shortcut(shortcut)
        if form is not None:
            modals.open_modal(shortcut.trigger_id, form.serialize())
    except UserError as error:
        _tell_now(shortcut.channel_id, shortcut.user_id, str(error))
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
