"""The manifest of the Slack app that this installation needs (Slack's page "App manifest").

It follows from what is registered and set, so that it cannot say anything else than what is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.urls import NoReverseMatch, reverse

from response.conf import conf
from response.core.links import on_site
from response.exceptions import ResponseError
from response.slack.registry import registry
from response.slack.scopes import events, scopes

Manifest = dict[str, Any]

NAME = "Incident Response"

_BOT_NAME = re.compile(r"[a-z0-9._-]{1,80}")


class NoManifestError(ResponseError):
    """Slack would not take the manifest; the text says why, and what to do."""


def manifest(address: str, *, socket_mode: bool) -> Manifest:
    """The manifest as Slack reads it, to be written as YAML or JSON.

    ``address`` is where Slack reaches this site; with ``socket_mode`` it need not reach it, and the
    address is not used. Raises NoManifestError.
    """
    made = {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": "Declare, run and write up incidents from Slack",
        },
        "features": {
            "bot_user": {"display_name": _bot_name(), "always_online": True},
            "slash_commands": [
                {
                    "command": "/incident",
                    "description": "Declare an incident",
                    "usage_hint": "[title]",
                    "should_escape": True,
                    **_url("url", address, "slash_command", socket_mode),
                }
            ],
            "shortcuts": _shortcuts(),
        },
        "oauth_config": {"scopes": {"bot": sorted(scopes())}},
        "settings": {
            "event_subscriptions": {
                **_url("request_url", address, "event", socket_mode),
                "bot_events": sorted(events()),
            },
            "interactivity": {
                "is_enabled": True,
                **_url("request_url", address, "action", socket_mode),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": False,
        },
    }
    for problem in problems(made):
        raise NoManifestError(problem)
    return made


def problems(made: Manifest) -> Iterator[str]:
    """What Slack would refuse in a manifest, each with what to do ("App manifest reference")."""
    features = made["features"]
    shortcuts = features["shortcuts"]
    if len(shortcuts) > 10:
        several = ", ".join(shortcut["callback_id"] for shortcut in shortcuts)
        yield f"Slack takes 10 shortcuts of an app, and here are {len(shortcuts)}: {several}."
    for shortcut in shortcuts:
        for what, longest in (("name", 24), ("description", 150), ("callback_id", 255)):
            if not 0 < len(shortcut[what]) <= longest:
                yield (
                    f"The {what} of the shortcut {shortcut['callback_id']!r} has to have 1 to "
                    f"{longest} characters; @shortcut_handler is given it."
                )
    if len(made["oauth_config"]["scopes"]["bot"]) > 255:
        yield "Slack takes 255 scopes; RESPONSE_SLACK_SCOPES has too many."
    if len(made["settings"]["event_subscriptions"]["bot_events"]) > 100:
        yield "Slack takes 100 kinds of events; there are handlers of more."


def _bot_name() -> str:
    """What people mention: INCIDENT_BOT_NAME, where it is what Slack allows."""
    wanted = conf.INCIDENT_BOT_NAME.removeprefix("@")
    if wanted and not _BOT_NAME.fullmatch(wanted):
        raise NoManifestError(
            f"INCIDENT_BOT_NAME is {wanted!r}, and Slack takes lower-case letters, digits and "
            "._- (at most 80 of them)."
        )
    return wanted or "incident"


def _shortcuts() -> list[dict[str, str]]:
    return [
        {
            "name": entry.name,
            "type": entry.kind,
            "callback_id": callback_id,
            "description": entry.description,
        }
        for callback_id, entry in sorted(registry.shortcut_entries.items())
        if callback_id in registry.shortcuts
    ]


def _url(name: str, address: str, door: str, socket_mode: bool) -> dict[str, str]:
    if socket_mode:
        return {}
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme != "https":
        raise NoManifestError(
            f"Slack reaches an app over https alone, and the address is {address!r}. Give another "
            "with --url https://…, or ask for --socket-mode, with which Slack need not reach you."
        )
    try:
        path = reverse(f"response_slack:{door}")
    except NoReverseMatch:
        raise NoManifestError(
            "The project's urls.py does not include response.slack.urls, so that Slack has "
            "nowhere to send things to. The README shows how it is included."
        ) from None
    return {name: on_site(path, address)}
