"""``:tada:`` becomes 🎉, by every name that Slack knows.

Most names are known to the ``emoji`` library. Those it lacks, or reads as another emoji than Slack
does (``:egg:`` is not a fried one), are in emoji_shortcodes.json, which
scripts/slack_emoji_names.py makes from Slack's own list and which carries its version and licence.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from pathlib import Path

import emoji

from response.core.markdown import split_code

# An emoji stands on its own: `a:b:c`, `12:100:45` and `main.py:100: error` are none, although :b:
# and :100: are. Letters beyond ASCII may touch one, since many languages write without spaces.
# The first branch takes addresses away whole, so that nothing in them is taken for an emoji.
_SHORTCODES = re.compile(
    r"https?://\S+"
    r"|(?<![A-Za-z0-9_:/])"
    r"(?P<shortcodes>(?::[a-z0-9_+-]{1,100}:)+)"
    r"(?![A-Za-z0-9_/])"
)

# "Received emoji" in Slack's formatting guide: a tone follows the name as a shortcode of its own.
_SKIN_TONES = {f"skin-tone-{number}": chr(0x1F3FB + number - 2) for number in range(2, 7)}
_EMOJI_PRESENTATION = "\ufe0f"


def replace_shortcodes(text: str) -> str:
    """``text`` with its ``:shortcodes:`` as emoji, those in code and addresses left as typed.

    A name that nobody knows (a workspace's own emoji) stays as it is.
    """
    if ":" not in text:
        return text
    return "".join(
        part if is_code else _SHORTCODES.sub(_replace, part) for part, is_code in split_code(text)
    )


def _replace(match: re.Match[str]) -> str:
    shortcodes = match["shortcodes"]
    if shortcodes is None:
        return match[0]
    characters: list[str] = []
    for name in shortcodes[1:-1].split("::"):
        if name in _SKIN_TONES and characters:
            characters[-1] = _with_skin_tone(characters[-1], _SKIN_TONES[name])
        else:
            characters.append(_character(name))
    return "".join(characters)


def _with_skin_tone(character: str, tone: str) -> str:
    """The emoji in that tone where Unicode has one, else both side by side, as Slack shows it."""
    toned = character[0] + tone + character[1:].removeprefix(_EMOJI_PRESENTATION)
    return toned if toned in emoji.EMOJI_DATA else character + tone


@lru_cache(maxsize=4096)
def _character(name: str) -> str:
    known = _slack_names().get(name)
    return known or emoji.emojize(f":{name}:", language="alias")


@cache
def _slack_names() -> dict[str, str]:
    table = Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    names: dict[str, str] = json.loads(table)["names"]
    return names
