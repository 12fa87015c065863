"""What can be seen without asking Slack: settings, database, clock, runner."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.checks import CheckMessage
from django.db import DatabaseError, connection, transaction
from django.utils.timesince import timesince

from response import checks
from response.background.runners import PATIENCE, WorkerRunner
from response.checks import tables
from response.conf import conf
from response.core.doctor import Finding, Findings, Level, ok, problem, warning
from response.delivery import clock
from response.delivery.models import Heartbeat

#: What ``manage.py check`` says without whose mending Slack does not work at all.
_SERIOUS = frozenset(
    {
        *("response.W001", "response.W002", "response.W003", "response.W004", "response.W005"),
        *("response.W006", "response.W007", "response.W008", "response.W009", "response.W023"),
        *("response.W029", "response.W030", "response.W031", "response.W032", "response.W034"),
        *("response.W035", "response.W036", "response.E001"),
    }
)

_LATE = timedelta(minutes=5)


def settings() -> Findings:
    """Those of ``manage.py check``, one finding each."""
    said = checks.check_settings(None)
    for message in said:
        yield _of_check("Settings", message)
    said_of_urls = checks.check_urls(None)
    for message in said_of_urls:
        yield _of_check("Settings", message)
    if not said and not said_of_urls:
        yield ok("Settings", "What Response needs to be told, it is told.")


def database() -> Findings:
    """Whether it answers, which it is, and how SQLite takes its locks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if missing := tables.missing_migration():
        yield problem(
            "Database",
            f"Its tables are not those of this version: the migration {missing} was not run.",
            "Run manage.py migrate, and start everything anew.",
        )
    elif not _takes_writes():
        yield problem(
            "Database",
            "It is read, and takes no writes just now.",
            "Let the user that the server runs as write to it; of SQLite that is the file, and the "
            "folder that it is in.",
        )
    said = checks.check_database(None)
    for message in said:
        yield _of_check("Database", message)
    if connection.vendor != "sqlite":
        version = ".".join(map(str, connection.get_database_version()))
        yield ok("Database", f"{connection.display_name} {version}.")
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = str(cursor.fetchone()[0]).upper()
    if mode == "WAL" and not said:
        yield ok("Database", "SQLite, with a write-ahead log, taking its lock at the start.")
    elif mode not in {"WAL", "MEMORY"}:
        yield warning(
            "Database",
            f"SQLite keeps its journal in the mode {mode}, so whoever reads stops whoever writes.",
            "Set the OPTIONS of the database as the README of Response shows.",
        )


def _takes_writes() -> bool:
    """Asked by a write that changes no row."""
    try:
        with transaction.atomic():
            Heartbeat.objects.filter(name="").update(name="")
    except DatabaseError:
        return False
    return True


def the_clock() -> Findings:
    """Whether somebody does what is due each minute."""
    beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
    last = beats.get(clock.MINUTE)
    advice = (
        "Start the web server, or manage.py response_worker, or have cron run "
        "manage.py response_tick once a minute; then look again."
        if conf.RESPONSE_SWEEP
        else "RESPONSE_SWEEP is off, so manage.py response_worker has to run, or cron has to run "
        "manage.py response_tick once a minute."
    )
    if last is None:
        yield problem("Clock", "What is due each minute was never done.", advice)
    elif clock.now() - last > _LATE:
        yield problem(
            "Clock",
            f"What is due each minute was last done {timesince(last, clock.now())} ago: nobody "
            "is reminded, and what a crash left behind waits.",
            advice,
        )
    else:
        yield ok("Clock", "What is due each minute is done.")


def runner() -> Findings:
    """Who does the work that a request leaves behind; whether it can is said of the settings."""
    name = conf.RESPONSE_RUNNER.rpartition(".")[2]
    if name == WorkerRunner.__name__:
        seen = clock.last_beat(clock.WORKER)
        if seen is None or clock.now() - seen > PATIENCE:
            yield _worker_is_missing(seen)
            return
    sweep = "and a sweep finds what is left over" if conf.RESPONSE_SWEEP else "without a sweep"
    yield ok("Runner", f"{name}, {sweep}.")


def _worker_is_missing(seen: datetime | None) -> Finding:
    seen_when = (
        "was never seen" if seen is None else f"was last seen {timesince(seen, clock.now())} ago"
    )
    meanwhile = (
        "The web processes do it meanwhile."
        if conf.RESPONSE_SWEEP
        else "Nobody does it: RESPONSE_SWEEP is off."
    )
    return problem(
        "Runner",
        f"The work is left to response_worker, which {seen_when}. {meanwhile}",
        "Start manage.py response_worker, and see to it that it is started again when it ends.",
    )


def _of_check(title: str, message: CheckMessage) -> Finding:
    level = Level.PROBLEM if message.id in _SERIOUS else Level.WARNING
    return Finding(level, title, str(message.msg), str(message.hint or ""))
