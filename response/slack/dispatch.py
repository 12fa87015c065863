"""From what Slack told us to the function that acts on it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from django.db import transaction

from response.core.models import Incident
from response.delivery import inbox
from response.delivery.inbox import Step
from response.delivery.models import Inbox
from response.slack import answers, commands, handling, messages, mrkdwn
from response.slack.models import PinnedMessage
from response.slack.payloads import ChannelEvent, Click
from response.slack.registry import Handler, name_of, registry

logger = logging.getLogger(__name__)

EVENT, MESSAGE, CLICK = "event", "message", "click"

MENTION = "app_mention"

# What a person says, as opposed to what Slack reports in a channel (page "message event").
_SAID = frozenset({"", "file_share", "me_message", "thread_broadcast"})

# News of a message that is already there; told to ``@slack_event("message_changed")``, and so on.
_FOLLOWED = frozenset({"message_changed", "message_deleted"})


# From the doors to the inbox


def receive_event(event: ChannelEvent) -> None:
    """Store an event, if anyone here acts on it. Raises DatabaseError where that fails.

    An event from a channel that is no incident's costs one indexed look-up and no write.
    """
    if event.is_of_bot:
        return
    _follow(event)
    is_said = event.type == "message" and bool(event.user_id) and event.subtype in _SAID
    is_heard = event.type in registry.events or (is_said and bool(_keywords_in(event)))
    if not (is_heard or is_said or event.type == MENTION):
        if event.subtype in _FOLLOWED:
            return
        logger.info(
            "Nothing here hears of %r events%s; @slack_event(%r) would.",
            event.type,
            f" of the subtype {event.subtype!r}" if event.subtype else "",
            event.type,
        )
        return
    if event.type != MENTION and not handling.is_of_an_incident(event.channel_id):
        return
    if is_said:
        # What was said is not needed to count it, and is not kept.
        said = {"user": event.user_id, "ts": str(event.event.get("ts", ""))}
        inbox.receive(f"count:{event.event_id}", MESSAGE, lane=event.channel_id, payload=said)
    if is_heard or event.type == MENTION:
        inbox.receive(
            f"event:{event.event_id}", EVENT, lane=event.channel_id, payload=asdict(event)
        )


def _follow(event: ChannelEvent) -> None:
    """Store the news of a message that stands on a timeline: of others nothing is kept."""
    if event.type == "message" and event.subtype in _FOLLOWED and _is_captured(event):
        news = replace(event, type=event.subtype)
        key = f"{event.subtype}:{event.event_id}"
        inbox.receive(key, EVENT, lane=event.channel_id, payload=asdict(news))


def _is_captured(event: ChannelEvent) -> bool:
    message = event.event.get("message")
    ts = event.event.get("deleted_ts") or (message.get("ts") if isinstance(message, dict) else "")
    return PinnedMessage.objects.filter(
        incident__commschannel__channel_id=event.channel_id, message_ts=str(ts or "")[:50]
    ).exists()


def receive_click(click: Click) -> None:
    """Store a press of a button. Raises DatabaseError where that fails."""
    if click.action_id not in registry.actions:
        logger.info(
            "Nothing here answers the action %r; @action_handler(%r) would.",
            click.action_id,
            click.action_id,
        )
        return
    inbox.receive(f"trigger:{click.trigger_id}", CLICK, payload=asdict(click))


# From the inbox to the handlers


def steps(row: Inbox) -> Iterable[Step]:
    """The handlers of a stored request: for ``delivery.inbox``."""
    if row.kind == CLICK:
        return _click_steps(Click(**_payload(row)))
    # The channel may have got another id since: then the row is in the lane of that one.
    return _event_steps(replace(ChannelEvent(**_payload(row)), channel_id=row.lane))


def apologise(row: Inbox, error_id: str) -> None:
    """Tell the person that a handler failed; the id stands in the log too."""
    channel_id = row.lane or _payload(row).get("channel_id")
    user_id = _payload(row).get("user_id")
    if channel_id and user_id:
        messages.tell(
            channel_id,
            user_id,
            "Sorry, that did not work. It is tried again by itself; if it stays that way, tell "
            f"those who look after this tool about error {error_id}.",
            key=f"apology:{row.key}",
        )


def _payload(row: Inbox) -> dict[str, Any]:
    return row.payload or {}


# The steps. Each looks for its incident itself: another may have changed the one it was given, and
# then failed.


def _click_steps(click: Click) -> Iterator[Step]:
    handler = registry.actions.get(click.action_id)
    if handler is None:
        return

    def call() -> None:
        context = handling.context_of(click)
        with handling.opening_from(click.channel_id, context.incident):
            handler(context)

    yield name_of(handler), _told(call, click.channel_id, click.user_id, click.user_name)


def _event_steps(event: ChannelEvent) -> Iterator[Step]:
    if event.type == MENTION:
        yield "command", _on_behalf(commands.answer, event)
    known: Counter[str] = Counter()
    for handler in registry.events.get(event.type, []):
        yield _step_name(name_of(handler), known), _on_behalf(partial(_hear, handler), event)
    if event.type == "message" and event.subtype in _SAID:
        for word, handler in _keywords_in(event):
            call = partial(_hear_keyword, handler, word, event)
            name = _step_name(f"keyword {name_of(handler)}", known)
            yield name, _told(call, event.channel_id, event.user_id)


def _step_name(name: str, known: Counter[str]) -> str:
    """The name, or another where an earlier step has it: functions made in a loop share theirs."""
    known[name] += 1
    return name if known[name] == 1 else f"{name} #{known[name]}"


def _told(
    call: Callable[[], None], channel_id: str, user_id: str, user_name: str = ""
) -> Callable[[], None]:
    """A step for a person, who is told what they can do where a UserError comes of it."""
    run = answers.repeatable(call)

    def step() -> None:
        try:
            with transaction.atomic(), handling.on_behalf_of(user_id, user_name):
                run()
        except handling.FOR_PEOPLE as error:
            messages.tell(channel_id, user_id, handling.words_of(error))

    return step


def _on_behalf(
    call: Callable[[Incident | None, ChannelEvent], None], event: ChannelEvent
) -> Callable[[], None]:
    def act() -> None:
        channel, person = handling.place_of(event.channel_id, event.user_id)
        with handling.on_behalf_of(event.user_id, person=person):
            call(channel.incident if channel else None, event)

    return answers.repeatable(act)


def _hear(handler: Handler, incident: Incident | None, event: ChannelEvent) -> None:
    if incident is not None:
        handler(incident, event.event)


def _hear_keyword(handler: Handler, word: str, event: ChannelEvent) -> None:
    channel = handling.channel_of(event.channel_id)
    if channel is not None:
        ts = str(event.event.get("ts", ""))
        handler(channel, event.user_id, word, _text_of(event), ts)


def _keywords_in(event: ChannelEvent) -> list[tuple[str, Handler]]:
    return registry.keywords_in(_text_of(event))


def _text_of(event: ChannelEvent) -> str:
    return mrkdwn.unescape(str(event.event.get("text") or ""))
