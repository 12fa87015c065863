"""What is done about what Slack tells us: which function answers which command, button, form."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Handler = Callable[..., Any]

# What the table of reminders has room for; the predecessor's width.
LONGEST_KEY = 30


@dataclass(frozen=True)
class Command:
    """One command of ``@incident``: the words it goes by, and what help says of it.

    ``accepts`` tells whether a text can be what follows the word: ``/incident close the shop`` in
    a comms channel is no command, because nothing follows ``close``.
    """

    words: tuple[str, ...]
    helptext: str
    handler: Handler
    example: str = ""
    group: str = "Also"
    accepts: Callable[[str], bool] = lambda _rest: True


@dataclass(frozen=True)
class KeywordHandler:
    """What is done where somebody says one of the words, or phrases."""

    words: tuple[str, ...]
    handler: Handler

    def found_in(self, text: str) -> str | None:
        """The first of the words that stands in a text, whatever its capitals; not in the middle
        of a longer word."""
        for word in self.words:
            if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
                return word
        return None


@dataclass(frozen=True)
class ShortcutEntry:
    """How Slack's menus show a shortcut: in those of messages (``message``), or in that of the
    whole workspace (``global``). For the app's manifest."""

    name: str
    description: str
    kind: str = "message"


@dataclass(frozen=True)
class Reminder:
    """Something to be said about an open incident as time goes by.

    First ``first_after`` its start, then each ``interval`` (None: once), ``most`` times in all.
    ``needed`` says of an incident whether there is anything to remind of. ``working_hours_of``
    makes it wait for working hours: those where the person lives whom it returns.
    """

    handler: Handler
    first_after: timedelta
    interval: timedelta | None = None
    most: int = 1
    needed: Callable[[Any], bool] | None = None
    working_hours_of: Callable[[Any], Any] | None = None

    @property
    def name(self) -> str:
        return name_of(self.handler)

    @property
    def key(self) -> str:
        """By which rows know it: the function's dotted name, which no two functions share."""
        if len(self.name) <= LONGEST_KEY:
            return self.name
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:16]
        return f"{self.handler.__name__[:13]}#{digest}"

    @property
    def former_key(self) -> str:
        """By which the predecessor's rows know it: the bare name. It has neither dot nor hash,
        one of which is in every ``key``."""
        return self.handler.__name__[:LONGEST_KEY]


