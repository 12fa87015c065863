"""What single people are told: thanks to the reporter, and who should write it up."""

from __future__ import annotations

from datetime import timedelta

from response.core.models import Incident
from response.core.models.user_external import SLACK
from response.delivery import calls, clock
from response.delivery.errors import Postponed
from response.delivery.mirrors import Work
from response.delivery.models import OutboxMessage
from response.slack import channels, duties, messages, mrkdwn, people
from response.slack.actions import CREATE_CHANNEL
from response.slack.block_kit import Actions, Button, Message, Section, Text
from response.slack.models import HeadlinePost

_HEADLINE_FIRST = timedelta(seconds=2)

#: With what the keys of the messages begin that ask for a write-up.
WRITE_UP = "write-up:"


def thank_reporter(work: Work) -> None:
    """Show the reporter where it went, and offer them the channel; at most once."""
    incident = (
        Incident.objects.select_related("reporter", "commschannel")
        .filter(pk=work.object_id)
        .first()
    )
    shown_in = work.shown.get("channel")
    # One that is gone, or private, has no headline to wait for.
    if work.begun_at is not None or not shown_in or incident is None or incident.private:
        return
    if incident.reporter is None or incident.reporter.app_id != SLACK:
        return
    post = HeadlinePost.objects.filter(incident=incident).first()
    if post is None or not post.message_ts:
        raise Postponed("The headline is not posted yet.", clock.now() + _HEADLINE_FIRST)
    message = thanks(incident, post, _permalink(post))
    with work.begun():
        calls.call(
            "chat.postEphemeral",
            {
                "channel": shown_in,
                "user": incident.reporter.external_id,
                "text": message.text(),
                "blocks": message.serialize(),
            },
        )


def thanks(incident: Incident, post: HeadlinePost, permalink: str) -> Message:
    """What the reporter is told."""
    headline = mrkdwn.link(permalink, "The headline")
    message = Message()
    message.add_block(
        Section(
            text=Text(
                f"Thank you for reporting “{people.outgoing(incident.report)}”. {headline} in "
                f"{mrkdwn.channel_link(post.channel_id)} shows everyone what is known, and what "
                "happens next."
            )
        )
    )
    if not incident.report_only and incident.comms_channel() is None:
        create = Button("💬 Create Comms Channel", CREATE_CHANNEL, value=incident.pk)
        message.add_block(Actions(block_id="thanks-actions", elements=[create]))
    return message


def _permalink(post: HeadlinePost) -> str:
    answer = calls.call(
        "chat.getPermalink", {"channel": post.channel_id, "message_ts": post.message_ts}
    )
    return str(answer["permalink"])


def ask_for_write_up(incident: Incident) -> None:
    """Ask the lead, else the reporter, to write down what was learned; once for each closing."""
    person = duties.to_be_asked(incident)
    if person is None or incident.end_time is None:
        return
    document = mrkdwn.link(channels.document_url(incident), "the incident document")
    messages.direct(
        person.external_id,
        f"The incident “{people.outgoing(incident.report)}” is closed. While it is fresh: please "
        f"look through {document} and fill in what is missing.",
        key=f"{WRITE_UP}{incident.pk}:{incident.end_time.isoformat()}",
    )


def why_not_asked(message: OutboxMessage) -> str:
    """Why nobody should be asked for a write-up any more; nothing where somebody should: for
    ``delivery.outbox.use_condition``."""
    number = message.key.removeprefix(WRITE_UP).partition(":")[0]
    incident = Incident.objects.filter(pk=int(number)).first()
    if incident is None:
        return "the incident is gone"
    return "" if incident.is_closed() else "the incident was opened again"
