"""The built-in reminders, and their buttons.

The functions are called what they were called in the predecessor, whose rows know them by name.
"""

from __future__ import annotations

import json

from response.core.models import Action, Incident
from response.exceptions import UserError
from response.slack import channels, mrkdwn, people, reminders
from response.slack.actions import ActionContext
from response.slack.client import configured_client
from response.slack.decorators import (
    action_handler,
    overdue_action_notification,
    recurring_notification,
)
from response.slack.duties import to_be_asked
from response.slack.messages import tell


@recurring_notification(
    interval_mins=5, max_notifications=5, needed=lambda incident: not incident.severity
)
def remind_severity(incident: Incident) -> None:
    """Asks for a severity."""
    incident.commschannel.post_in_channel(
        "🌡️ How bad is it? This incident has no severity yet: say `@incident severity major`, or "
        "critical, minor or trivial."
    )


@recurring_notification(
    interval_mins=2, max_notifications=5, needed=lambda incident: incident.lead_id is None
)
def remind_incident_lead(incident: Incident) -> None:
    """Asks for a lead."""
    incident.commschannel.post_in_channel(
        "🧭 Who leads? This incident has no lead yet: say `@incident lead @somebody`, or "
        "`@incident lead` to be it yourself."
    )


@recurring_notification(
    interval_mins=24 * 60,
    max_notifications=5,
    needed=lambda incident: to_be_asked(incident) is not None,
    working_hours_of=to_be_asked,
)
def remind_close_incident(incident: Incident) -> None:
    """Asks whether it is over."""
    asked = to_be_asked(incident)
    if asked is not None:
        where = mrkdwn.channel_link(incident.commschannel.channel_id)
        configured_client().send_message(
            asked.external_id,
            f"The incident “{mrkdwn.outgoing(incident.report)}” has been open for "
            f"{incident.duration()}. Is it over? Then say `@incident close` in {where}.",
        )


@overdue_action_notification
def remind_owner(action: Action) -> None:
    """Asks whether the action is done."""
    configured_client().send_message(
        action.user.external_id,
        f"An action of yours is past its due date: “{mrkdwn.outgoing(action.details, limit=1500)}”"
        f"{_of(action.incident)}. Is it done, or does it need more time?",
    )


def _of(incident: Incident) -> str:
    """Which incident it belongs to, unless not everybody may know of it."""
    if incident.private:
        return ""
    return ", from " + mrkdwn.link(channels.document_url(incident), f"“{incident.report}”")


@action_handler(reminders.SNOOZE_BUTTON)
def snooze(context: ActionContext) -> None:
    due = reminders.snooze(context.incident.pk, _reminder_named(context))
    if due is None:
        _tell(context, "This reminder does not come any more.")
    else:
        _tell(context, f"Fine. Unless it is settled by then, it comes back {mrkdwn.moment(due)}.")


@action_handler(reminders.STOP_BUTTON)
def stop(context: ActionContext) -> None:
    presser = people.person(context.user_id)
    by = reminders.stop(context.incident.pk, _reminder_named(context), by=presser)
    if by is None or by == presser:
        _tell(context, "Fine. This reminder does not come any more.")
    else:
        _tell(context, f"{people.mention(by)} stopped this reminder already.")


def _tell(context: ActionContext, text: str) -> None:
    tell(context.channel_id, context.user_id, text)


def _reminder_named(context: ActionContext) -> str:
    try:
        return str(json.loads(context.value)["reminder"])
    except (KeyError, TypeError, ValueError):
        raise UserError("This button is from another time; the reminder is not known.") from None
