"""Slack's markup, both ways. Pure: no models, no network, no settings.

There are three spellings of a text, and every function says which it takes and gives:

- *wire*: as Slack sends and takes it, ``&``, ``<`` and ``>`` escaped, references in angle brackets
- *as written*: what is stored: unescaped, references still in angle brackets
- *readable*: ``@Ana``, ``#incidents``, ``label (address)``

The rules are those of Slack's page "Formatting message text".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from response.core import markdown
from response.core.text import Form

_REFERENCE = re.compile(r"<([^<>\n]+)>")
_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>\n]*)?>")
_USER_ID = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]+")
_LEADING_MENTION = re.compile(
    r"\s*<@(?P<user_id>[UW][A-Z0-9]+)(?:\|[^<>\n]*)?>(?:\s*[:,](?=\s|$))?"
)
_BROADCASTS = ("here", "channel", "everyone")

# What Slack makes a link of; anything else in angle brackets (std::string, <div>) is text. Only the
# schemes of markdown.URL_SCHEMES are made clickable.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s|]|(?:mailto|tel):[^\s|]", re.IGNORECASE)
_ADDRESS_WITH_LABEL = re.compile(r"[a-z][a-z0-9+.-]*:[^\s|]*\|", re.IGNORECASE)
_CODE_BLOCK = re.compile(r"(`{3,})\n?(.*?)\n?\1", re.DOTALL)
_MARKDOWN_FENCES = re.compile(r"`{3,}[\w+#.-]*[ \t]*\n(?:.*\n)?[ \t]*`{3,}", re.DOTALL)


def _percent_encoding(characters: str) -> dict[int, str]:
    return {ord(character): f"%{ord(character):02X}" for character in characters}


# What would end an address too early, or act as markup in it.
_IN_WIRE_ADDRESS = _percent_encoding(" \t\r\n<>|")
_IN_MARKDOWN_ADDRESS = _percent_encoding(" \t\r\n<>|\"'()[]{}\\`*")


def escape(text: str) -> str:
    """Escape exactly ``&``, ``<`` and ``>``, as Slack asks for. Literal text to wire."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Wire to as written. Undoes ``escape`` once: a typed ``&lt;`` (wire ``&amp;lt;``) stays."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def user_ids(texts: Iterable[str]) -> set[str]:
    """The ids of everyone mentioned in the texts (as written or wire)."""
    return {user_id for text in texts for user_id in _USER.findall(text)}


def leading_mention(text: str) -> tuple[str, str] | None:
    """Split a text that begins with a mention into the user's id and the rest.

    ``"<@U1|ana> close it"`` gives ``("U1", "close it")``; a colon or comma right after the mention
    belongs to it. The rest keeps its lines, without white space around it. None where the text does
    not begin with a mention.
    """
    match = _LEADING_MENTION.match(text)
    return (match["user_id"], text[match.end() :].strip()) if match else None


def humanise(text: str, *, people: Mapping[str, str], form: Form) -> str:
    """As written to readable, as plain text or as Markdown.

    ``people`` has the display names by user id; someone not in it is shown by the label in the
    mention, else by the id. Whatever is no reference of Slack's stays as it is. In Markdown, code
    stays code, and Slack's ``` at any place becomes a fenced block.
    """
    if "<" not in text and "`" not in text:
        return text
    if form is Form.PLAIN:
        return _REFERENCE.sub(lambda match: _plain(match, people), text)
    parts: list[str] = []
    for part, is_code in markdown.split_code(text):
        if is_code:
            code = _REFERENCE.sub(lambda match: _plain(match, people), part)
            parts.append(_code_block(code, before=parts[-1]))
        else:
            parts.append(_REFERENCE.sub(lambda match: _markdown(match, people), part))
    return "".join(parts)


def outgoing(text: str, people: Mapping[str, str] = {}, *, limit: int | None = None) -> str:
    """As written to wire that is safe in a message of the bot's.

    References become readable text and everything is escaped, so that nothing in it pings anyone or
    hides an address behind a label. Slack's own ``*bold*`` still works. In a block, send it with
    ``verbatim: true``, or Slack itself makes references of a plain ``@here``.

    ``limit``: the most characters of the result, escapes counted, as Slack counts them; what is too
    long ends in an ellipsis.
    """
    wire = escape(markdown.readable(humanise(text, people=people, form=Form.PLAIN)))
    return wire if limit is None else _shortened(wire, limit)


