"""Make the README's pictures of the screenshots that the story left: ``make pictures``."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from tests.browser.album import ARTEFACTS, DESK, PHONE, ROOT

PICTURES = ROOT / "docs" / "pictures"

#: A picture, and where it comes from: the window's width and the step of the story.
SOURCES = {
    "form": (DESK, "form"),
    "headline": (DESK, "headline"),
    "channel": (DESK, "pinned"),
    "document": (DESK, "document"),
    "phone": (PHONE, "edited"),
}
COLOURS = 192  # as many as these pages need; a quarter of the size
LARGEST = 200_000  # bytes


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, (width, step) in SOURCES.items():
        picture = PICTURES / f"{name}.png"
        make(screenshot(width, step), picture)
        sys.stdout.write(f"{picture.relative_to(ROOT)}  {picture.stat().st_size // 1000} kB\n")


def screenshot(width: int, step: str) -> Path:
    [found] = (ARTEFACTS / str(width)).glob(f"[0-9][0-9]-{step}.png")
    return found


def make(source: Path, picture: Path) -> None:
    """Write a screenshot as a small PNG."""
    with Image.open(source) as shot:
        few = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)
    assert picture.stat().st_size < LARGEST, f"{picture.name} is too large for a README"


if __name__ == "__main__":
    main()
