"""Write down which of Slack's emoji names the ``emoji`` library does not know as Slack means them.

Slack takes its names from iamcal/emoji-data, published on npm as emoji-datasource. To bring the
table up to date, fetch and unpack that package, then run this on it:

    npm pack emoji-datasource@16.0.0
    tar xzf emoji-datasource-16.0.0.tgz
    python scripts/slack_emoji_names.py package

It writes response/core/emoji_shortcodes.json, which the package ships, and
tests/core/slack_short_names.json, every name with its character, which a test goes through.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import emoji

REPOSITORY = Path(__file__).resolve().parent.parent
SHIPPED = REPOSITORY / "response" / "core" / "emoji_shortcodes.json"
TESTED = REPOSITORY / "tests" / "core" / "slack_short_names.json"

EMOJI_PRESENTATION = "\ufe0f"


def characters(code_points: str) -> str:
    """'1F469-200D-1F692' -> the emoji it stands for."""
    return "".join(chr(int(point, 16)) for point in code_points.split("-"))


def is_known(name: str, character: str) -> bool:
    """Whether the library turns the name into this emoji, in one presentation or the other."""
    found = emoji.emojize(f":{name}:", language="alias")
    return found.replace(EMOJI_PRESENTATION, "") == character.replace(EMOJI_PRESENTATION, "")


def write(path: Path, package: Path, names: dict[str, str]) -> None:
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    content = {
        "source": f"{about['name']} {about['version']}, {about['homepage']}",
        "licence": (package / "LICENSE").read_text(encoding="utf-8").splitlines(),
        "names": names,
    }
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{path.relative_to(REPOSITORY)}: {len(names)} names\n")


def main(package: Path) -> None:
    names = {
        name: characters(entry["unified"])
        for entry in json.loads((package / "emoji.json").read_text(encoding="utf-8"))
        for name in entry["short_names"]
    }
    names = dict(sorted(names.items()))
    write(TESTED, package, names)
    write(SHIPPED, package, {n: c for n, c in names.items() if not is_known(n, c)})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
