"""One row of the table: a plan is delivered, something goes wrong, everything comes to rest, and
what is there then is compared with what was promised."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from response.delivery.debts import HOLD
from response.testing import FakeSlack, payloads
from tests.chaos import comparison, faults
from tests.chaos.comparison import LOST, Finding
from tests.chaos.deliveries import Courier, Deliveries
from tests.chaos.evidence import Shown, Stored, told_that_it_was_not_saved
from tests.chaos.faults import Damage
from tests.chaos.plan import PEOPLE, Plan, Planned, Room
from tests.chaos.postgresql import PostgreSQL
from tests.chaos.project import switches
from tests.chaos.site import DemoSite
from tests.servers import eventually

#: How long everything may take to come to rest when nothing goes wrong any more.
PATIENCE = 180.0  # seconds


@dataclass
class Row:
    """What came of one fault on one database."""

    database: str
    fault: str
    requests: int = 0
    acknowledged: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    quiet_after: float = 0.0
    skipped: float = 0.0
    notes: list[str] = field(default_factory=list)

    def number(self, kind: str) -> int:
        return sum(finding.kind == kind for finding in self.findings)

    def percentile(self, percent: int) -> float:
        """Of the acknowledgements, in milliseconds."""
        if len(self.seconds) < 2:
            return 0.0
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


@dataclass
class Stage:
    """Where it all takes place. ``hurried``: not to wait for what only time brings, but to put
    the site's clock forward."""

    database: str
    site: DemoSite
    slack: FakeSlack
    postgresql: PostgreSQL | None
    seed: int
    hurried: bool
    number: int = 0

    def name(self) -> str:
        """A new one for what belongs together."""
        self.number += 1
        return f"r{self.seed % 1000}n{self.number}"

    def damage(self) -> Damage:
        chance = random.Random(f"{self.seed} {self.number}")  # noqa: S311 - no secret
        return Damage(self.site, self.slack, self.postgresql, chance)


def run(stage: Stage, fault: str, *, rate: float, seconds: float, rooms: int = 4) -> Row:
    """Do it: so many requests a second for so long."""
    name = stage.name()
    row = Row(stage.database, fault)
    first_call = len(stage.slack.calls)
    places = make_rooms(stage, [f"{name} room {number}" for number in range(rooms)])
    plan = Plan(name, stage.seed, stage.slack, places)
    requests = plan.requests(rate, seconds)
    damage = stage.damage()
    courier = Courier(lambda: stage.site.port, stage.site.now)
    with going_wrong(faults.FAULTS[fault], damage):
        courier.start(requests)
        damage.over.wait(seconds)
    row.kills = damage.kills
    repaired = time.monotonic()
    outcome = courier.finish(PATIENCE)
    closing = plan.closing()
    closed = _delivered(stage, closing)
    row.seconds = outcome.seconds
    row.skipped = come_to_rest(stage, row)
    row.quiet_after = time.monotonic() - repaired
    everything = [*requests, *closing]
    told = told_that_it_was_not_saved(stage.slack)
    promised = [
        planned
        for planned in [*outcome.acknowledged, *closed.acknowledged]
        if planned.kind != "button" or planned.user not in told
    ]
    row.requests, row.acknowledged = len(everything), len(promised)
    stored, shown = evidence(stage, first_call)
    row.findings += comparison.compare(everything, promised, places, stored, shown)
    if missing := row.requests - row.acknowledged:
        row.notes.append(f"{missing} told that it was not saved")
    if fault.startswith(("dying", "kill", "SIGTERM")) and not damage.kills:
        row.notes.append("nothing died")
    return row


class going_wrong:  # noqa: N801 - it reads as a with statement
    """While a fault does its damage in a thread; at the end it is over, and repaired."""

    def __init__(self, fault: faults.Fault, damage: Damage) -> None:
        self._fault = fault
        self._damage = damage
        self._errors: list[Exception] = []

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._do, daemon=True)
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._damage.over.set()
        self._thread.join()
        if self._errors:
            raise self._errors[0]

    def _do(self) -> None:
        try:
            self._fault(self._damage)
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            self._errors.append(error)


def make_rooms(stage: Stage, titles: Sequence[str]) -> list[Room]:
    """Incidents with these titles, their comms channels, and people in them."""
    latest = stage.site.rows("SELECT coalesce(max(id), 0) FROM response_incident")[0][0]
    plan = Plan(titles[0], stage.seed, stage.slack, [Room(latest, "")])
    _must(_delivered(stage, [plan.declaration(title, PEOPLE[0]) for title in titles]))
    known = dict(stage.site.rows("SELECT report, id FROM response_incident"))
    incidents = [known[title] for title in titles]
    _must(
        _delivered(
            stage,
            [
                Planned(
                    "button",
                    str(incident),
                    payloads.block_action("create-comms-channel-button", str(incident)),
                    (0.0,),
                )
                for incident in incidents
            ],
        )
    )
    channels: dict[int, str] = {}

    def are_there() -> bool:
        channels.update(
            stage.site.rows("SELECT incident_id, channel_id FROM response_commschannel")
        )
        return all(incident in channels for incident in incidents)

    if not eventually(are_there, timeout=PATIENCE):
        raise RuntimeError("The comms channels were not made.")
    for incident in incidents:
        members = stage.slack.channels[channels[incident]].members
        members += [user for user in [*PEOPLE, payloads.ANA, payloads.BEN] if user not in members]
    return [Room(incident, channels[incident]) for incident in incidents]


def _delivered(stage: Stage, requests: Sequence[Planned]) -> Deliveries:
    courier = Courier(lambda: stage.site.port, stage.site.now)
    courier.start(requests)
    return courier.finish(PATIENCE)


def _must(outcome: Deliveries) -> None:
    if len(outcome.acknowledged) < len(outcome.all):
        raise RuntimeError(f"The site does not work: {outcome.refusals[-3:]}")


def come_to_rest(stage: Stage, row: Row) -> float:
    """Wait until nothing is left to do; returns the seconds that were skipped instead."""
    if stage.hurried and not eventually(lambda: is_quiet(stage), timeout=3):
        # A call that timed out may be done by Slack for so long, and is not looked for before.
        skipped = HOLD.total_seconds() + 5
        stage.site.let_time_pass(skipped)
    else:
        skipped = 0.0
    if not eventually(lambda: is_quiet(stage), timeout=PATIENCE):
        row.findings.append(Finding(LOST, f"not quiet after {PATIENCE:.0f} s"))
    return skipped


def is_quiet(stage: Stage) -> bool:
    """Whether everything stored is handled, and everything owed is paid."""
    return not any(stage.site.rows(query) for query in _AT_WORK)


_AT_WORK = (
    "SELECT 1 FROM response_inbox WHERE state = 0 LIMIT 1",
    "SELECT 1 FROM response_outboxmessage WHERE state = 0 LIMIT 1",
    # Second headlines are looked for when Slack cannot make any more.
    "SELECT 1 FROM response_mirror WHERE want > have LIMIT 1",
)


def evidence(stage: Stage, first_call: int) -> tuple[Stored, Shown]:
    """What is there; ``first_call`` is the first of Slack's calls that belongs to it."""
    calls = stage.slack.calls[first_call:]
    stored = Stored.of(stage.site, stage.site.told(switches.WRITTEN))
    return stored, Shown.of(stage.slack, calls, stage.site.told(switches.PAUSES))
