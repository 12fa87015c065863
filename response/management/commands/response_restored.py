"""``manage.py response_restored``: once, after the database was restored from a backup."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from response.slack import restored


class Command(BaseCommand):
    help = (
        "For once after the database was restored from a backup, before anything is started. What "
        "the copy still owed is put aside, since it may have been sent after the copy was made; "
        "and headlines, topics, summaries and bookmarks are made to look like the copy."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        done = restored.after_restore()
        self.stdout.write(
            f"{done.put_aside} messages are put aside: see the outbox in the admin, and send again "
            f"those that are missing. {done.told_anew} objects in Slack are made to look like this "
            "database, once something works (a web process, response_worker or response_tick)."
        )
