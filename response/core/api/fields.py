"""What the REST API takes in its bodies: strict where guessing could be wrong, and people and
severities in the words that programs have for them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from response.core import people
from response.core.api.instants import EXAMPLE, parse_instant
from response.core.api.refusals import DirectoryAway
from response.core.models import ExternalUser
from response.core.people import DirectoryAwayError


class Text(serializers.CharField):
    """Text as it was written, spaces and line breaks included; nothing else becomes text.

    Unless it may be blank, something is to be read in it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if data.isspace() and not self.allow_blank:
            self.fail("blank")
        return str(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    """true or false; neither 1 nor "yes"."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Instant(serializers.DateTimeField):
    """An instant as ISO 8601 has it; without an offset it is in the site's time zone."""

    default_error_messages = {"no_instant": f"This is no date and time. Write it like {EXAMPLE}."}

    def to_internal_value(self, value: Any) -> datetime:
        try:
            instant = parse_instant(value) if isinstance(value, str) and ":" in value else None
        except ValueError:
            instant = None
        # The first and the last year have instants that some time zones cannot express.
        if instant is None or not MINYEAR < instant.year < MAXYEAR:
            self.fail("no_instant")
        return instant


class WordOrNumber(serializers.Field[str, Any, str, Any]):
    """One of a model's choices, by the number that is stored or by its word."""

    default_error_messages = {
        "unknown": "“{given}” is none of these. Try one of: {known}.",
        "invalid": "This is neither a word nor a number. Try one of: {known}.",
    }

    def __init__(self, choices: type[TextChoices], **kwargs: Any) -> None:
        self.known = choices  # not "choices", by which DRF means another thing
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        known = ", ".join(f"{choice.label} ({choice.value})" for choice in self.known)
        if isinstance(data, bool) or not isinstance(data, (str, int)):
            self.fail("invalid", known=known)
        given = str(data).strip().lower()
        meant = [choice for choice in self.known if given in (choice.value, choice.label)]
        if not meant:
            self.fail("unknown", given=given[:50], known=known)
        return str(meant[0].value)

    def to_representation(self, value: Any) -> str:
        return str(value)


class Person(serializers.Field[ExternalUser, Any, dict[str, Any], Any]):
    """Somebody, named by app_id and external_id, or by e-mail address."""

    default_error_messages = {
        "invalid": "Name a person by app_id and external_id, or by email.",
        "unknown": "Nobody is known by this. Name a person by app_id and external_id, or by email.",
        "ambiguous": "Several people have this e-mail address. Name one by app_id and external_id.",
    }

    def to_internal_value(self, data: Any) -> ExternalUser:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        try:
            found = self._named(data)
        except DirectoryAwayError:
            raise DirectoryAway from None
        if not found:
            self.fail("unknown")
        if len(found) > 1:
            self.fail("ambiguous")
        return found[0]

    def _named(self, data: Mapping[str, Any]) -> list[ExternalUser]:
        app_id, external_id, email = (
            self._name(data, name, longest)
            for name, longest in (("app_id", 50), ("external_id", 50), ("email", 255))
        )
        if app_id and external_id:
            person = people.with_id(app_id, external_id)
            return [person] if person is not None else []
        if email:
            return people.with_email(email) if "@" in email else []
        return self.fail("invalid")

    def _name(self, data: Mapping[str, Any], name: str, longest: int) -> str:
        given = data.get(name)
        if given is None:
            return ""
        if not isinstance(given, str):
            self.fail("invalid")
        given = given.strip()
        # No database keeps these, so that nobody can be called that.
        if len(given) > longest or "\0" in given or not _is_unicode(given):
            self.fail("unknown")
        return given

    def to_representation(self, value: ExternalUser) -> dict[str, Any]:
        return {"app_id": value.app_id, "external_id": value.external_id}


class Facts(serializers.JSONField):
    """An object of JSON, of what every database can keep."""

    default_error_messages = {
        "no_object": "This is no JSON object.",
        "unkept": "A text in it has a NUL or half a character, or a number is too large to keep.",
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            self.fail("no_object")
        if not all(_can_be_kept(value) for value in _values(data)):
            self.fail("unkept")
        return data


def _values(data: Any) -> Iterator[Any]:
    """Everything inside that is neither a list nor an object, names of members included."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield name
            yield from _values(value)
    elif isinstance(data, list):
        for value in data:
            yield from _values(value)
    else:
        yield data


def _can_be_kept(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and _is_unicode(value)
    if isinstance(value, int):
        return abs(value) < 2**63
    return not isinstance(value, float) or math.isfinite(value)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
