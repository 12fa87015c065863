"""What goes wrong, one thing at a time. Each fault goes on until it is told that it is over, and
leaves everything whole."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg

from response.testing import FakeSlack
from tests.chaos.postgresql import PostgreSQL
from tests.chaos.project import crash_points, switches
from tests.chaos.site import DemoSite
from tests.servers import eventually

WORKERS, TREES, RESTARTS, CLOCKS = "workers", "trees", "restarts", "clocks"

# For so long the database takes nothing.
LOCKED = 5.0  # seconds
HANGS = 30.0  # seconds
HOUR = 3600


@dataclass
class Damage:
    """What a fault works on. ``kills`` counts what it did."""

    site: DemoSite
    slack: FakeSlack
    postgresql: PostgreSQL | None
    chance: random.Random
    over: threading.Event = field(default_factory=threading.Event)
    kills: Counter[str] = field(default_factory=Counter)

    def every(self, seconds: float) -> Iterator[None]:
        """Each so many seconds, until it is over."""
        while not self.over.wait(seconds):
            yield


Fault = Callable[[Damage], None]

FAULTS: dict[str, Fault] = {}
_ONLY_ON: dict[str, str] = {}


def fault(name: str, *, only_on: str = "") -> Callable[[Fault], Fault]:
    """The function does this damage, until ``over``; ``only_on`` one kind of database."""

    def register(function: Fault) -> Fault:
        FAULTS[name] = function
        if only_on:
            _ONLY_ON[name] = only_on
        return function

    return register


def names(database: str) -> list[str]:
    """Those that this database ("SQLite" or "PostgreSQL") can have."""
    return [name for name in FAULTS if _ONLY_ON.get(name, database) == database]


@fault("nothing")
def nothing(damage: Damage) -> None:
    damage.over.wait()


# Processes


@fault("kill -9 of a worker each second")
def kill_workers(damage: Damage) -> None:
    for _second in damage.every(1):
        workers = damage.site.workers()
        if workers and damage.site.kill_worker(damage.chance.choice(workers)):
            damage.kills[WORKERS] += 1


@fault("kill -9 of the whole tree every five seconds")
def kill_trees(damage: Damage) -> None:
    # The first one early, for there may be little time.
    for seconds in itertools.chain([1.5], itertools.repeat(5)):
        if damage.over.wait(seconds):
            return
        damage.site.kill()
        damage.kills[TREES] += 1
        damage.site.start()


@fault("SIGTERM under load")
def stop_and_start(damage: Damage) -> None:
    for seconds in itertools.chain([1.0], itertools.repeat(3)):
        if damage.over.wait(seconds):
            return
        damage.site.stop()
        damage.kills[TREES] += 1
        damage.site.start()


def _dying(point: str, every: int) -> Fault:
    def die(damage: Damage) -> None:
        before = damage.site.deaths()
        damage.site.switch(switches.CRASH, crash_points.told_to_die(point, every))
        try:
            damage.over.wait()
            # A slow site may not have come by so often yet; it is still at work.
            eventually(lambda: damage.site.deaths() > before, timeout=30)
        finally:
            damage.site.switch(switches.CRASH)
            damage.kills[WORKERS] += damage.site.deaths() - before

    return die


for _point, _every in (
    (crash_points.BEFORE_INBOX, 10),
    (crash_points.AFTER_INBOX, 10),
    (crash_points.BEFORE_HANDLER, 5),
    (crash_points.AFTER_HANDLER, 5),
    (crash_points.AFTER_ANSWER, 5),
):
    fault(f"dying {_point}")(_dying(_point, _every))


# Slack


def _slack(trouble: Callable[[FakeSlack], None]) -> Fault:
    def trouble_it(damage: Damage) -> None:
        trouble(damage.slack)
        try:
            damage.over.wait()
        finally:
            damage.slack.recover()

    return trouble_it


for _name, _trouble in (
    ("Slack refuses connections", FakeSlack.unreachable),
    ("Slack hangs for 30 s", lambda slack: slack.hang(HANGS)),
    ("Slack answers 500", lambda slack: slack.status(500)),
    ("Slack answers 429 to every other call", lambda slack: slack.rate_limit_every_other(2)),
    ("Slack does it and drops the answer", lambda slack: slack.drop_answers()),
    ("Slack takes 1 message a second", FakeSlack.one_message_a_second),
):
    fault(_name)(_slack(_trouble))


# The database


@fault("the database is locked for 5 s", only_on="SQLite")
def lock_sqlite(damage: Damage) -> None:
    file = damage.site.database_url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as locker:
        locker.execute("BEGIN IMMEDIATE")
        damage.over.wait(LOCKED)
        locker.execute("ROLLBACK")
    damage.over.wait()


@fault("the tables are locked for 5 s", only_on="PostgreSQL")
def lock_postgresql(damage: Damage) -> None:
    tables = "response_inbox, response_incident, response_mirror, response_outboxmessage"
    with psycopg.connect(damage.site.database_url) as locker:
        locker.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        damage.over.wait(LOCKED)
        locker.rollback()
    damage.over.wait()


@fault("the disk is full", only_on="SQLite")
def fill_the_disk(damage: Damage) -> None:
    pages = damage.site.rows("PRAGMA page_count")[0][0]
    damage.site.switch(switches.PAGES, str(pages))
    try:
        damage.over.wait()
    finally:
        damage.site.switch(switches.PAGES)


@fault("PostgreSQL is restarted", only_on="PostgreSQL")
def restart_postgresql(damage: Damage) -> None:
    if damage.postgresql is None:
        raise RuntimeError("There is no PostgreSQL of our own to restart.")
    for seconds in itertools.chain([1.0], itertools.repeat(3)):
        if damage.over.wait(seconds):
            return
        damage.postgresql.restart()
        damage.kills[RESTARTS] += 1


# Clocks


@fault("the clock jumps an hour forward and back")
def jump(damage: Damage) -> None:
    offsets = itertools.cycle([HOUR, 0, -HOUR, 0])
    try:
        for offset, _second in zip(offsets, damage.every(0.7), strict=False):
            damage.site.jump(offset)
    finally:
        damage.site.jump(0)


@fault("six clocks at once, one killed each second")
def many_clocks(damage: Damage) -> None:
    with clocks(damage.site, 6) as running:
        for _second in damage.every(1):
            kill_a_clock(damage, running)


@contextlib.contextmanager
def clocks(site: DemoSite, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes that do what is due; gone afterwards."""
    running = [site.start_clock() for _clock in range(number)]
    try:
        yield running
    finally:
        for clock in running:
            clock.kill()
        for clock in running:
            clock.wait()


def kill_a_clock(damage: Damage, running: list[subprocess.Popen[bytes]]) -> None:
    """Kill one (kill -9), and start another in its place."""
    victim = damage.chance.randrange(len(running))
    running[victim].kill()
    running[victim].wait()
    damage.kills[CLOCKS] += 1
    running[victim] = damage.site.start_clock()
