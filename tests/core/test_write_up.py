"""After the incident: what is drafted, written and still missing."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.utils import timezone

from response.core import drafting, missing, services, write_ups
from response.core.actors import Actor
from response.core.models import ExternalUser, Incident, TimelineEvent, WriteUp
from response.core.signals import write_up_changed
from response.core.text import reader
from response.exceptions import Outdated

pytestmark = pytest.mark.django_db

ANA = Actor("slack", "U1ANA", "ana", "web")


def instant(text):
    """An instant of London's time as this project's database wants it, aware or naive."""
    naive = datetime.fromisoformat(text)
    return timezone.make_aware(naive) if settings.USE_TZ else naive


@pytest.fixture
def ana():
    return ExternalUser.objects.create(app_id="slack", external_id="U1ANA", display_name="ana")


@pytest.fixture
def incident(ana):
    return services.declare_incident(
        report="Checkout is failing",
        reporter=ana,
        lead=ana,
        report_time=instant("2024-06-30T14:05"),
        severity="2",
        summary="Orders fail\n\n# Since noon\n\n```\nnever closed",
        by=ANA,
    )


def entries(incident):
    return [entry.text for entry in incident.timeline_events()]


# Drafted


def test_a_draft_tells_the_facts_by_the_template(incident, ana):
    services.add_timeline_entry(
        incident.pk, text="The queue\nis full", by=ANA, at=instant("2024-06-30T14:20")
    )
    services.log_action(
        incident.pk, details="Add an alert", owner=ana, due_date=instant("2024-07-05T12:00")
    )
    services.close_incident(incident.pk, at=incident.start_time + timedelta(hours=1))
    drafted = write_ups.draft_write_up(incident.pk, by=ANA).text
    for words in (
        "From 2024-06-30 14:05 BST to 2024-06-30 15:05 BST (1 hour), severity major, ",
        "led by <@U1ANA>.",
        "## What happened\n\nOrders fail\n\n### Since noon\n\n```\nnever closed\n```\n\n## Impact",
        "- 2024-06-30 14:20 BST, ana: The queue is full",
        "- 🔜 Add an alert (<@U1ANA>, due 2024-07-05 12:00 BST)",
        "## Why it happened",
    ):
        assert words in drafted
    assert "led by @ana." in reader([drafted]).html(drafted)


def test_the_host_decides_what_a_write_up_looks_like(incident, settings):
    settings.RESPONSE_WRITE_UP_TEMPLATE = "# {title}\n\n{summary} {nonsense} {}\n\n## Five whys\n"
    services.update_incident(incident.pk, summary="It says {lead}")
    drafted = write_ups.draft_write_up(incident.pk).text
    assert drafted == "# Checkout is failing\n\nIt says {lead} {nonsense} {}\n\n## Five whys\n"


def test_a_draft_stays_readable_after_a_thousand_entries(incident):
    rows = [
        TimelineEvent(
            incident=incident,
            text=f"[{number}]: `x` is *so* slow, said <@U1ANA>: " + "it goes on and on " * 20,
            timestamp=incident.start_time + timedelta(minutes=number),
            event_type="incident_update" if number % 2 else "text",
        )
        for number in range(1000)
    ]
    TimelineEvent.objects.bulk_create(rows)
    drafted = write_ups.draft_write_up(incident.pk).text
    assert f"… and {1000 + 1 - drafting.MOST_ENTRIES} more on the timeline" in drafted
    assert "[998]" not in drafted
    assert "[116]" in drafted
    assert "[1]" not in drafted, "what was changed comes after what was said"
    shown = reader([drafted])
    for part in drafting.parts(drafted):
        if part.startswith("## Timeline"):
            assert "<li>" in shown.html(part), "it is rendered, and not shown plain"


def test_a_second_press_drafts_nothing(incident):
    first = write_ups.draft_write_up(incident.pk, by=ANA)
    write_ups.change_write_up(incident.pk, text="Ours", revision=first.revision)
    assert write_ups.draft_write_up(incident.pk).text == "Ours"
    assert entries(incident).count("Write-up drafted") == 1


def test_an_incident_of_which_nothing_is_known_is_drafted_as_well():
    incident = services.declare_incident(report="x", reporter=None)
    assert "led by nobody" in write_ups.draft_write_up(incident.pk).text


# Written


def test_what_is_written_is_kept_and_told(incident):
    told = []

    def hear(write_up, by, **_kwargs):
        told.append((write_up.text, by))

    write_up_changed.connect(hear)
    written = write_ups.change_write_up(incident.pk, text="We *fixed* <it> & more\n", by=ANA)
    assert WriteUp.of(Incident.objects.get(pk=incident.pk)).text == "We *fixed* <it> & more\n"
    write_ups.change_write_up(incident.pk, text="Again", revision=written.revision, by=ANA)
    assert entries(incident)[-2:] == ["Write-up begun", "Write-up changed"]
    last = incident.timeline_events().last()
    assert last.metadata["old_value"] == "We *fixed* <it> & more\n"
    assert last.metadata["actor"]["name"] == "ana"
    assert told == [("We *fixed* <it> & more\n", ANA), ("Again", ANA)]


def test_writing_the_same_again_leaves_no_trace(incident):
    written = write_ups.change_write_up(incident.pk, text="Ours")
    again = write_ups.change_write_up(incident.pk, text="Ours", revision=written.revision)
    assert again.revision == written.revision
    assert entries(incident).count("Write-up begun") == 1
    assert "Write-up changed" not in entries(incident)


def test_of_two_editors_the_second_is_told(incident):
    opened = write_ups.draft_write_up(incident.pk).revision
    write_ups.change_write_up(incident.pk, text="Ben's", revision=opened)
    with pytest.raises(Outdated):
        write_ups.change_write_up(incident.pk, text="Chloe's", revision=opened)
    assert WriteUp.objects.get().text == "Ben's"


def test_an_old_page_does_not_write_over_a_later_text_after_a_removal(incident):
    opened = write_ups.change_write_up(incident.pk, text="First").revision
    assert write_ups.change_write_up(incident.pk, text=" \n", revision=opened) is None
    assert WriteUp.of(Incident.objects.get(pk=incident.pk)) is None
    assert entries(incident)[-1] == "Write-up removed"
    write_ups.draft_write_up(incident.pk)
    with pytest.raises(Outdated):
        write_ups.change_write_up(incident.pk, text="Second", revision=opened)


# Missing


def missing_of(incident):
    stored = Incident.objects.get(pk=incident.pk)
    return missing.after(stored, stored.action_items())


def test_nothing_is_to_be_written_up_while_the_incident_runs(incident):
    assert missing_of(incident) == []


def test_after_the_incident_the_write_up_is_missing(incident, ana):
    services.close_incident(incident.pk)
    assert [one.about for one in missing_of(incident)] == ["actions", "write_up"]
    services.log_action(incident.pk, details="Add an alert", owner=ana)
    assert [one.about for one in missing_of(incident)] == ["write_up"]


def test_a_report_without_an_end_is_asked_when_it_ended(ana):
    report = services.declare_incident(report="x", reporter=ana, report_only=True)
    assert missing_of(report)[0].sentence == "Nobody has said when it ended."


def test_sections_in_which_nobody_wrote_are_named(incident, ana):
    services.update_incident(incident.pk, impact="Nobody could pay")
    services.log_action(incident.pk, details="Add an alert", owner=ana)
    services.close_incident(incident.pk)
    drafted = write_ups.draft_write_up(incident.pk)
    asked = ["Why it happened", "How it was noticed and mended", "What went well"]
    assert [one.sentence for one in missing_of(incident)] == [
        f"Nobody has written “{title}” in the write-up." for title in [*asked, "What to do better"]
    ]
    prompt = (
        "_Causes, not culprits: what had to be true for this to happen, and what made that so?_"
    )
    assert prompt in drafted.text
    text = drafted.text.replace(prompt, "The index was dropped.")
    write_ups.change_write_up(incident.pk, text=text)
    assert len(missing_of(incident)) == 3
    assert "Why it happened" not in str(missing_of(incident))


@pytest.mark.parametrize(
    ("text", "unwritten"),
    [
        ("", []),
        ("## A\n\n## B\nb\n", ["A"]),
        ("# All\n\n## A\n\na", []),
        ("# All\n\n## A\n", ["A"]),
        ("## A\n```\n## Not a heading\n```\n", []),
        ("## A ##\n", ["A"]),
        ("## Why it happened\n_Causes, not culprits_", []),
        ("#hashtag\n", []),
    ],
)
def test_a_section_counts_as_written_once_somebody_wrote_in_it(text, unwritten):
    assert drafting.unwritten_sections(text) == unwritten


@pytest.mark.parametrize("text", ["", "a", "# A\nb\n# C", "```\n# no\n```\n# A\n", "x\n\n## A\n"])
def test_parts_together_are_the_text(text):
    assert "".join(drafting.parts(text)) == text


def test_parts_begin_at_headings():
    assert drafting.parts("a\n# B\nc\n## D") == ["a\n", "# B\nc\n", "## D"]


def test_a_template_that_names_no_fact_is_told_so_by_check(settings):
    settings.RESPONSE_WRITE_UP_TEMPLATE = "# {title}\n{sumary}"
    (said,) = [each for each in run_checks() if each.id == "response.W028"]
    assert "{sumary}" in said.msg
    assert "{summary}" in said.hint


def test_the_template_that_comes_with_it_names_facts():
    assert "response.W028" not in {each.id for each in run_checks()}
