"""What the demo's settings and its start need to know before Django does.

Nothing here imports Django, so that a wrong environment can be refused at once.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env

DEMO = Path(__file__).resolve().parent.parent
STATE = DEMO / ".state"

#: The tokens and the signing secret of the practice workspace. They open nothing else, so they may
#: stand here: no token of Slack's has this shape.
PRACTICE_TOKEN = "xoxb-practice-workspace-only"  # noqa: S105
PRACTICE_APP_TOKEN = "xapp-practice-workspace-only"  # noqa: S105
PRACTICE_SIGNING_SECRET = "practice-workspace-signing-secret"  # noqa: S105

_TOKEN_OF_SLACK = re.compile(r"^xox[a-z](\.xox[a-z])?-\d")

env = Env()


def uses_practice_workspace() -> bool:
    """Say whether the demo talks to its practice workspace (True) or to Slack (False)."""
    return env.str("SLACK_TOKEN", "") in ("", PRACTICE_TOKEN)


def why_not_to_start() -> str:
    """Say, with the next step, why nothing must be started with this environment; "" if it may be.

    Whoever reaches the practice workspace can be anyone in it, so it must not take the place of a
    Slack that somebody meant to use and whose token is missing.
    """
    if not uses_practice_workspace():
        return _why_no_token_for_practice()
    if not _leads_to_this_machine(env.str("SITE_URL", "")):
        named, found = "SITE_URL", "is an address that others reach"
    elif env.str("SLACK_SIGNING_SECRET", "") not in ("", PRACTICE_SIGNING_SECRET):
        named, found = "SLACK_SIGNING_SECRET", "is set"
    elif env.str("SLACK_APP_TOKEN", "") not in ("", PRACTICE_APP_TOKEN):
        named, found = "SLACK_APP_TOKEN", "is set"
    else:
        return ""
    return (
        f"{named} {found}, but SLACK_TOKEN is not set, and without it this is the practice\n"
        "workspace, in which anyone can be anyone.\n"
        f"Set SLACK_TOKEN to use your Slack, or unset {named} to practise on this machine."
    )


def _why_no_token_for_practice() -> str:
    practice = "/workspace/api" in env.str("SLACK_API_URL", "")
    if not practice or not _TOKEN_OF_SLACK.match(env.str("SLACK_TOKEN", "")):
        return ""
    return (
        "SLACK_TOKEN looks like a real one, but SLACK_API_URL is a practice workspace.\n"
        "Unset SLACK_TOKEN to practise, or unset SLACK_API_URL to use your Slack."
    )


def _leads_to_this_machine(address: str) -> bool:
    """Whether only this machine would follow ``address``; none at all leads nowhere else."""
    try:
        host = urlsplit(address).hostname or ""
        local = host == "localhost" or host.endswith(".localhost")
        return not address or local or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def kept_secret(name: str) -> str:
    """Return the random secret kept in ``demo/.state/<name>``, made on first use.

    Two processes that start at the same time agree on one: the file is created exclusively.
    """
    STATE.mkdir(mode=0o700, exist_ok=True)
    file = STATE / name
    try:
        with file.open("x", encoding="ascii") as new:
            file.chmod(0o600)
            new.write(secrets.token_urlsafe(18 if name == "demo_password" else 48))
    except FileExistsError:
        pass
    return file.read_text(encoding="ascii")
