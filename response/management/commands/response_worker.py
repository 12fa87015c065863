"""``manage.py response_worker``: a process of its own for what web processes do besides."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from response.background import runners, work
from response.delivery import clock

# Well within the time after which the others take it for gone.
_BEAT = runners.PATIENCE / 6


class _Worker(work.Sweep):
    """The sweep of a process that shows the others that it is there."""

    _shown_at: datetime | None = None

    def once(self) -> None:
        present = clock.now()
        if self._shown_at is None or abs(present - self._shown_at) >= _BEAT:
            clock.beat(clock.WORKER)
            self._shown_at = present
        super().once()


class Command(BaseCommand):
    help = (
        "Handles what Slack told us and sends what Slack is owed, reminders and the daily look "
        "at the directory included, until it is told to end (SIGTERM, or Ctrl-C). There may be "
        "several, on several machines; with one of them, RESPONSE_SWEEP = False keeps web "
        "processes from looking every second as well."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--interval",
            type=float,
            default=0.25,
            metavar="SECONDS",
            help="How long to wait before looking again where there was nothing to do "
            "(default: %(default)s).",
        )

        parser.add_argument(
            "--once",
            action="store_true",
            help="Do what there is to do and what is due now, and end.",
        )

        parser.add_argument(
            "--nice",
            type=int,
            default=0,
            metavar="N",
            help="By how much to leave the processor to others on this machine, 1 to 19, so that "
            "web processes answer at once however much there is to do (default: not at all).",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["once"]:
            clock.tick()
            work.take_over_from_the_gone()
            work.drain()
            return
        if options["nice"]:
            os.nice(options["nice"])
        runners.work_here()
        sweep = _Worker(work.start)
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_signal: sweep.stop())
        self.stdout.write("Working. What is begun is finished before this ends.")
        self.stdout.flush()
        sweep.run(options["interval"])
