"""What is to be done: ``@incident action`` and ``@incident actions``."""

from __future__ import annotations

import json

from response.core import services
from response.core.models import Action, Incident
from response.exceptions import UserError
from response.slack import messages, mrkdwn, people, wording
from response.slack.actions import ActionContext
from response.slack.block_kit import Button, Message, Section, Text
from response.slack.commands import WHAT_TO_DO, is_empty
from response.slack.decorators import action_handler, incident_command
from response.slack.due_dates import split_due_date

Answer = tuple[bool, str | None]

DONE_BUTTON = "action-done-button"

# A message holds 50 blocks ("Blocks"); whoever has more to do than this reads the document.
MOST_SHOWN = 40


@incident_command(
    ["action"],
    helptext="writes down something to be done; whose it is and by when, if you say so.",
    example="@incident action @ben rotate the keys by Friday",
    group=WHAT_TO_DO,
    accepts=bool,
)
def log_action(incident: Incident, user_id: str, message: str) -> Answer:
    named = mrkdwn.leading_mention(message)
    owner_id, text = named if named is not None else (user_id, message)
    details, due = split_due_date(text.strip())
    if not details:
        raise UserError(
            "What is to be done? Say it behind the word, as in "
            "`@incident action @ben rotate the keys by Friday`."
        )
    owner = people.person(owner_id)
    services.log_action(incident.pk, details=details, owner=owner, due_date=due)
    if named is None and due is None:
        return True, None
    until = f", due {wording.day(due)}" if due else ""
    return True, f"Written down for {people.mention(owner)}{until}."


@incident_command(
    ["actions"], helptext="lists what is still to be done.", group=WHAT_TO_DO, accepts=is_empty
)
def list_actions(incident: Incident, user_id: str, message: str) -> Answer:
    shown = _open_actions(incident)
    messages.post(incident.commschannel.channel_id, shown.text(), blocks=shown.serialize())
    return True, None


@action_handler(DONE_BUTTON)
def complete_action(context: ActionContext) -> None:
    action = Action.objects.filter(pk=_action_id(context.value), incident=context.incident).first()
    if action is None:
        raise UserError("This action does not exist any more.")
    services.change_action(action.pk, done=True)
    shown = _open_actions(context.incident)
    messages.change(
        context.channel_id,
        str(context.message["ts"]),
        shown.text(),
        blocks=shown.serialize(),
    )


def _open_actions(incident: Incident) -> Message:
    actions = list(incident.action_items().filter(done=False).select_related("user"))
    texts = [action.details for action in actions]
    names = people.names(mrkdwn.user_ids(texts))
    message = Message()
    heading = "*Still to be done*" if actions else "Nothing is left to be done. 🎉"
    message.add_block(Section(text=Text(heading)))
    for action in actions[:MOST_SHOWN]:
        details = mrkdwn.outgoing(action.details, names, limit=2500)
        until = f" · due {wording.day(action.due_date)}" if action.due_date else ""
        message.add_block(
            Section(
                block_id=f"action-{action.pk}",
                text=Text(f"{details}\n{people.mention(action.user)}{until}"),
                accessory=Button("Done", DONE_BUTTON, value=json.dumps({"action": action.pk})),
            )
        )
    if len(actions) > MOST_SHOWN:
        more = f"And {len(actions) - MOST_SHOWN} more, in the incident document."
        message.add_block(Section(text=Text(more)))
    return message


def _action_id(value: str) -> int:
    try:
        return int(json.loads(value)["action"])
    except (ValueError, KeyError, TypeError):
        raise UserError(
            "This button is from another time. Please ask for the list again."
        ) from None
