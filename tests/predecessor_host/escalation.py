import logging

from response.core.models.event import Event
from response.core.models.incident import Incident
from response.core.models.timeline import TimelineEvent
from response.slack.block_kit import Button, Confirm, Message, Section, Text
from response.slack.decorators import (
    ActionContext,
    action_handler,
    dialog_handler,
    headline_post_action,
)
from response.slack.dialog_builder import (
    Dialog,
    SelectFromUsers,
    SelectWithOptions,
    TextArea,
)
from response.slack.dialog_builder import Text as TextElement
from response.slack.models import CommsChannel, HeadlinePost

logger = logging.getLogger(__name__)

ESCALATE_BUTTON = "escalate-button"
ESCALATE_DIALOG = "escalate-dialog"
UNDO_BUTTON = "undo-escalation-button"


@headline_post_action(order=150)
def escalate_button(headline_post: HeadlinePost):
    if headline_post.incident.severity == "1":
        return None
    return Button(
        ":rotating_light: Escalate",
        ESCALATE_BUTTON,
        value=headline_post.incident.pk,
        confirm=Confirm("Escalate?", "This wakes people up.", confirm="Do it", deny="Cancel"),
    )


@action_handler(ESCALATE_BUTTON)
def ask_for_escalation(ac: ActionContext):
    dialog = Dialog(
        title=f"Escalate {ac.incident.pk}",
        submit_label="Escalate",
        state=str(ac.incident.pk),
        elements=[
            TextElement(label="Reason", name="reason", placeholder="In a few words"),
            SelectWithOptions(
                [("Critical", "1"), ("Major", "2")], label="Severity", name="severity"
            ),
            SelectFromUsers(label="Lead", name="lead", optional=True),
        ],
    )
    dialog.add_element(TextArea(label="More", name="more", optional=True))
    dialog.send_open_dialog(ESCALATE_DIALOG, ac.trigger_id)


@dialog_handler(ESCALATE_DIALOG)
def escalate(user_id: str, channel_id: str, submission: dict, response_url: str, state: str):
    incident = Incident.objects.get(pk=state)
    incident.severity = submission["severity"]
    incident.save()

    TimelineEvent.objects.create(
        incident=incident,
        text=f"Escalated: {submission['reason']}",
        event_type="text",
        metadata={"lead": submission["lead"], "more": submission["more"]},
    )
    logger.info("There are %s events now.", Event.objects.count())

    message = Message()
    message.set_fallback_text("Escalated")
    message.add_block(Section(block_id="escalated", text=Text(f"*Escalated* by <@{user_id}>")))
    message.send(CommsChannel.objects.get(incident=incident).channel_id)


@action_handler(UNDO_BUTTON)
def undo(ac: ActionContext):
    ac.incident.severity = "4"
    ac.incident.save()
    logger.info("Undone below the message %s", ac.message["ts"])
