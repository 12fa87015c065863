"""What ``manage.py check`` says of an installation. Each message says what to do.

A setting that is missing or wrong is a warning, so that ``migrate`` and ``runserver`` go on: the
pages open without Slack, and they can show what is wrong.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connection, router
from django.utils.module_loading import import_string

from response.checks import addresses, kinds, tables
from response.conf import conf

# Of SQLite's releases, these and those above them do not have the race at the reset of the
# write-ahead log that can corrupt a database (SQLite's page "Write-Ahead Logging", section 11).
WAL_IS_SAFE_FROM = ((3, 44, 6), (3, 50, 7), (3, 51, 3))

# A bot's token, also where Slack has them replaced every twelve hours (xoxe.xoxb-).
_TOKEN = re.compile(r"(xoxe\.)?xoxb-[^\s'\"]+")
_IN_NO_SECRET = re.compile(r"[\s'\"]")

Messages = Iterator[CheckMessage]


@register()
def check_settings(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """What Response needs to be told."""
    return [
        *_check_slack(),
        *_check_channel(),
        *addresses.check_site_url(),
        *addresses.check_debug(),
        *_check_apps(),
        *_check_styles(),
        *_check_routers(),
        *_check_runner(),
        *_check_task_queue(),
        *_check_retention(),
        *kinds.check_kinds(),
        *kinds.check_channel_names(),
    ]


@register(Tags.urls)
def check_urls(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Whether Slack and people find what they look for."""
    # A project that serves nothing, a worker's for instance, has none.
    return [*addresses.check_mounted()] if getattr(settings, "ROOT_URLCONF", None) else []


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """What is unsafe where others reach this site: ``manage.py check --deploy``."""
    return [*addresses.check_safety(), *_check_tokens(), *_check_openness()]


