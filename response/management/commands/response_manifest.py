"""``manage.py response_manifest``: what the Slack app of this installation has to be."""

from __future__ import annotations

import argparse
import json
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from response.conf import conf
from response.slack.manifest import NoManifestError, manifest
from response.slack.scopes import events_of_unknown_scope


class Command(BaseCommand):
    help = (
        "Prints the manifest of the Slack app that this installation needs: paste it at "
        "https://api.slack.com/apps, “Create New App”, “From a manifest”; or, where the app "
        "exists, on its page “App Manifest”, and install it again where scopes have changed."
    )
    # Whoever makes the app has no token yet, and is told so by every other command.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url",
            metavar="https://…",
            help="Where Slack reaches this site (default: SITE_URL).",
        )
        parser.add_argument(
            "--socket-mode",
            action=argparse.BooleanOptionalAction,
            help="Whether Slack sends everything through response_socket, and need not reach "
            "this site (default: where SLACK_APP_TOKEN is set, and no --url is given).",
        )
        parser.add_argument("--format", choices=("yaml", "json"), default="yaml")

    def handle(self, *_args: Any, **options: Any) -> None:
        chosen = options["socket_mode"]
        # Who says where Slack reaches this site wants to be reached.
        socket_mode = bool(conf.SLACK_APP_TOKEN and not options["url"])
        socket_mode = socket_mode if chosen is None else chosen
        try:
            made = manifest(options["url"] or conf.SITE_URL, socket_mode=socket_mode)
        except NoManifestError as error:
            raise CommandError(str(error)) from None
        for event in sorted(events_of_unknown_scope()):
            self.stderr.write(
                f"A handler hears of {event!r}, and the scopes of that are not known here: look "
                "them up in Slack's reference, and put them into RESPONSE_SLACK_SCOPES."
            )
        if options["format"] == "json":
            self.stdout.write(json.dumps(made, indent=2, ensure_ascii=False))
        else:
            self.stdout.write(yaml.safe_dump(made, sort_keys=False, allow_unicode=True), ending="")
