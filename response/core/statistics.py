"""How many incidents there were, how bad, how long they took, and on whom it falls.

Whoever asks passes the incidents that the reader may know of, so nothing here can tell of others:

    statistics.of(Incident.objects.visible_to(request.user), Period(start, end))

The database counts; what comes back grows with the months and the people, not with the incidents,
and the number of queries is always the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Count,
    DurationField,
    Expression,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import Abs, RowNumber, TruncMonth
from django.utils import timezone

from response.core.models import Action, ExternalUser, Incident
from response.core.models.incident import Severity

STATUSES = ("live", "resolved", "reported")

NOT_SET = "not set"
"""Under which incidents without a severity are counted, and those whose severity is no choice."""

SEVERITIES = (*Severity.labels, NOT_SET)

_LABELS = {value: str(label) for value, label in Severity.choices}

# The first and the last year have instants that are in no year elsewhere.
_FIRST, _LAST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001


@dataclass(frozen=True)
class Period:
    """From an instant until just before another, of when incidents were declared; None is no bound.

    The instants are aware or naive as USE_TZ has it.
    """

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class TimeToClose:
    """How long the closed ones of some incidents ran, from start to end, in seconds.

    ``median`` and ``p90`` (nine of ten took no longer) lie between two incidents where they fall
    between them, as PostgreSQL's percentile_cont has it; None where none is ``closed``.
    """

    closed: int = 0
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True)
class Month:
    """What was declared in one month; ``first`` is its first day in the time zone of the counts."""

    first: date
    incidents: int
    by_severity: Mapping[str, int]
    by_status: Mapping[str, int]
    time_to_close: TimeToClose


@dataclass(frozen=True)
class Age:
    """How many open actions are older than ``from_days`` and not older than ``to_days``.

    ``to_days`` None is no bound; both None are actions of which it is not known.
    """

    from_days: int | None
    to_days: int | None
    actions: int
    overdue: int


@dataclass(frozen=True)
class Load:
    """What falls on one person: incidents led and reported, actions to do and done."""

    person: ExternalUser
    led: int
    reported: int
    open_actions: int
    done_actions: int

    @property
    def total(self) -> int:
        return self.led + self.reported + self.open_actions + self.done_actions


@dataclass(frozen=True)
class Statistics:
    """The counts of the incidents that were declared in ``period``.

    ``time_zone`` is where the months begin and end. ``by_severity`` has every key of SEVERITIES,
    ``by_status`` every key of STATUSES, in that order. ``months`` are those in which an incident
    was declared, the earliest first. Reports after the fact were never live, so they have no time
    to close; nor has an incident that ends before it starts.
    """

    period: Period
    time_zone: str
    incidents: int
    by_severity: Mapping[str, int]
    by_status: Mapping[str, int]
    time_to_close: TimeToClose
    time_to_close_by_severity: Mapping[str, TimeToClose]
    months: tuple[Month, ...]


def of(incidents: QuerySet[Incident], period: Period = Period()) -> Statistics:
    """Count ``incidents`` (which may be joined and ordered, not sliced), in four queries."""
    declared = declared_in(incidents, period)
    counted = _counted(declared)
    in_all: Counter[Group] = sum(counted.values(), Counter())
    closed = _closed(declared)
    times = _times_to_close(closed.annotate(kind=TruncMonth("report_time")))
    by_month = {month.date(): time for month, time in times.items()}
    by_severity = _times_to_close(closed.annotate(kind=_SEVERITY))
    return Statistics(
        period=period,
        time_zone=time_zone_name(),
        incidents=in_all.total(),
        by_severity=_by_severity(in_all),
        by_status=_by_status(in_all),
        time_to_close=_times_to_close(closed.annotate(kind=Value(""))).get("", TimeToClose()),
        time_to_close_by_severity={
            severity: by_severity.get(severity, TimeToClose()) for severity in SEVERITIES
        },
        months=tuple(
            Month(
                first=first,
                incidents=of_month.total(),
                by_severity=_by_severity(of_month),
                by_status=_by_status(of_month),
                time_to_close=by_month.get(first, TimeToClose()),
            )
            for first, of_month in counted.items()
        ),
    )


def declared_in(incidents: QuerySet[Incident], period: Period) -> QuerySet[Incident]:
    """Those of ``incidents`` that were declared in ``period``, each once and in no order."""
    rows = Incident.objects.filter(pk__in=incidents.order_by().values("pk"))
    start = max(filter(None, (period.start, _in_site_zone(_FIRST))))
    end = min(filter(None, (period.end, _in_site_zone(_LAST))))
    found: QuerySet[Incident] = rows.filter(report_time__gte=start, report_time__lt=end)
    return found


def time_zone_name() -> str:
    """The name of the time zone in which months begin and end."""
    if settings.USE_TZ:
        return timezone.get_current_timezone_name()
    return str(settings.TIME_ZONE)


# Actions and people

AGES = (7, 30, 90, 365)
"""Where one age of open actions ends and the next begins, in days."""


def open_actions(incidents: QuerySet[Incident], now: datetime | None = None) -> tuple[Age, ...]:
    """The actions of ``incidents`` that are still to do, by age, the youngest first.

    Whenever their incident was: what was forgotten for longest matters most. One query.
    """
    now = now or timezone.now()
    bounds: list[tuple[int | None, int | None]] = [
        *zip((0, *AGES), (*AGES, None), strict=True),
        (None, None),
    ]
    wanted = {}
    for number, (from_days, to_days) in enumerate(bounds):
        of_age = _created_between(now, from_days, to_days)
        wanted[f"actions_{number}"] = Count("pk", filter=of_age)
        wanted[f"overdue_{number}"] = Count("pk", filter=of_age & Q(due_date__lt=now))
    todo = Action.objects.filter(done=False, incident__in=incidents.order_by().values("pk"))
    found = todo.aggregate(**wanted)
    return tuple(
        Age(from_days, to_days, found[f"actions_{number}"], found[f"overdue_{number}"])
        for number, (from_days, to_days) in enumerate(bounds)
    )


def _created_between(now: datetime, from_days: int | None, to_days: int | None) -> Q:
    if from_days is None:
        return Q(created_date=None)
    # A clock that was set back makes actions of the future; they are young.
    younger = Q(created_date__lt=now - timedelta(days=from_days)) if from_days else Q()
    older = Q(created_date__gte=now - timedelta(days=to_days)) if to_days else Q()
    return Q(created_date__isnull=False) & younger & older


def load(
    incidents: QuerySet[Incident],
    period: Period = Period(),
    most: int = 20,
) -> tuple[Load, ...]:
    """On whom the incidents of ``period`` fall, the one with most first, at most ``most`` people.

    Five queries.
    """
    declared = declared_in(incidents, period)
    actions = Action.objects.filter(incident__in=declared.values("pk"))
    counts = {
        "led": _by_person(declared, "lead_id"),
        "reported": _by_person(declared, "reporter_id"),
        "open_actions": _by_person(actions.filter(done=False), "user_id"),
        "done_actions": _by_person(actions.filter(done=True), "user_id"),
    }
    totals: Counter[int] = sum(counts.values(), Counter())
    busiest = sorted(totals, key=lambda person_id: (-totals[person_id], person_id))[:most]
    people = ExternalUser.objects.in_bulk(busiest)
    return tuple(
        Load(people[person_id], **{kind: counted[person_id] for kind, counted in counts.items()})
        for person_id in busiest
        if person_id in people
    )


def _by_person(rows: QuerySet[Any], column: str) -> Counter[int]:
    named = rows.exclude(**{column: None})
    return Counter(dict(_grouped(named, column)))


def _grouped(rows: QuerySet[Any], *columns: str) -> QuerySet[Any, Any]:
    """Rows of ``columns`` and how often each of them is there."""
    counted: QuerySet[Any, Any]
    counted = rows.order_by().values_list(*columns).annotate(number=Count("pk"))
    return counted


# Counts

_SEVERITY = Case(
    *(When(severity=value, then=Value(label)) for value, label in _LABELS.items()),
    default=Value(NOT_SET),
    output_field=CharField(),
)
_STATUS = Case(
    When(report_only=True, then=Value("reported")),
    When(end_time=None, then=Value("live")),
    default=Value("resolved"),
    output_field=CharField(),
)
Group = tuple[str, str]  # severity, status


def _counted(declared: QuerySet[Incident]) -> dict[date, Counter[Group]]:
    """How many incidents there are of each severity and status, by month."""
    rows = declared.annotate(
        month=TruncMonth("report_time"), shown_severity=_SEVERITY, shown_status=_STATUS
    )
    months: dict[date, Counter[Group]] = {}
    for month, *group, number in _grouped(rows, "month", "shown_severity", "shown_status"):
        months.setdefault(month.date(), Counter())[tuple(group)] = number
    return dict(sorted(months.items()))


def _by_severity(counted: Mapping[Group, int]) -> dict[str, int]:
    sums = dict.fromkeys(SEVERITIES, 0)
    for (severity, _), number in counted.items():
        sums[severity] += number
    return sums


def _by_status(counted: Mapping[Group, int]) -> dict[str, int]:
    sums = dict.fromkeys(STATUSES, 0)
    for (_, status), number in counted.items():
        sums[status] += number
    return sums


def _in_site_zone(naive: datetime) -> datetime:
    return timezone.make_aware(naive) if settings.USE_TZ else naive


# Percentiles

_MEDIAN, _P90 = 5, 9  # tenths


def _closed(declared: QuerySet[Incident]) -> QuerySet[Incident]:
    return declared.filter(report_only=False, end_time__gte=F("start_time")).annotate(
        length=ExpressionWrapper(F("end_time") - F("start_time"), output_field=DurationField())
    )


def _times_to_close(closed: QuerySet[Incident]) -> dict[Any, TimeToClose]:
    """The times to close for each value of ``kind``, of incidents with ``kind`` and ``length``.

    SQLite has no percentiles, so the database ranks the lengths and hands over the (at most four)
    that stand on both sides of the two places asked for.
    """
    ranked = closed.annotate(
        place=Window(RowNumber(), partition_by=[F("kind")], order_by=[F("length"), F("pk")]),
        places=Window(Count("pk"), partition_by=[F("kind")]),
    )
    needed = ranked.annotate(from_median=_tenths(_MEDIAN), from_p90=_tenths(_P90)).filter(
        Q(from_median__lt=10) | Q(from_p90__lt=10)
    )
    groups: dict[Any, dict[int, float]] = {}
    sizes: dict[Any, int] = {}
    for kind, place, places, length in needed.values_list("kind", "place", "places", "length"):
        groups.setdefault(kind, {})[place] = length.total_seconds()
        sizes[kind] = places
    return {
        kind: TimeToClose(
            closed=sizes[kind],
            median=_percentile(lengths, sizes[kind], _MEDIAN),
            p90=_percentile(lengths, sizes[kind], _P90),
        )
        for kind, lengths in groups.items()
    }


def _tenths(tenths: int) -> Expression:
    """How far a row stands from a percentile, in tenths of a place: under 10 is next to it."""
    return Abs((F("place") - 1) * 10 - (F("places") - 1) * tenths)


def _percentile(lengths: Mapping[int, float], size: int, tenths: int) -> float:
    before, rest = divmod((size - 1) * tenths, 10)
    lower = lengths[before + 1]
    upper = lengths[before + 2] if rest else lower
    return lower + (upper - lower) * rest / 10
