"""What people wrote as a part of a larger Markdown document, whose structure it cannot break.

Whoever opens such a document may show it with a renderer that lets HTML through and fetches images,
so HTML is shown as text here, and an image as a link to it. The rules are those of CommonMark 0.31.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from response.core.markdown import readable

_SPECIAL = re.compile(r"([\\`*_\[\]#|~])")
_OPENS_HTML = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_FENCE = re.compile(r"(`{3,}(?=[^`]*$)|~{3,})")
_FENCE_WITHIN = re.compile(r"(?:[ \t>]|[*+-][ \t]|\d{1,9}[.)][ \t])+(?:`{3}|~{3})")
_HEADING = re.compile(r"( {0,3})(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_RUN = re.compile("`+")

LOWEST_HEADING = 6


def line(text: str) -> str:
    """``text`` on one line, for a heading or within a sentence: nothing in it is markup."""
    one_line = " ".join(readable(text).split())
    escaped = _SPECIAL.sub(r"\\\1", _ENTITY.sub("&amp;", one_line))
    return escaped.replace("<", "&lt;")


def block(text: str, *, below: int = LOWEST_HEADING, harmless: bool = True) -> str:
    """The Markdown ``text`` as Markdown that ends where it ends.

    Its highest heading stands ``below`` a heading of that level, the lower ones as far under it as
    there are levels, and it leaves nothing open. It stands
    between blank lines, or indented in an item of a list. With ``harmless`` False its HTML and
    images stay as they are, for Response's own pages, which show neither.
    """
    disarm = _disarmed if harmless else str
    lines = readable(text).strip("\n").splitlines()
    if any(_FENCE_WITHIN.match(row) for row in lines):
        # Where a fence within a list or a quote ends depends on everything around it, so it is put
        # into a quote, which ends whatever is in it.
        return "\n".join(f"> {disarm(row)}".rstrip() for row in lines)
    return "\n".join(_contained(lines, below, harmless)).strip("\n")


def indented(text: str, by: int) -> str:
    """``text`` moved to the right, so that it belongs to an item of a list."""
    margin = " " * by
    return "\n".join(f"{margin}{row}" if row.strip() else "" for row in text.split("\n"))


def _contained(lines: list[str], below: int, harmless: bool) -> Iterator[str]:
    levels = [len(found[2]) for found in map(_HEADING.match, lines) if found]
    by = max(below + 1 - min(levels, default=1), 0)
    fence = ""
    keeps_code = _lines_with_whole_code(lines)
    before = ""
    for number, row in enumerate(lines):
        if fence:
            yield row
            if _closes(row, fence):
                fence, before = "", ""
            continue
        opening = _FENCE.match(row)
        if opening:
            fence = opening[1]
            yield row
            continue
        if before.strip() and _UNDERLINE.fullmatch(row):
            # After a blank line it is a rule, and not the line under a heading.
            yield ""
        lowered = _lowered(row, by)
        yield _harmless(lowered, keeps_code=number in keeps_code) if harmless else lowered
        before = row
    if fence:
        yield fence


def _closes(row: str, fence: str) -> bool:
    closing = _FENCE.match(row)
    return bool(
        closing
        and closing[1][0] == fence[0]
        and len(closing[1]) >= len(fence)
        and not row[closing.end() :].strip()
    )


def _lowered(row: str, by: int) -> str:
    heading = _HEADING.match(row)
    if not heading:
        return row
    level = min(len(heading[2]) + by, LOWEST_HEADING)
    return f"{heading[1]}{'#' * level}{row[heading.end() :]}"


def _harmless(row: str, *, keeps_code: bool) -> str:
    """A line without HTML, images and definitions of links, but in its code where that is whole.

    Backslashes would not do: there may be one before already. An entity is one wherever it stands.
    """
    if not keeps_code:
        return _disarmed(row)
    parts, done = [], 0
    for start, end in _code_spans(row) or ():
        parts += [_disarmed(row[done:start]), row[start:end]]
        done = end
    return "".join([*parts, _disarmed(row[done:])])


def _disarmed(text: str) -> str:
    return _OPENS_HTML.sub("&lt;", text).replace("![", "&#33;[").replace("]:", "]&#58;")


def _lines_with_whole_code(lines: list[str]) -> set[int]:
    """The lines whose code spans begin and end in them, as all of their paragraph's do.

    Where one does not, it depends on the blocks around it what is code, and a renderer that sees
    them otherwise must not see HTML.
    """
    whole: set[int] = set()
    paragraph: list[int] = []
    for number, row in enumerate([*lines, ""]):
        if row.strip():
            paragraph.append(number)
            continue
        if all(_code_spans(lines[one]) is not None for one in paragraph):
            whole.update(paragraph)
        paragraph = []
    return whole


def _code_spans(row: str) -> list[tuple[int, int]] | None:
    """Where the code spans of a line begin and end; None where one is open or it is not certain.

    Cells of a table end at a bar, even within code, and a backslash may take a backtick's meaning.
    """
    runs = [(found.start(), found.end()) for found in _RUN.finditer(row)]
    if runs and ("|" in row or "\\`" in row):
        return None
    spans = []
    while runs:
        start, end = runs.pop(0)
        closing = next((run for run in runs if run[1] - run[0] == end - start), None)
        if closing is None:
            return None
        spans.append((start, closing[1]))
        runs = runs[runs.index(closing) + 1 :]
    return spans
