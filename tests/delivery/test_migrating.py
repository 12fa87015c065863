"""A site that is migrated while Slack talks to it: what it said yes to is kept, once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from response.testing import FakeSlack
from response.testing.payloads import (
    ANA,
    INCIDENTS,
    Request,
    app_mention,
    block_action,
    message,
    new_trigger_id,
    person,
    radio,
    typed,
    view_submission,
)
from tests.delivery.test_servers import PATIENT, everything_is_done
from tests.servers import Site, eventually

CHANNEL = "C0PREDECESS"

# As 0.5.1 left it: a live incident with a lead and a severity, its channel and its headline post.
PREDECESSOR = """
from django.db import connection
from tests.core import predecessor_rows as rows
rows.person(connection, 1, {ana!r})
rows.incident(connection, 1, reporter_id=1, lead_id=1, severity="1")
rows.insert(connection, "commschannel", incident_id=1, channel_id={channel!r}, channel_name="inc-1")
rows.insert(connection, "headlinepost", incident_id=1, message_ts={headline!r})
"""

# Indexes, which a site works without, were added after the first of these and up to the second.
WORKS_FROM, INDEXED = "0115_seen_and_forgotten", "0117_people_by_id"
# What was added then, it does not work without; so that is made beforehand.
IS_NEEDED = """
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
loader = MigrationExecutor(connection).loader
state = loader.project_state([("response", {indexed!r})])
for name in ("0118_pinned_pictures", "0119_in_trouble_since"):
    with connection.schema_editor() as editor:
        state = loader.get_migration("response", name).apply(state, editor)
