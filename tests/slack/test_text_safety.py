"""Promises 19 and 22: what people write reaches Slack as they wrote it, and does nothing there."""

from __future__ import annotations

import re

import pytest

from response.core import services
from response.core.models import ExternalUser
from response.testing.payloads import ANA, BEN, INCIDENTS, app_mention, block_action

#: What is typed, and how people read it.
HOSTILE = {
    "a channel ping": ("<!channel>", "@channel"),
    "a here ping": ("<!here> all", "@here all"),
    "an everyone ping": ("<!everyone>", "@everyone"),
    "a ping with a label": ("<!here|here>", "@here"),
    "a group ping": ("<!subteam^S0123456789|@ops>", "@ops"),
    "a group ping without a label": ("<!subteam^S0123456789>", "@S0123456789"),
    "a person": ("<@U0000000BEN>", "@ben"),
    "a person with another's label": ("<@U0000000BEN|ana>", "@ben"),
    "a person nobody knows": ("<@U9>", "@U9"),
    "a forged link": ("<https://evil.example|bank>", "bank (https://evil.example)"),
    "a link": ("<https://evil.example>", "https://evil.example"),
    "a forged mail": ("<mailto:x@evil.example|support>", "support (mailto:x@evil.example)"),
    "a script": ("<javascript:alert(1)|x>", "x (javascript:alert(1))"),
    "a date": ("<!date^1700000000^{date}^https://evil.example|now>", "now"),
    "a channel": ("<#C0123456789|general>", "#general"),
    "a nested ping": ("<<!channel>!channel>", "<@channel!channel>"),
    "a ping in a label": ("<!date^1^x|!channel>", "!channel"),
    "a ping from a nested label": ("<<!date^1^x|!channel>>", "<!channel>"),
    "an escaped ping": ("&lt;!channel&gt;", "&lt;!channel&gt;"),
    "an ampersand": ("A & B &amp; C", "A & B &amp; C"),
    "less than": ("latency < 5ms > 2", "latency < 5ms > 2"),
    "HTML": ("<b>bold</b><script>", "<b>bold</b><script>"),
    "an at sign": ("@here @channel @everyone", "@here @channel @everyone"),
}

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
OURS = re.compile(
    r"<(?:@U[A-Z0-9]+|#C[A-Z0-9]+|https://incidents\.example/incident/\d+/\|[^<>|]*"
    r"|!date\^\d+\^{date_short_pretty} at {time}\|[-:0-9A-Za-z ]*)>"
)


def _texts(value):
    """Every text that Slack shows, of whatever was sent to it."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            assert value["verbatim"] is True
        if value.get("type") == "plain_text":
            return []
        return [t for key, part in value.items() if key in _SHOWN for t in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


_SHOWN = {"text", "blocks", "elements", "fields", "topic", "attachments", "view"}


def _read(wire):
    for entity, character in _ENTITIES:
        wire = wire.replace(entity, character)
    return wire


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def hostile(request):
    return request.param


def test_promise_19_nothing_that_is_typed_pings_or_links_anywhere(
    slack, slack_sends, work_is_done, channel, declared, hostile
):
    typed, read = hostile
    ben, _ = ExternalUser.objects.get_or_create_slack(
        external_id=BEN, defaults={"display_name": "ben"}
    )
    ben.display_name = "ben"
    ben.save()
    slack.calls.clear()
    wire = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    services.update_incident(declared.pk, report=f"Title {typed}", lead=ben)
    for text in (
        f"summary {wire}",
        f"impact {wire}",
        f"summary else {wire}",
        f"lead {wire}x",
        f"severity {wire}",
        f"{wire} nothing",
    ):
        ts = slack.say(channel.channel_id, text)
        slack_sends(app_mention(text, channel=channel.channel_id, ts=ts))
        work_is_done()
    services.request_message(declared.pk, text=f"Message {typed}")
    slack_sends(block_action("close-incident-button", str(declared.pk), user=ANA))
    work_is_done()

    sent = [call for call in slack.calls if call.method.startswith(("chat.", "conversations.set"))]
    assert {"chat.update", "chat.postMessage", "chat.postEphemeral", "conversations.setTopic"} == {
        call.method for call in sent
    }
    for call in sent:
        assert not {"link_names", "parse", "mrkdwn"} & set(call.params)
        for text in _texts(call.params):
            # At the start of a line, > is Slack's quotation, in which we show what people wrote.
            lines = (line.removeprefix("> ") for line in OURS.sub("", text).splitlines())
            assert not any(re.search(r"[<>]", line) for line in lines), text
            assert not re.search(r"&(?!lt;|gt;|amp;)", text), text
    texts = [_read(text) for call in sent for text in _texts(call.params)]
    assert f"*Title {read}*" in texts
    assert any(text.startswith(f"Title {read} · https://incidents.example/") for text in texts)
    assert f"Message {read}" in texts
    assert any(f"“Title {read}” is closed" in text for text in texts)
    assert any(text == f"The summary is now:\n> {read}" for text in texts)
    declared.refresh_from_db()
    assert declared.summary == typed
    assert declared.report == f"Title {typed}"


def test_a_person_with_a_hostile_name_does_no_harm(slack, work_is_done, transactional_db):
    reporter = ExternalUser.objects.create(
        app_id="pager", external_id="1", display_name="<!channel> <https://evil.example|x>"
    )
    services.declare_incident(report="x", reporter=reporter, lead=reporter)
    work_is_done()
    for call in slack.calls_to("chat.postMessage"):
        for text in _texts(call.params):
            assert "<" not in OURS.sub("", text)


@pytest.mark.parametrize("text", ["&" * 200, "<!channel>" * 20, "\U0001f525" * 200, "*_~`" * 50])
def test_a_long_title_is_cut_nowhere_it_hurts(slack, work_is_done, transactional_db, text):
    services.declare_incident(report=text[:200], reporter=None, summary=text * 50)
    work_is_done()
    (message,) = slack.messages(INCIDENTS)
    assert not re.search(r"&(?!lt;|gt;|amp;)", str(message.blocks))
