"""How a host extends Response: one decorator a function.

Put the functions into a module ``response_handlers`` of any installed app; it is imported when the
site starts. Every decorator returns the function it is given. This module imports no models, so it
may be imported anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Literal, TypeVar

from response.slack.actions import ActionContext as ActionContext
from response.slack.registry import Command, KeywordHandler, Reminder, ShortcutEntry, registry

F = TypeVar("F", bound=Callable[..., Any])


def incident_command(
    words: Sequence[str],
    helptext: str = "",
    *,
    example: str = "",
    group: str = "Also",
    accepts: Callable[[str], bool] = lambda _rest: True,
) -> Callable[[F], F]:
    """Answer ``@incident WORD …`` in a comms channel, and ``/incident WORD …`` there.

    ``f(incident, user_id, message)`` is given the rest of what was written, as it was written; it
    returns ``(handled, reply)``. ``reply`` may be None. Raise UserError to tell the person what
    they can do.

    ``helptext``, ``example`` and ``group`` are what ``help`` shows. ``accepts`` is given the rest,
    and says whether it makes sense: where it does not, ``/incident WORD …`` declares an incident
    of that title instead.
    """

    def register(function: F) -> F:
        registry.add_command(Command(_several(words), helptext, function, example, group, accepts))
        return function

    return register


def slash_subcommand(
    words: Sequence[str],
    helptext: str = "",
    *,
    example: str = "",
    group: str = "Also",
    accepts: Callable[[str], bool] = lambda _rest: True,
) -> Callable[[F], F]:
    """Answer ``/incident WORD …`` in any channel, instead of declaring an incident of that title.

    ``f(context)`` is given a ``SubcommandContext``. What it returns is shown to the person alone: a
    text (mrkdwn), a ``Modal``, or None for nothing. Raise UserError to tell them what they can do.
    It runs in a transaction while they wait, which is for three seconds at most.

    ``helptext``, ``example``, ``group`` and ``accepts`` are those of ``incident_command``.
    """

    def register(function: F) -> F:
        registry.add_subcommand(
            Command(_several(words), helptext, function, example, group, accepts)
        )
        return function

    return register


def keyword_handler(words: Sequence[str]) -> Callable[[F], F]:
    """Hear of messages in comms channels that have one of these words, or phrases.

    ``f(comms_channel, user, keyword, text, ts)`` is called once a message, with the first of the
    words that it has: ``user`` is the author's id, ``text`` as it was written, ``ts`` the
    message's. Capitals do not matter, and "sun" is not heard in "sunday". Edits of a message and
    messages of bots are left out.
    """

    def register(function: F) -> F:
        registry.add_keywords(KeywordHandler(_several(words), function))
        return function

    return register


def slack_event(event_type: str) -> Callable[[F], F]:
    """Hear of an event in a comms channel: ``f(incident, event)``, with Slack's inner event.

    Many functions may hear of the same type. Messages of bots are left out.
    """

    def register(function: F) -> F:
        registry.add_event_handler(event_type, function)
        return function

    return register


def action_handler(action_id: str) -> Callable[[F], F]:
    """Answer a press of the button (or a choice from the menu) with this action id.

    ``f(context)`` is given an ``ActionContext``. It runs after Slack has its answer, in a
    transaction of its own. To open a form, use ``modal_opener``; a ``Dialog`` may be opened here.
    """

    def register(function: F) -> F:
        registry.add(registry.actions, "The action", action_id, function, rival=registry.openers)
        return function

    return register


def remove_action_handler(action_id: str) -> None:
    """Forget the handler of an action."""
    registry.actions.pop(action_id, None)
    registry.openers.pop(action_id, None)


def modal_opener(action_id: str) -> Callable[[F], F]:
    """Answer a press of a button by opening a form: ``f(context)`` returns a ``Modal``. Where the
    button itself stands in a form, the new one takes its place.

    It runs while Slack waits, because the permission to open a form ends after three seconds. It
    may read, and must not write.
    """

    def register(function: F) -> F:
        registry.add(
            registry.openers, "The form's button", action_id, function, rival=registry.actions
        )
        return function

    return register


def modal_handler(callback_id: str) -> Callable[[F], F]:
    """Answer the form with this callback id: ``f(submission)``, given a ``Submission``.

    It runs in a transaction while the person waits. Raise Django's ValidationError with a
    dictionary of block ids to keep the form open, with what was typed and the errors at their
    fields; then nothing that was written is kept.
    """

    def register(function: F) -> F:
        registry.add(registry.modals, "The form", callback_id, function, rival=registry.dialogs)
        return function

    return register


def dialog_handler(callback_id: str) -> Callable[[F], F]:
    """Answer a ``response.slack.dialog_builder.Dialog`` that was opened with this callback id.

    ``f(user_id, channel_id, submission, response_url, state)``: ``submission`` has an answer for
    each element's name, None where there is none. ``channel_id`` is where the dialog was opened
    from. ``response_url`` is "", because Slack gives none to modals. It runs as a
    ``modal_handler`` does, and may raise ValidationError as well.
    """

    def register(function: F) -> F:
        registry.add(registry.dialogs, "The dialog", callback_id, function, rival=registry.modals)
        return function

    return register


def remove_dialog_handler(callback_id: str) -> None:
    """Forget the handler of a dialog."""
    registry.dialogs.pop(callback_id, None)


def shortcut_handler(
    callback_id: str,
    name: str = "",
    description: str = "",
    *,
    kind: Literal["message", "global"] = "message",
) -> Callable[[F], F]:
    """Answer a shortcut, of a message or of the whole workspace, with this callback id.

    ``name`` (at most 24 characters), ``description`` (at most 150) and ``kind`` are what
    ``manage.py response_manifest`` tells Slack to show; without a name it is made of the callback
    id. A shortcut of both kinds needs two callback ids.

    ``f(context)`` is given a ``ShortcutContext``. It may return a ``Modal`` to open. Raise
    UserError to tell the person what they can do. It runs in a transaction while they wait, which
    is for three seconds at most.
    """

    shown = name or re.sub(r"[-_\s]+", " ", callback_id).strip().capitalize()[:24]
    entry = ShortcutEntry(shown, description or shown, kind)

    def register(function: F) -> F:
        registry.add_shortcut(callback_id, function, entry)
        return function

    return register


def headline_post_action(order: int = 0) -> Callable[[F], F]:
    """Put an element, usually a Button, below every headline post.

    ``f(headline_post)`` returns the element, or None to leave it out. The built-in buttons have
    the orders 100, 200 and 300.
    """

    def register(function: F) -> F:
        registry.add_headline_action(order, function)
        return function

    return register


def recurring_notification(
    interval_mins: float,
    max_notifications: int = 1,
    *,
    needed: Callable[[Any], bool] | None = None,
    working_hours_of: Callable[[Any], Any] | None = None,
) -> Callable[[F], F]:
    """Remind of something every ``interval_mins`` minutes, at most ``max_notifications`` times.

    ``f(incident)`` is called for each live, open incident that has a comms channel: first that
    long after its start, then that long after the last one. It says what there is to say
    (``incident.comms_channel().post_in_channel(…)``, or a message through SLACK_CLIENT), which
    gets buttons to put it off and to stop it. Where it says nothing, or raises, that does not
    count, and it is asked again; one that speaks elsewhere, by mail perhaps, returns True. It runs
    in a transaction, and may be run again from its start.

    ``needed(incident)``: whether there is anything to remind of. It is asked again just before a
    message is sent, which may be later, if Slack is away. ``working_hours_of(incident)``: the
    ExternalUser, or None, in whose RESPONSE_WORKING_HOURS it has to be; what is due outside them
    waits until they begin.

    Raises ValueError for an interval, or a number of times, that is not above zero.
    """
    interval = timedelta(minutes=interval_mins)
    if interval <= timedelta(0) or max_notifications < 1:
        raise ValueError("a reminder needs an interval, and to be sent at least once")
    return _reminder(interval, interval, max_notifications, needed, working_hours_of)


def single_notification(
    initial_delay_mins: float = 0,
    *,
    needed: Callable[[Any], bool] | None = None,
    working_hours_of: Callable[[Any], Any] | None = None,
) -> Callable[[F], F]:
    """Remind of something once, ``initial_delay_mins`` minutes after the incident's start; all
    else is as for ``recurring_notification``."""
    delay = timedelta(minutes=initial_delay_mins)
    return _reminder(delay, None, 1, needed, working_hours_of)


def remove_notification(function: Callable[..., Any]) -> None:
    """Forget a reminder, for instance one of ``response.slack.handlers.reminders``."""
    registry.remove_reminder(function)


def overdue_action_notification(function: F) -> F:
    """Remind of an action that is not done by its due date, once each working day of its owner.

    ``f(action)`` says what there is to say; a host's takes the place of the built-in one.
    """
    registry.add(registry.overdue_actions, "The reminder of an", "overdue action", function)
    return function


def _reminder(
    first_after: timedelta,
    interval: timedelta | None,
    most: int,
    needed: Callable[[Any], bool] | None,
    working_hours_of: Callable[[Any], Any] | None,
) -> Callable[[F], F]:
    def register(function: F) -> F:
        registry.add_reminder(
            Reminder(function, first_after, interval, most, needed, working_hours_of)
        )
        return function

    return register


def _several(words: Sequence[str]) -> tuple[str, ...]:
    # A single word is a sequence too: of its letters.
    return (words,) if isinstance(words, str) else tuple(words)
