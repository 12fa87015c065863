"""``python -m tests.chaos``: do the damage, print one table. See README.md beside this."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django

# What makes Slack's requests is part of Response, which wants Django to be set up first.
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from response.testing import FakeSlack  # noqa: E402
from tests.chaos import faults, postgresql, row, scenes, table  # noqa: E402
from tests.chaos.plan import PEOPLE  # noqa: E402
from tests.chaos.row import Row, Stage  # noqa: E402
from tests.chaos.site import DemoSite  # noqa: E402
from tests.servers import database_made  # noqa: E402

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"

# What is put off for a row, in seconds: making rooms, closing them, and coming to rest.
_AROUND_A_ROW = 3.0
_SHORTEST = 2.0

# Faults that take their time.
_AT_LEAST = {
    "kill -9 of the whole tree every five seconds": 3.0,
    "SIGTERM under load": 3.0,
    "PostgreSQL is restarted": 3.0,
    "the database is locked for 5 s": 6.0,
    "the tables are locked for 5 s": 6.0,
}

# A shorter run does not wait for what only time brings.
_HURRIED_BELOW = 200.0


def main() -> int:
    options = _options()
    print("\n".join(table.HEAD), flush=True)  # noqa: T201
    rows: list[Row] = []
    ends = time.monotonic() + options.hours * 3600
    seed = options.seed
    while True:
        for database in options.databases:
            with stage(database, seed, hurried=options.seconds < _HURRIED_BELOW) as place:
                for one in _rows(place, options):
                    print(table.markdown(one), flush=True)  # noqa: T201
                    _explain(one, place)
                    rows.append(one)
        seed += 1
        if time.monotonic() > ends:
            break
    print(table.markdown(table.total(rows)))  # noqa: T201
    bad = [one for one in rows if table.is_bad(one)]
    _say(f"{len(bad)} of {len(rows)} rows are bad." if bad else "Nothing lost, nothing doubled.")
    return 1 if bad else 0


def _rows(place: Stage, options: argparse.Namespace) -> Iterator[Row]:
    chosen = [
        name
        for name in [*faults.names(place.database), scenes.OUTAGE, scenes.COLD, scenes.REMINDERS]
        if any(word in name for word in options.faults)
        and not (name == "PostgreSQL is restarted" and place.postgresql is None)
    ]
    each = max(options.seconds / len(chosen) - _AROUND_A_ROW, _SHORTEST)
    scale = min(options.seconds / 300, 1.0)
    stories: dict[str, Callable[[], Row]] = {
        scenes.OUTAGE: lambda: scenes.outage(place, edits=int(500 * scale)),
        scenes.COLD: lambda: scenes.cold_restart(place),
        scenes.REMINDERS: lambda: scenes.reminders(place, due_times=_due_times(options)),
    }
    for name in chosen:
        if name in stories:
            yield stories[name]()
        else:
            seconds = max(each, _AT_LEAST.get(name, 0))
            yield row.run(place, name, rate=options.rate, seconds=seconds)


def _due_times(options: argparse.Namespace) -> int:
    if options.due_times:
        return int(options.due_times)
    return 100 if options.seconds < _HURRIED_BELOW else 600


@contextlib.contextmanager
def stage(database: str, seed: int, *, hurried: bool) -> Iterator[Stage]:
    """A site that serves, on a database of its own, with a Slack of its own."""
    with (
        contextlib.ExitStack() as stack,
        tempfile.TemporaryDirectory(prefix="response-chaos-") as folder,
    ):
        slack = stack.enter_context(FakeSlack())
        for user in PEOPLE:
            slack.add_user(user, user.lower())
            slack.channels["CGENERAL"].members.append(user)
        server, url = None, f"sqlite:///{Path(folder) / 'site.sqlite3'}"
        if database == POSTGRESQL:
            programs = postgresql.binaries()
            if programs is not None:
                server = stack.enter_context(postgresql.running(programs))
                url = server.create("chaos")
            else:
                url = stack.enter_context(
                    database_made(os.environ["TEST_DATABASE_URL"], f"chaos_{os.getpid()}")
                )
        site = DemoSite(url, slack, Path(folder))
        slack.follow_clock(site.right_time)
        site.manage("migrate", "--verbosity", "0")
        stack.callback(site.kill)
        site.start()
        yield Stage(database, site, slack, server, seed, hurried)


def _explain(one: Row, place: Stage) -> None:
    for finding in one.findings[:20]:
        _say(f"  {finding.kind}: {finding.what[:300]}")
    if len(one.findings) > 20:
        _say(f"  and {len(one.findings) - 20} more")
    if table.is_bad(one):
        kept = Path(tempfile.gettempdir()) / f"response-chaos-{os.getpid()}-{place.database}.log"
        kept.write_bytes(place.site.log.read_bytes())
        _say(f"  seed {place.seed}; what the site said: {kept}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=300, help="about how long for each database (default 300)"
    )
    parser.add_argument("--hours", type=float, default=0, help="begin again until they are over")
    parser.add_argument("--rate", type=float, default=50, help="requests a second (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="another plan (default 1)")
    parser.add_argument("--due-times", type=int, default=0, help="of reminders; by default few")
    parser.add_argument(
        "--faults", nargs="*", default=[""], help="only those with one of these words in them"
    )
    parser.add_argument(
        "--databases", nargs="*", choices=[SQLITE, POSTGRESQL], default=[SQLITE, POSTGRESQL]
    )
    options = parser.parse_args()
    configured = os.environ.get("TEST_DATABASE_URL", "").startswith("postgres")
    if POSTGRESQL in options.databases and postgresql.binaries() is None and not configured:
        options.databases.remove(POSTGRESQL)
        _say("PostgreSQL is left out: it is not installed, and TEST_DATABASE_URL names none.")
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