def mention(user_id: str) -> str:
    """Wire that mentions, and so notifies, this person. What is no user id becomes plain text."""
    return f"<@{user_id}>" if _USER_ID.fullmatch(user_id) else escape(f"@{user_id}")


def channel_link(channel_id: str) -> str:
    """Wire that links to this channel. What is no channel id becomes plain text."""
    return f"<#{channel_id}>" if _CHANNEL_ID.fullmatch(channel_id) else escape(f"#{channel_id}")


def link(url: str, label: str) -> str:
    """Wire that links ``label`` (any text) to ``url``.

    An address that is not http, https or mailto becomes plain text: ``label (address)``.
    """
    label = " ".join(markdown.readable(label).split())
    if not _is_clickable(url):
        return escape(_labelled(url, label))
    address = markdown.readable(url).translate(_IN_WIRE_ADDRESS).replace("&", "&amp;")
    return f"<{address}|{escape(label)}>" if label else f"<{address}>"


def moment(instant: datetime) -> str:
    """Wire that shows an aware instant as the reader's clock does: "today at 14:05" (Slack's page
    "Formatting text")."""
    fallback = f"{instant:%Y-%m-%d at %H:%M %Z}"
    return f"<!date^{int(instant.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"


def _shortened(wire: str, limit: int) -> str:
    if len(wire) <= limit:
        return wire
    if limit < 1:
        return ""
    kept = wire[: limit - 1]
    # Every & begins an entity, so the last one is whole only if a semicolon follows it.
    if kept.rfind("&") > kept.rfind(";"):
        kept = kept[: kept.rfind("&")]
    return f"{kept.rstrip()}…"


def _plain(match: re.Match[str], people: Mapping[str, str]) -> str:
    address, label = _link_parts(match[1])
    if address:
        return _labelled(address, label)
    name = _name(match[1], people)
    return match[0] if name is None else name


def _markdown(match: re.Match[str], people: Mapping[str, str]) -> str:
    address, label = _link_parts(match[1])
    if address and _is_clickable(address):
        return f"[{markdown.escape(label or address)}]({address.translate(_IN_MARKDOWN_ADDRESS)})"
    if address:
        return markdown.escape(_labelled(address, label))
    name = _name(match[1], people)
    return match[0] if name is None else markdown.escape(name)


def _name(reference: str, people: Mapping[str, str]) -> str | None:
    """The readable name of what stands between ``<`` and ``>``; None if that is no reference."""
    kind, (target, _, label) = reference[0], reference[1:].partition("|")
    if kind == "@" and _USER_ID.fullmatch(target):
        return f"@{people.get(target) or label.removeprefix('@') or target}"
    if kind == "#" and _CHANNEL_ID.fullmatch(target):
        return f"#{label.removeprefix('#') or target}"
    if kind == "!":
        return _special(target, label)
    return None


def _special(target: str, label: str) -> str | None:
    command, _, argument = target.partition("^")
    if command in _BROADCASTS:
        return f"@{command}"
    if command == "subteam" and argument:
        return f"@{label.removeprefix('@') or argument}"
    if command == "date" and argument:
        return label or argument.partition("^")[0]
    return None


def _link_parts(reference: str) -> tuple[str, str]:
    """(address, label) of what stands between ``<`` and ``>``; ("", "") if that is no link.

    Slack labels what someone typed without a scheme with what they typed; such a label says no more
    than the address, so it replaces it.
    """
    if not (_ADDRESS.match(reference) or _ADDRESS_WITH_LABEL.match(reference)):
        return "", ""
    address, _, label = reference.partition("|")
    return address, label.strip()


def _labelled(address: str, label: str) -> str:
    scheme_and_rest = (address, address.partition("://")[2], address.partition(":")[2])
    if not label or label == address:
        return address
    return label if label in scheme_and_rest else f"{label} ({address})"


def _is_clickable(address: str) -> bool:
    scheme, separator, rest = address.partition(":")
    return bool(separator and rest) and scheme.lower() in markdown.URL_SCHEMES


def _code_block(code: str, before: str) -> str:
    """Slack's block of code, which may begin anywhere in a line, as Markdown's, which may not."""
    block = _CODE_BLOCK.fullmatch(code)
    if block is None:
        return code
    begins_line = not before.rpartition("\n")[2].strip(" \t>")
    if begins_line and _MARKDOWN_FENCES.fullmatch(code):
        return code
    fence, lines = block.groups()
    return f"\n{fence}\n{lines}\n{fence}\n"
