"""Whether a container does what it is for: ``healthy.py web`` or ``healthy.py worker``.

Exits with 0 if so, else with 1 and the reason.
"""

from __future__ import annotations

import http.client
import os
import sys
from datetime import timedelta
from pathlib import Path

#: The worker has something to do each minute; this late, it does nothing.
LATEST_BEAT = timedelta(minutes=3)


def main() -> None:
    problem = {"web": what_ails_the_web, "worker": what_ails_the_worker}[sys.argv[1]]()
    if problem:
        sys.exit(problem)


def what_ails_the_web() -> str:
    """Ask whether it is ready: its database answers, and has the tables of this version."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")))
    connection.timeout = 4
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        return f"No answer: {type(error).__name__}"
    return "" if answer.status == 200 else f"It answers {answer.status}: {answer.read(500)!r}"


def what_ails_the_worker() -> str:
    """See when what happens each minute happened last. Of several workers one sees to it."""
    sys.path.insert(0, str(Path(__file__).resolve().parent / "demo"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")

    import django

    django.setup()
    from django.db import DatabaseError

    from response.delivery import clock
    from response.delivery.models import Heartbeat

    try:
        beats = Heartbeat.objects.filter(name=clock.MINUTE, beat_at__gt=clock.now() - LATEST_BEAT)
        return "" if beats.exists() else f"Nothing happened for {LATEST_BEAT}."
    except DatabaseError as error:
        return f"The database does not answer: {type(error).__name__}"


if __name__ == "__main__":
    main()
