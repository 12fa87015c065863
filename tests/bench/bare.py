"""What Response is measured against: plain Django views that do the least each job needs.

They check the same signature, read and write the same rows, and ask Slack the same. They leave out
everything that makes Response more than that: checking what came, handlers, repeats, what happens
when something fails, safe rendering. ``test_bare.py`` holds them to the same rows.
"""

from __future__ import annotations

import functools
import http.client
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Template, engines
from django.views.decorators.csrf import csrf_exempt

from response.core.models import Action, Event, ExternalUser, Incident, TimelineEvent
from response.delivery.models import Inbox, Mirror, OutboxMessage
from response.slack.models import CommsChannel, UserStats
from response.slack.signing import is_signed

DONE = Inbox.State.DONE  # or Response would take up what the bare views store


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _input(name: str, **element: Any) -> dict[str, Any]:
    element["action_id"] = name
    return {"type": "input", "block_id": name, "label": _plain(name), "element": element}


#: A form with what Response asks for.
FORM = {
    "type": "modal",
    "callback_id": "incident-report-dialog",
    "title": _plain("Report an incident"),
    "submit": _plain("Report"),
    "blocks": [
        _input("report", type="plain_text_input", initial_value="Checkout is failing"),
        _input("summary", type="plain_text_input", multiline=True),
        _input("impact", type="plain_text_input", multiline=True),
        _input("lead", type="users_select"),
        _input(
            "severity",
            type="static_select",
            options=[
                {"text": _plain(word), "value": str(number)}
                for number, word in enumerate(("critical", "major", "minor", "trivial"), 1)
            ],
        ),
    ],
}

# Slack's doors


@csrf_exempt
def slash_command(request: HttpRequest) -> HttpResponse:
    fields = parse_qs(_signed_body(request).decode())
    # Is it one of those that are open already?
    live = Incident.objects.filter(end_time=None).values_list("pk", "report")
    metadata = json.dumps(list(live.order_by("-report_time")[:100])[:3])
    view = {**FORM, "private_metadata": metadata}
    _ask_slack("views.open", {"trigger_id": fields["trigger_id"][0], "view": view})
    return HttpResponse()


@csrf_exempt
def action(request: HttpRequest) -> HttpResponse:
    payload = json.loads(parse_qs(_signed_body(request).decode())["payload"][0])
    view = payload["view"]
    values = {
        block: _value(next(iter(element.values())))
        for block, element in view["state"]["values"].items()
    }
    channel_id = json.loads(view["private_metadata"])["channel"]
    with transaction.atomic():
        Inbox.objects.create(key=f"view:{view['id']}", kind="submission", state=DONE)
        reporter, _ = ExternalUser.objects.get_or_create_slack(external_id=payload["user"]["id"])
        lead, _ = ExternalUser.objects.get_or_create_slack(external_id=values["lead"])
        # Not create(), which is Response's own way of declaring.
        incident = Incident.objects.bulk_create(
            [
                Incident(
                    report=values["report"],
                    reporter=reporter,
                    summary=values["summary"],
                    impact=values["impact"],
                    lead=lead,
                    severity=values["severity"],
                    report_only=values["incident_type"] == "report",
                )
            ]
        )[0]
        TimelineEvent.objects.create(
            incident=incident, text="Incident declared", event_type="incident_update", metadata={}
        )
        Event.objects.create(event_type="incident_event", payload=values)
        # Paid already, or Response would pay them.
        Mirror.objects.create(kind="headline", object_id=incident.pk, lane="", want=1, have=1)
        OutboxMessage.objects.create(
            key=f"thanks:{view['id']}",
            lane=channel_id,
            method="chat.postEphemeral",
            body={"channel": channel_id, "text": "Thank you."},
            state=OutboxMessage.State.SENT,
        )
    return HttpResponse()


@csrf_exempt
def event(request: HttpRequest) -> HttpResponse:
    payload = json.loads(_signed_body(request))
    told = payload["event"]
    if told["type"] == "message":
        channel = CommsChannel.objects.filter(channel_id=told["channel"]).values("pk").first()
        if channel is not None:
            said = {"user": told["user"], "ts": told["ts"]}
            _store(f"count:{payload['event_id']}", "message", told["channel"], said)
    else:
        _store(f"event:{payload['event_id']}", "event", told["channel"], told)
    return HttpResponse()


def _store(key: str, kind: str, lane: str, payload: dict[str, Any]) -> None:
    Inbox.objects.create(key=key, kind=kind, lane=lane, payload=payload, state=DONE)


def _signed_body(request: HttpRequest) -> bytes:
    genuine = is_signed(
        request.body,
        request.headers["X-Slack-Request-Timestamp"],
        request.headers["X-Slack-Signature"],
        secrets=[settings.SLACK_SIGNING_SECRET],
        now=time.time(),
    )
    if not genuine:
        raise PermissionDenied
    return request.body


def _value(element: dict[str, Any]) -> str:
    if "selected_option" in element:
        return str(element["selected_option"]["value"])
    return str(element.get("value") or element.get("selected_user"))


