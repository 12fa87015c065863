"""Who does something, and from where: it stands beside every entry of the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from response.core.addresses import without_address


@dataclass(frozen=True)
class Actor:
    """A person, or a program, that changes something.

    ``kind`` is the system that knows them ("slack", "user" for a user of this site, "system"),
    ``id`` their id there, ``name`` what to call them, and ``source`` where they did it
    ("slack", "web", "api", "admin", "system").
    """

    kind: str
    id: str
    name: str
    source: str

    def as_metadata(self) -> dict[str, Any]:
        return {
            "actor": {"kind": self.kind, "id": self.id, "name": self.name},
            "source": self.source,
        }


def page_actor(user: Any) -> Actor:
    """A signed-in Django user who does something on a page of this site."""
    name = without_address(user.get_full_name() or user.get_username())
    return Actor(kind="user", id=str(user.pk), name=name, source="web")


SYSTEM = Actor(kind="system", id="", name="Response", source="system")

_acting: ContextVar[Actor] = ContextVar("response_acting", default=SYSTEM)


def current() -> Actor:
    """Who is acting here and now; the system, where nobody said otherwise."""
    return _acting.get()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Attribute to ``actor`` what is changed inside, also by a bare ``incident.save()``."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)
