"""Everyone who can be invited into the comms channel is, whoever else cannot be."""

from __future__ import annotations

import pytest

from response.core import services
from response.delivery import mirrors
from response.slack.models import CommsChannel
from response.testing.payloads import ANA, BEN, BOT, CHLOE, DAN


@pytest.fixture
def members(slack, declared, work_is_done):
    """Ask for the channel; who is in it."""

    def asked():
        services.request_channel(declared.pk)
        work_is_done()
        return lambda: slack.channels[CommsChannel.objects.get().channel_id].members

    return asked


@pytest.fixture
def group(slack, settings):
    """Have these people invited each time, as a group."""

    def made(people):
        slack.usergroups["S1"] = {"id": "S1", "handle": "on-call", "name": "On", "users": people}
        settings.RESPONSE_CHANNEL_INVITE = ["@on-call"]

    return made


@pytest.mark.parametrize("one", [BOT, "UGONE"], ids=["the bot itself", "somebody who is gone"])
def test_one_who_cannot_be_invited_keeps_no_group_out(members, group, one):
    group([BEN, one, CHLOE, DAN])

    assert {ANA, BEN, CHLOE, DAN} <= set(members()())


def test_one_who_is_in_the_channel_keeps_nobody_out(slack, members, group, declared, work_is_done):
    slack.refuse("conversations.invite", "already_in_channel", times=1)
    group([BEN, CHLOE])

    assert {ANA, BEN, CHLOE} <= set(members()())


def test_one_more_who_is_there_already_is_no_trouble(slack, members, declared, work_is_done):
    there = members()
    before = len(slack.calls_to("conversations.invite"))
    there().append(BEN)

    services.update_incident(declared.pk, lead=_person(BEN))
    work_is_done()

    assert len(slack.calls_to("conversations.invite")) == before + 1
    assert there().count(BEN) == 1


def test_a_group_gets_in_however_often_slack_asks_to_wait(slack, members, group, work_is_done, now):
    people = [f"U{number:03d}" for number in range(80)]
    for user_id in people:
        if user_id != "U042":
            slack.add_user(user_id, user_id.lower())
    group(people)
    slack.rate_limit_every_other(2, "conversations.invite")

    there = members()
    for _while in range(90):
        now.shift(3)
        work_is_done()

    assert set(people) - set(there()) == {"U042"}
    asked = [call.params["users"] for call in slack.calls_to("conversations.invite")]
    assert len([users for users in asked if "," in users]) == 1
    assert slack.early_calls == []


def test_who_was_invited_in_a_batch_is_not_invited_again_after_a_wait(
    slack, members, group, work_is_done, now
):
    people = [f"U{number:03d}" for number in range(150)]
    for user_id in people:
        slack.add_user(user_id, user_id.lower())
    group(people)
    slack.rate_limit_every_other(2, "conversations.invite")

    there = members()
    now.shift(3)
    work_is_done()

    assert set(people) <= set(there())
    first, limited, second = (
        call.params["users"].split(",") for call in slack.calls_to("conversations.invite")
    )
    assert set(first).isdisjoint(second)
    assert limited == second


def _person(slack_id):
    from response.slack import people

    return people.person(slack_id)


def test_whom_slack_refuses_for_a_reason_of_its_own_keeps_nobody_out(
    slack, members, group, work_is_done, now
):
    group([BEN, CHLOE])
    # The three of them together, and Ana alone.
    slack.refuse("conversations.invite", "ura_max_channels", times=2)

    there = members()
    assert {BEN, CHLOE} <= set(there())
    assert ANA not in there()

    now.shift(61)
    mirrors.give_second_chances()
    work_is_done()
    assert ANA in there()


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "missing_scope"])
def test_nobody_is_invited_one_by_one_where_nobody_can_be(slack, members, group, code):
    group([BEN, CHLOE])
    slack.refuse("conversations.invite", code)

    members()

    assert len(slack.calls_to("conversations.invite")) == 1
