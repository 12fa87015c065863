"""Messages marked with a pin or a reaction stand on the timeline, and are followed there."""

from __future__ import annotations

import pytest

from response.delivery import calls, inbox
from response.delivery.models import Mirror
from response.slack import captures
from response.slack.models import PinnedMessage
from response.slack.web_api import WebApi
from tests.payloads import ANA, BEN, CHLOE, event, pin_added, pin_removed

OURS = "pushpin"


@pytest.fixture
def happens(slack, channel, slack_sends, work_is_done):
    """Something happens in the comms channel, and is acted on."""

    def deliver(*requests):
        for request in requests:
            assert slack_sends(request).status_code == 200
        work_is_done()

    return deliver


@pytest.fixture
def said(slack, channel):
    """Ben said something in the channel; its ts."""
    return slack.say(channel.channel_id, "It is the &lt;gateway&gt; &amp; the cache", user=BEN)


def reaction(kind, ts, channel, *, user=ANA, name=OURS, **more):
    item = {"type": "message", "channel": channel.channel_id, "ts": ts}
    fields = {"user": user, "reaction": name, "item": item, "item_user": BEN, **more}
    return event(f"reaction_{kind}", fields)


def changed(ts, channel, at="1710099999.000100", **message):
    message = {"type": "message", "user": BEN, "ts": ts, **message}
    fields = {"subtype": "message_changed", "message": message, "channel": channel.channel_id}
    return event("message", {**fields, "ts": at, "hidden": True})


def edited(ts, text, channel, at="1710099999.000100"):
    return changed(ts, channel, at, text=text, edited={"ts": at})


def deleted(ts, channel):
    fields = {"subtype": "message_deleted", "deleted_ts": ts, "channel": channel.channel_id}
    return event("message", {**fields, "ts": "1710099999.000300", "hidden": True})


def entries(channel):
    return list(channel.incident.timelineevent_set.filter(event_type="slack_pin"))


def test_the_reaction_puts_a_message_on_the_timeline(happens, said, channel):
    happens(reaction("added", said, channel))

    (entry,) = entries(channel)
    assert entry.text == "It is the <gateway> & the cache"
    assert entry.metadata["author"]["external_id"] == BEN
    assert entry.metadata["message_ts"] == said
    assert entry.metadata["permalink"].startswith("https://")


@pytest.mark.parametrize("name", ["tada", "pushpin2", ""])
def test_other_reactions_do_not(happens, said, channel, name):
    happens(reaction("added", said, channel, name=name))

    assert entries(channel) == []
    assert not PinnedMessage.objects.exists()


def test_the_reaction_is_the_one_of_the_setting(happens, said, channel, settings):
    settings.RESPONSE_PIN_REACTION = ":memo:"

    happens(reaction("added", said, channel, name="memo"))

    assert len(entries(channel)) == 1


def test_the_entry_goes_with_the_last_of_the_reactions(happens, said, channel):
    happens(reaction("added", said, channel), reaction("added", said, channel, user=CHLOE))
    happens(reaction("removed", said, channel))
    assert len(entries(channel)) == 1

    happens(reaction("removed", said, channel, user=CHLOE))

    assert entries(channel) == []


def test_promise_11_unpin_and_unreact_undo_exactly_their_own(happens, said, channel):
    pinned = {"message_ts": said, "author": BEN, "channel": channel.channel_id}
    happens(reaction("added", said, channel), pin_added("It is the gateway", **pinned))
    assert len(entries(channel)) == 1

    happens(pin_removed("…", **pinned))
    assert len(entries(channel)) == 1

    happens(reaction("removed", said, channel))
    assert entries(channel) == []


def test_a_reaction_taken_back_before_slack_was_asked_leaves_nothing(
    slack, slack_sends, said, channel, work_is_done
):
    for request in (reaction("added", said, channel), reaction("removed", said, channel)):
        slack_sends(request)
    work_is_done()

    assert entries(channel) == []
    assert not PinnedMessage.objects.exists()


def test_promise_34_an_edit_follows_and_is_marked(happens, said, channel):
    happens(reaction("added", said, channel))

    happens(edited(said, "It is the &lt;cache&gt;", channel))

    (entry,) = entries(channel)
    assert entry.text == "It is the <cache>"
    assert entry.metadata["edited"] is True


def test_an_older_edit_told_later_changes_nothing(happens, said, channel):
    happens(reaction("added", said, channel))

    happens(
        edited(said, "the second version", channel, at="1710099999.000200"),
        edited(said, "the first version", channel, at="1710099999.000100"),
    )

    assert [entry.text for entry in entries(channel)] == ["the second version"]


def test_a_deleted_message_leaves_no_words_behind(happens, said, channel):
    happens(reaction("added", said, channel))

    happens(deleted(said, channel))

    (entry,) = entries(channel)
    assert "gateway" not in entry.text
    assert entry.metadata["deleted"] is True
    assert "gateway" not in PinnedMessage.objects.get().text


