"""``python -m tests.bench``: measure every job, print one table. See README.md beside this."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django

# What makes Slack's requests is part of Response, which wants Django to be set up first; here and
# in the process of the clients.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
django.setup()

from tests.bench import load  # noqa: E402
from tests.bench.installation import MeasuredSite, measured_site  # noqa: E402
from tests.bench.jobs import JOBS, Side  # noqa: E402
from tests.bench.load import Measured  # noqa: E402
from tests.bench.table import HEAD, Row, notes  # noqa: E402

CLIENTS = (1, 8)
# Both sides take turns, in an order that favours neither.
TURNS: tuple[Side, ...] = ("ours", "bare", "bare", "ours")
WARM_UP = 0.2  # seconds
REST = 2.5  # seconds at most


def main() -> None:
    options = _options()
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    if busy > cores / 2:
        _say(f"Something else is at work (load {busy:.1f} on {cores} cores): do not trust this.")
    print("\n".join(HEAD), flush=True)  # noqa: T201
    rows = []
    # A process of its own for the clients, so that they and the recording Slack share no lock.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=django.setup) as clients:
        for database, url in _databases():
            with (
                tempfile.TemporaryDirectory() as folder,
                measured_site(url, Path(folder), works=not options.doors_only) as site,
            ):
                for row in _measure(site, clients, database, options):
                    print(row.markdown(), flush=True)  # noqa: T201
                    rows.append(row)
    print("\n".join(["", *notes(rows)]))  # noqa: T201


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        default=1.2,
        help="how long each side of each line is measured (default: 1.2)",
    )
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


def _measure(
    site: MeasuredSite, clients: Executor, database: str, options: argparse.Namespace
) -> Iterator[Row]:
    def run(job: str, side: Side, at_a_time: int, seconds: float) -> Measured:
        measured = clients.submit(load.run, site.port, job, side, at_a_time, seconds).result()
        left = site.come_to_rest(REST) if side == "ours" else 0
        if left:
            _say(f"{database}, {job}: {left} pieces of work are left to do while bare begins.")
        return measured

    filled = False
    for job in sorted(options.jobs, key=lambda name: JOBS[name].many):
        if JOBS[job].many and not filled:
            site.run_seed("fill_for_programs")
            filled = True
        for side in ("ours", "bare"):
            run(job, side, max(CLIENTS), WARM_UP)
        for at_a_time in CLIENTS:
            row = Row(database, job, at_a_time, ours=Measured(), bare=Measured())
            for side in TURNS:
                measured = run(job, side, at_a_time, options.seconds / TURNS.count(side))
                (row.ours if side == "ours" else row.bare).add(measured)
            yield row


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
