"""What Slack says when it is asked: the token, the bot, the channels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from response.conf import conf
from response.core.doctor import Finding, Findings, ok, problem, warning
from response.slack import wants
from response.slack.client import SlackClient, SlackError, SlackRefused, configured_client
from response.slack.errors import SlackNotReached
from response.slack.scopes import scopes
from response.slack.web_api import TOKEN_REFUSALS

TIMEOUT = 3.0  # seconds for each question; a person waits

# Slack refuses nothing for our clock, but we refuse its requests from this difference on
# (``signing.OLDEST``), and the earlier half is warning enough.
_SKEW, _TOO_MUCH_SKEW = 30, 150  # seconds

_INSTALL = "On your Slack app's page “OAuth & Permissions”, install it to the workspace again"


def examine() -> Findings:
    """Everything that takes Slack's word; a few calls, one after the other."""
    client = configured_client().with_timeout(TIMEOUT)
    if not client.has_token:
        yield problem(
            "Slack",
            "There is no token to ask Slack with.",
            "Set SLACK_TOKEN to the Bot User OAuth Token of your Slack app (xoxb-…).",
        )
        return
    try:
        who, headers = client.who_am_i()
    except SlackError as error:
        yield _unreached(error)
        return
    team = who.get("team") or who.get("team_id") or "a workspace"
    yield ok("Slack", f"It answers, and knows the token: it is for {team}.")
    yield _kind(who)
    yield from _bot(who)
    if who.get("bot_id"):
        yield from _scopes(headers.get("x-oauth-scopes", ""))
    yield from _skew(headers.get("date", ""))
    for setting, name, label in _channels():
        yield _channel(client, setting, name, label)


def _unreached(error: SlackError) -> Finding:
    if isinstance(error, SlackRefused) and error.slack_error in TOKEN_REFUSALS:
        return problem(
            "Slack",
            f"It does not accept the token ({error.slack_error}).",
            f"{_INSTALL}, and put its Bot User OAuth Token (xoxb-…) into SLACK_TOKEN.",
        )
    if isinstance(error, SlackRefused):
        return problem(
            "Slack",
            f"It refuses to say whose the token is ({error.slack_error}).",
            "SLACK_TOKEN has to be the Bot User OAuth Token of your Slack app (xoxb-…).",
        )
    if isinstance(error, SlackNotReached):
        return problem(
            "Slack",
            f"It cannot be reached from here: {error}.",
            "Let this machine reach slack.com on port 443; where that takes a proxy, set "
            "HTTPS_PROXY. What Slack is owed waits until then.",
        )
    return warning("Slack", f"{error}.", "Look again in a minute; status.slack.com may say more.")


def _kind(who: dict[str, object]) -> Finding:
    if who.get("bot_id"):
        return ok("Token", "It is a bot token.")
    return problem(
        "Token",
        "It is a person's token (xoxp-…): everything is done in that person's name, and stops "
        "when they leave.",
        "Put the Bot User OAuth Token (xoxb-…) into SLACK_TOKEN.",
    )


def _bot(who: dict[str, object]) -> Findings:
    user_id = str(who.get("user_id") or "")
    if conf.INCIDENT_BOT_ID and user_id != conf.INCIDENT_BOT_ID:
        yield warning(
            "Bot",
            f"INCIDENT_BOT_ID is {conf.INCIDENT_BOT_ID}, but the token belongs to {user_id}: "
            "mentions may be taken for somebody else's.",
            f"Set INCIDENT_BOT_ID to {user_id}, or leave it out.",
        )
    else:
        yield ok("Bot", f"It is @{who.get('user') or user_id} ({user_id}).")


def _scopes(granted: str) -> Findings:
    has = {scope.strip() for scope in granted.split(",") if scope.strip()}
    missing = sorted(scopes() - has)
    if not has:
        yield warning(
            "Scopes", "Slack did not say which the token has.", "Compare them by hand if need be."
        )
    elif missing:
        yield problem(
            "Scopes",
            f"The Slack app lacks {', '.join(missing)}.",
            "Put what manage.py response_manifest prints on its page “App Manifest”, and install "
            "it to the workspace again.",
        )
    else:
        yield ok("Scopes", f"It has the {len(has)} that are used here.")


def _skew(date: str) -> Findings:
    try:
        there = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return
    seconds = round(abs((datetime.now(UTC) - there).total_seconds()))
    text = f"The clock of this machine and Slack's are {seconds} seconds apart"
    advice = "Have this machine's clock set by NTP (timedatectl set-ntp true)."
    if seconds > _TOO_MUCH_SKEW:
        yield problem(
            "Time", f"{text}: Slack's requests are, or soon will be, refused as too old.", advice
        )
    elif seconds > _SKEW:
        yield warning("Time", f"{text}.", advice)
    else:
        yield ok("Time", "This machine's clock is right.")


def _channels() -> Iterable[tuple[str, str, str]]:
    """The settings that name a channel: its id, its name, what it is for."""
    yield conf.INCIDENT_CHANNEL_ID, conf.INCIDENT_CHANNEL_NAME, "INCIDENT_CHANNEL"
    if wants.has_reports():
        yield (
            conf.INCIDENT_REPORT_CHANNEL_ID,
            conf.INCIDENT_REPORT_CHANNEL_NAME,
            "INCIDENT_REPORT_CHANNEL",
        )


def _channel(client: SlackClient, channel_id: str, name: str, setting: str) -> Finding:
    said = channel_id or f"#{name.removeprefix('#')}"
    setting = f"{setting}_ID" if channel_id else f"{setting}_NAME"
    if said == "#":
        return problem(
            "Channels",
            "No channel is set for headline posts.",
            "Set INCIDENT_CHANNEL_ID to the id that stands at the bottom of the channel's details "
            "in Slack (C…).",
        )
    try:
        channel_id = channel_id or client.get_channel_id(name.removeprefix("#"))
        channel = client.api_call("conversations.info", channel=channel_id)["channel"]
    except SlackError as error:
        return _unseen(said, setting, is_named=not channel_id, error=error)
    shown = f"#{channel.get('name') or said}"
    if channel.get("is_archived"):
        return problem("Channels", f"{shown} is archived.", f"Unarchive it, or change {setting}.")
    if not channel.get("is_member"):
        return warning(
            "Channels",
            f"The bot is not in {shown}. It joins public channels by itself when it has to post.",
            f"Say “/invite @{conf.INCIDENT_BOT_NAME or 'the bot'}” in {shown}.",
        )
    return ok("Channels", f"{shown} is there, and the bot is in it.")


def _unseen(said: str, setting: str, *, is_named: bool, error: SlackError) -> Finding:
    if is_named and error.slack_error == "channel_not_found":
        return problem(
            "Channels",
            f"There is no channel {said} that the bot sees, and {setting} names it.",
            f"Correct {setting}, or make the channel; if it is private, invite the bot to it.",
        )
    advice = "Correct it; if the channel is private, invite the bot to it."
    if error.slack_error == "missing_scope":
        advice = "See “Scopes” here."
    elif not isinstance(error, SlackRefused):
        advice = "Look again in a minute."
    return problem(
        "Channels",
        f"{setting} is {said}, which Slack does not show us ({error.slack_error or error}).",
        advice,
    )
