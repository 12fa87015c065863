"""Whether what Slack says reaches us, and whether what we link to can be opened."""

from __future__ import annotations

import urllib.request
from datetime import datetime, timedelta
from urllib.parse import urljoin

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.timesince import timesince

from response.checks.addresses import host_of
from response.conf import conf
from response.core.doctor import Findings, ok, problem, warning
from response.core.links import missing_script_name, on_site
from response.delivery import clock
from response.slack import sightings, transport

TIMEOUT = 3.0  # seconds

#: What Slack tells apart, and where in the Slack app it is switched on.
_KINDS = {
    "command": ("the slash command", "Slash Commands"),
    "interaction block_actions": ("buttons", "Interactivity & Shortcuts"),
    "interaction view_submission": ("forms", "Interactivity & Shortcuts"),
    "event app_mention": ("mentions of the bot", "Event Subscriptions"),
    "event message": ("messages in channels", "Event Subscriptions"),
}

# A connection shows itself each minute; Slack has it taken up anew every few hours.
_LOST = timedelta(minutes=5)

# A workspace in which nobody says anything for this long is none.
_QUIET = timedelta(days=7)


def signatures() -> Findings:
    """Whether a request with a right signature has come, and lately no wrong one."""
    if conf.SLACK_APP_TOKEN:
        return
    signed, refused = sightings.last_seen(sightings.SIGNED), sightings.last_seen(sightings.REFUSED)
    advice = (
        "Copy the Signing Secret from your Slack app's page “Basic Information” into "
        "SLACK_SIGNING_SECRET again, and look at “Time” here."
    )
    if refused is not None and signed is None:
        yield problem(
            "Requests",
            f"One came {_ago(refused)} whose signature does not match, and never one that does.",
            advice,
        )
    elif refused is not None and signed is not None and refused > signed:
        yield warning(
            "Requests",
            f"The last one that was rightly signed came {_ago(signed)}, and one that was not "
            f"{_ago(refused)}, which may be anybody's.",
            f"If Slack has stopped working: {advice[0].lower()}{advice[1:]}",
        )
    elif signed is None:
        yield warning(
            "Requests",
            "None has come from Slack yet.",
            "Say /incident in Slack. If nothing happens, compare the Request URLs of your Slack "
            "app with those that manage.py response_manifest prints.",
        )
    else:
        yield ok("Requests", f"The last one from Slack came {_ago(signed)}, rightly signed.")


def socket_mode() -> Findings:
    """Whether a process is connected to Slack, where that is how Slack is heard."""
    if not conf.SLACK_APP_TOKEN:
        return
    last = clock.last_beat(clock.SOCKET)
    if last is not None and clock.now() - last <= _LOST:
        yield ok("Socket Mode", "response_socket is connected to Slack.")
        return
    seen = "never seen connected" if last is None else f"last seen connected to Slack {_ago(last)}"
    yield problem(
        "Socket Mode",
        f"response_socket was {seen}: nothing that Slack says is heard.",
        "Start manage.py response_socket, and see to it that it is started again when it ends; "
        "where it runs, it logs why there is no connection.",
    )


def events() -> Findings:
    """When each kind of thing was last heard of."""
    running = "see that manage.py response_socket runs, and " if conf.SLACK_APP_TOKEN else ""
    for kind, (words, page) in _KINDS.items():
        last = sightings.last_seen(kind)
        if last is None:
            yield warning(
                "Events",
                f"Nothing was heard of {words} yet.",
                f"Try it once. If nothing comes, {running}look at your Slack app's page “{page}”.",
            )
        elif clock.now() - last > _QUIET:
            yield warning(
                "Events",
                f"Nothing was heard of {words} for {timesince(last, clock.now())}.",
                f"If somebody used it since then, {running}look at your Slack app's page “{page}”.",
            )
        else:
            heard = "was" if kind == "command" else "were"
            yield ok("Events", f"{words[0].upper()}{words[1:]} {heard} last heard of {_ago(last)}.")


def site() -> Findings:
    """Whether SITE_URL leads to these pages, and they to their style, as seen from this machine."""
    # Where there is no address, that is said of the settings.
    if not host_of(conf.SITE_URL):
        return
    try:
        address = on_site(reverse("response_ui:incident_list"))
    except NoReverseMatch:
        return
    if script_name := missing_script_name():
        yield problem(
            "Pages",
            f"They are mounted under {script_name}, which SITE_URL does not have: links in Slack "
            "lead past them.",
            f"Set SITE_URL to {conf.SITE_URL.rstrip('/')}{script_name}",
        )
    wrong = _what_is_wrong_at(address)
    if wrong.startswith("does not"):
        yield warning(
            "Pages",
            f"{address} {wrong}",
            "If your browser opens it, all is well; otherwise correct SITE_URL.",
        )
        return
    if wrong:
        yield warning("Pages", f"{address} {wrong}", _advice_on(wrong))
    else:
        yield ok("Pages", f"{address} answers.")
    yield from _style()


_LEADS_TO_ITSELF = "leads to itself: browsers give up, and Slack is not heard."


def _advice_on(wrong: str) -> str:
    if wrong == _LEADS_TO_ITSELF:
        # SECURE_SSL_REDIRECT, behind a proxy that ends TLS.
        return (
            "Have the proxy in front say that it was asked by https: docs/operations.md, "
            "“Servers”, says how."
        )
    if "HTTP 400" in wrong:
        # Django's answer to a host that is not allowed, and Slack gets the same.
        return (
            f"Let ALLOWED_HOSTS have {host_of(conf.SITE_URL)!r}, and a proxy in front pass the "
            "header Host on as it came."
        )
    return "Correct SITE_URL, or what serves it."


def _style() -> Findings:
    """Servers of Python do not serve static files by themselves; only runserver does."""
    try:
        address = urljoin(conf.SITE_URL, static("response/response.css"))
    except (ValueError, ImproperlyConfigured) as error:
        yield problem(
            "Pages",
            f"The static files were not collected, so pages do not open ({error}).",
            "Run manage.py collectstatic.",
        )
        return
    wrong = _what_is_wrong_at(address)
    if wrong:
        yield warning(
            "Pages",
            f"They are shown without their style: {address} {wrong}",
            "Have the static files served: docs/operations.md, “Servers”, says how. If the pages "
            "look well in your browser, all is well.",
        )


def _what_is_wrong_at(address: str) -> str:
    """The rest of a sentence about an address of this site; empty where it answers."""
    request = urllib.request.Request(address)  # noqa: S310 - of the scheme of SITE_URL
    try:
        answer = transport.send(request, TIMEOUT)
    except (transport.UnconnectedError, transport.BrokenOffError) as error:
        return f"does not answer this machine: {error}."
    if answer.status in {400, 404, 410} or answer.status >= 500:
        return f"answers with HTTP {answer.status}."
    if answer.headers.get("Location") == address:
        return _LEADS_TO_ITSELF
    return ""


def _ago(at: datetime) -> str:
    return f"{timesince(at, clock.now())} ago"
