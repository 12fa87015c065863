"""What the admin says of how much there is to do, and since when."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from response.delivery import clock
from response.delivery.models import Inbox, Lane, Mirror, OutboxMessage, Pause
from response.testing.payloads import GENERAL, INCIDENTS
from response.upkeep.backlog import backlog
from response.upkeep.queues import Pile

pytestmark = pytest.mark.django_db(transaction=True)

HEADS = ["inbox", "mirror", "outboxmessage", "lane", "pause", "heartbeat"]


@pytest.fixture
def trouble(time_stands_still: Any) -> None:
    """Some of everything, the older of two an hour old."""
    ages = (clock.now() - timedelta(hours=1), clock.now())
    for number, at in enumerate(ages):
        for state in Inbox.State:
            Inbox.objects.create(key=f"{state} {number}", kind="x", state=state, received_at=at)
        for sent in OutboxMessage.State:
            OutboxMessage.objects.create(
                key=f"{sent} {number}",
                method="chat.postMessage",
                body={},
                lane=GENERAL,
                state=sent,
                created_at=at,
            )
        for kind, have, stuck in (("late", 0, False), ("refused", 0, True), ("shown", 1, False)):
            Mirror.objects.create(
                kind=kind, object_id=number, lane=INCIDENTS, have=have, stuck=stuck, behind_since=at
            )
    Inbox.objects.create(key="seen", kind="x", state=Inbox.State.DEAD, seen_at=clock.now())
    Lane.objects.create(name=GENERAL, holder="x", lease_until=clock.now() + timedelta(seconds=9))
    Lane.objects.create(name=INCIDENTS)
    Pause.objects.create(scope="*", until=clock.now() + timedelta(seconds=9))


def test_each_pile_is_counted_with_its_age(trouble, django_assert_num_queries):
    with django_assert_num_queries(5):
        now = backlog()
    pile = Pile(2, clock.now() - timedelta(hours=1))
    assert [now.to_handle, now.given_up, now.behind, now.refused] == [pile] * 4
    assert [now.to_send, now.not_sent] == [pile] * 2
    assert (now.lanes_behind, now.lanes_held) == (2, 1)
    assert now.paused_until == clock.now() + timedelta(seconds=9)
    assert now.last_round is None


def test_where_all_is_done_there_is_nothing_old(time_stands_still):
    clock.tick()
    now = backlog()
    assert now.to_handle == now.not_sent == Pile(0, None)
    assert now.last_round == clock.now()


def words_of(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


@pytest.mark.parametrize("name", HEADS)
def test_it_stands_at_the_head_of_the_admins_pages(trouble, admin_client, name):
    words = words_of(admin_client.get(reverse(f"admin:response_{name}_changelist")))
    assert "Requests from Slack to be handled 2 March 2, 2026, 9 a.m., 1 hour ago" in words
    assert "Messages given up that nobody has seen 2" in words
    assert "Lanes that a process is paying now 1" in words
    assert "What is due each minute was never done" in words
    assert "Something waits until March 2, 2026, 10" in words


def test_its_lines_lead_to_the_rows_they_count(trouble, admin_client):
    page = admin_client.get(reverse("admin:response_inbox_changelist")).content.decode()
    head = page.partition('id="response-backlog"')[2].partition("</table>")[0]
    lines = re.findall(r'href="([^"]+)">[^<]*</a></th>\s*<td>(\d+)</td>', head)
    assert len(lines) == 6
    for address, number in lines:
        shown = admin_client.get(unescape(address))
        assert shown.status_code == 200
        assert shown.context["cl"].result_count == int(number), address
