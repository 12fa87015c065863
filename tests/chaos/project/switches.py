"""Switches that the harness sets and every process of the damaged site obeys: a file each."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = "RESPONSE_CHAOS_FOLDER"  #: the environment variable that says where they are

CRASH, CLOCK, PAGES = "crash", "clock", "pages"

#: What processes tell the harness: a line each, in the same folder.
DEATHS, PAUSES, WRITTEN = "deaths", "pauses", "written"


def folder() -> Path:
    return Path(os.environ[FOLDER])


def read(name: str) -> str:
    """What a switch is set to; nothing, where it is not set."""
    try:
        return (folder() / name).read_text()
    except FileNotFoundError:
        return ""


def tell(name: str, line: str) -> None:
    """Add a line to what the harness is told."""
    with (folder() / name).open("a") as told:
        told.write(f"{line}\n")


def write(where: Path, name: str, value: str) -> None:
    """Set a switch, in one step for whoever reads it; to nothing, to unset it."""
    new = where / f"{name}.new"
    new.write_text(value)
    new.replace(where / name)
