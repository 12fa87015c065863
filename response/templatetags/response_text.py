"""``{% load response_text %}``: a single text made readable in a template.

A page with many texts makes one ``response.core.text.reader`` for all of them in its view instead,
so that names are looked up once.
"""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from response.core.text import reader

register = template.Library()


@register.filter
def markdown_html(text: str | None) -> SafeString:
    """``{{ incident.summary|markdown_html }}``: safe HTML from the Markdown in it."""
    return reader([text]).html(text)


@register.filter
def plain(text: str | None) -> str:
    """``{{ incident.report|plain }}``: readable text, escaped by the template as any other."""
    return reader([text]).plain(text)


@register.filter
def line(text: str | None) -> SafeString:
    """``{{ incident.report|line }}``: the same on one line, for titles."""
    return reader([text]).line(text)
