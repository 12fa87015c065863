"""Screenshots that are kept, so that a person can look at what the tests saw."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
#: Not in git; ``make clean`` removes it.
ARTEFACTS = ROOT / "artefacts" / "browser"

DESK, PHONE = 1280, 390  # how wide a window is, in pixels


class Album:
    """A folder of numbered screenshots, emptied of an earlier run's."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for earlier in folder.glob("*.png"):
            earlier.unlink()
        self._folder, self._count = folder, 0

    def keep(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Keep what the window shows, or the ``whole`` page, as NN-name.png."""
        self._count += 1
        page.mouse.move(0, 0)  # so that nothing is shown as under the pointer
        page.screenshot(
            path=self._folder / f"{self._count:02}-{name}.png",
            full_page=whole,
            animations="disabled",
        )
