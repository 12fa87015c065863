"""The page: a channel as one person sees it, and the parts that change."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import composer
from ..directory import bot, channel_called, humans
from ..models import (
    Channel,
    Delivery,
    File,
    Membership,
    Message,
    Person,
    Traffic,
    Trouble,
    UserGroup,
    Workspace,
)
from ..webapi.views import open_views
from . import guide, shown

Json = dict[str, Any]

PANELS = {
    "guide": "Try this",
    "pins": "Pinned",
    "thread": "Thread",
    "backstage": "Behind the scenes",
}
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
PALETTE = ["👍", "🎉", "👀", "✅", "🙏", "❤️", "🔥", "😅"]
TROUBLE_BUTTONS = [
    ("down", 0, "Slack is down", "Every call is refused."),
    ("slow", 4, "Slack is slow", "Every call takes four seconds."),
    ("rate_limited", 10, "Too many requests", "Every call is asked to wait ten seconds."),
    ("answer_lost", 0, "Answers get lost", "Slack does it, but its answer never arrives."),
]


@require_safe
def front(request: HttpRequest, handle: str = "ana") -> HttpResponse:
    return redirect("workspace:channel", handle=_person(handle).handle, channel_id=_first())


def _first() -> str:
    return Channel.objects.get(name="general").channel_id


def _person(handle: str) -> Person:
    for person in humans():
        if person.handle == handle.lower():
            return person
    raise Http404("Nobody of that name is here.")


def _channel(person: Person, channel_id: str) -> Channel:
    channel = channel_called(channel_id)
    if channel is None or ((channel.is_private or channel.is_dm) and not channel.has(person)):
        raise Http404("There is no such channel.")
    return channel


@require_safe
def permalink(request: HttpRequest, channel_id: str, digits: str) -> HttpResponse:
    """Follow a link to a message, as Ana unless the page says who else."""
    channel = channel_called(channel_id)
    if channel is None:
        raise Http404("There is no such channel.")
    where = reverse("workspace:channel", args=["ana", channel.channel_id])
    return redirect(f"{where}#m-{digits[:-6]}-{digits[-6:]}")


@require_safe
def app_redirect(request: HttpRequest) -> HttpResponse:
    """Follow a link into a channel, as Ana unless the page says who else."""
    channel = channel_called(request.GET.get("channel", ""))
    if channel is None:
        raise Http404("There is no such channel.")
    return redirect("workspace:channel", handle="ana", channel_id=channel.channel_id)


@require_safe
def file(request: HttpRequest, file_id: str) -> HttpResponse:
    """A picture as people see it, whom a browser of Slack's knows."""
    found = File.objects.filter(file_id=file_id, mimetype__in=PICTURES).first()
    if found is None:
        raise Http404("There is no such picture.")
    return HttpResponse(
        found.content,
        content_type=found.mimetype,
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_safe
@never_cache
def channel(request: HttpRequest, handle: str, channel_id: str) -> HttpResponse:
    """Show everything at once."""
    person = _person(handle)
    try:
        current = _channel(person, channel_id)
    except Http404:
        # Switching person in a channel that the other one is not in.
        return redirect("workspace:channel", handle=person.handle, channel_id=_first())
    membership = Membership.objects.filter(channel=current, person=person).first()
    unread_after = membership.last_read if membership else ""
    context = _context(request, person, current, unread_after)
    context |= {
        "version": _version(),
        "unread_after": unread_after,
        "suggestions": json.dumps(_suggestions(), ensure_ascii=False),
        "palette": PALETTE,
    }
    return render(request, "workspace/page.html", context)


@require_safe
@never_cache
def parts(request: HttpRequest, handle: str, channel_id: str) -> HttpResponse:
    """Return what the page shows now, or 204 if nothing happened since ``?since=``."""
    version = _version()
    if request.GET.get("since") == version:
        return HttpResponse(status=204)
    person = _person(handle)
    current = _channel(person, channel_id)
    context = _context(request, person, current, request.GET.get("unread_after", ""))
    names = ("sidebar", "header", "messages", "panel", "forms")
    drawn = {
        name: render_to_string(f"workspace/parts/{name}.html", context, request) for name in names
    }
    return JsonResponse({"version": version, "title": context["title"], "parts": drawn})


def _version() -> str:
    latest = Traffic.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return f"{Workspace.objects.values_list('revision', flat=True).get()}-{latest}"


def _context(request: HttpRequest, person: Person, current: Channel, unread_after: str) -> Json:
    thread_ts = request.GET.get("thread", "")
    panel = "thread" if thread_ts else request.GET.get("panel", "guide")
    channels = shown.channels_for(person, current)
    dm = shown.dm_for(person, current)
    others = Channel.objects.filter(dm_with=None, is_private=False, is_archived=False)
    title = "Incident" if current.is_dm else f"#{current.name}"
    unread = any(one.unread for one in channels) or (dm is not None and dm.unread)
    context: Json = {
        "me": person,
        "bot": bot(),
        "people": humans(),
        "current": current,
        "is_member": current.has(person),
        "bot_is_member": current.has(bot()),
        "channels": channels,
        "other_channels": others.exclude(members=person),
        "archived_channels": Channel.objects.filter(is_archived=True, members=person),
        "dm": dm,
        "member_count": current.memberships.count(),
        "pin_count": Message.objects.filter(channel=current, pin__isnull=False).count(),
        "bookmarks": current.bookmarks.all(),
        "messages": shown.messages_for(person, current, unread_after=unread_after),
        "home": shown.home_of(person) if current.is_dm else [],
        "view": (open_views(person) or [None])[-1],
        "views_below": len(open_views(person)) - 1,
        "all_channels": Channel.objects.filter(dm_with=None, is_archived=False),
        "troubles": Trouble.objects.all(),
        "panel": panel if panel in (*PANELS, "none") else "guide",
        "panels": PANELS,
        "thread_ts": thread_ts,
        "origin": request.build_absolute_uri("/"),
        "title": f"{'* ' if unread else ''}{title} · Practice workspace",
    }
    return context | _panel(context["panel"], person, current, thread_ts)


def _panel(panel: str, person: Person, current: Channel, thread_ts: str) -> Json:
    if panel == "none":
        return {}
    if panel == "guide":
        return {"steps": guide.steps()}
    if panel == "thread":
        return {"thread": shown.messages_for(person, current, thread_ts=thread_ts)}
    if panel == "pins":
        everything = shown.messages_for(person, current)
        return {"pins": [one for one in everything if one.pinned_by]}
    workspace = Workspace.objects.get()
    active = {one.kind for one in Trouble.objects.filter(method="*")}
    return {
        "workspace": workspace,
        "trouble_buttons": [
            {"kind": kind, "seconds": seconds, "name": name, "text": text, "on": kind in active}
            for kind, seconds, name, text in TROUBLE_BUTTONS
        ],
        "waiting": Delivery.objects.filter(state=Delivery.WAITING).count(),
        "traffic": [(one, shown.instant(f"{one.at:.6f}")) for one in Traffic.objects.all()[:60]],
    }


def _suggestions() -> Json:
    """Return what the composer can complete."""
    commands = composer.COMMANDS_OF_THE_APP | composer.OWN_COMMANDS
    people = [(f"@{one.handle}", one.full_name) for one in [bot(), *humans()]]
    groups = [(f"@{one.handle}", one.name) for one in UserGroup.objects.all()]
    names = Channel.objects.filter(dm_with=None, is_archived=False).values_list("name", "topic")
    return {
        "/": [[command, about] for command, about in commands.items()],
        "@": [list(pair) for pair in [*people, *groups]],
        "#": [[f"#{name}", topic] for name, topic in names],
    }
