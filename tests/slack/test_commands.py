"""``@incident WORD …``: what each command does, and how everyone is answered."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from response.core import services
from response.delivery.models import Inbox
from response.testing.payloads import (
    ANA,
    BEN,
    CHLOE,
    GENERAL,
    app_mention,
    block_action,
    view_submission,
)
from tests.slack.conversation import bot_messages

CHECK, QUESTION = "white_check_mark", "question"


@pytest.fixture
def reactions(slack, channel):
    """The reactions on the message of this ts."""

    def under(ts: str) -> list[str]:
        (message,) = [m for m in slack.messages(channel.channel_id) if m.ts == ts]
        return list(message.reactions)

    return under


@pytest.fixture
def replies(slack, channel):
    """What the bot said in the comms channel, and to single people there."""

    def said() -> list[str]:
        public = [m.text for m in bot_messages(slack, channel)]
        return public + [e.text for e in slack.ephemerals(channel.channel_id)]

    return said


def test_help_shows_every_command(say, replies, reactions):
    assert reactions(say("help")) == [CHECK]
    (text,) = replies()
    for word in ("lead", "severity", "sev", "summary", "impact", "close", "help"):
        assert f"`{word}`" in text


@pytest.mark.parametrize("text", ["LEAD", "Lead", "lead", "  lead  ", "lead\n"])
def test_lead_alone_makes_the_speaker_lead_in_any_capitals(say, declared, reactions, text):
    assert reactions(say(text, user=BEN)) == [CHECK]
    declared.refresh_from_db()
    assert declared.lead.external_id == BEN


@pytest.mark.parametrize(
    ("mention", "lead"),
    [
        (f"<@{BEN}>", BEN),
        (f"<@{BEN}|ben>", BEN),
        (f"<@{BEN}|>", BEN),
        (f"<@{CHLOE}>", CHLOE),
        (f"<@{CHLOE}|chloe>, please", CHLOE),
    ],
)
def test_promise_24_lead_understands_every_way_to_mention(say, declared, mention, lead):
    say(f"lead {mention}")
    declared.refresh_from_db()
    assert declared.lead.external_id == lead


@pytest.mark.parametrize("text", ["lead bob", "lead @bob", "lead me", "lead <#C123|general>"])
def test_promise_26_lead_bob_asks_who_is_meant(say, declared, slack, channel, reactions, text):
    assert reactions(say(text)) == [QUESTION]
    declared.refresh_from_db()
    assert declared.lead is None
    (answer,) = slack.ephemerals(channel.channel_id)
    assert answer.user == ANA
    assert "Mention them with an @" in answer.text


@pytest.mark.parametrize(
    ("words", "severity"),
    [
        ("critical", "1"),
        ("Critical", "1"),
        ("CRITICAL!", "1"),
        ("1", "1"),
        ("major", "2"),
        ("2", "2"),
        ("2 since 10:15", "2"),
        ("Major, I think", "2"),
        ("minor", "3"),
        ("it is trivial", "4"),
        ("critical.", "1"),
        ("2: since noon", "2"),
        ("4", "4"),
    ],
)
def test_promise_25_severity_is_read_as_a_word_or_number(say, declared, reactions, words, severity):
    assert reactions(say(f"severity {words}")) == [CHECK]
    declared.refresh_from_db()
    assert declared.severity == severity


@pytest.mark.parametrize(
    "words",
    [
        *("", "10", "0", "5", "bad", "minor (not major)", "critical or major", "10:15", "1.5"),
        *("not major", "1 or 2"),
    ],
)
def test_promise_25_a_severity_that_is_not_clear_is_asked_for(
    say, declared, reactions, slack, channel, words
):
    assert reactions(say(f"sev {words}")) == [QUESTION]
    declared.refresh_from_db()
    assert declared.severity is None
    assert "critical (1), major (2), minor (3), trivial (4)" in (
        slack.ephemerals(channel.channel_id)[0].text
    )


@pytest.mark.parametrize("field", ["summary", "impact"])
def test_the_first_text_is_set_and_echoed(say, declared, replies, reactions, field):
    text = "A &amp; B fail,\nlatency &lt; 5ms\n\n> for everyone"
    assert reactions(say(f"{field} {text}")) == [CHECK]

    declared.refresh_from_db()
    assert getattr(declared, field) == "A & B fail,\nlatency < 5ms\n\n> for everyone"
    assert "latency &lt; 5ms" in replies()[0]


@pytest.mark.parametrize("field", ["summary", "impact"])
def test_without_a_text_what_it_is_now_is_shown_with_a_way_to_change_it(
    say, declared, slack, channel, slack_sends, field
):
    services.update_incident(declared.pk, **{field: "Cards <@U0000000BEN> refused"})
    say(field)

    (message,) = bot_messages(slack, channel)
    assert [b["block_id"] for b in message.blocks] == ["update", "update-actions"]
    (button,) = message.blocks[1]["elements"]
    press = block_action(button["action_id"], button["value"], channel=channel.channel_id)
    assert slack_sends(press).status_code == 200
    view = slack.views[-1]
    assert view["callback_id"] == f"update-{field}-dialog"
    assert view["blocks"][0]["element"]["initial_value"] == "Cards <@U0000000BEN> refused"

    values = {field: {"type": "plain_text_input", "value": "Cards work again"}}
    form = view_submission(view["callback_id"], values, private_metadata=view["private_metadata"])
    assert slack_sends(form).content == b""
    declared.refresh_from_db()
    assert getattr(declared, field) == "Cards work again"


@pytest.mark.parametrize("field", ["summary", "impact"])
def test_another_text_is_proposed_and_set_by_yes(
    say, declared, slack, channel, slack_sends, work_is_done, field
):
    services.update_incident(declared.pk, **{field: "Old"})
    say(f"{field} A &amp; B\n&lt;!channel&gt; “quoted”")
    declared.refresh_from_db()
    assert getattr(declared, field) == "Old"

    (message,) = bot_messages(slack, channel)
    assert "proposed" in [b["block_id"] for b in message.blocks]
    (yes,) = message.blocks[-1]["elements"]
    assert yes["action_id"] == f"set-new-{field}-action"
    for _press in range(2):
        slack_sends(
            block_action(yes["action_id"], yes["value"], user=BEN, channel=channel.channel_id)
        )
    work_is_done()

    declared.refresh_from_db()
    assert getattr(declared, field) == "A & B\n<!channel> “quoted”"
    entry = declared.timeline_events().get(
        metadata__update_type=f"incident_{field}", metadata__old_value="Old"
    )
    assert entry.metadata["actor"]["id"] == BEN


def test_yes_pressed_twice_is_answered_once_for_all_to_see(
    slack, slack_sends, say, replies, channel, work_is_done
):
    say("summary Cards fail")
    yes = json.dumps({"text": "Cards fail since 10:15"})
    for _time in range(2):
        slack_sends(block_action("set-new-summary-action", yes, channel=channel.channel_id))
        work_is_done()

    assert [text for text in replies() if "is updated" in text] == ["The summary is updated."]
    (told,) = slack.ephemerals(channel.channel_id)
    assert "already" in told.text


def test_a_proposal_too_long_for_a_button_says_where_to_put_it(say, declared, replies):
    services.update_incident(declared.pk, summary="Old")
    say("summary " + "x" * 2500)
    assert "too long" in replies()[0]
    declared.refresh_from_db()
    assert declared.summary == "Old"


def test_close_ends_the_incident_and_says_so(say, declared, replies, reactions):
    assert reactions(say("close")) == [CHECK]
    declared.refresh_from_db()
    assert declared.is_closed()
    assert "closed" in replies()[0]


def test_closing_again_says_since_when_it_is_closed(say, declared, replies, reactions):
    say("close")
    declared.refresh_from_db()
    ended = declared.end_time

    assert reactions(say("close", user=BEN)) == [CHECK]

    declared.refresh_from_db()
    assert declared.end_time == ended
    assert "closed already" in replies()[1]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "`@incident help` shows"),
        ("   ", "`@incident help` shows"),
        ("sumary x", "Did you mean `@incident summary`?"),
        ("Serverity major", "Did you mean `@incident severity`?"),
        ("make me a coffee", "“make”"),
        ("<https://evil.example|help>", "evil.example"),
        ("a&amp;b", "“a&amp;b”"),
        ("<!channel>", "“@channel”"),
        ("x" * 5000, "I do not know"),
    ],
)
def test_promise_27_what_is_no_command_is_answered(say, channel, slack, reactions, text, answer):
    assert reactions(say(text)) == [QUESTION]
    (told,) = slack.ephemerals(channel.channel_id)
    assert told.user == ANA
    assert answer in told.text


def test_promise_27_outside_a_comms_channel_everyone_is_told_where_to_go(
    slack, slack_sends, work_is_done
):
    ts = slack.say(GENERAL, "<@UBOT> close")
    slack_sends(app_mention("close", channel=GENERAL, ts=ts))
    work_is_done()

    (told,) = slack.ephemerals(GENERAL)
    assert "belongs to no incident" in told.text
    assert list(slack.messages(GENERAL)[0].reactions) == [QUESTION]


def test_a_better_try_takes_the_question_mark_off_again(
    say, slack, slack_sends, work_is_done, channel, reactions
):
    ts = say("sevrity major")
    assert reactions(ts) == [QUESTION]
    # Slack sends an edited mention again, as a new event of the same message.
    edited = {"user": ANA, "ts": ts}
    slack_sends(app_mention("severity major", channel=channel.channel_id, ts=ts, edited=edited))
    work_is_done()
    assert reactions(ts) == [CHECK]


@pytest.mark.parametrize(
    "text", ["hey <@UBOT> severity major", "<@UBOT|incident> severity major", "<@UBOT>severity 2"]
)
def test_the_command_stands_behind_the_mention_wherever_that_is(
    slack, slack_sends, work_is_done, channel, declared, text
):
    request = app_mention("THIS", channel=channel.channel_id)
    body = request.body.replace(b"<@UBOT> THIS", text.encode())
    slack_sends(replace(request, body=body))
    work_is_done()
    declared.refresh_from_db()
    assert declared.severity == "2"


def test_an_app_with_a_persons_token_finds_the_mention_too(
    slack, slack_sends, work_is_done, channel, declared, settings
):
    settings.INCIDENT_BOT_ID = "UANOTHER"
    request = app_mention("severity major", channel=channel.channel_id)
    body = request.body.replace(b'"user_id": "UBOT"', b'"user_id": "U0000000ANA"')
    body = body.replace(b'"is_bot": true', b'"is_bot": false')
    slack_sends(replace(request, body=body))
    work_is_done()
    declared.refresh_from_db()
    assert declared.severity == "2"


def test_promise_2_a_mention_delivered_three_times_acts_once(
    say, slack, slack_sends, work_is_done, channel, declared
):
    for _delivery in range(3):
        slack_sends(app_mention("close", channel=channel.channel_id, event_id="Ev-once"))
    work_is_done()
    assert len(bot_messages(slack, channel)) == 1
    assert not Inbox.objects.exclude(state=Inbox.State.DONE).exists()


def test_a_bots_mention_is_no_command(slack, slack_sends, work_is_done, channel, declared):
    slack_sends(app_mention("close", channel=channel.channel_id, bot_id="B123"))
    work_is_done()
    declared.refresh_from_db()
    assert not declared.is_closed()


def test_promise_32_every_entry_says_who_did_it_and_from_where(say, declared):
    say("severity major", user=BEN)
    entry = declared.timeline_events().get(metadata__update_type="incident_severity")
    assert (entry.metadata["actor"]["kind"], entry.metadata["actor"]["id"]) == ("slack", BEN)
    assert entry.metadata["source"] == "slack"