"""


def declaration(title: str) -> Request:
    # Of what is over already the form does not ask whether it is one of the live ones.
    values = {"report": typed(title), "incident_type": radio("report"), "lead": person(None)}
    return view_submission("incident-report-dialog", values)


class Traffic:
    """Slack and people, each of whom goes on until it is over: what they were told yes to."""

    def __init__(self, site: Site, slack: FakeSlack) -> None:
        self._site = site
        self._slack = slack
        self._is_over = threading.Event()
        self.refused = self.messages = 0
        self.actions: list[str] = []
        self.titles: list[str] = []
        self.presses: list[str] = []

    @contextmanager
    def goes_on(self) -> Iterator[None]:
        """While this lasts; afterwards everybody has sent what they were at."""
        kinds = (self._say, self._command, self._declare, self._press)
        with ThreadPoolExecutor(len(kinds)) as senders:
            sent = [senders.submit(self._repeat, kind) for kind in kinds]
            try:
                yield
            finally:
                self._is_over.set()
        for each in sent:
            each.result()

    def has_begun(self) -> bool:
        """Whether something of every kind was taken."""
        return bool(self.messages and self.actions and self.titles and self.presses)

    def _repeat(self, send: Callable[[int], None]) -> None:
        number = 0
        while not self._is_over.is_set():
            number += 1
            send(number)

    def _say(self, number: int) -> None:
        self._deliver_until_taken(message(f"number {number}", channel=CHANNEL))
        self.messages += 1

    def _command(self, number: int) -> None:
        ts = self._slack.say(CHANNEL, f"@incident action number {number}")
        self._deliver_until_taken(app_mention(f"action number {number}", channel=CHANNEL, ts=ts))
        self.actions.append(f"number {number}")

    def _declare(self, number: int) -> None:
        # The form stays open, with what was typed, until it is taken; it is the same one then.
        self._deliver_until_taken(declaration(f"Declared {number}"))
        self.titles.append(f"Declared {number}")

    def _press(self, _number: int) -> None:
        """Press a button. Slack shows nobody how that was answered: who is not heard is told."""
        told, trigger_id = self._told(), new_trigger_id()
        button = block_action("close-incident-button", "1", trigger_id=trigger_id)
        assert self._site.deliver(button).status == 200
        if self._told() == told:
            self.presses.append(trigger_id)
        else:
            self.refused += 1

    def _told(self) -> int:
        texts = [ephemeral.text for ephemeral in self._slack.ephemerals(INCIDENTS)]
        return sum("not saved" in text for text in texts)

    def _deliver_until_taken(self, request: Request) -> None:
        assert eventually(lambda: self._is_taken(request), PATIENT)

    def _is_taken(self, request: Request) -> bool:
        answer = self._site.deliver(request)
        assert answer.status in (200, 503)
        is_taken = (answer.status, answer.body) == (200, b"")
        self.refused += not is_taken
        return is_taken


def is_all_there_once(site: Site, slack: FakeSlack, traffic: Traffic) -> None:
    assert eventually(lambda: everything_is_done(site), 2 * PATIENT)
    assert site.rows("SELECT key, error FROM response_inbox WHERE state = 2") == []
    assert site.rows("SELECT key, error FROM response_outboxmessage WHERE state = 2") == []
    said = "SELECT coalesce(sum(message_count), 0) FROM response_userstats"
    assert site.rows(said) == [(traffic.messages,)]
    actions = [details for (details,) in site.rows("SELECT details FROM response_action")]
    assert sorted(actions) == sorted(traffic.actions)
    titles = [title for (title,) in site.rows("SELECT report FROM response_incident WHERE id > 1")]
    assert sorted(titles) == sorted(traffic.titles)
    presses = site.rows("SELECT key FROM response_inbox WHERE key LIKE 'trigger:%'")
    assert {key for (key,) in presses} >= {f"trigger:{press}" for press in traffic.presses}
    shown = "SELECT count(*) FROM response_mirror WHERE kind = 'headline' AND want > have"
    assert eventually(lambda: site.rows(shown) == [(0,)], 2 * PATIENT)
    assert len(slack.messages(INCIDENTS)) == 1 + len(titles), "a headline each"


def prepared(site: Site, slack: FakeSlack) -> None:
    """The tables and rows of 0.5.1, and what Slack showed of them."""
    site.manage("migrate", "response", "0001_initial")
    slack.add_channel(CHANNEL, "inc-1")
    headline = slack.workspace.say(INCIDENTS, "Incident 1", user="UBOT")
    rows = PREDECESSOR.format(ana=ANA, channel=CHANNEL, headline=headline)
    done = site.run(rows)
    assert done.returncode == 0, done.stderr


def test_a_site_that_is_asked_before_its_tables_are_there_refuses_until_they_are(
    site: Site, slack_server: FakeSlack
):
    """The new release is up before ``migrate`` has begun, over the tables and rows of 0.5.1, and is
    asked all the time while each migration is applied: it takes nothing that it cannot keep, and
    what Slack and people come again with is there, once, when it is over."""
    prepared(site, slack_server)
    site.start(workers=4)
    traffic = Traffic(site, slack_server)
    with traffic.goes_on():
        assert eventually(lambda: traffic.refused >= 20, PATIENT)
        assert not any((traffic.messages, traffic.actions, traffic.titles, traffic.presses))
        site.manage("migrate")
        assert eventually(traffic.has_begun, PATIENT)
    is_all_there_once(site, slack_server, traffic)


def test_a_migration_under_a_site_that_serves_loses_and_doubles_nothing(
    site: Site, slack_server: FakeSlack
):
    """What a site works without is added under it, with requests, handlers and payments under way
    in the tables that are locked for it."""
    prepared(site, slack_server)
    site.manage("migrate", "response", WORKS_FROM)
    done = site.run(IS_NEEDED.format(indexed=INDEXED))
    assert done.returncode == 0, done.stderr
    site.start(workers=4)
    traffic = Traffic(site, slack_server)
    with traffic.goes_on():
        assert eventually(traffic.has_begun, PATIENT)
        site.manage("migrate", "response", INDEXED)
        taken = traffic.messages
        assert eventually(lambda: traffic.messages > taken, PATIENT)
    is_all_there_once(site, slack_server, traffic)


def test_taking_indexes_back_under_a_site_that_serves_loses_and_doubles_nothing(
    site: Site, slack_server: FakeSlack
):
    """They are taken from tables that requests, handlers and payments are at."""
    prepared(site, slack_server)
    site.manage("migrate", "response", INDEXED)
    done = site.run(IS_NEEDED.format(indexed=INDEXED))
    assert done.returncode == 0, done.stderr
    site.start(workers=4)
    traffic = Traffic(site, slack_server)
    with traffic.goes_on():
        assert eventually(traffic.has_begun, PATIENT)
        for _time in range(2):
            site.manage("migrate", "response", WORKS_FROM)
            site.manage("migrate", "response", INDEXED)
        taken = traffic.messages
        assert eventually(lambda: traffic.messages > taken, PATIENT)
    is_all_there_once(site, slack_server, traffic)
