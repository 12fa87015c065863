"""Whatever people write, each message and each form stays inside Slack's limits.

Two judges that are not ours: the models of slack_sdk, and the rules by which the practice
workspace refuses (Slack's "Block Kit reference").
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from demo.workspace.webapi.block_kit import checked_view, problems_with_blocks
from response.core import services
from response.core.models import Action, ExternalUser, Incident, TimelineEvent
from response.slack import catchup, headline, modals, prompts, summary_message
from response.slack.block_kit import Message, Modal
from response.slack.handlers import action_items, shortcuts, subcommands
from response.slack.models import HeadlinePost
from response.testing.payloads import (
    BEN,
    GENERAL,
    app_mention,
    block_action,
    member_joined,
    message_shortcut,
    slash_command,
)

LONGEST_MESSAGE = 40_000  # characters, chat.postMessage

#: What grows, splits or hides as it is escaped, cut and formatted.
STRANGE = {
    "ampersands, five characters each once escaped": "&",
    "angles": "<>",
    "flags of several code points": "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "families joined by nothing visible": "👨‍👩‍👧‍👦",
    "one letter under many marks": "a" + "\u0301" * 15,
    "right to left, overridden": "\u202eمرحبا\u202c ",
    "Slack's own marks": "*_~`>",
    "line ends": "a\n\r\n\u2028",
    "pings": "<!channel> <@U0000000BEN> <#C1|x> ",
    "links": "https://example.org/?a=1&b=<2> ",
    "names of emoji": ":fire::+1::no_such_emoji:",
    "white space that is not": "\u200b\u2060\u00a0x",
    "code": "```x``` `y` ",
}


def judge_blocks(blocks) -> None:
    assert problems_with_blocks(blocks, "message") == []
    for block in map(Block.parse, blocks):
        assert block is not None
        block.validate_json()


def judge_message(message: Message) -> None:
    judge_blocks(message.serialize())
    assert 0 < len(message.text()) <= LONGEST_MESSAGE


def judge_view(view: dict) -> None:
    checked_view(view)  # raises where Slack would refuse
    View(**view).validate_json()


def judge_form(form: Modal) -> None:
    judge_view(form.serialize())


def judge_calls(calls) -> None:
    for call in calls:
        if call.method.startswith("chat."):
            assert len(call.params.get("text") or "") <= LONGEST_MESSAGE, call.method
            judge_blocks(call.params.get("blocks") or [])
        elif call.method.startswith("views."):
            judge_view(call.params["view"])
        elif call.method == "conversations.setTopic":
            assert len(call.params["topic"]) <= 250
        elif call.method == "conversations.setPurpose":
            assert len(call.params["purpose"]) <= 250
        elif call.method == "conversations.rename":
            assert 0 < len(call.params["name"]) <= 80


# All that is said in the life of an incident, through the doors


@pytest.mark.parametrize("piece", STRANGE.values(), ids=STRANGE.keys())
def test_the_strangest_incident_is_told_within_the_limits(
    slack, slack_sends, work_is_done, channel, declared, piece
):
    title, text = (piece * 200)[:200], (piece * 3000)[:3000]
    wire = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    slack.calls.clear()

    services.update_incident(declared.pk, report=title)
    for said in (
        *(f"summary {wire}", f"impact {wire}", f"summary x{wire}", "summary"),
        *(f"action {wire}", f"action <@{BEN}> {wire}", "actions", f"timeline {wire}"),
        *(f"lead {wire}", f"severity {wire}", f"rename {wire}", wire, "catchup", "help"),
    ):
        ts = slack.say(channel.channel_id, said)
        slack_sends(app_mention(said, channel=channel.channel_id, ts=ts))
        work_is_done()
    slack_sends(member_joined(BEN, channel.channel_id))
    slack_sends(slash_command(f"{title} again", channel=GENERAL))
    slack_sends(slash_command("list", channel=GENERAL))
    slack_sends(message_shortcut("declare-incident", wire, channel=GENERAL))
    slack_sends(message_shortcut("add-to-timeline", wire, channel=GENERAL))
    slack_sends(block_action("edit-incident-button", str(declared.pk)))
    services.request_message(declared.pk, text=text)
    services.close_incident(declared.pk)
    work_is_done()

    judge_calls(slack.calls)
    assert {call.method for call in slack.calls} >= {
        *("chat.postMessage", "chat.update", "chat.postEphemeral"),
        *("views.open", "conversations.setTopic"),
    }


# Each message and each form, of incidents that hypothesis makes up

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
pieces = st.sampled_from(sorted(STRANGE.values())) | st.text(characters, min_size=1, max_size=20)


def texts(most: int) -> st.SearchStrategy[str]:
    repeated = st.builds(lambda piece, times: (piece * times)[:most], pieces, st.integers(1, most))
    return (repeated | st.text(characters, min_size=1, max_size=200)).map(lambda t: t[:most])


strange_incidents = st.fixed_dictionaries(
    {
        "report": texts(200),
        "summary": st.none() | texts(20_000),
        "impact": st.none() | texts(20_000),
        "severity": st.none() | st.sampled_from(["1", "2", "3", "4"]),
        "report_only": st.booleans(),
        "is_closed": st.booleans(),
        "is_led": st.booleans(),
    }
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(given_=strange_incidents, name=texts(255), details=texts(5_000), entry=texts(5_000))
def test_each_message_and_form_of_any_incident_is_within_the_limits(
    declared, channel, given_, name, details, entry
):
    incident = shown_as(declared.pk, name, dict(given_))
    Action.objects.update_or_create(
        incident=incident, defaults={"details": details, "user": incident.reporter}
    )
    TimelineEvent.objects.filter(incident=incident).update(text=entry)
    post = HeadlinePost.objects.get(incident=incident)

    for message in (
        headline.render(incident, channel, headline._buttons(post)),
        summary_message.render(incident),
        prompts.thanks(incident, post, "https://example.slack.com/archives/C1/p1"),
        action_items._open_actions(incident),
    ):
        judge_message(message)
    for text in (catchup.catch_up(incident), subcommands._line(incident)):
        assert 0 < len(text) <= LONGEST_MESSAGE

    shown = {"report": given_["report"], "summary": (given_["summary"] or "")[:3000]}
    for form in (
        modals.report_form(shown, lookalikes=[incident] * 3),
        modals.joined_view(incident),
        modals.edit_form(incident),
        modals.text_form(incident, "summary"),
        modals.text_form(incident, "impact"),
    ):
        judge_form(form)
    if not incident.is_closed():
        judge_form(shortcuts._choose_incident({"text": details, "user": "U" * 40}, "1.2"))


def shown_as(pk, name, values) -> Incident:
    """The incident with these values, stored, its people called ``name``."""
    is_closed, is_led = values.pop("is_closed"), values.pop("is_led")
    person, _ = ExternalUser.objects.update_or_create(
        app_id="pager", external_id="1", defaults={"display_name": name[:255], "full_name": name}
    )
    started = timezone.now() - timedelta(days=3)
    Incident.objects.filter(pk=pk).update(
        **values,
        reporter=person,
        lead=person if is_led else None,
        start_time=started,
        end_time=timezone.now() if is_closed else None,
    )
    return Incident.objects.select_related("lead", "reporter", "commschannel").get(pk=pk)
