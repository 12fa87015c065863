"""The built-in buttons: below the headline post, and below what ``summary`` and ``impact`` say."""

from __future__ import annotations

import json
from typing import Any

from response.core import services
from response.exceptions import UserError
from response.slack import messages, modals, mrkdwn, wants
from response.slack.actions import CREATE_CHANNEL, ActionContext
from response.slack.block_kit import Button, Confirm, Modal
from response.slack.decorators import action_handler, headline_post_action, modal_opener
from response.slack.models import HeadlinePost

EDIT = "edit-incident-button"
CLOSE = "close-incident-button"


@headline_post_action(order=100)
def create_channel_button(headline_post: HeadlinePost) -> Button | None:
    if headline_post.comms_channel is not None or headline_post.incident.report_only:
        return None
    return Button("💬 Create Comms Channel", CREATE_CHANNEL, value=headline_post.incident.pk)


@headline_post_action(order=200)
def edit_button(headline_post: HeadlinePost) -> Button:
    return Button("✏️ Edit", EDIT, value=headline_post.incident.pk)


@headline_post_action(order=300)
def close_button(headline_post: HeadlinePost) -> Button:
    return Button(
        "✅ Close",
        CLOSE,
        value=headline_post.incident.pk,
        confirm=Confirm(
            "Close this incident?",
            "It ends now. It can be edited and reopened later.",
            confirm="Close it",
            deny="Not yet",
        ),
    )


@action_handler(CREATE_CHANNEL)
def create_channel(context: ActionContext) -> None:
    there = context.incident.comms_channel()
    if there is not None:
        where = mrkdwn.channel_link(there.channel_id)
        messages.tell(context.channel_id, context.user_id, f"There is one already: {where}.")
        return
    services.request_channel(context.incident.pk)


@modal_opener(EDIT)
def edit(context: ActionContext) -> Modal:
    return modals.edit_form(context.incident)


@action_handler(modals.JOIN)
def join(context: ActionContext) -> None:
    channel = context.incident.comms_channel()
    if channel is not None:
        wants.member(channel, context.user_id)


@modal_opener(modals.JOIN)
def show_joined(context: ActionContext) -> Modal:
    return modals.joined_view(context.incident)


@action_handler(CLOSE)
def close(context: ActionContext) -> None:
    if context.incident.is_closed():
        messages.tell(context.channel_id, context.user_id, "Somebody closed this incident already.")
    services.close_incident(context.incident.pk)


@modal_opener("update-current-summary-action")
def update_summary(context: ActionContext) -> Modal:
    return modals.text_form(context.incident, "summary")


@modal_opener("update-current-impact-action")
def update_impact(context: ActionContext) -> Modal:
    return modals.text_form(context.incident, "impact")


@action_handler("set-new-summary-action")
def set_summary(context: ActionContext) -> None:
    _set(context, "summary")


@action_handler("set-new-impact-action")
def set_impact(context: ActionContext) -> None:
    _set(context, "impact")


def _set(context: ActionContext, field: str) -> None:
    text = _proposed(context.value)
    if getattr(context.incident, field) == text:
        messages.tell(context.channel_id, context.user_id, f"That is the {field} already.")
        return
    values: dict[str, Any] = {field: text}
    services.update_incident(context.incident.pk, **values)
    messages.post(context.channel_id, f"The {field} is updated.")


def _proposed(value: str) -> str:
    try:
        text = json.loads(value)["text"]
    except (ValueError, KeyError, TypeError):
        raise UserError("This button is from another time. Please say it again.") from None
    return str(text)
