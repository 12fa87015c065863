"""Write docs/settings.md from response/conf.py: ``python scripts/settings_page.py``."""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "settings.md"

INTRODUCTION = """\
# Settings

All of them are flat names in your project's settings. They are read when they are used, and none is
needed for the project to start: `python manage.py check` names what is missing or wrong, and says
what to do. This page is made from [`response/conf.py`](../response/conf.py).
"""


def page() -> str:
    """The page, as Markdown."""
    from response.conf import SETTINGS

    lines = [INTRODUCTION]
    for setting in SETTINGS.values():
        default = _default(setting.default)
        needed = "Response needs it to work with Slack." if setting.required else ""
        lines.append(f"## `{setting.name}`\n")
        lines.append(" ".join(filter(None, [setting.meaning, needed, default])) + "\n")
    return "\n".join(lines)


def _default(value: object) -> str:
    if value == "":
        return ""
    if isinstance(value, str) and "\n" in value:
        return f"Default:\n\n````markdown\n{value.strip()}\n````"
    return f"Default: `{value!r}`."


if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY))
    PAGE.write_text(page(), encoding="utf-8")
