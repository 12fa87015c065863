"""What is wrong with an installation, and the one thing to do about each.

Who can tell, registers how: the command ``response_doctor`` and the page for staff then ask here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


class Level(enum.StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """``title`` is what was looked at, ``text`` how it is, ``advice`` the one thing to do."""

    level: Level
    title: str
    text: str
    advice: str = ""
    #: A debt that a person may have sent again: its kind and its key.
    again: tuple[str, int] | None = None

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "level": self.level.value,
            "title": self.title,
            "text": self.text,
            "advice": self.advice,
        }
        if self.again is not None:
            said["again"] = {"kind": self.again[0], "id": self.again[1]}
        return said


Findings = Iterator[Finding]


def ok(title: str, text: str) -> Finding:
    return Finding(Level.OK, title, text)


def warning(title: str, text: str, advice: str) -> Finding:
    return Finding(Level.WARNING, title, text, advice)


def problem(title: str, text: str, advice: str) -> Finding:
    return Finding(Level.PROBLEM, title, text, advice)


@dataclass(frozen=True)
class Doctor:
    """How it is found out.

    ``examine`` looks and changes nothing, and never raises; told False, it asks nobody outside.
    ``send_again`` has one debt tried again, by its kind and key; False where it is not stuck.
    """

    examine: Callable[[bool], list[Finding]]
    send_again: Callable[[str, int], bool]


_doctors: list[Doctor] = []


def register_doctor(doctor: Doctor) -> None:
    """Have this one asked, too."""
    if doctor not in _doctors:
        _doctors.append(doctor)


def examine(*, asks_outside: bool = True) -> list[Finding]:
    """Everything there is to say of this installation."""
    return [finding for doctor in _doctors for finding in doctor.examine(asks_outside)]


def send_again(kind: str, pk: int) -> bool:
    """Have a stuck debt tried again: the one that a finding's ``again`` names."""
    return any(doctor.send_again(kind, pk) for doctor in _doctors)
