"""``{% load response_slack %}``: what a page says of Slack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from response.core import behind
from response.core.models import Incident
from response.ui.moments import moment

register = template.Library()


@register.simple_tag
def slack_behind(of: Incident | Sequence[Incident]) -> dict[str, Any] | None:
    """``{% slack_behind incident as late %}``: None, or since which moment Slack does not show
    what the page does (``late.since``), and what it refused, if it did (``late.refusal``).

    Of several incidents, what is worst. A constant number of queries.
    """
    found = behind.of_any([of] if isinstance(of, Incident) else list(of))
    return found and {"since": moment(found.since), "refusal": found.refusal}
