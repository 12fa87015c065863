"""What many incidents say together: how many, how long, what is left to do, on whom it falls."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from response.core import statistics
from response.core.addresses import without_address
from response.core.models import Incident
from response.core.statistics import Age, Load, Month, Period, TimeToClose
from response.ui import charts
from response.ui.access import for_readers
from response.ui.pages import render_page

USUAL_MONTHS = 12
CHOICES = (3, 6, 12, 24, 60)
MOST_MONTHS = 120
MOST_PEOPLE_IN_THE_PICTURE = 10

LOADS = ("led", "reported", "actions to do", "actions done")


@dataclass(frozen=True)
class Span:
    """The days that a page is about, both included; ``months`` where so many were asked for."""

    first: date
    last: date
    months: int | None = None

    def period(self) -> Period:
        return Period(_midnight(self.first), _midnight(self.last + timedelta(days=1)))

    def first_days(self) -> list[date]:
        """The first day of each of its months."""
        number = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return [_months_later(self.first.replace(day=1), later) for later in range(number)]


# As HTML has it, in whatever language the host is.
_DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SpanForm(forms.Form):
    """From which day to which; a last day that is left out is today."""

    since = forms.DateField(
        label="From",
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(date(1900, 1, 1), "This is too long ago.")],
        widget=_DAY,
    )
    until = forms.DateField(
        label="To",
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[MaxValueValidator(date(2999, 12, 31), "This is too far ahead.")],
        widget=_DAY,
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until") or _today()
        if since and since > until:
            self.add_error("until", "This is before the first day.")
        elif since and _months_later(since, MOST_MONTHS) <= until:
            self.add_error("since", "At most ten years are counted at a time.")
        return said

    def span(self) -> Span:
        said = self.cleaned_data
        return Span(said["since"], said["until"] or _today())


@require_safe
@for_readers
def insights(request: HttpRequest) -> HttpResponse:
    """The page; ``?months=`` or ``?since=`` and ``?until=`` say of which time."""
    span, form = _asked(request)
    visible = Incident.objects.visible_to(request.user)
    counted = statistics.of(visible, span.period())
    months = _with_empty_ones(span, counted.months)
    ages = [
        age for age in statistics.open_actions(visible) if age.from_days is not None or age.actions
    ]
    loads = statistics.load(visible, span.period())
    return render_page(
        request,
        "response/insights.html",
        {
            "form": form,
            "span": span,
            "choices": CHOICES,
            "counted": counted,
            "has_any": bool(counted.incidents) or visible.exists(),
            "by_month": _by_month(months),
            "time_to_close": _time_to_close(months, counted.time_to_close_by_severity),
            "overall": _in_words(counted.time_to_close),
            "open_actions": _open_actions(ages),
            "loads": _loads(loads),
        },
        section="insights",
    )


def _asked(request: HttpRequest) -> tuple[Span, SpanForm]:
    """What the address asks for, and the form that asks. What cannot be is the usual time."""
    if "since" in request.GET or "until" in request.GET:
        form = SpanForm(request.GET)
        if form.is_valid():
            return form.span(), form
        return _last_months(USUAL_MONTHS), form
    asked = request.GET.get("months", "")
    number = int(asked) if asked in {str(choice) for choice in CHOICES} else USUAL_MONTHS
    span = _last_months(number)
    return span, SpanForm(initial={"since": span.first, "until": span.last})


def _last_months(number: int) -> Span:
    today = _today()
    return Span(_months_later(today.replace(day=1), 1 - number), today, number)


# What the page shows


@dataclass(frozen=True)
class Picture:
    """A drawing, a sentence that says what is in it, and the rows of the table behind it."""

    drawing: Any
    told: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    legend: Sequence[str] = ()


def _by_month(months: Sequence[Month]) -> Picture:
    severities = [
        severity
        for severity in statistics.SEVERITIES
        if any(month.by_severity[severity] for month in months)
    ]
    drawing = charts.columns(
        _names(months),
        _words(months),
        [{severity: month.by_severity[severity] for severity in severities} for month in months],
    )
    most = max(months, key=lambda month: month.incidents)
    number = sum(month.incidents for month in months)
    return Picture(
        drawing=drawing,
        told=f"{_counted(number, 'incident')} in {_counted(len(months), 'month')}, most of them in "
        f"{_in_full(most.first)}: {most.incidents}.",
        heads=["Month", *severities, "all"],
        rows=[
            [
                _in_full(month.first),
                *(month.by_severity[severity] for severity in severities),
                month.incidents,
            ]
            for month in months
        ],
        legend=severities,
    )


def _time_to_close(months: Sequence[Month], by_severity: Any) -> dict[str, Picture]:
    times = [month.time_to_close for month in months]
    closed = sum(time.closed for time in times)
    drawing = charts.lines(
        _names(months),
        _words(months),
        {"median": [time.median for time in times], "9 of 10": [time.p90 for time in times]},
    )
    heads = ["closed", "median", "9 of 10 within"]
    return {
        "by_month": Picture(
            drawing=drawing,
            told=f"How long the {_counted(closed, 'closed incident')} took, by month.",
            heads=["Month", *heads],
            rows=[[_in_full(month.first), *_in_words(month.time_to_close)] for month in months],
            legend=("median", "9 of 10"),
        ),
        "by_severity": Picture(
            drawing=None,
            told="",
            heads=["Severity", *heads],
            rows=[
                [severity, *_in_words(time)]
                for severity, time in by_severity.items()
                if time.closed
            ],
        ),
    }


def _open_actions(ages: Sequence[Age]) -> Picture:
    actions, overdue = sum(age.actions for age in ages), sum(age.overdue for age in ages)
    drawing = charts.bars(
        [_age(age) for age in ages],
        [{"in time": age.actions - age.overdue, "overdue": age.overdue} for age in ages],
    )
    return Picture(
        drawing=drawing if actions else None,
        told=f"{_counted(actions, 'action')} to do, {overdue} overdue.",
        heads=["Age", "to do", "overdue"],
        rows=[[_age(age), age.actions, age.overdue] for age in ages],
        legend=("in time", "overdue"),
    )


def _loads(loads: Sequence[Load]) -> Picture:
    names = [without_address(load.person.name) for load in loads]
    counts = [
        dict(
            zip(
                LOADS,
                (load.led, load.reported, load.open_actions, load.done_actions),
                strict=True,
            )
        )
        for load in loads
    ]
    few = slice(MOST_PEOPLE_IN_THE_PICTURE)
    return Picture(
        drawing=charts.bars(names[few], counts[few]) if loads else None,
        told="Who led and reported incidents and has their actions, the one with most first.",
        heads=["Person", *LOADS],
        rows=[[name, *count.values()] for name, count in zip(names, counts, strict=True)],
        legend=LOADS,
    )


def _with_empty_ones(span: Span, months: Sequence[Month]) -> list[Month]:
    """Every month of the span, those in which nothing happened as well."""
    known = {month.first: month for month in months}
    nothing = {
        "incidents": 0,
        "by_severity": dict.fromkeys(statistics.SEVERITIES, 0),
        "by_status": dict.fromkeys(statistics.STATUSES, 0),
        "time_to_close": TimeToClose(),
    }
    return [known.get(first) or Month(first=first, **nothing) for first in span.first_days()]


def _in_words(time: TimeToClose) -> list[Any]:
    return [
        time.closed,
        *("–" if one is None else charts.in_short(one) for one in (time.median, time.p90)),
    ]


def _age(age: Age) -> str:
    if age.from_days is None:
        return "not known"
    if age.to_days is None:
        return "over a year"
    return (
        f"under {age.to_days} days"
        if not age.from_days
        else f"{age.from_days} to {age.to_days} days"
    )


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def _in_full(first: date) -> str:
    return f"{_MONTHS[first.month - 1]} {first.year}"


def _words(months: Sequence[Month]) -> list[str]:
    """What stands under the months: their names, or the years where there are many."""
    if len(months) > 2 * charts.MOST_WORDS:
        return [str(month.first.year) if month.first.month == 1 else "" for month in months]
    return [
        f"{_MONTHS[month.first.month - 1][:3]}"
        + (f" {month.first.year % 100:02}" if month.first.month == 1 else "")
        for month in months
    ]


def _names(months: Sequence[Month]) -> list[str]:
    return [_in_full(month.first) for month in months]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


# Days


def _today() -> date:
    return timezone.localdate() if settings.USE_TZ else timezone.now().date()


def _midnight(day: date) -> datetime:
    start = datetime.combine(day, time.min)
    return timezone.make_aware(start) if settings.USE_TZ else start


def _months_later(day: date, months: int) -> date:
    """The same day of a later month (of an earlier one, for fewer than none), or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    _, last = monthrange(year, month + 1)
    return date(year, month + 1, min(day.day, last))
