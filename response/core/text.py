"""What people wrote, made readable and safe where it is shown.

Texts are stored as they were written. A chat's own markup (``<@U123>``) is made readable by the
humanisers that its part of the app registers; this module knows of no chat.

    texts = reader([incident.summary, incident.impact, *(entry.text for entry in timeline)])
    texts.html(incident.summary)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from functools import cached_property
from urllib.parse import urlsplit

from django.utils.html import escape
from django.utils.safestring import SafeString

from response.conf import conf
from response.core import markdown
from response.core.addresses import hide_addresses
from response.core.emoji_shortcodes import replace_shortcodes
from response.core.markdown import Whitelist


class Form(Enum):
    """What a humaniser is to make of a chat's markup."""

    #: Text for titles, the API and exports; a labelled link becomes ``label (address)``.
    PLAIN = "plain"
    #: Markdown: a labelled link becomes a Markdown link, and what came out of the chat's markup (a
    #: person's name) is escaped, so that it cannot act as Markdown.
    MARKDOWN = "markdown"


Humanise = Callable[[str, Form], str]
#: Given all texts about to be shown, looks up what it needs in a constant number of queries, and
#: returns the function that makes one of them readable. Neither may call the network.
Humaniser = Callable[[Iterable[str]], Humanise]

_humanisers: list[Humaniser] = []


def register_humaniser(factory: Humaniser) -> Humaniser:
    """Have ``factory`` take part in every reader from now on; may be used as a decorator.

    Registering the same one again changes nothing. They are applied in the order of registration.
    """
    if factory not in _humanisers:
        _humanisers.append(factory)
    return factory


@contextmanager
def isolated_humanisers() -> Iterator[None]:
    """For tests: no humanisers but those registered inside; the others are back afterwards."""
    before = _humanisers.copy()
    _humanisers.clear()
    try:
        yield
    finally:
        _humanisers[:] = before


class Reader:
    """Shows the texts it was made for, and any other text too, if with less known about it."""

    def __init__(
        self, texts: Iterable[str | None], *, addresses: bool = True, images: bool = True
    ) -> None:
        known = [text for text in texts if text]
        self._steps: list[Humanise] = [factory(known) for factory in _humanisers]
        self._addresses = addresses
        self._images = images

    def plain(self, text: str | None) -> str:
        """Readable text without markup of ours: not HTML, so it is still to be escaped."""
        return self._readable(text, Form.PLAIN)

    def markdown(self, text: str | None) -> str:
        """Readable Markdown: what was written as Markdown is still to be rendered."""
        return self._readable(text, Form.MARKDOWN)

    def html(self, text: str | None) -> SafeString:
        """HTML from the Markdown in ``text``, within the host's whitelist; "" for None.

        A text that would take long to render is shown plain, its line breaks kept.
        """
        if not text or text.isspace():
            return SafeString("")
        rendered = markdown.to_html(self._readable(text, Form.MARKDOWN), self._whitelist)
        return markdown.plain_to_html(self.plain(text)) if rendered is None else rendered

    def line(self, text: str | None) -> SafeString:
        """One escaped line without markup, for titles; "" for None."""
        return escape(" ".join(self.plain(text).split()))

    @cached_property
    def _whitelist(self) -> Whitelist:
        return _whitelist(images=self._images)

    def _readable(self, text: str | None, form: Form) -> str:
        if not text:
            return ""
        text = markdown.readable(text)
        for humanise in self._steps:
            text = humanise(text, form)
        text = replace_shortcodes(text)
        return text if self._addresses else hide_addresses(text)


def reader(texts: Iterable[str | None], *, addresses: bool = True, images: bool = True) -> Reader:
    """A Reader for all texts of a page or an answer: what they refer to is looked up once, here.

    ``addresses`` False leaves out e-mail addresses, for who is not to see any; ``images`` False
    shows links in their place, where nothing may be loaded.
    """
    return Reader(texts, addresses=addresses, images=images)


def _whitelist(*, images: bool) -> Whitelist:
    """What the host's MARKDOWN_FILTER_WHITELIST_* settings leave of what is safe."""
    tags = frozenset(conf.MARKDOWN_FILTER_WHITELIST_TAGS or ()) & markdown.SAFE_TAGS
    return Whitelist(
        tags=tags if images else tags - {"img"},
        attributes=frozenset(
            (tag, attribute)
            for tag, attribute in _listed_attributes(conf.MARKDOWN_FILTER_WHITELIST_ATTRIBUTES)
            if attribute in markdown.SAFE_ATTRIBUTES
        ),
        image_host=_site_host(),
    )


def _site_host() -> str:
    try:
        return urlsplit(conf.SITE_URL or "").netloc
    except ValueError:  # a check says so; the pages go on
        return ""


def _listed_attributes(setting: object) -> Iterable[tuple[str, str]]:
    """(element or ``*``, attribute) from either of the forms that bleach, and so the setting, knew:
    a list for all elements, or a list for each.
    """
    by_tag = setting if isinstance(setting, Mapping) else {"*": setting or ()}
    for tag, attributes in by_tag.items():
        if isinstance(attributes, (list, tuple, set, frozenset)):
            yield from ((tag, attribute) for attribute in attributes)
