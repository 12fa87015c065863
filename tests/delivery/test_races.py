"""Two who do the same thing at the same instant, in two worker processes, again and again; on
SQLite also in two threads of one process, which take turns in another way than processes do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.fakes import FakeSlack
from tests.payloads import (
    ANA,
    BEN,
    CHLOE,
    INCIDENTS,
    app_mention,
    block_action,
    chosen,
    message,
    new_ts,
    person,
    pin_added,
    pin_removed,
    typed,
    view_submission,
)
from tests.servers import Site, eventually, installed

ROUNDS = 20


WORKERS = {"processes": 4}
if connection.vendor == "sqlite":
    WORKERS["threads"] = 1


@pytest.fixture(scope="module", params=WORKERS.values(), ids=WORKERS.keys())
def site(request, tmp_path_factory, slack_server: FakeSlack) -> Iterator[Site]:
    """One site for all races of this module; each of its processes has four threads."""
    slack_server.reset()
    slack_server.follow_clock()
    folder = tmp_path_factory.mktemp("races")
    with installed(folder, slack_server, "races") as site:
        site.start(workers=request.param)
        yield site
        log = (folder / "gunicorn.log").read_text()
        assert "deadlock" not in log, log
        assert "Traceback" not in log, log
    slack_server.reset()


def at_once(site, *requests):
    """Deliver these at the same instant; returns the statuses."""
    ready, statuses = threading.Barrier(len(requests)), []

    def deliver(request):
        ready.wait()
        statuses.append(site.deliver(request).status)

    threads = [threading.Thread(target=deliver, args=[request]) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def ids(site):
    return [pk for (pk,) in site.rows("SELECT id FROM response_incident ORDER BY id")]


def form(site, title):
    """The form that declares an incident, sent by somebody who saw that there are others."""
    values = {name: typed(None) for name in ("summary", "impact")}
    return view_submission(
        "incident-report-dialog",
        {"report": typed(title), **values, "lead": person(None), "severity": chosen("1")},
        private_metadata=json.dumps({"channel": "", "seen": ids(site)}),
    )


def declared(site, title, number=ROUNDS):
    """So many new incidents; their ids."""
    before = ids(site)
    for _incident in range(number):
        assert site.deliver(form(site, title)).body == b""
    return ids(site)[len(before) :]


def settled(site):
    """Whether everything that was stored is handled, and everything owed is paid."""
    return eventually(
        lambda: (
            not site.rows("SELECT 1 FROM response_inbox WHERE state = 0 LIMIT 1")
            and not site.rows("SELECT 1 FROM response_outboxmessage WHERE state = 0 LIMIT 1")
            and not site.rows("SELECT 1 FROM response_mirror WHERE want > have LIMIT 1")
        ),
        timeout=60,
    )


def edit(incident, form=None, user=ANA, **values):
    """The form that changes an incident, as ``form`` was opened, and what was changed in it."""
    shown = {
        "report": typed("As it was"),
        "summary": typed(None),
        "impact": typed(None),
        "lead": person(None),
        "severity": chosen("1"),
        **values,
    }
    opened = form or f'{{"incident": {incident}}}'
    return view_submission("incident-edit-dialog", shown, private_metadata=opened, user=user)


def test_one_form_delivered_twice_at_once_declares_one_incident(site, slack_server):
    before = len(ids(site))
    for number in range(ROUNDS):
        once = form(site, f"Twice at once {number}")
        assert at_once(site, once, once, once) == [200, 200, 200]
    assert len(ids(site)) - before == ROUNDS
    assert settled(site)
    texts = [text.text for text in slack_server.messages(INCIDENTS) if "Twice at once" in text.text]
    assert len(texts) == ROUNDS


def test_three_who_press_create_comms_channel_at_once_get_one(site, slack_server):
    incidents = declared(site, "Pressed by three")
    for incident in incidents:
        presses = [
            block_action("create-comms-channel-button", str(incident), user=user)
            for user in (ANA, BEN, CHLOE)
        ]
        assert at_once(site, *presses) == [200, 200, 200]
    assert settled(site)
    made = dict(site.rows("SELECT incident_id, count(*) FROM response_commschannel GROUP BY 1"))
    assert [made.get(incident) for incident in incidents] == [1] * ROUNDS
    named = [channel for channel in slack_server.channels.values() if "pressed" in channel.name]
    assert len(named) == ROUNDS


@pytest.fixture(scope="module")
def channel(site, slack_server):
    """The comms channel of an incident."""
    (incident,) = declared(site, "With a channel", 1)
    site.deliver(block_action("create-comms-channel-button", str(incident)))
    assert eventually(lambda: incident in channels(site), timeout=60)
    return channels(site)[incident]


def channels(site):
    """The comms channel of each incident that has one."""
    return dict(site.rows("SELECT incident_id, channel_id FROM response_commschannel"))


def test_the_first_messages_of_somebody_new_make_one_person_and_all_count(site, channel):
    people = [f"UNEW{number:03d}" for number in range(ROUNDS)]
    for user in people:
        said = [message("hello", user=user, channel=channel) for _message in range(4)]
        assert at_once(site, *said, said[0]) == [200] * 5
    assert settled(site)
    assert site.rows(
        "SELECT external_id, count(*) FROM response_externaluser "
        "WHERE external_id LIKE 'UNEW%' GROUP BY 1 ORDER BY 1"
    ) == [(user, 1) for user in people]
    assert site.rows(
        "SELECT message_count, count(*) FROM response_userstats s "
        "JOIN response_externaluser u ON u.id = s.user_id "
        "WHERE external_id LIKE 'UNEW%' GROUP BY 1"
    ) == [(4, ROUNDS)]


def test_who_closes_and_who_edits_at_once_both_have_their_way(site):
    incidents = declared(site, "As it was")
    for incident in incidents:
        close = block_action("close-incident-button", str(incident), user=BEN)
        changed = edit(incident, summary=typed("What we know"), severity=chosen("2"))
        assert at_once(site, close, changed) == [200, 200]
    assert settled(site)
    closed = site.rows(
        "SELECT id, severity, summary FROM response_incident WHERE end_time IS NOT NULL ORDER BY id"
    )
    assert closed == [(incident, "2", "What we know") for incident in incidents]


def test_two_who_edit_different_fields_at_once_both_have_their_way(site, slack_server):
    incidents = declared(site, "As it was")
    for incident in incidents:
        for user in (ANA, BEN):
            site.deliver(block_action("edit-incident-button", str(incident), user=user))
        anas, bens = (
            edit(incident, form=form["private_metadata"], user=user, **{field: value})
            for form, user, field, value in zip(
                slack_server.views[-2:],
                (ANA, BEN),
                ("summary", "impact"),
                (typed("What Ana knows"), typed("What Ben sees")),
                strict=True,
            )
        )
        assert at_once(site, anas, bens) == [200, 200]
    edited = site.rows("SELECT id, summary, impact FROM response_incident ORDER BY id")
    assert edited[-ROUNDS:] == [
        (incident, "What Ana knows", "What Ben sees") for incident in incidents
    ]
    assert settled(site)


def test_pinned_and_unpinned_at_once_what_happened_last_in_slack_holds(site, channel):
    pins = []
    for number in range(ROUNDS):
        ts, at = new_ts(), [new_ts(), new_ts()]
        # Every second one is taken off first, and then put there again.
        at_pin, at_unpin = at if number % 2 else at[::-1]
        pin = pin_added(f"Pin {number}", message_ts=ts, channel=channel, event_ts=at_pin)
        unpin = pin_removed(f"Pin {number}", message_ts=ts, channel=channel, event_ts=at_unpin)
        assert at_once(site, pin, unpin, unpin, pin) == [200] * 4
        pins.append((f"Pin {number}", at_pin > at_unpin))
    assert settled(site)
    stays = sorted((text,) for text, is_pinned in pins if is_pinned)
    kept = "SELECT text FROM response_pinnedmessage WHERE text LIKE 'Pin %' ORDER BY text"
    assert site.rows(kept) == stays
    told = "SELECT text FROM response_timelineevent WHERE text LIKE 'Pin %' ORDER BY text"
    assert site.rows(told) == stays


def test_edits_commands_and_payments_of_one_incident_do_not_block_each_other(
    site, slack_server, channel
):
    (incident,) = [pk for pk, its_channel in channels(site).items() if its_channel == channel]
    for number in range(ROUNDS):
        ts = slack_server.say(channel, "@incident", user=ANA)
        command = app_mention(f"impact some {number}", user=ANA, channel=channel, ts=ts)
        changed = edit(incident, report=typed(f"Now it is {number}"), impact=typed("…"))
        assert at_once(site, command, changed, message("so", channel=channel)) == [200] * 3
    assert settled(site)
    headline = [
        shown for shown in slack_server.messages(INCIDENTS) if f"incident/{incident}/" in str(shown)
    ]
    assert len(headline) == 1
    assert f"Now it is {ROUNDS - 1}" in str(headline[0].blocks)
