"""Every setting of Response: its name, its default and what it means.

This is the only module that reads ``django.conf.settings``. A setting is read when it is used, so
tests and hosts may change it at any time, and importing Response never needs one to be there.

    from response.conf import conf

    conf.SITE_URL
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

_NO_DEFAULT = object()

WRITE_UP_TEMPLATE = """\
From {started} to {ended} ({duration}), severity {severity}, led by {lead}.

## What happened

{summary}

## Impact

{impact}

## Timeline

{timeline}

## Why it happened

_Causes, not culprits: what had to be true for this to happen, and what made that so?_

## How it was noticed and mended

_Who or what noticed first, what helped, and what stood in the way?_

## What went well

_What should happen again next time?_

## What to do better

_What would have made it shorter, smaller or impossible?_

## Actions

{actions}
"""


@dataclass(frozen=True)
class Setting:
    """One setting of the host's ``settings.py``.

    ``required`` settings have no sensible default: without them a part of Response cannot work,
    which ``response.checks`` says in words.
    """

    name: str
    default: Any
    meaning: str
    required: bool = False


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        # Slack
        Setting(
            "SLACK_TOKEN",
            "",
            "The bot token of your Slack app (xoxb-…).",
            required=True,
        ),
        Setting(
            "SLACK_SIGNING_SECRET",
            "",
            "The signing secret of your Slack app; a list of secrets is tried in order, which is "
            "how one is replaced by another. Without it every request at Slack's doors is refused.",
            required=True,
        ),
        Setting(
            "SLACK_APP_TOKEN",
            "",
            "The app-level token of your Slack app (xapp-…), with the scope connections:write: "
            "with it manage.py response_socket receives what Slack tells us, by Socket Mode, and "
            "Slack need not reach this site.",
        ),
        Setting(
            "RESPONSE_SLACK_SCOPES",
            [],
            "Bot scopes that your own handlers need besides those that Response needs, for "
            'manage.py response_manifest: ["files:write"], for instance.',
        ),
        Setting(
            "SLACK_CLIENT",
            None,
            "The SlackClient to use, where the host wants its own; otherwise one is made from "
            "SLACK_TOKEN.",
        ),
        Setting(
            "SLACK_API_URL",
            "https://slack.com/api/",
            "Where Slack's Web API is reached.",
        ),
        Setting(
            "SITE_URL",
            "",
            "The address people reach this site at, with its scheme, and with the path where the "
            "project is mounted under one; links in Slack start with it.",
            required=True,
        ),
        Setting(
            "INCIDENT_CHANNEL_ID",
            "",
            "The id of the channel that headline posts go to. This or INCIDENT_CHANNEL_NAME.",
            required=True,
        ),
        Setting(
            "INCIDENT_CHANNEL_NAME",
            "",
            "The name of that channel, where its id is not given; looked up in Slack when needed.",
        ),
        Setting(
            "INCIDENT_REPORT_CHANNEL_ID",
            "",
            "The id of the channel for incidents that are reported after the fact. Where neither "
            "it nor INCIDENT_REPORT_CHANNEL_NAME is set, every incident is a live one.",
        ),
        Setting(
            "INCIDENT_REPORT_CHANNEL_NAME",
            "",
            "The name of that channel, where its id is not given.",
        ),
        Setting(
            "INCIDENT_BOT_ID",
            "",
            "The user id of the bot. Asked of Slack (auth.test) where it is not given.",
        ),
        Setting(
            "INCIDENT_BOT_NAME",
            "",
            "The bot's name, shown where people are told how to speak to it.",
        ),
        # Incidents
        Setting(
            "INCIDENT_EVENT_HANDLER_CLASS",
            "",
            "Dotted path of a class with a static handle(sender, instance, **kwargs), called in "
            "place of ours for every saved incident.",
        ),
        Setting(
            "ACTION_EVENT_HANDLER_CLASS",
            "",
            "The same for every saved action.",
        ),
        Setting(
            "RESPONSE_CHANNEL_NAME_TEMPLATE",
            "inc-{date}-{slug}",
            "What a comms channel is called: {date} it was declared, {slug} of the title, {id}.",
        ),
        Setting(
            "RESPONSE_WORKING_HOURS",
            {"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "18:00", "time_zone": None},
            "When reminders that can wait are sent: on these days (Monday is 0), from and to these "
            "times, in this time zone; None is TIME_ZONE. Somebody whose time zone Slack knows is "
            "reminded at these times there. What is left out is as in the default.",
        ),
        Setting(
            "RESPONSE_CHANNEL_INVITE",
            [],
            "Who is invited into every comms channel, beside the reporter and the lead: ids of "
            "people (U…) and of user groups (S…), e-mail addresses, or handles of groups "
            "(@on-call).",
        ),
        Setting(
            "RESPONSE_AUTO_CREATE_COMMS_CHANNEL",
            False,
            "Whether a live incident has its comms channel at once, without a press of a button.",
        ),
        Setting(
            "RESPONSE_PIN_REACTION",
            "pushpin",
            "The reaction that puts a message on the timeline, as a pin does.",
        ),
        Setting(
            "RESPONSE_WRITE_UP_TEMPLATE",
            WRITE_UP_TEMPLATE,
            "What a write-up is drafted from, in Markdown. Facts take the place of {title}, "
            "{summary}, {impact}, {severity}, {lead}, {reporter}, {started}, {declared}, {ended}, "
            "{duration}, {timeline} and {actions}.",
        ),
        # Pages
        Setting(
            "RESPONSE_LOGIN_REQUIRED",
            True,
            "Whether the pages need a signed-in person.",
        ),
        Setting(
            "RESPONSE_REQUIRE_PERMISSIONS",
            False,
            "Whether a signed-in person needs Django's permissions (response.view_incident, "
            "response.change_incident, response.delete_incident…) to read, to write and to take "
            "away.",
        ),
        Setting(
            "RESPONSE_SITE_NAME",
            "Response",
            "What the pages call this site: at their top, and in the browser's tab.",
        ),
        Setting(
            "RESPONSE_LOGO",
            "",
            "The picture beside it: a path within the static files, as in oncall/logo.svg, or an "
            "address that begins with / or https://.",
        ),
        Setting(
            "RESPONSE_COLOURS",
            {},
            "Colours of the pages: by name (page, surface, sunken, ink, muted, line, link, "
            "primary, on-primary, accent) a colour as CSS writes it, or a pair of them, for light "
            "and for dark.",
        ),
        Setting(
            "RESPONSE_SANITIZE_USER_INPUT",
            True,
            "Kept from the predecessor. What people write is stored as written and escaped where "
            "it is shown; False tells the migration not to unescape what was stored before.",
        ),
        Setting(
            "MARKDOWN_FILTER_WHITELIST_TAGS",
            [
                *("a", "abbr", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2"),
                *("h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "span"),
                *("strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
            ],
            "The HTML elements that rendered Markdown may contain; script and style never.",
        ),
        Setting(
            "MARKDOWN_FILTER_WHITELIST_ATTRIBUTES",
            ["href", "src", "alt", "title"],
            "The attributes they may carry.",
        ),
        Setting(
            "MARKDOWN_FILTER_WHITELIST_STYLES",
            [],
            "Kept from the predecessor and without effect: style attributes are always dropped.",
        ),
        # Delivery
        Setting(
            "RESPONSE_RUNNER",
            "response.background.runners.AfterResponseRunner",
            "Dotted path of what runs the work that a request leaves behind; "
            "response.background.runners.WorkerRunner leaves it to response_worker, "
            "response.background.runners.DjangoTasksRunner gives it to a worker of Django's Tasks. "
            "[operations.md](operations.md) says when to choose which.",
        ),
        Setting(
            "RESPONSE_SWEEP",
            True,
            "Whether each web process keeps a thread that takes up, every second, what a lost "
            "ring, a crash or the clock left. It may be off where response_worker runs.",
        ),
        Setting(
            "RESPONSE_RETENTION_DAYS",
            90,
            "How many days are kept: what Slack told us and what was sent to it, and the change "
            "feed. What is still to be done stays, and what was given up until somebody has seen "
            "it; incidents and their timelines always. 0 keeps everything; at least one day is "
            "kept.",
        ),
        Setting(
            "RESPONSE_CRON_TOKEN",
            "",
            "The bearer token of the clock doors; without it they do not exist.",
        ),
        Setting(
            "RESPONSE_METRICS_TOKEN",
            "",
            "The bearer token that Prometheus shows to response.monitoring.metrics.page; without "
            "it that page does not exist. [operations.md](operations.md) has more.",
        ),
    )
}


class Conf:
    """The settings as attributes: the host's value, else the default.

    Raises AttributeError for a name that is not declared above.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            default = SETTINGS[name].default
        except KeyError:
            raise AttributeError(f"{name} is not a setting of Response") from None
        value = getattr(settings, name, _NO_DEFAULT)
        return default if value is _NO_DEFAULT or value is None else value


conf = Conf()