@register(Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Whether the database can keep what is promised, under load too."""
    if connection.vendor != "sqlite":
        return [*tables.check_dependencies()]
    return [*tables.check_dependencies(), *_check_sqlite_options(), *_check_sqlite_version()]


def _check_slack() -> Messages:
    # A host may keep the token in a client of its own; ours says whether it was given one.
    has_client = getattr(conf.SLACK_CLIENT, "has_token", conf.SLACK_CLIENT is not None)
    if not conf.SLACK_TOKEN:
        if not has_client:
            yield Warning(
                "SLACK_TOKEN is not set: nothing reaches Slack.",
                hint="Set it to the Bot User OAuth Token of your Slack app (xoxb-…), from its page "
                "“OAuth & Permissions”.",
                id="response.W001",
            )
    elif conf.SLACK_TOKEN.startswith("xoxp-"):
        yield Warning(
            "SLACK_TOKEN is a user token (xoxp-…): everything is done in that person's name.",
            hint="Use the Bot User OAuth Token (xoxb-…) of your Slack app.",
            id="response.W002",
        )
    elif conf.SLACK_TOKEN.startswith("xapp-"):
        yield Warning(
            "SLACK_TOKEN is an app-level token (xapp-…), which cannot post messages.",
            hint="Use the Bot User OAuth Token (xoxb-…) of your Slack app.",
            id="response.W003",
        )
    elif not _TOKEN.fullmatch(conf.SLACK_TOKEN):
        yield Warning(
            "SLACK_TOKEN is no token of Slack's: it begins with something else than xoxb-, or has "
            "a space or quotation marks in it.",
            hint="Copy the Bot User OAuth Token (xoxb-…) again from your Slack app's page “OAuth & "
            "Permissions”, without anything around it.",
            id="response.W029",
        )
    if conf.SLACK_APP_TOKEN and not conf.SLACK_APP_TOKEN.startswith("xapp-"):
        yield Warning(
            "SLACK_APP_TOKEN is no app-level token: Slack opens no connection for it.",
            hint="Make one (xapp-…) with the scope connections:write on your Slack app's page "
            "“Basic Information”, or unset it where Socket Mode is not used.",
            id="response.W017",
        )
    secret = conf.SLACK_SIGNING_SECRET
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not any(secrets) and conf.SLACK_APP_TOKEN:
        return  # Socket Mode has no signatures.
    if not any(secrets):
        misnamed = bool(getattr(settings, "SIGNING_SECRET", ""))
        yield Warning(
            "SLACK_SIGNING_SECRET is not set: every request of Slack's is refused.",
            hint="There is a setting SIGNING_SECRET: call it SLACK_SIGNING_SECRET."
            if misnamed
            else "Set it to the Signing Secret on your Slack app's page “Basic Information”.",
            id="response.W004",
        )
    elif any(_IN_NO_SECRET.search(each) for each in secrets):
        yield Warning(
            "SLACK_SIGNING_SECRET has a space or quotation marks in it, so no signature will "
            "match.",
            hint="Copy it again from your Slack app's page “Basic Information”, without anything "
            "around it.",
            id="response.W005",
        )


def _check_channel() -> Messages:
    if not conf.INCIDENT_CHANNEL_ID and not conf.INCIDENT_CHANNEL_NAME:
        yield Warning(
            "Neither INCIDENT_CHANNEL_ID nor INCIDENT_CHANNEL_NAME is set: headline posts have "
            "nowhere to go.",
            hint="Set INCIDENT_CHANNEL_ID to the id of the channel where incidents are announced; "
            "it stands at the bottom of the channel's details in Slack (C…).",
            id="response.W006",
        )
    for name in ("INCIDENT_CHANNEL", "INCIDENT_REPORT_CHANNEL"):
        yield from _check_surroundings(f"{name}_ID", f"{name}_NAME")
        given = getattr(conf, f"{name}_ID")
        # Slack's ids are capitals and digits, and its names have no capitals.
        if given and given != given.upper():
            yield Warning(
                f"{name}_ID is {given!r}, which is a name: Slack finds no channel by it.",
                hint=f"Call the setting {name}_NAME, or give the id, which stands at the bottom of "
                "the channel's details in Slack (C…).",
                id="response.W030",
            )


def _check_surroundings(*names: str) -> Messages:
    """Files of secrets end with a line break, and quotation marks of a shell are kept by others."""
    for name in names:
        if _IN_NO_SECRET.search(given := getattr(conf, name)):
            yield Warning(
                f"{name} is {given!r}: with a space, a line break or quotation marks in it, Slack "
                "finds no channel by it.",
                hint="Take away whatever is around it.",
                id="response.W034",
            )


# As long as 16 random bytes in letters; shorter ones are words that can be guessed.
_SHORTEST_TOKEN = 22


def _check_tokens() -> Messages:
    for name in ("RESPONSE_CRON_TOKEN", "RESPONSE_METRICS_TOKEN"):
        token = getattr(conf, name)
        if token and len(token) < _SHORTEST_TOKEN:
            yield Warning(
                f"{name} is so short that it can be guessed.",
                hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe())'",
                id="response.W026",
            )


def _check_openness() -> Messages:
    if not conf.RESPONSE_LOGIN_REQUIRED:
        yield Warning(
            "RESPONSE_LOGIN_REQUIRED is False: everyone who reaches this site reads every "
            "incident that is not private.",
            hint="If only people of yours reach it, all is well; otherwise set it to True.",
            id="response.W027",
        )


def _check_apps() -> Messages:
    if not apps.is_installed("after_response"):
        yield Warning(
            "INSTALLED_APPS lacks after_response: work waits for the sweep, or for a worker.",
            hint="Add it, as the README of Response shows.",
            id="response.W010",
        )
    needed = ("rest_framework", "bootstrap4")
    if missing := [name for name in needed if not apps.is_installed(name)]:
        yield Warning(
            f"INSTALLED_APPS lacks {' and '.join(missing)}, whose templates the pages are made "
            "with: some do not open.",
            hint="Add what is missing, as the README of Response shows.",
            id="response.W031",
        )


def _check_styles() -> Messages:
    if conf.MARKDOWN_FILTER_WHITELIST_STYLES:
        yield Warning(
            "MARKDOWN_FILTER_WHITELIST_STYLES has no effect: style attributes are always dropped.",
            hint="Remove it from the settings.",
            id="response.W015",
        )


def _check_routers() -> Messages:
    elsewhere = {
        alias
        for model in apps.get_app_config("response").get_models()
        if (alias := router.db_for_write(model)) != DEFAULT_DB_ALIAS
    }
    if elsewhere:
        yield Warning(
            f"DATABASE_ROUTERS keeps tables of Response in {', '.join(sorted(elsewhere))}; they "
            "belong together, in the database default.",
            hint="Let your routers answer None, or default, for the app response.",
            id="response.W016",
        )


def _check_retention() -> Messages:
    days = conf.RESPONSE_RETENTION_DAYS
    if isinstance(days, bool) or not isinstance(days, int) or days < 0:
        yield Warning(
            f"RESPONSE_RETENTION_DAYS is {days!r}, which is no number of days: nothing is ever "
            "forgotten.",
            hint="Set it to a whole number of days; 0 keeps everything.",
            id="response.W022",
        )


def _check_runner() -> Messages:
    path = conf.RESPONSE_RUNNER
    try:
        is_there = isinstance(path, str) and callable(import_string(path))
    except ImportError:
        is_there = False
    if not is_there:
        yield Warning(
            f"RESPONSE_RUNNER is {path!r}, which cannot be imported: nothing is sent to Slack.",
            hint="Correct the dotted path, or leave it out, and web processes do the work.",
            id="response.W032",
        )


def _check_task_queue() -> Messages:
    """Whether Django's Tasks can do what the DjangoTasksRunner gives them."""
    if conf.RESPONSE_RUNNER != "response.background.runners.DjangoTasksRunner":
        return
    why_not, hint = _trouble_with_tasks()
    if why_not:
        yield Warning(
            f"RESPONSE_RUNNER hands the work to Django's Tasks, but {why_not}.",
            hint=hint,
            id="response.W021",
        )


_TASKS_HINT = (
    "Install django-incident-response[tasks-db], add django_tasks_db to INSTALLED_APPS, set TASKS "
    '= {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}, migrate, and run manage.py '
    "db_worker; or leave RESPONSE_RUNNER out, and web processes do it."
)


def _trouble_with_tasks() -> tuple[str, str]:
    if not (find_spec("django.tasks") or find_spec("django_tasks")):
        return "neither Django 6 nor the package django-tasks is installed", _TASKS_HINT
    backend = (getattr(settings, "TASKS", None) or {}).get("default") or {}
    path = str(backend.get("BACKEND", ""))
    if not path or path.endswith(".ImmediateBackend"):
        return "TASKS has no queue: every request would wait for Slack itself", _TASKS_HINT
    if path.endswith(".DummyBackend"):
        return "the DummyBackend in TASKS never does anything", _TASKS_HINT
    try:
        import_string(path)
    except ImportError as error:
        return f"the BACKEND in TASKS cannot be imported ({error})", _TASKS_HINT
    app = path.partition(".")[0]
    if app == "django_tasks_db" and not apps.is_installed(app):
        return "INSTALLED_APPS lacks django_tasks_db, which its BACKEND needs", _TASKS_HINT
    queues = backend.get("QUEUES", ["default"])
    if queues and "default" not in queues:
        return (
            "the QUEUES in TASKS have none that is called default",
            "Add it, and see to it that a worker takes tasks from it.",
        )
    return "", ""


def _check_sqlite_options() -> Messages:
    options = connection.settings_dict.get("OPTIONS", {})
    advice = "Set the OPTIONS of the database as the README of Response shows."
    if options.get("transaction_mode") != "IMMEDIATE":
        yield Warning(
            "SQLite begins its transactions without the write lock: under load they fail with "
            "“database is locked”, which waiting does not help.",
            hint=advice,
            id="response.W011",
        )
    if float(options.get("timeout", 5.0)) >= 3.0:
        yield Warning(
            "SQLite may wait for its lock for longer than the three seconds Slack waits for us.",
            hint=advice,
            id="response.W012",
        )
    if "wal" not in str(options.get("init_command", "")).lower():
        yield Warning(
            "SQLite is not told to keep a write-ahead log: whoever reads stops whoever writes.",
            hint=advice,
            id="response.W013",
        )


def _check_sqlite_version() -> Messages:
    version = sqlite3.sqlite_version_info
    same_line = [fixed for fixed in WAL_IS_SAFE_FROM if fixed[:2] == version[:2]]
    if version < (same_line[0] if same_line else WAL_IS_SAFE_FROM[-1]):
        yield Warning(
            f"SQLite {sqlite3.sqlite_version} can, very rarely, corrupt a database that several "
            "connections write to.",
            hint="Use SQLite 3.51.3 or newer, or PostgreSQL.",
            id="response.W014",
        )
