"""Whose an entry of the timeline is, in words, from whatever stands in its metadata."""

from __future__ import annotations

from typing import Any, NamedTuple

from response.core.addresses import without_address

PLACES = {
    "slack": "in Slack",
    "web": "on the web",
    "api": "through the API",
    "admin": "in the admin",
    "system": "",
}


class Attribution(NamedTuple):
    """Who and from where; what is not known is empty.

    ``pinned_by`` is who put a message of somebody else's on the timeline; ``link`` leads to it.
    """

    who: str
    where: str
    pinned_by: str
    edited: bool
    link: str


def of(metadata: Any) -> Attribution:
    """Read the metadata of an entry, in whatever shape it was stored."""
    facts = metadata if isinstance(metadata, dict) else {}
    actor, author = name_of(facts.get("actor")), name_of(facts.get("author"))
    source, link = facts.get("source"), facts.get("permalink")
    return Attribution(
        who=author or actor,
        where=PLACES.get(source, f"from {source}") if isinstance(source, str) and source else "",
        pinned_by=actor if author and actor != author else "",
        edited=bool(facts.get("edited")),
        link=link if isinstance(link, str) and link.startswith("https://") else "",
    )


def name_of(person: Any) -> str:
    """What to call somebody that metadata names, in whatever shape; "" where it names nobody.

    A name that is an e-mail address, as the user names of some sites are, is cut at the "@".
    """
    if isinstance(person, dict):
        keys = ("name", "display_name", "full_name", "external_id", "id")
        person = next((person[key] for key in keys if person.get(key)), "")
    return without_address(person) if isinstance(person, str) else ""
