"""Whether news of a mark is the latest is found by an index, however much Slack ever told."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from response.delivery import inbox
from response.delivery.models import Inbox
from response.testing.payloads import ANA, BEN, event, pin_added, pin_removed

TS = "1700000000.000240"


def plan_of(sql):
    """How the database would answer, if PostgreSQL read no table from end to end."""
    is_sqlite = connection.vendor == "sqlite"
    with transaction.atomic(), connection.cursor() as cursor:
        if not is_sqlite:
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {sql}")
        return "\n".join(str(line[-1]) for line in cursor.fetchall())


@pytest.fixture
def marks(channel):
    """By kind, a mark that Ana made and one that she took off."""
    pinned = {"message_ts": TS, "author": BEN, "channel": channel.channel_id}
    item = {"type": "message", "channel": channel.channel_id, "ts": TS}
    reacted = {"user": ANA, "reaction": "pushpin", "item": item, "item_user": BEN}
    return {
        "pin": (pin_added("Found it", **pinned), pin_removed("Found it", **pinned)),
        "reaction": (event("reaction_added", reacted), event("reaction_removed", reacted)),
    }


@pytest.mark.parametrize("kind", ["pin", "reaction"])
def test_no_look_up_of_notes_reads_the_whole_inbox(slack_sends, work_is_done, marks, kind):
    for request in marks[kind]:
        slack_sends(request)

    with CaptureQueriesContext(connection) as captured:
        work_is_done()

    asked = [query["sql"] for query in captured if "LIKE" in query["sql"]]
    assert len(asked) == 2
    narrowed = "SEARCH response_inbox" if connection.vendor == "sqlite" else "Index Cond"
    for sql in asked:
        assert narrowed in plan_of(sql), plan_of(sql)


@pytest.mark.django_db
def test_keys_are_found_by_their_beginning_and_no_others():
    inside = ["1:pin:5:", "1:pin:5:1", "1:pin:5:é", "1:pin:5:\U0001f525", "1:pin:5:~"]
    outside = [
        "1:pin:5",
        "1:pin:55:1",
        "1:PIN:5:1",
        "11:pin:5:1",
        "1:pin:5;",
        "1_pin:5:1",
        "1:pin:4:9",
    ]
    Inbox.objects.bulk_create(Inbox(key=key, kind="mark") for key in [*inside, *outside])

    assert sorted(inbox.keys_under("1:pin:5:")) == sorted(inside)
    assert list(inbox.keys_under("1_pin:5:")) == ["1_pin:5:1"]
    assert list(inbox.keys_under("%")) == []
