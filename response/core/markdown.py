"""Markdown that people wrote, as HTML that is safe to show, in a bounded time.

What a person types is never HTML here: ``<b>`` is shown as the three characters it is, so nothing
of a pasted error page or a ``List<String>`` is lost. Markdown makes the HTML, and nh3 lets through
what the host's whitelist allows.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import markdown2
import nh3
from django.utils.html import escape as escape_html
from django.utils.html import linebreaks
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe

URL_SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "noopener noreferrer nofollow"

#: What a host's whitelist may choose from.
SAFE_TAGS = frozenset(nh3.ALLOWED_TAGS) - {"area", "map"}
SAFE_ATTRIBUTES = frozenset(
    {"align", "alt", "colspan", "dir", "height", "href", "lang", "rowspan", "src", "start"}
    | {"title", "width"}
)

# Beyond these a text is shown plain. They keep the worst texts that a search found under 50
# milliseconds on a small machine, and most of them far under.
MAX_LENGTH = 20_000
MAX_LINES = 600
MAX_NESTING = 20
MAX_TABS = 100  # in a line: each costs markdown2 a call of itself
MAX_EFFORT = 5_000_000

_EXTRAS: dict[str, Any] = {
    "breaks": {"on_newline": True},
    "cuddled-lists": None,
    "fenced-code-blocks": None,
    "middle-word-em": {"allowed": False},  # snake_case stays
    "strike": None,
    "tables": None,
    "tag-friendly": None,  # "#incidents" is a channel, "# Incidents" a heading
}

# Unicode sets these aside for a program's own use within itself. They stand for characters that
# Markdown must not see, and are turned back when it is done.
_LESS_THAN, _AMPERSAND, _UNDERSCORE, _ASTERISK, _TILDE, _NOTHING = map(chr, range(0xFDD0, 0xFDD6))
_HIDE_HTML = str.maketrans({"<": _LESS_THAN, "&": _AMPERSAND})
_HIDE_EMPHASIS = str.maketrans({"_": _UNDERSCORE, "*": _ASTERISK, "~": _TILDE})
_REVEAL = str.maketrans(
    {
        _LESS_THAN: "&lt;",
        _AMPERSAND: "&amp;",
        _UNDERSCORE: "_",
        _ASTERISK: "*",
        _TILDE: "~",
        _NOTHING: "",
    }
)
_UNREADABLE = re.compile("[\x00\ud800-\udfff\ufdd0-\ufddf]")

_BACKTICKS = re.compile("`+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_LIST_MARKER = re.compile(r"[*+-](?=\s|$)|\d+\.(?=\s|$)")
_BEGINNING = re.compile(rf"(?:[ \t>]|{_LIST_MARKER.pattern})*")
_RULE = frozenset(" \t>:|-")  # all that the line under the head of a table is made of
_LONG_GAP = re.compile(r"[^\S\n]{200}")
_FENCE = re.compile(r"^[ \t>]*```", re.MULTILINE)
_FENCE_LANGUAGE = re.compile(r"^([ \t>]*```)[ \t]*[\w+#.-]+[ \t]*$", re.MULTILINE)
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!>])")
_BARE_URL = re.compile(r"(?<!\w)https?://[^\s<>\"]+", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_MAX_URL_LENGTH = 2048


@dataclass(frozen=True)
class Whitelist:
    """What rendered Markdown may contain. Hashable, so that it can be part of a cache's key.

    ``tags``: the elements. ``attributes``: pairs of element (or ``*``) and attribute.
    ``image_host``: the host (with its port) that images may come from, besides relative addresses.
    """

    tags: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    image_host: str

    def allows_images(self) -> bool:
        return "img" in self.tags and not self.attributes.isdisjoint({("img", "src"), ("*", "src")})

    def attributes_by_tag(self) -> dict[str, set[str]]:
        """For nh3. A link keeps its address and a list its first number, whatever the host says."""
        by_tag: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}}
        for tag, attribute in self.attributes:
            by_tag.setdefault(tag, set()).add(attribute)
        return by_tag


def readable(text: str) -> str:
    """``text`` with what no page or database can carry (NUL, half a surrogate pair) as U+FFFD."""
    return _UNREADABLE.sub("\ufffd", text)


def escape(text: str) -> str:
    """``text`` with a backslash before whatever Markdown would take for markup."""
    return _MARKUP.sub(r"\\\1", text)


def split_code(text: str) -> Iterator[tuple[str, bool]]:
    """Cut ``text`` into (part, is code), in order; the parts together are ``text``.

    Code begins with any number of backticks and ends with as many. Fewer than three do not reach
    over a blank line. Takes time linear in the text, whatever is in it.
    """
    if "`" not in text:
        yield text, False
        return
    runs = [(match.start(), match.end()) for match in _BACKTICKS.finditer(text)]
    starts_of_length: dict[int, deque[int]] = {}
    for start, end in runs:
        starts_of_length.setdefault(end - start, deque()).append(start)
    blank_lines = [match.start() for match in _BLANK_LINE.finditer(text)]

    done = 0
    for start, end in runs:
        if start < done or (start > 0 and text[start - 1] == "\\"):
            continue
        length = end - start
        candidates = starts_of_length[length]
        while candidates and candidates[0] <= start:
            candidates.popleft()
        if not candidates:
            continue
        closing = candidates[0]
        if length < 3 and bisect_right(blank_lines, closing) > bisect_right(blank_lines, start):
            continue
        yield text[done:start], False
        yield text[start : closing + length], True
        done = closing + length
    yield text[done:], False


def to_html(text: str, whitelist: Whitelist) -> SafeString | None:
    """The Markdown ``text`` as HTML, or None where it is too much to render in a short time."""
    if len(text) > MAX_LENGTH:
        return None
    return _to_html(text, whitelist)


def plain_to_html(text: str) -> SafeString:
    """``text`` as it is, in paragraphs, with its line breaks and with bare links clickable."""
    return mark_safe(linebreaks(_with_links(readable(text))))  # noqa: S308 (escaped there)


# The same timeline is read over and over. With texts of some hundred characters this is a few
# megabytes.
@lru_cache(maxsize=1024)
def _to_html(text: str, whitelist: Whitelist) -> SafeString | None:
    text = readable(text).replace("\r\n", "\n").replace("\r", "\n")
    if _is_too_much(text):
        return None
    text = _FENCE_LANGUAGE.sub(r"\1", text)  # code is not coloured here
    text = _BARE_URL.sub(lambda match: match[0].translate(_HIDE_EMPHASIS), text)
    text = text.translate(_HIDE_HTML)
    # "[INFO]: started" is a line of a log, which Markdown would swallow as a link's definition.
    text = text.replace("]:", f"]{_NOTHING}:")
    try:
        html = markdown2.markdown(text, extras=_EXTRAS)
    except RecursionError:
        return None
    finished = _Finish(whitelist)
    finished.feed(html.translate(_REVEAL))
    finished.close()
    return mark_safe(  # noqa: S308 (this is what makes it safe)
        nh3.clean(
            "".join(finished.html),
            tags=set(whitelist.tags),
            attributes=whitelist.attributes_by_tag(),
            link_rel=LINK_REL,
            url_schemes=set(URL_SCHEMES),
        ).strip()
    )


def _is_too_much(text: str) -> bool:
    """Whether markdown2 could take long for ``text``.

    It calls itself for each level of quotes and lists, and looks for the other end of each fence
    through the whole text, of each bracket or emphasis through the paragraph, and of each cell of a
    table through the line; and each link is made three times. The weights are measured.
    """
    lines = text.split("\n")
    beginnings = [match[0] for match in map(_BEGINNING.match, lines) if match]
    if (
        len(lines) > MAX_LINES
        or any(_levels(beginning) > MAX_NESTING for beginning in beginnings)
        or any(line.count("\t") > MAX_TABS for line in lines)
        or _LONG_GAP.search(text)
    ):
        return True
    effort = sum(
        20_000 * len(_LIST_MARKER.findall(beginning)) + 10_000 * beginning.count(">")
        for beginning in beginnings
    )
    effort += sum(10 * line.count("|") * len(line) for line in lines)
    effort += 15_000 * sum(1 for line in lines if "-" in line and _RULE.issuperset(line))
    effort += 7_000 * text.count("://")
    effort += 2 * len(_FENCE.findall(text)) * len(text)
    for paragraph in _BLANK_LINE.split(text):
        effort += (10 * _count("[`", paragraph) + 5 * _count("*_~\\", paragraph)) * len(paragraph)
    return effort > MAX_EFFORT


def _levels(beginning: str) -> int:
    """How deep the quotes, lists and indented code are that a line's beginning opens."""
    indented = len(beginning.replace(">", "").expandtabs(4)) // 4
    return indented + len(_LIST_MARKER.findall(beginning)) + beginning.count(">")


