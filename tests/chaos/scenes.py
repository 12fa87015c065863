"""Rows of the table that are stories of their own."""

from __future__ import annotations

import time
from collections import Counter

from tests.chaos import comparison, faults
from tests.chaos.comparison import DOUBLED, LOST, Finding
from tests.chaos.deliveries import Courier
from tests.chaos.evidence import Shown
from tests.chaos.plan import Plan
from tests.chaos.project.response_handlers import REMINDED
from tests.chaos.row import PATIENCE, Row, Stage, come_to_rest, evidence, is_quiet, make_rooms
from tests.servers import eventually

OUTAGE, COLD, REMINDERS = (
    "Slack is out of reach for 30 minutes",
    "cold restart with no request",
    "eight clocks at many reminders, one killed each second",
)
_MINUTE = 61.0  # seconds, and a little


def outage(stage: Stage, *, edits: int, rooms: int = 10) -> Row:
    """Many edits while Slack is away; when it is back each headline is changed at most once."""
    name = stage.name()
    row = Row(stage.database, OUTAGE, requests=edits)
    places = make_rooms(stage, [f"{name} room {number}" for number in range(rooms)])
    eventually(lambda: is_quiet(stage), timeout=PATIENCE)
    first_call = len(stage.slack.calls)
    plan = Plan(name, stage.seed, stage.slack, places)
    requests = plan.edits(edits, rate=50)
    stage.slack.unreachable()
    courier = Courier(lambda: stage.site.port, stage.site.now)
    courier.start(requests)
    for _part in range(6):
        # Not at the end: a clock that jumps ends each lease while its holder may be calling Slack,
        # and then two call.
        stage.site.let_time_pass(5 * 60)
        time.sleep(edits / 50 / 6)
    outcome = courier.finish(PATIENCE)
    back = len(stage.slack.calls)
    began = time.monotonic()
    stage.slack.recover()
    row.skipped = come_to_rest(stage, row)
    row.quiet_after = time.monotonic() - began
    row.seconds, row.acknowledged = outcome.seconds, len(outcome.acknowledged)
    stored, shown = evidence(stage, first_call)
    row.findings += comparison.compare(requests, outcome.acknowledged, places, stored, shown)
    changes = Shown.of(stage.slack, stage.slack.calls[back:]).headline_history
    for incident, titles in changes.items():
        if len(titles) > 1:
            row.findings.append(
                Finding(DOUBLED, f"the headline of {incident} was changed {len(titles)} times")
            )
    return row


def cold_restart(stage: Stage, *, declarations: int = 20) -> Row:
    """Everything is killed with debts unpaid; who starts next pays them, and nobody asks."""
    name = stage.name()
    row = Row(stage.database, COLD, requests=declarations)
    first_call = len(stage.slack.calls)
    places = make_rooms(stage, [f"{name} room"])
    eventually(lambda: is_quiet(stage), timeout=PATIENCE)
    plan = Plan(name, stage.seed, stage.slack, places)
    requests = [plan.declaration(plan.mark(), "UTALKS0000") for _one in range(declarations)]
    stage.slack.unreachable()
    courier = Courier(lambda: stage.site.port, stage.site.now)
    courier.start(requests)
    outcome = courier.finish(PATIENCE)
    stage.site.kill()
    row.kills[faults.TREES] += 1
    stage.slack.recover()
    stage.site.start()
    began = time.monotonic()
    row.skipped = come_to_rest(stage, row)
    row.quiet_after = time.monotonic() - began
    row.seconds, row.acknowledged = outcome.seconds, len(outcome.acknowledged)
    stored, shown = evidence(stage, first_call)
    row.findings += comparison.compare(requests, outcome.acknowledged, places, stored, shown)
    return row


def reminders(stage: Stage, *, due_times: int, rooms: int = 20) -> Row:
    """Each minute a reminder of each incident is due, by a clock that runs faster; many processes
    find so at once. None is made, or said, twice."""
    name = stage.name()
    row = Row(stage.database, REMINDERS)
    first_call = len(stage.slack.calls)
    places = make_rooms(stage, [f"{REMINDED} {name} room {number}" for number in range(rooms)])
    damage = stage.damage()
    made = 0
    with faults.clocks(stage.site, 8) as clocks:
        last_kill = time.monotonic()
        while made < due_times:
            stage.site.let_time_pass(_MINUTE)
            row.requests += rooms
            wanted = made + rooms

            def are_made(wanted: int = wanted) -> bool:
                nonlocal last_kill
                if time.monotonic() - last_kill > 1:
                    last_kill = time.monotonic()
                    faults.kill_a_clock(damage, clocks)
                return _made(stage, name) >= wanted

            if not eventually(are_made, timeout=PATIENCE):
                row.findings.append(Finding(LOST, f"{wanted - _made(stage, name)} reminders"))
                break
            made = _made(stage, name)
    row.kills = damage.kills
    began = time.monotonic()
    row.skipped = come_to_rest(stage, row)
    row.quiet_after = time.monotonic() - began
    row.acknowledged = _made(stage, name)
    stored, shown = evidence(stage, first_call)
    row.findings += comparison.compare([], [], places, stored, shown)
    said = Counter(key for key in shown.keys if _KEY in key)
    row.notes.append(f"{len(said)} of {row.acknowledged} in Slack")
    row.notes += _not_said(stage)
    return row


# By which the table of reminders knows remind_each_minute.
_KEY = "remind_each_m#"


def _not_said(stage: Stage) -> list[str]:
    """Why reminders were given up, or are not known to be said: how many for each reason."""
    given_up = stage.site.rows(
        "SELECT error, count(*) FROM response_outboxmessage "
        "WHERE key LIKE 'reminder:%remind_each_m#%' AND state = 2 GROUP BY error ORDER BY error"
    )
    return [f"{number} for: {error.rstrip('.')}" for error, number in given_up]


def _made(stage: Stage, name: str) -> int:
    made = stage.site.rows(
        "SELECT i.report, o.key FROM response_outboxmessage o JOIN response_commschannel c "
        "ON c.channel_id = o.lane JOIN response_incident i ON i.id = c.incident_id "
        "WHERE o.key LIKE 'reminder:%'"
    )
    return sum(title.startswith(f"{REMINDED} {name} ") and _KEY in key for title, key in made)