def _ask_slack(method: str, arguments: dict[str, Any]) -> None:
    address = urlsplit(settings.SLACK_API_URL)
    connection = http.client.HTTPConnection(address.netloc, timeout=2)
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {settings.SLACK_TOKEN}",
    }
    connection.request("POST", f"{address.path}{method}", json.dumps(arguments), headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    if not answer["ok"]:
        raise PermissionDenied(answer["error"])


# Pages

_LIST = """<!doctype html><title>Incidents</title><table>{% for row in rows %}
<tr><td>{{ row.severity }}<td><a href="/incident/{{ row.pk }}/">{{ row.report }}</a>
<td>{{ row.end_time }}<td>{{ row.lead__display_name }}<td>{{ row.start_time }}{% endfor %}</table>
"""

_DOC = """<!doctype html><title>{{ incident.report }}</title><h1>{{ incident.report }}</h1>
<p>{{ incident.severity }} {{ incident.lead__display_name }} {{ incident.reporter__display_name }}
{{ incident.start_time }} {{ incident.end_time }} {{ incident.commschannel__channel_name }}
<p>{{ incident.summary }}<p>{{ incident.impact }}
<ul>{% for row in talked %}<li>{{ row.user__display_name }} {{ row.message_count }}{% endfor %}</ul>
<ul>{% for row in actions %}<li>{{ row.details }} {{ row.user__display_name }}{% endfor %}</ul>
<ul>{% for row in entries %}<li>{{ row.timestamp }} {{ row.text }}{% endfor %}</ul>
<p>{{ incident.headlinepost__message_ts }}
<ul>{% for row in owed %}<li>{{ row.kind }} {{ row.want }} {{ row.have }}{% endfor %}</ul>
"""


@functools.cache
def _template(source: str) -> Template:
    template: Template = engines["django"].from_string(source)  # type: ignore[assignment]
    return template


def _people() -> dict[str, str]:
    """Those whose names stand in the texts."""
    known = ExternalUser.objects.filter(app_id="slack")
    return dict(known.values_list("external_id", "display_name")[:10])


@login_required
def incident_list(request: HttpRequest) -> HttpResponse:
    rows = Incident.objects.visible_to(request.user).order_by("end_time", "-report_time")
    shown = rows.values("pk", "report", "severity", "end_time", "start_time", "lead__display_name")[
        :51
    ]
    return HttpResponse(_template(_LIST).render({"rows": shown, "people": _people()}, request))


@login_required
def incident_doc(request: HttpRequest, incident_id: int) -> HttpResponse:
    found = Incident.objects.visible_to(request.user).filter(pk=incident_id)
    incident = found.values(
        *("report", "severity", "summary", "impact", "start_time", "end_time"),
        *("lead__display_name", "reporter__display_name", "commschannel__channel_name"),
        *("headlinepost__message_ts", "write_up__text"),
    ).get()
    of_it = {"incident_id": incident_id}
    talked = UserStats.objects.filter(**of_it).order_by("-message_count")
    entries = TimelineEvent.objects.filter(**of_it).order_by("timestamp")
    context = {
        "incident": incident,
        "people": _people(),
        "talked": talked.values("user__display_name", "message_count")[:11],
        "actions": Action.objects.filter(**of_it).values("details", "user__display_name"),
        "entries": entries.values("timestamp", "text", "event_type", "metadata")[:101],
        "owed": Mirror.objects.filter(object_id=incident_id).values("kind", "want", "have"),
    }
    return HttpResponse(_template(_DOC).render(context, request))


# What programs read


@login_required
def api_incidents(request: HttpRequest) -> HttpResponse:
    """A page of incidents with channel and actions, as ``values()`` has them."""
    limit = int(request.GET["limit"])
    visible = Incident.objects.visible_to(request.user)
    count = visible.count()
    rows = visible.order_by("-report_time", "-pk").values(
        *("id", "report", "report_time", "start_time", "end_time", "report_only", "private"),
        *("severity", "summary", "impact", *_person("lead"), *_person("reporter")),
        *("commschannel__channel_id", "commschannel__channel_name"),
    )[:limit]
    shown = {row["id"]: {**row, "actions": []} for row in rows}
    actions = Action.objects.filter(incident__in=list(shown)).order_by("created_date", "pk")
    for action in actions.values(
        *("id", "incident_id", "details", "done", "created_date", "done_date", "due_date"),
        *("priority", "type", *_person("user")),
    ):
        shown[action["incident_id"]]["actions"].append(action)
    return JsonResponse({"count": count, "people": _people(), "results": list(shown.values())})


@login_required
def api_feed(request: HttpRequest) -> HttpResponse:
    """A page of the change feed, after one of its entries."""
    limit, after = int(request.GET["limit"]), int(request.GET["after"])
    entries = Event.objects.exclude(incident__private=True).filter(position__gt=after)
    rows = entries.order_by("position").values("id", "timestamp", "event_type", "payload")[:limit]
    return JsonResponse({"results": list(rows)})


def _person(name: str) -> list[str]:
    fields = ("app_id", "external_id", "display_name", "full_name", "email", "deleted")
    return [f"{name}__{field}" for field in fields]
