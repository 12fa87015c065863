"""A directory of any size is read to its end, however often Slack asks us to wait."""

from __future__ import annotations

import pytest

from response.background import work
from response.core.models import ExternalUser
from response.delivery import mirrors
from response.delivery.models import Mirror
from response.slack import people, wants
from response.telemetry import slack_called
from response.testing.payloads import ANA


@pytest.fixture
def large_workspace(slack_in_time):
    for number in range(450):
        slack_in_time.add_user(f"UMANY{number:04d}", f"person-{number}")
    return slack_in_time


def cursors(slack):
    return [call.params.get("cursor") for call in slack.calls_to("users.list")]


def test_everyone_is_known_afterwards(large_workspace):
    wants.directory()
    work.drain()
    assert ExternalUser.objects.filter(external_id__startswith="UMANY").count() == 450
    assert len(cursors(large_workspace)) == 3
    assert Mirror.objects.get(kind=wants.DIRECTORY).have == 1


def test_it_goes_on_from_the_page_it_was_at(large_workspace, time_stands_still):
    wants.directory()
    work.drain()
    _first, second, third = cursors(large_workspace)

    # As it stands when Slack asked us to wait after the second page.
    wants.directory()
    Mirror.objects.filter(kind=wants.DIRECTORY).update(shown={"cursor": third})
    large_workspace.rate_limit("users.list", 30)
    for _second in range(35):
        work.drain()
        time_stands_still.shift(1)

    assert second
    assert cursors(large_workspace)[3:] == [third, third], "refused once, and answered"
    assert large_workspace.early_calls == []
    assert Mirror.objects.get(kind=wants.DIRECTORY).have == 2

    wants.directory()
    work.drain()
    assert cursors(large_workspace)[5] is None, "the next day from the start"


def test_where_the_page_is_not_known_any_more_it_starts_again(large_workspace, time_stands_still):
    wants.directory()
    Mirror.objects.update(shown={"cursor": "of yesterday"})
    work.drain()
    time_stands_still.shift(61)
    mirrors.give_second_chances()
    work.drain()
    assert ExternalUser.objects.filter(external_id__startswith="UMANY").count() == 450


def test_whom_a_person_was_tied_to_while_slack_was_asked_stays(
    slack_in_time, django_user_model, transactional_db
):
    """Who declares an incident may sign in for the first time a moment later."""
    ana = people.person(ANA)
    account = django_user_model.objects.create_user("ana")

    def tie(method, **_call):
        if method == "users.info":
            ExternalUser.objects.filter(pk=ana.pk).update(owner=account)

    slack_called.connect(tie)
    try:
        work.drain()
    finally:
        slack_called.disconnect(tie)

    ana.refresh_from_db()
    assert ana.owner == account
    assert ana.full_name