@pytest.mark.parametrize("at", ["1710099999.000100", "1710099999.000400"])
def test_an_edit_told_after_the_deletion_brings_no_words_back(happens, said, channel, at):
    happens(reaction("added", said, channel))

    happens(deleted(said, channel), edited(said, "the first version", channel, at=at))

    (entry,) = entries(channel)
    assert "first" not in entry.text
    assert "first" not in PinnedMessage.objects.get().text
    assert entry.metadata["deleted"] is True
    assert "edited" not in entry.metadata


def test_a_deleted_message_that_has_answers_is_told_as_an_edit(happens, said, channel):
    """Slack leaves a stone in its place, for what was answered to stand under."""
    happens(reaction("added", said, channel))

    happens(changed(said, channel, subtype="tombstone", text="This message was deleted."))

    (entry,) = entries(channel)
    assert entry.text == captures.DELETED
    assert entry.metadata["deleted"] is True
    assert "edited" not in entry.metadata


def test_a_mark_on_what_was_deleted_puts_nothing_on_the_timeline(slack, happens, said, channel):
    (message,) = [one for one in slack.channels[channel.channel_id].messages if one.ts == said]
    message.subtype, message.text = "tombstone", "This message was deleted."

    happens(reaction("added", said, channel))

    assert entries(channel) == []


def test_what_slack_adds_to_a_message_is_no_edit(happens, said, channel):
    """The preview of a link comes, or is taken away, as a change of the message."""
    happens(reaction("added", said, channel))

    text = "It is the &lt;gateway&gt; &amp; the cache"
    happens(changed(said, channel, text=text, attachments=[{"title": "A preview"}]))

    (entry,) = entries(channel)
    assert entry.text == "It is the <gateway> & the cache"
    assert "edited" not in entry.metadata


def test_a_pin_told_after_the_deletion_brings_no_words_back(happens, said, channel):
    happens(reaction("added", said, channel))
    late = pin_added("It is the cache", message_ts=said, channel=channel.channel_id)
    happens(deleted(said, channel), late)

    (entry,) = entries(channel)
    assert "cache" not in entry.text
    marked = PinnedMessage.objects.get()
    assert marked.is_pinned
    assert marked.text == entry.text


def test_a_deletion_is_followed_after_an_edit(happens, said, channel):
    happens(reaction("added", said, channel))

    happens(edited(said, "the first version", channel), deleted(said, channel))

    assert "first" not in entries(channel)[0].text


class Meanwhile(WebApi):
    """The way to Slack, on which something happens once, right after one call."""

    def __init__(self, method, happening):
        self._happenings = {method: happening}

    def call(self, method, body):
        answer = super().call(method, body)
        if happening := self._happenings.pop(method, None):
            happening()
        return answer


@pytest.fixture
def meanwhile(slack_sends):
    """Have ``change`` happen in Slack, and be heard of, right after the next call of ``method``."""

    def arranged(method, change, news):
        def happening():
            change()
            assert slack_sends(news).status_code == 200
            while inbox.handle_next():
                pass

        calls.use_transport(Meanwhile(method, happening))

    yield arranged
    calls.use_transport(WebApi())


READS = ["conversations.history", "chat.getPermalink"]


@pytest.mark.parametrize("method", READS)
def test_a_message_edited_while_it_is_read_stands_there_as_it_is_now(
    slack, happens, meanwhile, said, channel, method
):
    def edit():
        slack.channels[channel.channel_id].messages[-1].text = "It is the cache"

    meanwhile(method, edit, edited(said, "It is the cache", channel))
    happens(reaction("added", said, channel))

    assert [entry.text for entry in entries(channel)] == ["It is the cache"]
    assert PinnedMessage.objects.get().text == "It is the cache"


@pytest.mark.parametrize("method", READS)
def test_a_message_deleted_while_it_is_read_leaves_no_words_behind(
    slack, happens, meanwhile, said, channel, method
):
    meanwhile(method, slack.channels[channel.channel_id].messages.pop, deleted(said, channel))
    happens(reaction("added", said, channel))

    assert entries(channel) == []
    assert "gateway" not in PinnedMessage.objects.get().text
    assert not Mirror.objects.filter(stuck=True).exists(), "there is nothing for anybody to do"


def test_edits_of_other_messages_are_not_stored(slack_sends, said, channel, db):
    from response.delivery.models import Inbox

    before = Inbox.objects.count()
    slack_sends(edited(said, "a secret", channel))

    assert Inbox.objects.count() == before


def test_files_and_pictures_are_links(happens, channel, slack):
    ts = slack.say(channel.channel_id, "See", user=BEN)
    files = [
        {
            "title": "graph|<x>.png",
            "permalink": "https://files.example/graph",
            "mimetype": "image/png",
        }
    ]
    pinned = pin_added("See", message_ts=ts, author=BEN, channel=channel.channel_id).data
    pinned["event"]["item"]["message"]["files"] = files

    happens(event("pin_added", pinned["event"]))

    (entry,) = entries(channel)
    assert entry.text == "See\n<https://files.example/graph|graph x .png>"


def test_what_the_bot_pins_itself_is_not_captured(happens, channel, slack):
    (summary,) = [m for m in slack.messages(channel.channel_id) if m.bot_id]
    happens(
        pin_added(
            summary.text,
            message_ts=summary.ts,
            author="UBOT",
            user="UBOT",
            channel=channel.channel_id,
        )
    )

    assert entries(channel) == []
