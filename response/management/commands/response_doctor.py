"""``manage.py response_doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from response.core import doctor
from response.core.doctor import Finding, Level

MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.PROBLEM: "PROBLEM"}


class Command(BaseCommand):
    help = (
        "Looks at the settings, the database, Slack and what it is owed, and says of each how it "
        "is and what to do. The exit status is 0 where there is no problem, and 1 where there is."
    )
    # What the checks say, it says itself, in its own order.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs, as one JSON object")
        parser.add_argument(
            "--offline", action="store_true", help="ask neither Slack nor this site's address"
        )
        parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = doctor.examine(asks_outside=not options["offline"])
        worst = _worst(found)
        if options["json"]:
            said = {"level": worst.value, "findings": [each.as_json() for each in found]}
            self.stdout.write(json.dumps(said, indent=2, ensure_ascii=False))
        else:
            for finding in found:
                self._tell(finding)
        if worst is Level.PROBLEM or (worst is Level.WARNING and options["strict"]):
            raise SystemExit(1)

    def _tell(self, finding: Finding) -> None:
        style = {
            Level.OK: self.style.SUCCESS,
            Level.WARNING: self.style.WARNING,
            Level.PROBLEM: self.style.ERROR,
        }[finding.level]
        self.stdout.write(f"{style(MARKS[finding.level])}  {finding.title}: {finding.text}")
        if finding.advice:
            self.stdout.write(f"         → {finding.advice}")


def _worst(found: list[Finding]) -> Level:
    levels = {finding.level for finding in found}
    return next(level for level in (Level.PROBLEM, Level.WARNING, Level.OK) if level in levels)
