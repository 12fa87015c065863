"""Who is meant, where somebody outside names a person: those we know, and those whom another
system knows.

Core knows no such system. Whoever does registers a directory, which is asked once for a person
whom we have not met. It asks over the network, so nothing here may be called in a transaction.
"""

from __future__ import annotations

from typing import Protocol

from response.core.models import ExternalUser
from response.exceptions import ResponseError


class DirectoryAwayError(ResponseError):
    """The system that would know could not be asked."""


class Directory(Protocol):
    """The people of another system. Both methods return the row that is kept of a person from now
    on, or None where there is nobody; they raise DirectoryAwayError where neither can be said."""

    def by_id(self, external_id: str) -> ExternalUser | None: ...

    def by_email(self, email: str) -> ExternalUser | None: ...


_directories: dict[str, Directory] = {}


def register_directory(app_id: str, directory: Directory) -> None:
    """Have ``directory`` asked for the people whose ``app_id`` is this one."""
    _directories[app_id] = directory


def with_id(app_id: str, external_id: str) -> ExternalUser | None:
    """The person whom a system knows by an id; None where it knows nobody of that id.

    Raises DirectoryAwayError.
    """
    known = ExternalUser.objects.filter(app_id=app_id, external_id=external_id).first()
    if known is not None or app_id not in _directories:
        return known
    return _directories[app_id].by_id(external_id)


def with_email(email: str) -> list[ExternalUser]:
    """The people with an e-mail address, whatever its capitals: nobody, one, or some who share it.

    Raises DirectoryAwayError where nobody is found and a directory could not be asked.
    """
    known = list(ExternalUser.objects.filter(email__iexact=email, deleted=False)[:2])
    if known:
        return known
    found = [directory.by_email(email) for directory in _directories.values()]
    return [person for person in found if person is not None]
