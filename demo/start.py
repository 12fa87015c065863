"""Start the demo: ``make demo``.

Makes the databases and the sign-in, says where everything is, and becomes gunicorn.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

DEMO = Path(__file__).resolve().parent


def main() -> None:
    os.chdir(DEMO)
    sys.path[:0] = [str(DEMO), str(DEMO.parent)]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        part for part in (str(DEMO.parent), os.environ.get("PYTHONPATH")) if part
    )

    refuse_a_real_token_for_practice()

    import django

    django.setup()
    make_databases()
    password = make_sign_in()
    say_where_things_are(password)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "demo.wsgi"])  # noqa: S606


def refuse_a_real_token_for_practice() -> None:
    """Stop before a token of Slack's could be sent to the practice workspace."""
    from demo.environment import env, looks_like_a_token_of_slack

    practice_url = "/workspace/api" in env.str("SLACK_API_URL", "")
    if practice_url and looks_like_a_token_of_slack(env.str("SLACK_TOKEN", "")):
        sys.exit(
            "SLACK_TOKEN looks like a real one, but SLACK_API_URL is a practice workspace.\n"
            "Unset SLACK_TOKEN to practise, or unset SLACK_API_URL to use your Slack."
        )


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
