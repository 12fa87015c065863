"""What the harness looks for is found where it is: each thing that can be wrong, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from response.testing import FakeSlack, payloads
from response.testing.payloads import INCIDENTS
from tests.chaos import comparison, table
from tests.chaos.comparison import DIFFERING, DISORDER, DOUBLED, EARLY, LOST
from tests.chaos.evidence import Shown, Stored, StoredIncident
from tests.chaos.plan import Plan, Planned, Room
from tests.chaos.row import Row

ROOM = Room(1, "C1")
REQUEST = payloads.message("So what")


def planned(kind, mark, **facts):
    return Planned(kind, mark, REQUEST, (0.0,), user="U1", room=ROOM, facts=facts)


PLAN = [
    planned("declaration", "declared"),
    planned("edit", "second title", field="report"),
    planned("command", "first", ts="5.1", key="event:1"),
    planned("command", "second", ts="5.2", key="event:2"),
    planned("message", "said"),
    planned("pin", "pinned", ts="5.3", event_ts="1.0", is_pinned=True),
    planned("close", "closed"),
]


@pytest.fixture
def stored():
    """The database after all of it, as it should be."""
    stored = Stored()
    stored.incidents = [
        StoredIncident(1, "second title", "", "", is_closed=True),
        StoredIncident(2, "declared", "", "", is_closed=False),
    ]
    stored.titles.update({"second title": 1, "declared": 1})
    stored.changes["report", "second title"] = 1
    stored.title_history[1] = ["second title"]
    stored.closings[1] = 1
    stored.actions.update({"first": 1, "second": 1})
    stored.action_order = {"first": 1, "second": 2}
    stored.handled_at_once["C1"] = ["event:1", "event:2"]
    stored.messages[1, "U1"] = 1
    stored.pins["5.3"] = stored.pin_entries["5.3"] = 1
    stored.sent["C1"] = [("post:1", "6.1"), ("post:2", "6.2")]
    stored.written = {
        "event:1": (1.0, 1.1),
        "event:2": (2.0, 2.1),
        "post:1": (3.0, 3.1),
        "post:2": (4.0, 4.1),
    }
    return stored


@pytest.fixture
def slack():
    """Slack, showing just that."""
    with FakeSlack() as slack:
        channel = slack.channels[slack.add_channel("C1", "inc-1")]
        channel.topic = "second title · https://incidents.example/incident/1/"
        for ts in ("5.1", "5.2"):
            message = _post(slack, "C1", "@incident action …", None)
            message.user, message.ts = payloads.ANA, ts
            message.reactions["white_check_mark"] = [payloads.BOT]
            _post(slack, "C1", "Written down for <@U1>.", f"post:{ts}")
        _post(slack, "C1", "second title", "summary:1")
        _post(slack, INCIDENTS, "*second title* Status: resolved", "headline:1")
        _post(slack, INCIDENTS, "*declared* Status: live", "headline:2")
        yield slack


def _post(slack, channel, text, key):
    ts = slack.say(channel, text, user=payloads.BOT)
    message = slack.channels[channel].messages[-1]
    assert message.ts == ts
    if key:
        message.metadata = {"event_type": "response", "event_payload": {"key": key}}
    return message


def found(stored, slack, *, acknowledged=PLAN, calls=()):
    shown = Shown.of(slack, calls)
    return {
        finding.kind for finding in comparison.compare(PLAN, acknowledged, [ROOM], stored, shown)
    }


def test_where_everything_is_as_promised_nothing_is_found(stored, slack):
    assert found(stored, slack) == set()


def _forget_the_incident(stored, slack):
    stored.titles["declared"] = 0


def _declare_twice(stored, slack):
    stored.titles["declared"] = 2


def _forget_the_edit(stored, slack):
    del stored.changes["report", "second title"]


def _edit_twice(stored, slack):
    stored.changes["report", "second title"] = 2


def _forget_an_action(stored, slack):
    del stored.actions["second"]


def _log_twice(stored, slack):
    stored.actions["second"] = 2


def _forget_a_tick(stored, slack):
    slack.channels["C1"].messages[0].reactions.clear()


def _forget_an_answer(stored, slack):
    del slack.channels["C1"].messages[1]


def _answer_twice(stored, slack):
    _post(slack, "C1", "Written down for <@U1>.", "post:again")


def _forget_a_message(stored, slack):
    stored.messages[1, "U1"] = 0


def _count_twice(stored, slack):
    stored.messages[1, "U1"] = 2


def _forget_a_pin(stored, slack):
    stored.pins["5.3"] = stored.pin_entries["5.3"] = 0


def _pin_twice(stored, slack):
    stored.pin_entries["5.3"] = 2


def _leave_it_open(stored, slack):
    stored.closings[1] = 0
    stored.incidents[0] = replace(stored.incidents[0], is_closed=False)
    slack.channels[INCIDENTS].messages[0].text = "*second title* Status: live"


def _close_twice(stored, slack):
    stored.closings[1] = 2


def _forget_a_headline(stored, slack):
    del slack.channels[INCIDENTS].messages[1]


def _post_a_headline_twice(stored, slack):
    _post(slack, INCIDENTS, "*declared* Status: live", "headline:2")


def _leave_a_headline_as_it_was(stored, slack):
    slack.channels[INCIDENTS].messages[0].text = "*second title* Status: live"


def _leave_a_topic_as_it_was(stored, slack):
    slack.channels["C1"].topic = "first title"


def _leave_a_summary_as_it_was(stored, slack):
    stored.incidents[0] = replace(stored.incidents[0], summary="What we know")


def _leave_a_debt(stored, slack):
    stored.unpaid.append("post:1 is not sent: …")


def _say_twice(stored, slack):
    _post(slack, "C1", "A reminder", "reminder:1:severity:1")
    _post(slack, "C1", "A reminder", "reminder:1:severity:1")


def _send_in_disorder(stored, slack):
    stored.sent["C1"] = [("post:1", "6.2"), ("post:2", "6.1")]


def _handle_in_disorder(stored, slack):
    stored.action_order = {"first": 2, "second": 1}


@pytest.mark.parametrize(
    ("spoil", "kinds"),
    [
        (_forget_the_incident, {LOST}),
        (_declare_twice, {DOUBLED}),
        (_forget_the_edit, {LOST}),
        (_edit_twice, {DOUBLED}),
        (_forget_an_action, {LOST, DOUBLED}),  # its answer is there, to nothing
        (_log_twice, {DOUBLED}),
        (_forget_a_tick, {LOST}),
        (_forget_an_answer, {LOST}),
        (_answer_twice, {DOUBLED}),
        (_forget_a_message, {LOST}),
        (_count_twice, {DOUBLED}),
        (_forget_a_pin, {LOST}),
        (_pin_twice, {DOUBLED, DIFFERING}),
        (_leave_it_open, {LOST}),
        (_close_twice, {DOUBLED}),
        (_forget_a_headline, {LOST}),
        (_post_a_headline_twice, {DOUBLED}),
        (_leave_a_headline_as_it_was, {DIFFERING}),
        (_leave_a_topic_as_it_was, {DIFFERING}),
        (_leave_a_summary_as_it_was, {DIFFERING}),
        (_leave_a_debt, {LOST}),
        (_say_twice, {DOUBLED}),
        (_send_in_disorder, {DISORDER}),
        (_handle_in_disorder, {DISORDER}),
    ],
)
def test_what_is_wrong_is_found(stored, slack, spoil, kinds):
    spoil(stored, slack)
    assert found(stored, slack) == kinds


@pytest.mark.parametrize("disorder", [_send_in_disorder, _handle_in_disorder])
def test_what_was_written_at_the_same_time_has_no_order(stored, slack, disorder):
    disorder(stored, slack)
    stored.written = dict.fromkeys(stored.written, (1.0, 2.0))
    assert found(stored, slack) == set()


def test_what_was_not_acknowledged_may_be_missing(stored, slack):
    _forget_the_edit(stored, slack)
    others = [one for one in PLAN if one.kind != "edit"]
    assert found(stored, slack, acknowledged=others) == set()


def test_a_call_inside_a_retry_after_window_is_found(stored, slack):
    slack.rate_limit("auth.test", 60)
    for _call in range(2):
        slack.answer("auth.test", {}, slack.token)
    assert found(stored, slack, calls=slack.calls) == {EARLY}


def test_a_headline_that_goes_back_is_found(stored, slack):
    def shows(title):
        document = "https://incidents.example/incident/1/"
        blocks = [{"text": {"text": text}} for text in (f"*{title}*", document)]
        where = {"channel": INCIDENTS, "text": title, "blocks": blocks}
        slack.answer("chat.update", {**where, "ts": posted.ts}, slack.token)

    posted = slack.channels[INCIDENTS].messages[0]
    before = len(slack.calls)
    shows("first title")
    shows("second title")
    posted.text += " Status: resolved"
    assert found(stored, slack, calls=slack.calls[before:]) == set()
    shows("first title")
    assert DISORDER in found(stored, slack, calls=slack.calls[before:])


def test_the_same_seed_plans_the_same(slack):
    def made(seed):
        requests = Plan("r1", seed, slack, [ROOM]).requests(rate=50, seconds=2)
        return [(one.kind, one.mark, one.moments) for one in requests]

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_a_row_is_bad_for_what_it_counts_and_never_for_its_times():
    row = Row("SQLite", "nothing", seconds=[9.0, 9.0], quiet_after=100)
    assert not table.is_bad(row)
    row.findings.append(comparison.Finding(LOST, "something"))
    assert table.is_bad(row)
    assert "| **1** | 0 | 0 | 0 | 0 |" in table.markdown(row)
