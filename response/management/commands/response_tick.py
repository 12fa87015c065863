"""``manage.py response_tick``: everything that is due, once; for a clock of the host's."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from response.background import work
from response.delivery import clock


class Command(BaseCommand):
    help = (
        "Does what is due each minute, and each day where a day has passed, handles what Slack "
        "told us and sends what Slack is owed, and ends. For cron, once a minute, where neither "
        "response_worker nor web processes that live on do it."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        clock.strike(clock.MINUTE)
        clock.tick()
        work.take_over_from_the_gone()
        work.drain()
