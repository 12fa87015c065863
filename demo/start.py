"""Start the demo: ``make demo``.

Makes the databases and the sign-in, says where everything is, and becomes gunicorn; with SOCKET=1
it keeps gunicorn and response_socket, and nothing of Slack's comes over HTTP.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

DEMO = Path(__file__).resolve().parent
SERVE = ["-m", "gunicorn", "demo.wsgi"]
RECEIVE = [str(DEMO / "manage.py"), "response_socket"]


def main() -> None:
    os.chdir(DEMO)
    sys.path[:0] = [str(DEMO), str(DEMO.parent)]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        part for part in (str(DEMO.parent), os.environ.get("PYTHONPATH")) if part
    )

    from demo.environment import why_not_to_start

    if why_not := why_not_to_start():
        sys.exit(why_not)

    import django

    django.setup()
    make_databases()
    password = make_sign_in()
    say_where_things_are(password)
    sys.stdout.flush()
    if os.environ.get("SOCKET") == "1":
        sys.exit(serve_by_socket_mode())
    os.execv(sys.executable, [sys.executable, *SERVE])  # noqa: S606


def serve_by_socket_mode() -> int:
    """Keep what is needed running until one of it ends, or this is told to (SIGTERM, Ctrl-C).

    That is the web server, response_socket and, for practice, Slack's end of it. Returns the exit
    status.
    """
    from django.conf import settings

    told_to_end = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_signal: told_to_end.set())
    processes = [start_relay()] if settings.PRACTICE_WORKSPACE else []
    for command in (SERVE, RECEIVE):
        processes.append(subprocess.Popen([sys.executable, *command]))  # noqa: S603
    while not told_to_end.wait(0.2) and all(process.poll() is None for process in processes):
        pass
    for process in processes:
        process.terminate()
    statuses = [process.wait() for process in processes]
    return 0 if told_to_end.is_set() else max(map(abs, statuses))


def start_relay() -> subprocess.Popen[bytes]:
    """Start Slack's end of Socket Mode, and have the others know where it is."""
    path = os.pathsep.join([str(DEMO), os.environ["PYTHONPATH"]])
    relay = subprocess.Popen(
        [sys.executable, "-m", "workspace.socket_relay"],
        # It ends when this does, however this ends.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    with relay.stdout as printed:
        ports = json.loads(printed.readline())
    os.environ["PRACTICE_APP_URL"] = f"http://127.0.0.1:{ports['doors']}"
    os.environ["PRACTICE_SOCKET_URL"] = f"ws://127.0.0.1:{ports['sockets']}"
    return relay


def make_databases() -> None:
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    if settings.PRACTICE_WORKSPACE:
        call_command("migrate", "workspace", database="workspace", verbosity=0)


def make_sign_in() -> str:
    """Create the user ``demo`` or give it its password again; return the password."""
    from demo.environment import env, kept_secret
    from django.contrib.auth import get_user_model

    password = env.str("DEMO_PASSWORD", "") or kept_secret("demo_password")
    user, _ = get_user_model().objects.get_or_create(
        username="demo", defaults={"first_name": "Demo", "email": "demo@example.com"}
    )
    # An unchanged password is left alone, so that a restart signs nobody out.
    if not (user.is_superuser and user.check_password(password)):
        user.is_staff = user.is_superuser = True
        user.set_password(password)
        user.save()
    return password


def say_where_things_are(password: str) -> None:
    from django.conf import settings

    site = settings.SITE_URL.rstrip("/")
    lines = ["", "  Response is starting.", ""]
    if settings.PRACTICE_WORKSPACE:
        lines.append(f"  Practice workspace   {site}/workspace/   begin here: type /incident")
    else:
        lines.append(f"  Slack                {settings.SLACK_API_URL}")
    lines += [
        f"  Incidents            {site}/",
        f"  REST API             {site}/core/",
        f"  Admin                {site}/admin/",
        f"  Sign in as           demo / {password}",
        "",
        "  Ctrl-C stops it.",
        "",
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
