"""Promise 38: ``manage.py check`` says what is missing or wrong, and what to do about it."""

from __future__ import annotations

import sqlite3

import pytest
from django.core.checks import Warning as CheckWarning
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from response import checks

urlpatterns = []  # of a project that includes nothing of ours

ADVISED = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 2.5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}


@pytest.fixture(autouse=True)
def complete(settings):
    """A host that has set everything."""
    settings.SLACK_CLIENT = None
    settings.SLACK_TOKEN = "xoxb-1"
    settings.SLACK_SIGNING_SECRET = "secret"
    settings.SITE_URL = "https://incidents.example"
    settings.ALLOWED_HOSTS = ["incidents.example"]
    settings.INCIDENT_CHANNEL_ID = "C1"
    return settings


def said():
    messages = [*checks.check_settings(None), *checks.check_urls(None)]
    return {message.id.removeprefix("response."): message for message in messages}


def test_a_complete_host_is_told_nothing():
    assert said() == {}


SLACK_ITSELF = {"SLACK_API_URL": "https://slack.com/api/"}
WRONG = {
    "no token": ({"SLACK_TOKEN": ""}, "W001", "SLACK_TOKEN"),
    "a token of None": ({"SLACK_TOKEN": None}, "W001", "SLACK_TOKEN"),
    "a person's token": ({"SLACK_TOKEN": "xoxp-1"}, "W002", "xoxp"),
    "an app's token": ({"SLACK_TOKEN": "xapp-1"}, "W003", "xapp"),
    "a bot's token for an app's": ({"SLACK_APP_TOKEN": "xoxb-1"}, "W017", "connections:write"),
    "no secret": ({"SLACK_SIGNING_SECRET": ""}, "W004", "Basic Information"),
    "no secret in the list": ({"SLACK_SIGNING_SECRET": []}, "W004", "SLACK_SIGNING_SECRET"),
    "empty secrets": ({"SLACK_SIGNING_SECRET": ["", ""]}, "W004", "SLACK_SIGNING_SECRET"),
    "a secret of another name": (
        {"SLACK_SIGNING_SECRET": "", "SIGNING_SECRET": "x"},
        "W004",
        "call it SLACK_SIGNING_SECRET",
    ),
    "a secret with a space": ({"SLACK_SIGNING_SECRET": "secret "}, "W005", "space"),
    "a listed secret with a newline": ({"SLACK_SIGNING_SECRET": ["a", "b\n"]}, "W005", "space"),
    "a secret with a space in it": ({"SLACK_SIGNING_SECRET": "sec ret"}, "W005", "space"),
    "a secret in quotation marks": ({"SLACK_SIGNING_SECRET": "'secret'"}, "W005", "quotation"),
    "a token with a space": ({"SLACK_TOKEN": " xoxb-1"}, "W029", "space"),
    "a token in quotation marks": ({"SLACK_TOKEN": '"xoxb-1"'}, "W029", "quotation"),
    "another secret for the token": ({"SLACK_TOKEN": "0a1b2c"}, "W029", "xoxb-"),
    "a channel's name for its id": (
        {"INCIDENT_CHANNEL_ID": "#incidents"},
        "W030",
        "INCIDENT_CHANNEL_NAME",
    ),
    "a report channel's name for its id": (
        {"INCIDENT_REPORT_CHANNEL_ID": "old-incidents"},
        "W030",
        "INCIDENT_REPORT_CHANNEL_NAME",
    ),
    "no channel": ({"INCIDENT_CHANNEL_ID": ""}, "W006", "INCIDENT_CHANNEL_ID"),
    "no address": ({"SITE_URL": ""}, "W007", "SITE_URL"),
    "an address without its scheme": ({"SITE_URL": "incidents.example"}, "W008", "https://"),
    "an address of another scheme": ({"SITE_URL": "ftp://incidents.example"}, "W008", "https://"),
    "an address that is none": ({"SITE_URL": "http://["}, "W008", "https://"),
    "an address with a line break": ({"SITE_URL": "https://incidents.example\n"}, "W008", "\\n"),
    "an address with a space": ({"SITE_URL": " https://incidents.example"}, "W008", "no space"),
    "a channel's id with a line break": ({"INCIDENT_CHANNEL_ID": "C1\n"}, "W034", "'C1\\n'"),
    "a channel's name in quotation marks": (
        {"INCIDENT_REPORT_CHANNEL_NAME": '"old-incidents"'},
        "W034",
        "INCIDENT_REPORT_CHANNEL_NAME",
    ),
    "an address with a wrong port": ({"SITE_URL": "http://x:99999"}, "W008", "https://"),
    "DEBUG where others reach it": (
        {"DEBUG": True, "SITE_URL": "https://incidents.acme.org", "ALLOWED_HOSTS": ["*"]},
        "W023",
        "DEBUG = False",
    ),
    "an address of another host": ({"SITE_URL": "https://else.example"}, "W009", "ALLOWED_HOSTS"),
    "no host that is allowed": ({"ALLOWED_HOSTS": []}, "W009", "'incidents.example'"),
    "this machine, which is allowed while DEBUG is on alone": (
        {"ALLOWED_HOSTS": [], "SITE_URL": "http://localhost:8000"},
        "W009",
        "'localhost'",
    ),
    "another host than this machine's while DEBUG is on": (
        {"ALLOWED_HOSTS": [], "DEBUG": True},
        "W009",
        "'incidents.example'",
    ),
    **{
        f"links from Slack to {host}": (
            {"SITE_URL": f"http://{host}:8000", "ALLOWED_HOSTS": ["*"], **SLACK_ITSELF},
            "W033",
            "SITE_URL",
        )
        for host in ("localhost", "site.localhost", "127.0.0.1", "127.8.0.1", "[::1]")
    },
    "an app that is missing": (
        {"INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes",
                            "response.apps.ResponseConfig", "rest_framework"]},
        "W010",
        "after_response",
    ),
    "the app of the templates that is missing": (
        {"INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes",
                            "response.apps.ResponseConfig", "after_response", "rest_framework"]},
        "W031",
        "bootstrap4",
    ),
    "a runner that is not there": ({"RESPONSE_RUNNER": "oncall.Runner"}, "W032", "oncall.Runner"),
    "a runner that is no path": ({"RESPONSE_RUNNER": 7}, "W032", "7"),
    "a text for yes or no": (
        {"RESPONSE_AUTO_CREATE_COMMS_CHANNEL": "False"},
        "W037",
        "RESPONSE_AUTO_CREATE_COMMS_CHANNEL is the text 'False', and counts as True",
    ),
    "a text for a list": (
        {"RESPONSE_CHANNEL_INVITE": "@on-call"},
        "W037",
        "RESPONSE_CHANNEL_INVITE is the text '@on-call'",
    ),
    "a channel's name of an unknown fact": (
        {"RESPONSE_CHANNEL_NAME_TEMPLATE": "inc-{title}"},
        "W038",
        "{slug}",
    ),
    "a channel's name with a lonely brace": (
        {"RESPONSE_CHANNEL_NAME_TEMPLATE": "inc-{"},
        "W038",
        "no other braces",
    ),
    "a channel's name of a part of a number": (
        {"RESPONSE_CHANNEL_NAME_TEMPLATE": "inc-{id[0]}"},
        "W038",
        "{slug}",
    ),
    "styles in Markdown": (
        {"MARKDOWN_FILTER_WHITELIST_STYLES": ["color"]},
        "W015",
        "MARKDOWN_FILTER_WHITELIST_STYLES",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("values", "number", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_with_what_to_do(complete, values, number, words):
    for name, value in values.items():
        setattr(complete, name, value)
    message = said()[number]
    assert isinstance(message, CheckWarning)
    assert message.hint
    assert words in f"{message.msg} {message.hint}"


@pytest.mark.parametrize(
    "values",
    [
        {"SLACK_TOKEN": "", "SLACK_CLIENT": object()},
        {"SLACK_TOKEN": "xoxe.xoxb-1-2"},
        {"INCIDENT_CHANNEL_ID": "G0123456789", "INCIDENT_REPORT_CHANNEL_ID": "C0123456789"},
        {"SLACK_SIGNING_SECRET": ["new", "old"]},
        {"INCIDENT_CHANNEL_ID": "", "INCIDENT_CHANNEL_NAME": "incidents"},
        {"SITE_URL": "https://INCIDENTS.example:8443/path/"},
        {"SITE_URL": "http://[::1]:8000", "ALLOWED_HOSTS": ["[::1]"]},
        {"SITE_URL": "https://a.incidents.example", "ALLOWED_HOSTS": [".incidents.example"]},
        {"SITE_URL": "https://else.example", "ALLOWED_HOSTS": ["*"]},
        {"SITE_URL": "http://localhost:8000", "ALLOWED_HOSTS": [], "DEBUG": True},
        {"SITE_URL": "http://site.localhost:8000", "ALLOWED_HOSTS": [], "DEBUG": True},
        {"SITE_URL": "http://127.0.0.1:8000", "ALLOWED_HOSTS": [], "DEBUG": True},
        {"SITE_URL": "http://[::1]:8000", "ALLOWED_HOSTS": [], "DEBUG": True},
        {**SLACK_ITSELF},
        {**SLACK_ITSELF, "SITE_URL": "http://10.0.0.7", "ALLOWED_HOSTS": ["*"]},
        {
            "SITE_URL": "http://localhost:8000",
            "ALLOWED_HOSTS": ["*"],
            "SLACK_API_URL": "http://localhost:8000/workspace/api/",
        },
    ],
)
def test_what_is_right_in_other_ways_is_not_complained_of(complete, values):
    for name, value in values.items():
        setattr(complete, name, value)
    assert said() == {}


def test_where_no_token_reaches_slack_its_links_are_not_complained_of(complete):
    complete.SITE_URL, complete.ALLOWED_HOSTS = "http://localhost:8000", ["*"]
    complete.SLACK_API_URL = SLACK_ITSELF["SLACK_API_URL"]
    for token in ("", "xapp-1", "0a1b2c"):
        complete.SLACK_TOKEN = token
        assert "W033" not in said()
    complete.SLACK_TOKEN = "xoxp-1"
    assert "W033" in said()


def test_no_secret_stands_in_what_is_said(complete):
    complete.SLACK_TOKEN = "xoxp-CANARY"
    complete.SLACK_SIGNING_SECRET = " CANARY"
    assert "CANARY" not in str([vars(message) for message in said().values()])


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (ADVISED, set()),
        ({}, {"W011", "W012", "W013"}),
        ({**ADVISED, "transaction_mode": "DEFERRED"}, {"W011"}),
        ({**ADVISED, "timeout": 20}, {"W012"}),
        ({**ADVISED, "init_command": ""}, {"W013"}),
        ({**ADVISED, "init_command": "pragma JOURNAL_MODE = wal"}, set()),
    ],
)
def test_sqlite_is_to_be_set_up_as_the_readme_says(monkeypatch, options, numbers):
    if connection.vendor != "sqlite":
        pytest.skip("only of SQLite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    found = {message.id.removeprefix("response.") for message in checks.check_database(None)}
    assert found == numbers


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_an_sqlite_that_can_corrupt_is_named(monkeypatch, version, is_safe):
    if connection.vendor != "sqlite":
        pytest.skip("only of SQLite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", ADVISED)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert bool(checks.check_database(None)) is not is_safe


def test_a_router_that_sends_our_tables_elsewhere_is_named(complete):
    complete.DATABASE_ROUTERS = ["tests.test_checks.Elsewhere"]
    assert "default" in said()["W016"].msg


class Elsewhere:
    """A router that keeps Response's tables in another database."""

    def db_for_write(self, model, **_hints):
        return "other" if model._meta.app_label == "response" else None


OF_A_HOST = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("response", {name!r})]
"""


@pytest.fixture
def host_migration(settings, tmp_path, monkeypatch):
    """An app of the project has a migration that depends on this one of ours."""

    def depends_on(name):
        package = tmp_path / f"migrations_{name}"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "0001_host.py").write_text(OF_A_HOST.format(name=name))
        monkeypatch.syspath_prepend(tmp_path)
        settings.MIGRATION_MODULES = {"sessions": package.name}

    return depends_on


def test_a_migration_that_depends_on_one_of_the_predecessors_is_an_error(host_migration, db):
    host_migration("0016_actions_auto_created_date")
    with pytest.raises(SystemCheckError) as refused:
        call_command("check", databases=["default"])
    assert "sessions.0001_host depends on response.0016_actions_auto" in str(refused.value)
    assert "('response', '0001_initial')" in str(refused.value)


@pytest.mark.parametrize("name", ["0001_initial", "0120_inbox_in_order", "__first__"])
def test_a_migration_that_depends_on_one_of_ours_is_none(host_migration, name):
    host_migration(name)
    assert "response.E001" not in {each.id for each in checks.check_database(None)}


def test_with_socket_mode_no_signing_secret_is_missed(complete, capsys):
    complete.SLACK_SIGNING_SECRET = ""
    complete.SLACK_APP_TOKEN = "xapp-1"
    call_command("check")
    assert "SLACK_SIGNING_SECRET" not in capsys.readouterr().err


def test_nothing_that_is_missing_stops_a_command(complete, capsys):
    for name in ("SLACK_TOKEN", "SLACK_SIGNING_SECRET", "SITE_URL", "INCIDENT_CHANNEL_ID"):
        setattr(complete, name, "")
    call_command("check")
    shown = capsys.readouterr().err
    for number in ("W001", "W004", "W006", "W007"):
        assert f"response.{number}" in shown


TASKS_RUNNER = "response.background.runners.DjangoTasksRunner"
WITHOUT_QUEUE = {
    "no queue": (None, "every request would wait for Slack"),
    "tasks done at once": (
        {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}},
        "every request would wait for Slack",
    ),
    "no default": (
        {"other": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
        "every request would wait for Slack",
    ),
    "tasks that nobody does": (
        {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}},
        "never does anything",
    ),
    "an engine that is not installed": (
        {"default": {"BACKEND": "no_such_engine.Backend"}},
        "cannot be imported (No module named 'no_such_engine')",
    ),
    "an engine without its tables": (
        {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
        "INSTALLED_APPS lacks django_tasks_db",
    ),
    "no queue of that name": (
        {"default": {"BACKEND": "pathlib.Path", "QUEUES": ["mail"]}},
        "none that is called default",
    ),
}


@pytest.mark.parametrize(("tasks", "words"), WITHOUT_QUEUE.values(), ids=list(WITHOUT_QUEUE))
def test_a_runner_without_a_task_queue_is_named(complete, tasks, words):
    complete.TASKS = tasks
    assert "W021" not in said(), "where another runner does the work, nobody needs one"
    complete.RESPONSE_RUNNER = TASKS_RUNNER
    assert words in said()["W021"].msg


def test_a_runner_with_its_task_queue_is_told_nothing(complete):
    complete.RESPONSE_RUNNER = TASKS_RUNNER
    complete.TASKS = {"default": {"BACKEND": "pathlib.Path"}}
    assert "W021" not in said()


@pytest.mark.parametrize(
    "address", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000", "http://10.0.0.7"]
)
def test_debug_is_for_where_nobody_else_comes(settings, address):
    settings.DEBUG, settings.SITE_URL, settings.ALLOWED_HOSTS = True, address, ["*"]
    assert said() == {}


@pytest.mark.urls("tests.test_checks")
def test_a_project_that_includes_nothing_of_ours_is_told_what_to_include():
    assert "response.ui.urls" in said()["W035"].hint
    assert "response.slack.urls" in said()["W036"].hint


@pytest.mark.urls("tests.test_checks")
def test_with_socket_mode_nobody_needs_slacks_doors(complete):
    complete.SLACK_APP_TOKEN = "xapp-1"
    assert set(said()) == {"W035"}


@pytest.mark.urls("response.urls")
def test_a_project_that_includes_all_of_ours_at_once_is_told_nothing():
    assert said() == {}


def test_a_project_that_serves_nothing_needs_no_addresses(complete):
    del complete.ROOT_URLCONF
    assert said() == {}


# manage.py check --deploy

UNSAFE = {
    "a site without TLS": ({"SITE_URL": "http://incidents.example"}, "W024"),
    "a Slack without TLS": ({"SLACK_API_URL": "http://slack.example/api/"}, "W025"),
    "a short clock token": ({"RESPONSE_CRON_TOKEN": "secret"}, "W026"),
    "a short metrics token": ({"RESPONSE_METRICS_TOKEN": "secret"}, "W026"),
    "pages for everyone": ({"RESPONSE_LOGIN_REQUIRED": False}, "W027"),
}


def said_of_deployment():
    return {each.id.removeprefix("response."): each for each in checks.check_deployment(None)}


@pytest.fixture
def deployed(settings):
    settings.SLACK_API_URL = "https://slack.com/api/"
    settings.RESPONSE_CRON_TOKEN = settings.RESPONSE_METRICS_TOKEN = "x" * 30
    settings.RESPONSE_LOGIN_REQUIRED = True
    return settings


def test_a_safe_deployment_is_told_nothing(deployed):
    assert said_of_deployment() == {}


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_what_is_unsafe_is_said_at_deployment_with_what_to_do(deployed, unsafe):
    values, number = UNSAFE[unsafe]
    for name, value in values.items():
        setattr(deployed, name, value)
    (message,) = said_of_deployment().values()
    assert message.id == f"response.{number}"
    assert message.hint
    assert number not in said(), "a site that is tried out is not told so"
