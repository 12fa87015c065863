"""What the demo's settings and its start need to know before Django does.

Nothing here imports Django, so that ``start.py`` can refuse a wrong environment at once.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

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


def looks_like_a_token_of_slack(token: str) -> bool:
    """Say whether ``token`` has the shape of Slack's own: xoxb-1234…, xoxe.xoxb-1-…"""
    return _TOKEN_OF_SLACK.match(token) is not None


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