def _count(characters: str, text: str) -> int:
    return sum(map(text.count, characters))


class _Finish(HTMLParser):
    """Makes bare links clickable, and shows as links the images that may not be loaded.

    It goes over the HTML that Markdown made; nh3, which comes after it, is what makes that safe.
    """

    def __init__(self, whitelist: Whitelist) -> None:
        super().__init__(convert_charrefs=True)
        self.html: list[str] = []
        self._whitelist = whitelist
        self._link_ends: list[str] = []
        self._code_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self._image(attrs)
        elif tag == "a":
            opens = _is_link(dict(attrs).get("href"))
            self._link_ends.append("</a>" if opens else "")
            if opens:
                self._start(tag, attrs)
        else:
            self._code_depth += tag in ("code", "pre")
            self._start(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.html.append(self._link_ends.pop() if self._link_ends else "")
            return
        self._code_depth -= tag in ("code", "pre")
        self.html.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        is_fixed = self._link_ends or self._code_depth
        self.html.append(escape_html(data) if is_fixed else _with_links(data))

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = "".join(f' {name}="{escape_html(value or "")}"' for name, value in attrs)
        self.html.append(f"<{tag}{written}>")

    def _image(self, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        source, label = of.get("src") or "", of.get("alt") or of.get("src") or ""
        if self._whitelist.allows_images() and url_has_allowed_host_and_scheme(
            source, allowed_hosts={self._whitelist.image_host}
        ):
            self._start("img", attrs)
        elif self._link_ends or not _is_link(source):
            self.html.append(escape_html(label))
        else:
            self.html.append(f'<a href="{escape_html(source)}">{escape_html(label)}</a>')


def _is_link(address: str | None) -> bool:
    if not address:
        return False
    scheme = _SCHEME.match(address)
    return scheme is None or scheme[0][:-1].lower() in URL_SCHEMES


def _with_links(text: str) -> str:
    """``text`` as HTML, its bare http and https addresses clickable.

    Django's urlize is not used: it also links what only looks like an address (``docs.com``).
    """
    html: list[str] = []
    done = 0
    for match in _BARE_URL.finditer(text):
        url = _without_closing_punctuation(match[0])
        if len(url) > _MAX_URL_LENGTH or (url.endswith("/") and url.count("/") == 2):
            continue
        html.append(escape_html(text[done : match.start()]))
        html.append(f'<a href="{escape_html(url)}" rel="{LINK_REL}">{escape_html(url)}</a>')
        done = match.start() + len(url)
    html.append(escape_html(text[done:]))
    return "".join(html)


def _without_closing_punctuation(url: str) -> str:
    """The address without the full stop or bracket that ends the sentence around it."""
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while url[end - 1] in ".,;:!?'*_~]}" or (url[end - 1] == ")" and unopened > 0):
        unopened -= url[end - 1] == ")"
        end -= 1
    return url[:end]
