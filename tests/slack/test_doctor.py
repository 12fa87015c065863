"""``manage.py response_doctor`` and the page for staff: each fault is made, and found."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone

from response.core import doctor, services
from response.delivery.models import Heartbeat, Inbox, Mirror, OutboxMessage, Pause
from response.slack import sightings
from response.telemetry import slack_called
from response.testing.payloads import (
    BOT,
    GENERAL,
    INCIDENTS,
    app_mention,
    block_action,
    message,
    slash_command,
)

pytestmark = pytest.mark.django_db(transaction=True)


def write_down():
    """Have what was seen in the database, as a background thread would after a moment."""
    sightings.here.write_down(interval=0)


@pytest.fixture(autouse=True)
def healthy(slack, settings, slack_sends):
    """An installation with which all is well, as far as tests can have one."""
    settings.SITE_URL = slack.url.removesuffix("/api/")
    settings.ALLOWED_HOSTS = ["*"]
    settings.DEBUG = False
    Heartbeat.objects.create(name="minute", beat_at=timezone.now())
    for kind in ("interaction view_submission", "event message", "event app_mention"):
        sightings.see(kind)
    slack_sends(slash_command("list"))
    slack_sends(block_action("nothing-of-ours"))
    write_down()


def findings(level=None):
    return [each for each in doctor.examine() if level in (None, each.level)]


def found(words, level):
    """The one finding of this level that says these words."""
    (finding,) = [each for each in findings(level) if words in f"{each.title}: {each.text}"]
    return finding


def test_a_healthy_installation_has_no_problem_and_ends_with_zero():
    out = io.StringIO()
    call_command("response_doctor", stdout=out)
    assert findings("problem") == []
    for words in (
        "Slack: It answers",
        "Token: It is a bot token",
        "Bot: It is @incident",
        "Scopes: It has the",
        "Time: This machine's clock is right",
        "Channels: #incidents is there",
        "Clock: What is due each minute is done",
        "Runner: ",
        "Requests: The last one from Slack came",
        "Events: Buttons were last heard of",
        "Events: The slash command was last heard of",
        "Debts: Slack shows what it should",
    ):
        assert found(words, "ok")
        assert words in out.getvalue()


def wrong_token(slack, settings):
    slack.refuse("auth.test", "invalid_auth")


def revoked_token(slack, settings):
    slack.refuse("auth.test", "token_revoked")


def persons_token(slack, settings):
    settings.SLACK_TOKEN = "xoxp-1"


def apps_token(slack, settings):
    slack.refuse("auth.test", "not_allowed_token_type")


def missing_scope(slack, settings):
    slack.missing_scopes = {"pins:read", "reactions:read"}


def other_bot(slack, settings):
    settings.INCIDENT_BOT_ID = "U0OTHER"


def token_in_quotation_marks(slack, settings):
    settings.SLACK_TOKEN = "'xoxb-1'"


def no_channel(slack, settings):
    settings.INCIDENT_CHANNEL_ID = settings.INCIDENT_CHANNEL_NAME = ""


def unknown_channel(slack, settings):
    settings.INCIDENT_CHANNEL_ID = "C0NOSUCH"


def unknown_channel_name(slack, settings):
    settings.INCIDENT_CHANNEL_ID, settings.INCIDENT_CHANNEL_NAME = "", "no-such-channel"


def name_for_an_id(slack, settings):
    settings.INCIDENT_CHANNEL_ID = "#incidents"


def channel_unreadable(slack, settings):
    slack.refuse("conversations.info", "missing_scope")


def unknown_report_channel(slack, settings):
    settings.INCIDENT_REPORT_CHANNEL_ID = "C0NOSUCH"


def archived_channel(slack, settings):
    slack.channels[INCIDENTS].is_archived = True


def bot_outside(slack, settings):
    slack.channels[INCIDENTS].members.remove(BOT)


def slack_away(slack, settings):
    slack.unreachable()


def slack_broken(slack, settings):
    slack.status(500)


def clocks_apart(slack, settings):
    slack.seconds_ahead = 200


def clocks_a_little_apart(slack, settings):
    slack.seconds_ahead = -60


def wrong_secret(slack, settings):
    Heartbeat.objects.filter(name__endswith="signed").delete()
    sightings.see(sightings.REFUSED)
    write_down()


def no_requests(slack, settings):
    Heartbeat.objects.filter(name__endswith="signed").delete()


def no_mentions(slack, settings):
    Heartbeat.objects.filter(name__endswith="app_mention").delete()


def mentions_long_ago(slack, settings):
    long_ago = timezone.now() - timedelta(days=9)
    Heartbeat.objects.filter(name__endswith="app_mention").update(beat_at=long_ago)


def clock_never(slack, settings):
    Heartbeat.objects.filter(name="minute").delete()


def clock_stopped(slack, settings):
    stopped = timezone.now() - timedelta(hours=2)
    Heartbeat.objects.filter(name="minute").update(beat_at=stopped)


def runner_without_a_queue(slack, settings):
    settings.RESPONSE_RUNNER = "response.background.runners.DjangoTasksRunner"
    settings.TASKS = {}


def runner_that_is_not_there(slack, settings):
    settings.RESPONSE_RUNNER = "oncall.runners.Runner"


def worker_never(slack, settings):
    settings.RESPONSE_RUNNER = "response.background.runners.WorkerRunner"
    settings.RESPONSE_SWEEP = True


def worker_stopped(slack, settings):
    worker_never(slack, settings)
    settings.RESPONSE_SWEEP = False
    stopped = timezone.now() - timedelta(hours=2)
    Heartbeat.objects.create(name="worker", beat_at=stopped)


def socket_never(slack, settings):
    settings.SLACK_APP_TOKEN = "xapp-1"


def socket_gone(slack, settings):
    settings.SLACK_APP_TOKEN = "xapp-1"
    gone = timezone.now() - timedelta(minutes=7)
    Heartbeat.objects.create(name="socket", beat_at=gone)


def no_scheme(slack, settings):
    settings.SITE_URL = "incidents.example.com"


def line_break_after_the_address(slack, settings):
    settings.SITE_URL += "\n"


def half_a_scheme(slack, settings):
    settings.SITE_URL = "https:/incidents.example.com"


def secret_with_a_space(slack, settings):
    settings.SLACK_SIGNING_SECRET = "secret "


def debug_in_public(slack, settings):
    settings.DEBUG, settings.SITE_URL = True, "https://incidents.acme.org"


def site_away(slack, settings):
    settings.SITE_URL = "http://127.0.0.1:9"


def host_not_passed_on(slack, settings):
    slack.status(400, "/")


def debts_wait(slack, settings):
    long_ago = timezone.now() - timedelta(minutes=20)
    OutboxMessage.objects.create(
        key="k", method="chat.postMessage", body={}, lane="C1", created_at=long_ago
    )


def everything_paused(slack, settings):
    until = timezone.now() + timedelta(minutes=1)
    Pause.objects.create(scope="*", until=until, reason="Slack cannot be reached")


def paused(slack, settings):
    Pause.objects.create(
        scope="chat.update", until=timezone.now() + timedelta(hours=1), reason="ratelimited"
    )


FAULTS = {
    wrong_token: ("problem", "does not accept the token (invalid_auth)"),
    revoked_token: ("problem", "does not accept the token (token_revoked)"),
    persons_token: ("problem", "xoxp-…"),
    apps_token: ("problem", "refuses to say whose the token is (not_allowed_token_type)"),
    missing_scope: ("problem", "lacks pins:read, reactions:read"),
    other_bot: ("warning", "INCIDENT_BOT_ID is U0OTHER"),
    no_channel: ("problem", "No channel is set"),
    unknown_channel: ("problem", "INCIDENT_CHANNEL_ID is C0NOSUCH"),
    unknown_channel_name: ("problem", "There is no channel #no-such-channel that the bot sees"),
    token_in_quotation_marks: ("problem", "SLACK_TOKEN is no token of Slack's"),
    name_for_an_id: ("problem", "INCIDENT_CHANNEL_ID is '#incidents', which is a name"),
    channel_unreadable: ("problem", "INCIDENT_CHANNEL_ID is CINCIDENTS, which Slack does not show"),
    unknown_report_channel: ("problem", "INCIDENT_REPORT_CHANNEL_ID is C0NOSUCH"),
    archived_channel: ("problem", "#incidents is archived"),
    bot_outside: ("warning", "The bot is not in #incidents"),
    slack_away: ("problem", "It cannot be reached from here"),
    slack_broken: ("warning", "Slack failed at auth.test"),
    clocks_apart: ("problem", "clock of this machine and Slack's are"),
    clocks_a_little_apart: ("warning", "clock of this machine and Slack's are"),
    wrong_secret: ("problem", "whose signature does not match"),
    no_requests: ("warning", "None has come from Slack yet"),
    no_mentions: ("warning", "Nothing was heard of mentions of the bot yet"),
    mentions_long_ago: ("warning", "Nothing was heard of mentions of the bot for 1"),
    clock_never: ("problem", "was never done"),
    clock_stopped: ("problem", "was last done 2"),
    runner_without_a_queue: ("warning", "hands the work to Django's Tasks, but TASKS has no queue"),
    runner_that_is_not_there: ("problem", "RESPONSE_RUNNER is 'oncall.runners.Runner', which"),
    worker_never: ("problem", "was never seen. The web processes do it meanwhile"),
    worker_stopped: ("problem", "ago. Nobody does it"),
    socket_never: ("problem", "response_socket was never seen connected"),
    socket_gone: ("problem", "response_socket was last seen connected to Slack 7"),
    no_scheme: ("problem", "SITE_URL is 'incidents.example.com'"),
    line_break_after_the_address: ("problem", "SITE_URL is 'http://127.0.0.1:"),
    half_a_scheme: ("problem", "SITE_URL is 'https:/incidents.example.com'"),
    secret_with_a_space: ("problem", "SLACK_SIGNING_SECRET has a space"),
    debug_in_public: ("problem", "DEBUG is on"),
    site_away: ("warning", "http://127.0.0.1:9/ does not answer this machine"),
    host_not_passed_on: ("warning", "/ answers with HTTP 400"),
    debts_wait: ("warning", "Something has waited for 20"),
    everything_paused: ("warning", "Slack is asked for nothing before"),
    paused: ("warning", "Slack is not asked for chat.update"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_found_and_said_what_to_do_about(slack, settings, admin_client, fault):
    level, words = FAULTS[fault]
    fault(slack, settings)
    assert found(words, level).advice
    out = io.StringIO()
    if findings("problem"):
        with pytest.raises(SystemExit) as ended:
            call_command("response_doctor", stdout=out)
        assert ended.value.code == 1
    else:
        call_command("response_doctor", stdout=out)
    assert words in out.getvalue()
    assert admin_client.get("/").status_code == 200, "the pages open all the same"


def test_links_that_lead_readers_of_slack_to_their_own_machine_are_told_of(settings):
    settings.SITE_URL, settings.SLACK_API_URL = "http://localhost", "https://slack.com/api/"
    # Nobody outside is asked, for that would be Slack itself.
    said = [each for each in doctor.examine(asks_outside=False) if "own machine" in each.text]
    assert [each.level for each in said] == ["warning"]
    assert said[0].advice


@pytest.mark.urls("tests.test_checks")
def test_a_project_without_our_addresses_is_told_what_to_include():
    assert "response.ui.urls" in found("does not include the pages", "problem").advice
    assert "response.slack.urls" in found("does not include Slack's doors", "problem").advice


def test_the_locks_of_sqlite_are_looked_at(monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("only of SQLite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    for words in (
        "SQLite begins its transactions without the write lock",
        "SQLite may wait for its lock for longer",
        "SQLite is not told to keep a write-ahead log",
    ):
        assert found(words, "warning").advice


def test_the_journal_that_sqlite_keeps_is_looked_at():
    if connection.vendor != "sqlite":
        pytest.skip("only of SQLite")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (before,) = cursor.fetchone()
        cursor.execute("PRAGMA journal_mode = OFF")
        try:
            assert found("SQLite keeps its journal in the mode OFF", "warning").advice
        finally:
            cursor.execute(f"PRAGMA journal_mode = {before}")


def test_a_database_without_our_tables_is_a_problem_and_the_rest_is_looked_at(slack):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE response_pause RENAME TO elsewhere")
    try:
        assert "migrate" in found("Database: It does not do what was asked", "problem").advice
        assert found("Slack: It answers", "ok")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO response_pause")


def test_a_migration_that_was_not_run_is_named():
    newest = MigrationRecorder(connection).migration_qs.filter(app="response").latest("pk")
    newest.delete()
    try:
        assert "manage.py migrate" in found(f"the migration {newest.name}", "problem").advice
    finally:
        newest.save(force_insert=True)


def away(execute, sql, params, many, context):
    raise OperationalError("server closed the connection unexpectedly")


def test_what_every_examination_meets_is_said_once():
    with connection.execute_wrapper(away):
        assert found("Database: It does not do what was asked", "problem")


@pytest.fixture
def read_only():
    """The connection to the database takes no writes, as where its file is another user's."""
    switch = {
        "sqlite": "PRAGMA query_only = {}",
        "postgresql": "SET default_transaction_read_only = {}",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(switch.format("on"))
    yield
    with connection.cursor() as cursor:
        cursor.execute(switch.format("off"))


def test_a_database_that_takes_no_writes_is_a_problem(read_only):
    assert "the folder" in found("It is read, and takes no writes", "problem").advice


@pytest.fixture
def mounted():
    """As in a request that came by a server that has the project under a path."""
    before = get_script_prefix()
    set_script_prefix("/ops/")
    yield "/ops"
    set_script_prefix(before)


def test_a_path_that_a_server_has_the_site_under_is_missed_in_its_address(settings, mounted):
    finding = found("mounted under /ops, which SITE_URL does not have", "problem")
    assert finding.advice.endswith(f"{settings.SITE_URL}/ops")


@pytest.mark.parametrize("named", ["SITE_URL", "FORCE_SCRIPT_NAME"])
def test_a_path_that_is_in_the_settings_is_not_missed(settings, mounted, named):
    setattr(settings, named, (getattr(settings, named) or "") + mounted)
    assert not [each for each in findings() if "mounted under" in each.text]


@pytest.fixture
def bare_site(tmp_path):
    """The address of a server that answers, and serves no static files."""
    serve = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_with_socket_mode_its_process_is_named(slack, settings):
    settings.SLACK_APP_TOKEN = "xapp-1"
    no_mentions(slack, settings)
    finding = found("Nothing was heard of mentions", "warning")
    assert "manage.py response_socket runs" in finding.advice


def test_with_socket_mode_its_connection_is_told_of(slack, settings):
    assert not [each for each in findings() if each.title == "Socket Mode"]
    settings.SLACK_APP_TOKEN = "xapp-1"
    Heartbeat.objects.create(name="socket", beat_at=timezone.now() - timedelta(minutes=4))
    assert found("Socket Mode: ", "ok")


def test_a_pause_is_told_in_the_time_of_the_place(settings, slack):
    settings.TIME_ZONE = "Asia/Tokyo"
    until = datetime(2126, 11, 24, 12, 30, tzinfo=UTC)
    if not settings.USE_TZ:
        until = until.replace(tzinfo=None)
    Pause.objects.create(scope="chat.update", until=until, reason="ratelimited")
    assert found("before 21:30:00 JST" if settings.USE_TZ else "before 12:30:00 (", "warning")


def test_pages_that_are_shown_without_their_style_are_told_of(settings, bare_site):
    settings.SITE_URL = bare_site
    assert found(f"{bare_site}/ answers", "ok")
    finding = found("/static/response/response.css answers with HTTP 404", "warning")
    assert "static files" in finding.advice


class LeadsToItself(BaseHTTPRequestHandler):
    """As SECURE_SSL_REDIRECT does, where the proxy does not say that it was asked by https."""

    def do_GET(self):
        self.send_response(301)
        self.send_header("Location", f"http://{self.headers['Host']}{self.path}")
        self.end_headers()

    def log_message(self, *_args):
        """Nobody reads it."""


def test_a_site_that_leads_to_itself_is_told_of_its_proxy(settings):
    with ThreadingHTTPServer(("127.0.0.1", 0), LeadsToItself) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.SITE_URL = f"http://127.0.0.1:{server.server_port}"
        assert "proxy" in found("/ leads to itself", "warning").advice
        server.shutdown()


def test_static_files_that_were_never_collected_are_a_problem(settings):
    manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": manifest}}
    assert "collectstatic" in found("The static files were not collected", "problem").advice


def test_a_site_that_takes_no_request_of_its_own_address_is_told_of_its_host(slack, settings):
    host_not_passed_on(slack, settings)
    finding = found("answers with HTTP 400", "warning")
    assert "ALLOWED_HOSTS" in finding.advice
    assert "proxy" in finding.advice


def test_warnings_are_failures_only_to_the_strict(slack, settings):
    bot_outside(slack, settings)
    call_command("response_doctor", stdout=io.StringIO())
    with pytest.raises(SystemExit):
        call_command("response_doctor", "--strict", stdout=io.StringIO())


def test_programs_read_json(slack, settings):
    unknown_channel(slack, settings)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("response_doctor", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert said["level"] == "problem"
    assert {"level", "title", "text", "advice"} <= said["findings"][0].keys()
    assert "C0NOSUCH" in out.getvalue()


def test_offline_nobody_is_asked(slack):
    before = len(slack.calls)
    call_command("response_doctor", "--offline", stdout=io.StringIO())
    assert slack.calls[before:] == []


def test_no_secret_is_told(slack, settings):
    settings.SLACK_SIGNING_SECRET = "SECRET-CANARY "
    settings.SLACK_TOKEN = "xoxp-TOKEN-CANARY"
    slack.refuse("auth.test", "invalid_auth")
    assert "CANARY" not in json.dumps([each.as_json() for each in doctor.examine()])


def test_what_came_through_the_doors_is_seen(slack_sends, client, slack):
    Heartbeat.objects.filter(name__startswith="slack:").delete()
    slack_sends(app_mention("help", channel=GENERAL))
    slack_sends(message("hello", channel=GENERAL))
    write_down()
    seen = set(Heartbeat.objects.values_list("name", flat=True))
    assert {"slack: signed", "slack: event app_mention", "slack: event message"} <= seen


# Debts that are stuck


def a_stuck_headline(slack, work_is_done):
    slack.refuse("chat.postMessage", "is_archived")
    services.declare_incident(report="Checkout is failing", reporter=None)
    work_is_done()
    slack.recover()
    return Mirror.objects.get(kind="headline")


def a_dead_message():
    return OutboxMessage.objects.create(
        key="k",
        method="chat.postMessage",
        body={"channel": GENERAL, "text": "hello"},
        lane=GENERAL,
        state=OutboxMessage.State.DEAD,
        error="Slack refused chat.postMessage: is_archived",
    )


def a_dead_request():
    return Inbox.objects.create(
        key="event:E1", kind="event", state=Inbox.State.DEAD, attempts=8, error="KeyError (error 1)"
    )


def test_a_stuck_headline_is_shown_with_slacks_reason_and_sent_again(
    slack, work_is_done, admin_client
):
    mirror = a_stuck_headline(slack, work_is_done)
    page = admin_client.get("/installation/").content.decode()
    assert "is_archived" in page
    assert found("is_archived", "warning").again == ("mirror", mirror.pk)

    answer = admin_client.post("/installation/", {"again": f"mirror {mirror.pk}"}, follow=True)
    assert "It will be tried again now" in answer.content.decode()
    work_is_done()
    assert len(slack.messages(INCIDENTS)) == 1
    assert not [each for each in findings() if "is_archived" in each.text]


def test_a_person_whom_the_app_may_not_write_to_is_told_of_with_where_that_is_changed():
    message = a_dead_message()
    message.error = "Slack refused chat.postMessage: messages_tab_disabled"
    message.save()
    assert "App Home" in found("messages_tab_disabled", "warning").advice


@pytest.mark.parametrize("make", [a_dead_message, a_dead_request])
def test_what_was_given_up_is_tried_again_at_a_press(admin_client, make):
    row = make()
    (again,) = [each.again for each in doctor.examine() if each.again]
    admin_client.post("/installation/", {"again": f"{again[0]} {again[1]}"})
    row.refresh_from_db()
    assert row.state == 0
    assert row.attempts == 0


@pytest.mark.parametrize(
    "again", ["", "mirror", "mirror x", "mirror 0", "nothing 1", "outbox 99999999999999999999", "²"]
)
def test_what_is_not_stuck_is_not_sent_again(admin_client, again):
    answer = admin_client.post("/installation/", {"again": again}, follow=True)
    assert "It is not stuck any more" in answer.content.decode()


@pytest.mark.parametrize("make", [a_dead_message, a_dead_request])
def test_what_somebody_has_seen_is_told_no_more_and_what_nobody_has_is_told_for_ever(make):
    row = make()
    long_ago = timezone.now() - timedelta(days=60)
    born = "created_at" if hasattr(row, "created_at") else "received_at"
    type(row).objects.update(**{born: long_ago})
    assert [each for each in doctor.examine() if each.again]
    type(row).objects.update(seen_at=timezone.now())
    assert [each for each in doctor.examine() if each.again] == []


# The page


def test_slack_is_asked_in_no_transaction_of_the_host_s(admin_client, slack, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    held = []

    def note(**_kwargs):
        held.append(connection.in_atomic_block)

    slack_called.connect(note)
    try:
        assert admin_client.get("/installation/").status_code == 200
    finally:
        slack_called.disconnect(note)
    assert held
    assert not any(held)


def test_the_page_is_for_staff(client, admin_client, django_user_model):
    assert admin_client.get("/installation/").status_code == 200
    assert client.get("/installation/").status_code == 302
    client.force_login(django_user_model.objects.create_user("ana"))
    assert client.get("/installation/").status_code == 403
    assert client.post("/installation/", {"again": "mirror 1"}).status_code == 403


def test_an_examination_that_breaks_off_is_a_problem_of_its_own(settings, caplog):
    settings.RESPONSE_RUNNER = 7
    finding = found("An examination broke off: AttributeError (error ", "problem")
    assert finding.text.split("error ")[1].rstrip(").") in caplog.text
    assert found("Slack: It answers", "ok"), "and the others are made all the same"
