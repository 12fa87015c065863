"""Around handlers: on whose behalf they act, of which incident, and what their errors become."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONObject

from response.core import actors
from response.core.models import ExternalUser, Incident
from response.core.models.user_external import SLACK
from response.exceptions import UserError
from response.slack import messages, people
from response.slack.actions import ActionContext
from response.slack.client import deferring
from response.slack.dialog_builder import opened_from
from response.slack.modals import AskAgainError
from response.slack.models import CommsChannel
from response.slack.payloads import Click
from response.slack.registry import Handler, name_of

logger = logging.getLogger(__name__)


@contextmanager
def opening_from(channel_id: str, incident: Incident | None) -> Iterator[None]:
    """What a Dialog that is opened inside carries."""
    known = {"channel": channel_id, "incident": incident.pk if incident else None}
    token = opened_from.set({name: value for name, value in known.items() if value})
    try:
        yield
    finally:
        opened_from.reset(token)


#: What a handler raises for the person who asked.
FOR_PEOPLE = (UserError, ValidationError)


def words_of(error: UserError | ValidationError) -> str:
    """What the person is told."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


@contextmanager
def explaining(handler: Handler) -> Iterator[None]:
    """Around a handler for which somebody waits: what nobody expected is logged, and becomes a
    UserError. That the database is away is nothing the handler did."""
    try:
        yield
    except (AskAgainError, *FOR_PEOPLE, OperationalError, InterfaceError):
        raise
    except Exception as error:
        error_id = uuid.uuid4().hex[:8]
        logger.exception("Handler %s failed (error %s)", name_of(handler), error_id)
        raise UserError(
            "Sorry, that did not work. Please try again; if it stays that way, tell those who "
            f"look after this tool about error {error_id}."
        ) from error


@contextmanager
def on_behalf_of(
    user_id: str, user_name: str = "", *, person: ExternalUser | None = None
) -> Iterator[None]:
    """What is changed inside is this person's doing, and what is said goes out afterwards.

    ``person`` is who that is, where the caller knows already.
    """
    token = deferring.set(messages.owe_call)
    try:
        if not user_id:
            yield
            return
        with actors.acting(people.slack_actor(person or people.person(user_id, user_name))):
            yield
    finally:
        deferring.reset(token)


def context_of(click: Click) -> ActionContext:
    incident = incident_of(click)
    if incident is None:
        raise UserError("The incident that this button belongs to does not exist any more.")
    return ActionContext(
        incident=incident,
        user_id=click.user_id,
        message={"ts": click.message_ts, **click.message},
        value=click.value,
        trigger_id=click.trigger_id,
        response_url=click.response_url,
        channel_id=click.channel_id,
    )


def incident_of(click: Click) -> Incident | None:
    named = _incident_named(click.value)
    if named is not None:
        incidents = Incident.objects.select_related("lead", "reporter", "commschannel")
        incident: Incident | None = incidents.filter(pk=named).first()
        if incident is not None:
            return incident
    return incident_in(click.channel_id)


def incident_in(channel_id: str) -> Incident | None:
    channel = channel_of(channel_id)
    return channel.incident if channel else None


def _incident_named(value: str) -> int | None:
    """The incident that a button's value names: its number, or an object with it."""
    try:
        said = json.loads(value)
    except (ValueError, RecursionError):
        return None
    named = said.get("incident") if isinstance(said, dict) else said
    if isinstance(named, int) and not isinstance(named, bool) and 0 < named < 10**9:
        return named
    return None


def channel_of(channel_id: str) -> CommsChannel | None:
    return _channels(channel_id).first()


def is_of_an_incident(channel_id: str) -> bool:
    """Whether it is a comms channel; the least that can be asked, for each message there is."""
    return bool(channel_id) and CommsChannel.objects.filter(channel_id=channel_id).exists()


def place_of(channel_id: str, user_id: str) -> tuple[CommsChannel | None, ExternalUser | None]:
    """The comms channel, and who speaks there if we know them: one query for both.

    The person is not for saving: they have nothing but their names.
    """
    speaker = ExternalUser.objects.filter(app_id=SLACK, external_id=user_id).values(
        names=JSONObject(
            external_id="external_id", display_name="display_name", full_name="full_name"
        )
    )
    channel = _channels(channel_id).annotate(speaker=Subquery(speaker[:1])).first()
    names = getattr(channel, "speaker", None)
    return channel, ExternalUser(app_id=SLACK, **names) if names else None


def _channels(channel_id: str) -> QuerySet[CommsChannel]:
    if not channel_id:
        return CommsChannel.objects.none()
    channels = CommsChannel.objects.select_related("incident__lead", "incident__reporter")
    return channels.filter(channel_id=channel_id).order_by("-pk")
