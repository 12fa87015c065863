"""What ``/incident WORD`` does instead of declaring an incident."""

from __future__ import annotations

from django.utils import timezone

from response.core import services
from response.core.models import Incident
from response.slack import channels, modals, mrkdwn, people
from response.slack.actions import SubcommandContext
from response.slack.block_kit import Modal
from response.slack.commands import help_text, is_empty
from response.slack.decorators import slash_subcommand
from response.slack.lookalikes import lookalikes
from response.slack.registry import registry

MOST_LISTED = 20


@slash_subcommand(["list"], helptext="shows the open incidents.", accepts=is_empty)
def list_open(context: SubcommandContext) -> str:
    found = list(
        Incident.objects.open()
        .filter(private=False, report_only=False)
        .select_related("lead", "commschannel")
        .order_by("-report_time", "-pk")[: MOST_LISTED + 1]
    )
    if not found:
        return "Nothing is on fire: there is no open incident."
    lines = [_line(incident) for incident in found[:MOST_LISTED]]
    if len(found) > MOST_LISTED:
        lines.append("…and more, on the web.")
    return "\n".join(["*Open incidents*", *lines])


@slash_subcommand(["new"], helptext="declares an incident, in any channel.", accepts=bool)
def declare(context: SubcommandContext) -> Modal:
    return modals.report_form(
        {"report": context.text},
        channel_id=context.channel_id,
        lookalikes=lookalikes(context.text, timezone.now()),
    )


@slash_subcommand(["!"], helptext="declares an incident at once, without a form.", accepts=bool)
def declare_at_once(context: SubcommandContext) -> str:
    title = " ".join(context.text.split())
    alike = lookalikes(title, timezone.now())
    incident = services.declare_incident(report=title, reporter=people.person(context.user_id))
    document = mrkdwn.link(channels.document_url(incident), people.plain(title))
    told = [f"Declared: {document}. Everyone sees it as soon as Slack shows its headline post."]
    if alike:
        told += ["It may be the same as:", *map(_line, alike)]
    return "\n".join(told)


@slash_subcommand(["help"], helptext="shows this.", accepts=is_empty)
def show_help(context: SubcommandContext) -> str:
    if context.incident is not None:
        return help_text(registry.distinct_commands())
    return (
        "`/incident` and a few words declare an incident: `/incident Checkout is failing`.\n"
        "`/incident ! Checkout is failing` does so at once, without the form.\n"
        "`/incident list` shows those that are open.\n"
        "In the channel of an incident, `/incident help` shows what can be said there."
    )


def _line(incident: Incident) -> str:
    channel = incident.comms_channel()
    parts = [
        mrkdwn.link(channels.document_url(incident), people.plain(incident.report)),
        incident.severity_text() or "no severity yet",
        f"for {incident.duration()}",
        f"lead {people.mention(incident.lead)}" if incident.lead else "no lead yet",
        mrkdwn.channel_link(channel.channel_id) if channel is not None else "",
    ]
    return "• " + " · ".join(filter(None, parts))
