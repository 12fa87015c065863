"""The built-in commands of ``@incident``."""

from __future__ import annotations

import json
from typing import Any

from response.core import services
from response.core.models import ExternalUser, Incident
from response.core.models.incident import Severity
from response.exceptions import UserError
from response.slack import catchup, channels, instants, messages, mrkdwn, people
from response.slack.block_kit import Actions, Button, Message, Section, Text
from response.slack.client import configured_client
from response.slack.commands import (
    THE_CHANNEL,
    THE_INCIDENT,
    WHAT_IS_KNOWN,
    help_text,
    is_empty,
    is_mention,
)
from response.slack.decorators import incident_command
from response.slack.errors import SlackRefused
from response.slack.registry import registry

Answer = tuple[bool, str | None]

# A button's value may be this long ("Button element").
LONGEST_PROPOSAL = 2000


@incident_command(["help"], helptext="shows this", group=THE_CHANNEL, accepts=is_empty)
def show_help(incident: Incident, user_id: str, message: str) -> Answer:
    return True, help_text(registry.distinct_commands())


@incident_command(
    ["lead"],
    helptext="makes somebody, or you, the incident lead.",
    example="@incident lead @ana",
    group=THE_INCIDENT,
    accepts=lambda rest: not rest or is_mention(rest) or len(people.called(rest)) == 1,
)
def set_lead(incident: Incident, user_id: str, message: str) -> Answer:
    lead = people.person(user_id) if not message else _person_meant(message)
    services.update_incident(incident.pk, lead=lead)
    return True, None


@incident_command(
    ["severity", "sev"],
    helptext="says how bad it is: critical, major, minor, or trivial.",
    example="@incident severity major",
    group=THE_INCIDENT,
    accepts=lambda rest: Severity.from_words(rest) is not None,
)
def set_severity(incident: Incident, user_id: str, message: str) -> Answer:
    severity = Severity.from_words(message)
    if severity is None:
        choices = ", ".join(f"{member.label} ({member.value})" for member in Severity)
        raise UserError(f"How bad is it? Say one of {choices}, as in `@incident severity major`.")
    services.update_incident(incident.pk, severity=severity.value)
    return True, None


@incident_command(
    ["duration"],
    helptext="says how long it has been going on.",
    group=THE_INCIDENT,
    accepts=is_empty,
)
def duration(incident: Incident, user_id: str, message: str) -> Answer:
    if incident.is_closed():
        return True, f"This incident took {incident.duration()}."
    return True, f"This incident has been going on for {incident.duration()}."


@incident_command(["close"], helptext="ends it.", group=THE_INCIDENT, accepts=is_empty)
def close(incident: Incident, user_id: str, message: str) -> Answer:
    if incident.end_time is not None:
        end = mrkdwn.moment(instants.in_utc(incident.end_time))
        return True, f"This incident was closed already, {end}."
    closed = services.close_incident(incident.pk)
    return True, f"This incident is closed, after {closed.duration()}. Thank you, everyone."


@incident_command(["reopen"], helptext="opens it again.", group=THE_INCIDENT, accepts=is_empty)
def reopen(incident: Incident, user_id: str, message: str) -> Answer:
    if not incident.is_closed():
        return True, "This incident is open."
    services.reopen_incident(incident.pk)
    return True, "This incident is open again."


@incident_command(
    ["catchup", "catch-up"],
    helptext="tells you, and only you, what happened so far.",
    group=WHAT_IS_KNOWN,
    accepts=is_empty,
)
def catch_up(incident: Incident, user_id: str, message: str) -> Answer:
    messages.tell(incident.commschannel.channel_id, user_id, catchup.catch_up(incident))
    return True, None


@incident_command(
    ["summary"],
    helptext="shows or sets what is going on.",
    example="@incident summary Cards are refused since 10:15",
    group=WHAT_IS_KNOWN,
)
def summary(incident: Incident, user_id: str, message: str) -> Answer:
    return _show_or_set(incident, "summary", message)


@incident_command(
    ["impact"],
    helptext="shows or sets who and what is affected.",
    example="@incident impact One in five payments",
    group=WHAT_IS_KNOWN,
)
def impact(incident: Incident, user_id: str, message: str) -> Answer:
    return _show_or_set(incident, "impact", message)


@incident_command(
    ["rename"],
    helptext="calls the channel something else.",
    example="@incident rename cards refused",
    group=THE_CHANNEL,
    accepts=bool,
)
def rename(incident: Incident, user_id: str, message: str) -> Answer:
    name = channels.name_from(message)
    if not name:
        raise UserError(
            "What should the channel be called? Use letters and digits, as in "
            "`@incident rename cards refused`."
        )
    try:
        configured_client().rename_channel(incident.commschannel.channel_id, name)
    except SlackRefused as refused:
        raise UserError(_why_not_renamed(name, refused)) from refused
    return True, None


def _person_meant(text: str) -> ExternalUser:
    """The one person that somebody means, mentioned or by name."""
    meant = people.meant_by(text)
    if len(meant) == 1:
        return meant[0]
    shown = people.outgoing(text, limit=200)
    how = "Mention them with an @, as in `@incident lead @ana`"
    if meant:
        names = ", ".join(mrkdwn.outgoing(user.full_name or user.name) for user in meant[:5])
        raise UserError(f"“{shown}” could be {names}. {how}.")
    raise UserError(
        f"Who is “{shown}”? {how}; or say just `@incident lead` to be the lead yourself."
    )


def _why_not_renamed(name: str, refused: SlackRefused) -> str:
    if refused.slack_error == "name_taken":
        return f"There is a channel called #{name} already. Please think of another name."
    if refused.slack_error in {"not_authorized", "restricted_action"}:
        return (
            "Slack does not let me rename this channel. Whoever made it, or an admin of the "
            "workspace, can do it in the channel's settings; I will follow."
        )
    return (
        f"Slack did not rename the channel (it says: {refused.slack_error}). You can do it in the "
        "channel's settings; I will follow."
    )


def _show_or_set(incident: Incident, field: str, text: str) -> Answer:
    current = getattr(incident, field)
    if text and not current:
        values: dict[str, Any] = {field: text}
        services.update_incident(incident.pk, **values)
        return True, f"The {field} is now:\n{_quote(text)}"
    _propose(incident, field, current, text)
    return True, None


def _propose(incident: Incident, field: str, current: str | None, proposed: str) -> None:
    """Show what it is, with a button to change it; and what it could be, with a button for it."""
    message = Message()
    shown = f"The {field} is:\n{_quote(current)}" if current else f"There is no {field} yet."
    message.add_block(Section(block_id="update", text=Text(shown)))
    change = Button("Change", f"update-current-{field}-action", value=str(incident.pk))
    message.add_block(Actions(block_id="update-actions", elements=[change]))
    value = json.dumps({"text": proposed}, ensure_ascii=False)
    if len(value) > LONGEST_PROPOSAL:
        question = "What you wrote is too long for a button. Press Change, and put it there."
        message.add_block(Section(block_id="proposed", text=Text(question)))
    elif proposed:
        question = f"Should it be this instead?\n{_quote(proposed)}"
        message.add_block(Section(block_id="proposed", text=Text(question)))
        yes = Button("Yes", f"set-new-{field}-action", value=value)
        message.add_block(Actions(block_id="proposed-actions", elements=[yes]))
    messages.post(incident.commschannel.channel_id, message.text(), blocks=message.serialize())


def _quote(text: str | None) -> str:
    safe = people.outgoing(text or "", limit=2500)
    return "\n".join(f"> {line}" for line in safe.splitlines())
