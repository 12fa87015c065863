from django.conf import settings

from response.core.models.action import Action
from response.core.models.incident import Incident
from response.core.models.user_external import ExternalUser
from response.slack.client import SlackError
from response.slack.decorators import incident_command, keyword_handler, slack_event
from response.slack.models import CommsChannel, HeadlinePost
from response.slack.reference_utils import (
    reference_to_id,
    slack_to_human_readable,
    user_reference,
)


@incident_command(["page", "wake"], helptext="Page somebody")
def page_somebody(incident: Incident, user_id: str, message: str):
    paged = reference_to_id(message)
    if not paged:
        return False, "Whom shall I page?"

    profile = settings.SLACK_CLIENT.get_user_profile(paged)
    user, _ = ExternalUser.objects.get_or_create_slack(
        external_id=paged, display_name=profile["name"], full_name=profile["fullname"]
    )
    Action.objects.create(incident=incident, details=f"Answer the page: {message}", user=user)

    comms_channel = CommsChannel.objects.get(incident=incident)
    comms_channel.post_in_channel(f":pager: {user_reference(paged)} is paged")
    return True, None


@incident_command(["whereabouts"], helptext="Show who was paged, as people read it")
def whereabouts(incident: Incident, user_id: str, message: str):
    texts = [slack_to_human_readable(action.details) for action in incident.action_items()]
    return True, "\n".join(texts)


@incident_command(["status-page"], helptext="Announce it to everyone")
def announce(incident: Incident, user_id: str, message: str):
    try:
        channel_id = settings.SLACK_CLIENT.get_channel_id("announcements")
        settings.SLACK_CLIENT.send_message(channel_id, f"We look into it: {incident.report}")
    except SlackError as error:
        return False, f"That did not work: {error.slack_error}"

    headline_post = HeadlinePost.objects.get(incident=incident)
    headline_post.post_to_thread(f"Announced by {user_reference(user_id)}")
    return True, None


# This is the predecessor's own word: a host may have its own.
@incident_command(["summary"], helptext="Set the summary, in capitals")
def shout_summary(incident: Incident, user_id: str, message: str):
    incident.summary = message.upper()
    incident.save()
    return True, "It is set."


@keyword_handler(["runbook", "run book"])
def suggest_runbook(comms_channel: CommsChannel, user: str, keyword: str, text: str, ts: str):
    comms_channel.post_in_channel(f"{user_reference(user)}, the {keyword} is pinned here.")
    settings.SLACK_CLIENT.add_reaction("book", comms_channel.channel_id, ts)


@slack_event("member_joined_channel")
def greet(incident: Incident, event: dict):
    settings.SLACK_CLIENT.send_ephemeral_message(
        event["channel"], event["user"], f"Welcome to {incident.report}"
    )