@dataclass
class Registry:
    """The handlers, each under the key by which Slack names what it answers.

    A host's handler takes the place of a built-in with the same key, whichever is imported first;
    two hosts with the same key are a mistake, and are told so.
    """

    commands: dict[str, Command] = field(default_factory=dict)
    subcommands: dict[str, Command] = field(default_factory=dict)
    keywords: list[KeywordHandler] = field(default_factory=list)
    actions: dict[str, Handler] = field(default_factory=dict)
    openers: dict[str, Handler] = field(default_factory=dict)
    modals: dict[str, Handler] = field(default_factory=dict)
    dialogs: dict[str, Handler] = field(default_factory=dict)
    shortcuts: dict[str, Handler] = field(default_factory=dict)
    shortcut_entries: dict[str, ShortcutEntry] = field(default_factory=dict)
    events: dict[str, list[Handler]] = field(default_factory=dict)
    headline_actions: list[tuple[int, Handler]] = field(default_factory=list)
    reminders: dict[str, Reminder] = field(default_factory=dict)
    overdue_actions: dict[str, Handler] = field(default_factory=dict)

    def add_command(self, command: Command) -> None:
        """Put a command where ``@incident`` finds it."""
        _add_by_words(self.commands, "The command", command)

    def add_subcommand(self, command: Command) -> None:
        """Put a command where ``/incident`` finds it, whatever channel it is typed in."""
        _add_by_words(self.subcommands, "The subcommand", command)

    def add(
        self,
        table: dict[str, Handler],
        what: str,
        key: str,
        handler: Handler,
        *,
        rival: dict[str, Handler] | None = None,
    ) -> None:
        """Put a handler into one of the tables above; ``what`` names the key in an error.

        ``rival`` is another table for the same keys: there, too, a host's takes the place of a
        built-in.
        """
        other = rival.get(key) if rival is not None else None
        if rival is not None and other is not None and _is_built_in(other) != _is_built_in(handler):
            if _is_built_in(handler):
                return
            del rival[key]
        if _takes_the_place(what, key, table.get(key), handler):
            table[key] = handler

    def add_shortcut(self, callback_id: str, handler: Handler, entry: ShortcutEntry) -> None:
        """Have a shortcut answered, and shown in Slack's menus."""
        self.add(self.shortcuts, "The shortcut", callback_id, handler)
        if self.shortcuts[callback_id] is handler:
            self.shortcut_entries[callback_id] = entry

    def add_keywords(self, added: KeywordHandler) -> None:
        """Have a handler hear of its words, and of no others that it was given before."""
        others = [known for known in self.keywords if known.handler is not added.handler]
        self.keywords = [*others, added]

    def keywords_in(self, text: str) -> list[tuple[str, Handler]]:
        """Who hears of a text, each once, with the first of their words that it has."""
        found = ((known.found_in(text), known.handler) for known in self.keywords)
        return [(word, handler) for word, handler in found if word is not None]

    def add_event_handler(self, event_type: str, handler: Handler) -> None:
        handlers = self.events.setdefault(event_type, [])
        if handler not in handlers:
            handlers.append(handler)

    def add_headline_action(self, order: int, handler: Handler) -> None:
        self.headline_actions.append((order, handler))
        # Sorted by order alone, so that equals stand in the order they were registered in.
        self.headline_actions.sort(key=lambda action: action[0])

    def add_reminder(self, reminder: Reminder) -> None:
        """Have open incidents reminded of something, at most once for each function."""
        self.reminders[reminder.key] = reminder

    def remove_reminder(self, handler: Handler) -> None:
        """Forget the reminder that a function is."""
        name = name_of(handler)
        self.reminders = {key: one for key, one in self.reminders.items() if one.name != name}

    def distinct_commands(self) -> list[Command]:
        """Each command once, with the words it is found by, which a host may have taken some of."""
        words: dict[int, list[str]] = {}
        for word, command in self.commands.items():
            words.setdefault(id(command), []).append(word)
        found = {id(command): command for command in self.commands.values()}
        return sorted(
            (replace(found[key], words=tuple(own)) for key, own in words.items()),
            key=lambda command: command.words[0],
        )

    @contextmanager
    def isolated(self) -> Iterator[Registry]:
        """For tests: what is registered inside is forgotten at the end."""
        before = {f.name: copy.copy(getattr(self, f.name)) for f in fields(self)}
        self.events = {kind: list(handlers) for kind, handlers in self.events.items()}
        try:
            yield self
        finally:
            for name, value in before.items():
                setattr(self, name, value)


registry = Registry()


def name_of(handler: Handler) -> str:
    """The dotted name of a handler, by which rows and errors speak of it."""
    return f"{handler.__module__}.{handler.__qualname__}"


def _add_by_words(table: dict[str, Command], what: str, command: Command) -> None:
    for word in command.words:
        word = word.lower()
        known = table.get(word)
        if _takes_the_place(what, word, known.handler if known else None, command.handler):
            table[word] = command


def _takes_the_place(what: str, key: str, known: Handler | None, handler: Handler) -> bool:
    if known is None or name_of(known) == name_of(handler):
        return True
    if _is_built_in(known) or _is_built_in(handler):
        return _is_built_in(known)
    raise ImproperlyConfigured(
        f"{what} {key!r} has two handlers: {name_of(known)} and {name_of(handler)}."
    )


def _is_built_in(handler: Handler) -> bool:
    return handler.__module__.startswith("response.slack.handlers")
