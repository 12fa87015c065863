"""``manage.py response_socket``: receive by Socket Mode what otherwise comes over HTTP."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from response.background import work
from response.conf import conf
from response.slack.errors import SlackRefused
from response.slack.socket_mode import SocketMode

WHERE = "“Basic Information”, “App-Level Tokens”"
WHAT_TO_DO = {
    "missing_scope": f"Give the token the scope connections:write: {WHERE} of your Slack app.",
    "not_allowed_token_type": (
        f"SLACK_APP_TOKEN has to be an app-level token (xapp-…): {WHERE} of your Slack app."
    ),
    "invalid_auth": f"Copy SLACK_APP_TOKEN again: {WHERE} of your Slack app.",
}


class Command(BaseCommand):
    help = (
        "Receives commands, forms, buttons and events over a websocket that it opens to Slack "
        "(Socket Mode), so that Slack need not reach this site, and does the work that comes of "
        "them, until it is told to end (SIGTERM, or Ctrl-C). Slack divides them among several."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        token = conf.SLACK_APP_TOKEN
        if not token:
            raise CommandError(
                "SLACK_APP_TOKEN is not set. Make an app-level token (xapp-…) with the scope "
                f"connections:write: {WHERE} of your Slack app."
            )
        socket = SocketMode(token)
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_signal: socket.stop())
        if conf.RESPONSE_SWEEP:
            work.sweep.start()
        self.stdout.write("Receiving by Socket Mode. What is begun is finished before this ends.")
        self.stdout.flush()
        try:
            socket.run()
        except SlackRefused as refused:
            advice = WHAT_TO_DO.get(str(refused.slack_error), "")
            raise CommandError(f"{refused}. {advice}".rstrip()) from None
