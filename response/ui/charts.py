"""Pictures of numbers, as templates draw them in SVG: pure, numbers in, places out.

Across, a place is a share of the width ("12.5%"), so that a picture fits any window; down, it is in
pixels, so that its letters keep their size. What is drawn is also told by a table beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

PLOT_HEIGHT = 180
"""How high the columns and the lines may be, in pixels."""

ABOVE, BELOW = 24, 22
"""Room for the numbers over the columns, and for the words under them."""

LEFT, RIGHT = 7.0, 1.0
"""Room for the words of the scale, and at the other end; in hundredths of the width."""

MOST_WORDS, MOST_WORDS_ON_A_PHONE = 12, 6
"""How many words fit under the columns."""

ROW_HEIGHT, BAR_HEIGHT = 44, 16

LONGEST_NAME = 36
"""How many characters of a name a picture shows; the table has all of it."""

GAP = 1.0
"""Between two parts of a bar, in pixels, so that they differ by more than their colour."""


@dataclass(frozen=True)
class Line:
    """A line of the scale, and what it stands for."""

    y: str
    text_y: str
    label: str


@dataclass(frozen=True)
class Box:
    """A part of a column or a bar. ``kind`` names its colour, ``told`` says what it is."""

    x: str
    y: str
    width: str
    height: str
    kind: str
    told: str


@dataclass(frozen=True)
class Word:
    """What stands under a column; ``on_phones`` where there is room for it."""

    x: str
    text: str
    on_phones: bool


@dataclass(frozen=True)
class Number:
    x: str
    y: str
    text: str


@dataclass(frozen=True)
class Columns:
    """Columns side by side, each stacked of parts."""

    height: str
    words_y: str
    scale: list[Line]
    boxes: list[Box]
    numbers: list[Number]
    words: list[Word]


@dataclass(frozen=True)
class Stroke:
    x1: str
    y1: str
    x2: str
    y2: str
    kind: str


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    kind: str
    told: str


@dataclass(frozen=True)
class Lines:
    """Values over time, one line a kind; where there is no value, the line is broken."""

    height: str
    words_y: str
    scale: list[Line]
    strokes: list[Stroke]
    dots: list[Dot]
    words: list[Word]


@dataclass(frozen=True)
class Row:
    """A bar that lies, with words and a number over it."""

    label: str
    number: str
    text_y: str
    boxes: list[Box]


@dataclass(frozen=True)
class Bars:
    height: str
    rows: list[Row]


def columns(
    labels: Sequence[str], words: Sequence[str], counts: Sequence[Mapping[str, int]]
) -> Columns:
    """A column for each label, stacked of the counts by kind, the first kind at the bottom.

    ``words`` stand under them, as many as there is room for; an empty one leaves its place free.
    """
    totals = [sum(count.values()) for count in counts]
    top = _rounded_up(max(totals, default=0), COUNT_STEPS)
    width = _slot(len(labels))
    boxes: list[Box] = []
    for number, (label, count) in enumerate(zip(labels, counts, strict=True)):
        x = LEFT + number * width + width * 0.15
        boxes += _stack(x, width * 0.7, label, count, top)
    return Columns(
        height=_px(ABOVE + PLOT_HEIGHT + BELOW),
        words_y=_px(ABOVE + PLOT_HEIGHT + 16),
        scale=[_line(value, top, str(value)) for value in _steps(top)],
        boxes=boxes,
        numbers=[
            Number(_percent(_middle(number, width)), _px(_y(total, top) - 5), str(total))
            for number, total in enumerate(totals)
            if total and len(labels) <= 2 * MOST_WORDS
        ],
        words=_words(words, width),
    )


def lines(
    labels: Sequence[str], words: Sequence[str], values: Mapping[str, Sequence[float | None]]
) -> Lines:
    """A line for each kind through its values (in seconds), one a label; ``words`` as above."""
    known = [value for row in values.values() for value in row if value is not None]
    top = _rounded_up(max(known, default=0), TIME_STEPS)
    width = _slot(len(labels))
    strokes: list[Stroke] = []
    dots: list[Dot] = []
    for kind, row in values.items():
        at = [
            None
            if value is None
            else (_percent(_middle(number, width)), _px(_y(value, top)), labels[number], value)
            for number, value in enumerate(row)
        ]
        strokes += [
            Stroke(one[0], one[1], other[0], other[1], kind)
            for one, other in pairwise(at)
            if one is not None and other is not None
        ]
        dots += [
            Dot(x, y, kind, f"{label}: {kind} {in_short(value)}")
            for x, y, label, value in filter(None, at)
        ]
    return Lines(
        height=_px(ABOVE + PLOT_HEIGHT + BELOW),
        words_y=_px(ABOVE + PLOT_HEIGHT + 16),
        scale=[_line(value, top, in_short(value)) for value in _steps(top)],
        strokes=strokes,
        dots=dots,
        words=_words(words, width),
    )


def bars(labels: Sequence[str], counts: Sequence[Mapping[str, int]], *, told: bool = True) -> Bars:
    """A lying bar for each label, as long as its counts; ``told``: with their sum over it."""
    longest = max((sum(count.values()) for count in counts), default=0) or 1
    rows = []
    for place, (label, count) in enumerate(zip(labels, counts, strict=True)):
        name = label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…"
        top, x, boxes = place * ROW_HEIGHT, 0.0, []
        for kind, number in count.items():
            if number:
                length = number * 100 / longest
                said = f"{label}: {number} {kind}"
                y, height = _px(top + 20), _px(BAR_HEIGHT)
                boxes.append(Box(_percent(x), y, _percent(length), height, kind, said))
                x += length
        total = str(sum(count.values())) if told else ""
        rows.append(Row(label=name, number=total, text_y=_px(top + 14), boxes=boxes))
    return Bars(height=_px(len(rows) * ROW_HEIGHT), rows=rows)


def in_short(seconds: float) -> str:
    """A length for a scale or a table: "45 min", "3 h", "2 d 4 h"."""
    minutes = round(seconds / 60)
    if seconds and minutes < 1:
        return f"{round(seconds)} s"
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = [(days, "d"), (hours, "h"), (0 if days else minutes, "min")]
    return " ".join(f"{number:,} {unit}" for number, unit in units if number) or "0"


# The scale

COUNT_STEPS = (1, 2, 5)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
TIME_STEPS = (
    *(_MINUTE * number for number in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * number for number in (1, 2, 3, 6, 12)),
    *(_DAY * number for number in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
_LINES = 4


@dataclass(frozen=True)
class _Top:
    value: int
    step: int


def _rounded_up(largest: float, steps: Sequence[int]) -> _Top:
    """The end of a scale of at most five even steps that ``largest`` fits under."""
    step, place = steps[0], 0
    while step * _LINES < largest:
        place += 1
        step = steps[place % len(steps)] * (10 ** (place // len(steps)))
    return _Top(value=max(step, -(-int(-(-largest // 1)) // step) * step), step=step)


def _steps(top: _Top) -> range:
    return range(0, top.value + 1, top.step)


def _line(value: int, top: _Top, label: str) -> Line:
    y = _y(value, top)
    return Line(y=_px(y), text_y=_px(y - 4), label=label)


# Places


def _y(value: float, top: _Top) -> float:
    return ABOVE + PLOT_HEIGHT * (1 - value / top.value)


def _slot(number: int) -> float:
    return (100 - LEFT - RIGHT) / max(number, 1)


def _middle(number: int, width: float) -> float:
    return LEFT + (number + 0.5) * width


def _stack(x: float, width: float, label: str, count: Mapping[str, int], top: _Top) -> list[Box]:
    boxes, below = [], 0
    for kind, number in count.items():
        if number:
            y = _y(below + number, top)
            height = max(_y(below, top) - y - GAP, 0.5)
            told = f"{label}: {number} {kind}"
            boxes.append(Box(_percent(x), _px(y), _percent(width), _px(height), kind, told))
            below += number
    return boxes


def _words(words: Sequence[str], width: float) -> list[Word]:
    # Counted from the end: the last month is the one that people look for.
    shown = [(number, text) for number, text in enumerate(words) if text][::-1]
    every, on_phones = (
        max(-(-len(shown) // most), 1) for most in (MOST_WORDS, MOST_WORDS_ON_A_PHONE)
    )
    return [
        Word(_percent(_middle(number, width)), text, from_end % on_phones == 0)
        for from_end, (number, text) in enumerate(shown)
        if from_end % every == 0 or from_end % on_phones == 0
    ]


def _percent(share: float) -> str:
    # As text: a template would write a comma in some languages.
    return f"{share:.3f}%"


def _px(pixels: float) -> str:
    return f"{pixels:.1f}"
