"""What ``manage.py check`` says of addresses: this site's, and Slack's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.http.request import split_domain_port, validate_host
from django.urls import NoReverseMatch, reverse

from response.conf import conf

Messages = Iterator[CheckMessage]

# Those that Django allows while DEBUG is on and ALLOWED_HOSTS is empty (``HttpRequest.get_host``).
_OF_DEBUG = [".localhost", "127.0.0.1", "[::1]"]

# A bot's or a person's, also where Slack has it replaced every twelve hours.
_TOKEN = re.compile(r"(xoxe\.)?xox[bp]-")

_IN_NO_ADDRESS = re.compile(r"[\s'\"<>]")


def check_site_url() -> Messages:
    if not conf.SITE_URL:
        yield Warning(
            "SITE_URL is not set: the links in Slack lead nowhere.",
            hint="Set it to the address people reach this site at, as in "
            "https://incidents.example.com",
            id="response.W007",
        )
        return
    host = host_of(conf.SITE_URL)
    if not host:
        yield Warning(
            f"SITE_URL is {conf.SITE_URL!r}, which is no address that a browser opens.",
            hint="Begin it with https:// (or http:// where you try things out), and have no space, "
            "line break or quotation mark around it.",
            id="response.W008",
        )
        return
    if not validate_host(host, settings.ALLOWED_HOSTS or (_OF_DEBUG if settings.DEBUG else [])):
        yield Warning(
            f"SITE_URL leads to {host}, which ALLOWED_HOSTS does not allow.",
            hint=f"Add {host!r} to ALLOWED_HOSTS, or correct SITE_URL.",
            id="response.W009",
        )
    if _is_loopback(host) and _reaches_slack_itself():
        yield Warning(
            f"SITE_URL leads to {host}: each link in Slack leads its reader to their own machine.",
            hint="Set SITE_URL to the address that other people reach this site at, as in "
            "https://incidents.example.com",
            id="response.W033",
        )


def check_mounted() -> Messages:
    """Whether the project's urls.py has what cannot be done without."""
    if not _has_address("response_ui:incident_list"):
        yield Warning(
            "The project's urls.py does not include the pages: without their addresses no headline "
            "is posted, and no link leads to an incident.",
            hint='Add path("", include("response.ui.urls")), as the README of Response shows.',
            id="response.W035",
        )
    if not conf.SLACK_APP_TOKEN and not _has_address("response_slack:event"):
        yield Warning(
            "The project's urls.py does not include Slack's doors: whatever Slack sends is "
            "answered with 404.",
            hint='Add path("slack/", include("response.slack.urls")), as the README of Response '
            "shows; or use Socket Mode, and set SLACK_APP_TOKEN.",
            id="response.W036",
        )


def _has_address(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


def check_debug() -> Messages:
    host = host_of(conf.SITE_URL)
    if settings.DEBUG and host and not _is_of_this_network(host):
        yield Warning(
            f"DEBUG is on, and SITE_URL leads to {host}: whoever meets an error page there sees "
            "settings and source code.",
            hint="Set DEBUG = False where others reach this site.",
            id="response.W023",
        )


def check_safety() -> Messages:
    site, slack = urlsplit(conf.SITE_URL), urlsplit(conf.SLACK_API_URL)
    if site.scheme == "http":
        yield Warning(
            "SITE_URL begins with http://: whoever sits in between reads incidents and sessions.",
            hint="Serve the site over https, and begin SITE_URL with https://.",
            id="response.W024",
        )
    if slack.scheme != "https":
        yield Warning(
            "SLACK_API_URL is not https: whoever sits in between reads the token.",
            hint="Leave it out, for https://slack.com/api/.",
            id="response.W025",
        )


def _is_of_this_network(host: str) -> bool:
    """Whether nobody from outside opens a host: it has no dot, or says so, or its address does."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        private = (".localhost", ".local", ".internal", ".test", ".example")
        return "." not in host or host.endswith(private)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _reaches_slack_itself() -> bool:
    """Not a Slack to practise with, whose readers sit at this machine."""
    host = host_of(conf.SLACK_API_URL)
    is_slack = host == "slack.com" or host.endswith(".slack.com")
    return is_slack and bool(_TOKEN.match(conf.SLACK_TOKEN or ""))


def host_of(address: str) -> str:
    """The host that a browser would open, as ALLOWED_HOSTS knows it; empty where it opens none."""
    if _IN_NO_ADDRESS.search(address):
        return ""  # which urlsplit would take away, and the links in Slack have in them
    try:
        parts = urlsplit(address)
        is_opened = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    return split_domain_port(parts.netloc.rpartition("@")[2].lower())[0] if is_opened else ""
