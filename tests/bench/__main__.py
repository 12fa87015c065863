"""``python -m tests.bench``: measure every job, print one table. See README.md beside this."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django

# What makes Slack's requests is part of Response, which wants Django to be set up first; here and
# in the process of the clients.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
django.setup()

from tests.bench import load, open_loop, table  # noqa: E402
from tests.bench.installation import WORKERS, MeasuredSite, measured_site  # noqa: E402
from tests.bench.jobs import ACKNOWLEDGEMENTS, JOBS, SPEAKERS, Side  # noqa: E402
from tests.bench.load import Measured  # noqa: E402
from tests.bench.table import Row, notes  # noqa: E402

CLIENTS = (1, 8)
# Both sides take turns, in an order that favours neither.
TURNS: tuple[Side, ...] = ("ours", "bare", "bare", "ours")
WARM_UP = 0.2  # seconds
REST = 2.5  # seconds at most
PATIENCE = 60  # seconds at most, where what comes next must not be disturbed


def main() -> None:
    options = _options()
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    if busy > cores / 2:
        _say(f"Something else is at work (load {busy:.1f} on {cores} cores): do not trust this.")
    # A process of its own for the clients, so that they and the recording Slack share no lock.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=django.setup) as clients:
        for part in options.parts:
            print(f"\n{part.capitalize()}\n", flush=True)  # noqa: T201
            for line in PARTS[part](clients, options):
                print(line, flush=True)  # noqa: T201


# The parts: a head, and the lines below it as they come.


def _requests(clients: Executor, options: argparse.Namespace) -> Iterable[str]:
    """Each job beside a bare view, with the work behind the answers."""
    yield from _beside_bare(clients, options, options.jobs, works=not options.doors_only)


def _acknowledgements(clients: Executor, options: argparse.Namespace) -> Iterable[str]:
    """The answers alone, where one row is stored; the goal is half of what bare answers."""
    yield from _beside_bare(clients, options, ACKNOWLEDGEMENTS, works=False)


def _beside_bare(
    clients: Executor, options: argparse.Namespace, jobs: Collection[str], *, works: bool
) -> Iterator[str]:
    yield from table.REQUESTS
    rows = []
    for database, site in _sites(works=works):
        site.start(WORKERS)
        for row in _measure(site, clients, database, jobs, options.seconds):
            yield row.markdown()
            rows.append(row)
    if told := notes(rows):
        yield from ("", *told)


def _drains(_clients: Executor, _options: argparse.Namespace) -> Iterator[str]:
    yield from table.DRAINS
    for database, site in _sites():
        site.run_seed("fill_for_load")
        done = site.run("from tests.bench import drains; drains.main()")
        if done.returncode:
            raise RuntimeError(done.stderr)
        for what, a_second in json.loads(done.stdout).items():
            yield table.drained(database, what, a_second)


def _messages(clients: Executor, options: argparse.Namespace) -> Iterator[str]:
    yield from table.MESSAGES
    rate, number = 50, int(50 * options.load_seconds)
    for database, site in _sites():
        site.run_seed("fill_for_load")
        site.count_what_is_written()
        site.start(WORKERS)
        # The first of each person in each channel makes a row of theirs.
        clients.submit(open_loop.run_messages, site.port, len(SPEAKERS), 100).result()
        _come_to_rest(site)
        before = site.written()
        sent = clients.submit(open_loop.run_messages, site.port, number, rate).result()
        _come_to_rest(site)
        wrote = site.written().since(before)
        each = (wrote.statements / number, wrote.commits / number)
        yield table.written(database, number, rate, each)
        _tell_failures(sent)


def _load(clients: Executor, options: argparse.Namespace) -> Iterator[str]:
    yield from table.LOAD
    for database, site in _sites():
        site.run_seed("fill_for_load")
        # As the documentation has it: SQLite has one writer, and one process is its best.
        if database == "SQLite":
            site.start(1)
        else:
            site.leave_the_work_to_a_worker()
            site.start(WORKERS)
        pressed = 0
        for slack, rate, seconds in (
            ("warm-up", 50, 2.0),
            ("well", 50, options.load_seconds),
            ("well", 200, options.load_seconds),
            ("hanging", 50, options.load_seconds),
        ):
            if slack == "hanging":
                site.slack.hang(30, completes=False)
            number = int(rate * seconds)
            sent = clients.submit(open_loop.run_mixed, site.port, number, rate, pressed).result()
            pressed += open_loop.presses_in(number)
            site.slack.recover()
            _come_to_rest(site)
            if slack != "warm-up":
                for what, measured in sent.items():
                    yield table.loaded(database, slack, rate, what, measured)
                _tell_failures(sent)


Part = Callable[[Executor, argparse.Namespace], Iterable[str]]
PARTS: dict[str, Part] = {
    "requests": _requests,
    "acknowledgements": _acknowledgements,
    "drains": _drains,
    "messages": _messages,
    "load": _load,
}


def _tell_failures(sent: Mapping[open_loop.Kind, Measured]) -> None:
    for what, measured in sent.items():
        if measured.failures:
            _say(f"{len(measured.failures)} {what} were not answered yes: {measured.failures[:3]}")


def _come_to_rest(site: MeasuredSite) -> None:
    left = site.come_to_rest(PATIENCE)
    if left:
        _say(f"{left} pieces of work are left to do while it goes on.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        default=1.2,
        help="how long each side of each line is measured (default: 1.2)",
    )
    parser.add_argument(
        "--load-seconds",
        type=float,
        default=10,
        help="how long each line of messages and load is measured (default: 10)",
    )
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--jobs", nargs="*", choices=JOBS, default=list(JOBS))
    parser.add_argument(
        "--doors-only",
        action="store_true",
        help="leave undone what is done after the answer, as if another process did it",
    )
    return parser.parse_args()


def _databases() -> Iterator[tuple[str, str]]:
    yield "SQLite", ""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if url.startswith("postgres"):
        # Its own database may not exist; that one does, and others are made from it.
        yield "PostgreSQL", urlunsplit(urlsplit(url)._replace(path="/postgres"))
    else:
        _say("PostgreSQL is skipped: TEST_DATABASE_URL names none (.ci/with-postgresql does).")


def _sites(*, works: bool = True) -> Iterator[tuple[str, MeasuredSite]]:
    """An installation on each database, one after the other."""
    for database, url in _databases():
        with (
            tempfile.TemporaryDirectory() as folder,
            measured_site(url, Path(folder), works=works) as site,
        ):
            yield database, site


def _measure(
    site: MeasuredSite, clients: Executor, database: str, jobs: Collection[str], seconds: float
) -> Iterator[Row]:
    def run(job: str, side: Side, at_a_time: int, long: float) -> Measured:
        measured = clients.submit(load.run, site.port, job, side, at_a_time, long).result()
        left = site.come_to_rest(REST) if side == "ours" else 0
        if left:
            _say(f"{database}, {job}: {left} pieces of work are left to do while bare begins.")
        return measured

    filled = False
    for job in sorted(jobs, key=lambda name: JOBS[name].many):
        if JOBS[job].many and not filled:
            site.run_seed("fill_for_programs")
            filled = True
        for side in ("ours", "bare"):
            run(job, side, max(CLIENTS), WARM_UP)
        for at_a_time in CLIENTS:
            row = Row(database, job, at_a_time, ours=Measured(), bare=Measured())
            for side in TURNS:
                measured = run(job, side, at_a_time, seconds / TURNS.count(side))
                (row.ours if side == "ours" else row.bare).add(measured)
            yield row


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
