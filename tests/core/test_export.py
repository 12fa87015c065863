"""An incident to take away: all of it, and nothing of what the reader may not see."""

import json
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from markdown_it import MarkdownIt

from response.core import export, services
from response.core.actors import Actor
from response.core.models import ExternalUser, Incident, TimelineEvent
from response.slack.models import CommsChannel, UserStats

pytestmark = pytest.mark.django_db

ANA = Actor("slack", "U1ANA", "ana", "slack")


def instant(text):
    """An instant of London's time as this project's database wants it, aware or naive."""
    naive = datetime.fromisoformat(text)
    return timezone.make_aware(naive) if settings.USE_TZ else naive


@pytest.fixture
def ana():
    return ExternalUser.objects.create(
        app_id="slack", external_id="U1ANA", display_name="ana", email="ana@example.com"
    )


@pytest.fixture
def incident(ana):
    incident = services.declare_incident(
        report="Checkout is failing",
        reporter=ana,
        lead=ana,
        report_time=instant("2024-06-30T14:05"),
        severity="2",
        summary="Ask <@U1ANA> or ana@example.com\n\n# Since noon",
        by=ANA,
    )
    CommsChannel.objects.create(incident=incident, channel_id="C1", channel_name="inc-checkout")
    UserStats.objects.create(incident=incident, user=ana, message_count=7)
    services.log_action(incident.pk, details="Add an *alert*", owner=ana, priority="1", by=ANA)
    services.add_timeline_entry(
        incident.pk, text="The queue is full", by=ANA, at=instant("2024-06-30T14:20")
    )
    TimelineEvent.objects.exclude(text="The queue is full").update(
        timestamp=instant("2024-07-01T09:00")
    )
    return services.close_incident(incident.pk, at=incident.start_time + timedelta(hours=1), by=ANA)


def gathered(incident, *, addresses=True):
    stored = Incident.objects.select_related("lead", "reporter", "commschannel")
    return export.gather(stored.get(pk=incident.pk), addresses=addresses)


def test_the_json_says_everything(incident):
    said = export.as_json(gathered(incident))
    assert json.loads(json.dumps(said)) == said
    assert said["id"] == incident.pk
    assert said["address"] == f"https://incidents.example/incident/{incident.pk}/"
    assert (said["status"], said["severity"], said["severity_text"]) == ("resolved", "2", "major")
    assert said["duration_seconds"] == 3600
    assert said["lead"]["email"] == "ana@example.com"
    assert said["summary"].startswith("Ask <@U1ANA> or ana@example.com")
    assert said["comms_channel"] == {"channel_id": "C1", "channel_name": "inc-checkout"}
    [action] = said["actions"]
    assert (action["details"], action["user"]["display_name"]) == ("Add an *alert*", "ana")
    assert said["timeline"][0]["text"] == "The queue is full"
    assert said["timeline"][0]["timestamp"].startswith("2024-06-30T14:20:00")
    assert said["timeline"][0]["metadata"]["actor"]["name"] == "ana"
    assert [(row["user"]["external_id"], row["message_count"]) for row in said["participants"]] == [
        ("U1ANA", 7)
    ]


def test_the_markdown_reads_as_a_document(incident):
    said = export.as_markdown(gathered(incident))
    zone = "BST"
    assert said.startswith(
        f"# Incident {incident.pk}: Checkout is failing\n\n- **Status:** resolved"
    )
    for words in (
        "- **Severity:** major",
        "- **Lead:** ana",
        f"- **Started:** 2024-06-30 14:05 {zone}",
        f"- **Ended:** 2024-06-30 15:05 {zone}",
        "- **Duration:** 1 hour",
        "- **Channel:** \\#inc-checkout",
        f"<https://incidents.example/incident/{incident.pk}/>",
        "## Summary\n\nAsk @ana or ana@example.com\n\n### Since noon",
        "## Impact\n\n_Nobody said what was affected._",
        "## Actions\n\n- [ ] **ana** · high priority\n\n  Add an *alert*",
        f"### 2024-06-30\n\n- **14:20 {zone}** · ana, in Slack\n\n  The queue is full",
        "### 2024-07-01\n\n",
        "## Who took part\n\n- ana (7 messages)",
    ):
        assert words in said


def test_whoever_is_not_signed_in_gets_no_address(incident, ana):
    services.add_timeline_entry(
        incident.pk,
        text="<mailto:ben@example.com|ben@example.com> wrote to ben%40example.com",
        by=Actor("user", "1", "chloe@example.com", "api"),
    )
    ExternalUser.objects.update(display_name="ana@example.com", full_name="ana@example.com")
    record = gathered(incident, addresses=False)
    for said in (json.dumps(export.as_json(record)), export.as_markdown(record)):
        assert "ana" in said
        assert "example.com" not in said.replace("https://incidents.example/", "")


def test_text_of_the_people_cannot_break_the_document(incident, ana):
    hostile = "```\n<script>alert(1)</script>\n\n# Who took part\n\n- mallory"
    services.update_incident(incident.pk, report="# <b> `x", summary=hostile, impact=f"> {hostile}")
    ExternalUser.objects.update(display_name="**[x](javascript:alert(1))** <i>")
    services.log_action(incident.pk, details=hostile, owner=ana)
    tokens = MarkdownIt("commonmark").parse(export.as_markdown(gathered(incident)))
    assert [
        inside.content
        for opening, inside in pairwise(tokens)
        if opening.type == "heading_open" and opening.level == 0 and opening.tag in ("h1", "h2")
    ][1:] == ["Summary", "Impact", "Actions", "Timeline", "Who took part"]
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in [*tokens, *inline]}
    assert kinds.isdisjoint({"html_block", "html_inline", "image"})
    assert not [one for one in inline if "javascript" in str(one.attrs)]


def test_an_incident_of_which_nothing_is_known_can_be_taken_away():
    incident = services.declare_incident(report="x", reporter=None)
    record = gathered(incident)
    assert export.as_json(record)["lead"] is None
    said = export.as_markdown(record)
    assert "- **Lead:** nobody" in said
    assert "## Actions" not in said


@pytest.mark.parametrize("edge", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_an_instant_at_the_edge_of_the_calendar_breaks_nothing(incident, edge):
    at = datetime.fromisoformat(edge)
    at = at.replace(tzinfo=timezone.get_fixed_timezone(0)) if settings.USE_TZ else at
    Incident.objects.update(start_time=at, end_time=at)
    TimelineEvent.objects.update(timestamp=at)
    for zone in ("Asia/Tokyo", "America/New_York"):
        with timezone.override(zone):
            record = gathered(incident)
            assert edge[:4] in json.dumps(export.as_json(record))
            assert export.as_markdown(record)


def test_the_number_of_queries_does_not_grow(incident, ana):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            record = gathered(incident)
            export.as_json(record)
            export.as_markdown(record)
        return len(asked)

    before = queries()
    for number in range(20):
        other = ExternalUser.objects.create(app_id="slack", external_id=f"U{number}")
        services.log_action(incident.pk, details=f"<@U{number}> does", owner=other)
        UserStats.objects.create(incident=incident, user=other, message_count=number)
    assert queries() == before <= 6
