"""``manage.py response_worker``: a process of its own for what web processes do besides."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from response.delivery import clock, work


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

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["once"]:
            clock.tick()
            work.take_over_from_the_gone()
            work.drain()
            return
        sweep = work.Sweep(work.start)
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_signal: sweep.stop())
        self.stdout.write("Working. What is begun is finished before this ends.")
        self.stdout.flush()
        sweep.run(options["interval"])
