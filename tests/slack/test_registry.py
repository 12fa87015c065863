"""Whose handler answers what, where a host has handlers of its own."""

from __future__ import annotations

import contextlib

import pytest
from django.core.exceptions import ImproperlyConfigured

from response.slack import decorators
from response.slack.registry import Command, Registry, registry


def _function(module, name="handler"):
    def handler(*_args):
        return True, None

    handler.__module__, handler.__qualname__ = module, name
    return handler


BUILT_IN = _function("response.slack.handlers.commands")
HOST = _function("pager.response_handlers")
OTHER = _function("shop.response_handlers")

TABLES = {
    "a command": (
        lambda own, function: own.add_command(Command(("word",), "", function)),
        lambda own: own.commands["word"].handler,
    ),
    "an action": (
        lambda own, function: own.add(own.actions, "The action", "key", function),
        lambda own: own.actions["key"],
    ),
    "a form": (
        lambda own, function: own.add(own.modals, "The form", "key", function),
        lambda own: own.modals["key"],
    ),
    "a button that opens a form": (
        lambda own, function: own.add(own.openers, "The form's button", "key", function),
        lambda own: own.openers["key"],
    ),
}


@pytest.fixture(params=TABLES.values(), ids=TABLES.keys())
def table(request):
    return request.param


@pytest.mark.parametrize("order", [(BUILT_IN, HOST), (HOST, BUILT_IN)])
def test_a_host_beats_a_built_in_in_any_import_order(table, order):
    add, get = table
    own = Registry()
    for function in order:
        add(own, function)
    assert get(own) is HOST


@pytest.mark.parametrize("order", [(HOST, OTHER), (OTHER, HOST), (BUILT_IN, HOST, OTHER)])
def test_two_hosts_with_the_same_key_are_an_error_that_names_both(table, order):
    add, _get = table
    own = Registry()
    *first, last = order
    for function in first:
        add(own, function)
    with pytest.raises(ImproperlyConfigured) as raised:
        add(own, last)
    assert "pager.response_handlers.handler" in str(raised.value)
    assert "shop.response_handlers.handler" in str(raised.value)


def test_a_module_may_be_imported_again(table):
    add, get = table
    own = Registry()
    add(own, HOST)
    again = _function("pager.response_handlers")
    add(own, again)
    assert get(own) is again


def test_words_are_the_same_in_any_capitals():
    own = Registry()
    own.add_command(Command(("Page", "PAGER"), "", HOST))
    assert set(own.commands) == {"page", "pager"}
    with pytest.raises(ImproperlyConfigured):
        own.add_command(Command(("page",), "", OTHER))


def test_help_leaves_out_the_words_that_a_host_took():
    own = Registry()
    own.add_command(Command(("severity", "sev"), "built in", BUILT_IN))
    own.add_command(Command(("sev",), "the host's", HOST))
    assert [(c.words, c.helptext) for c in own.distinct_commands()] == [
        (("sev",), "the host's"),
        (("severity",), "built in"),
    ]


def test_one_word_may_be_given_as_it_is(handlers):
    decorators.incident_command("page", helptext="pages")(HOST)
    assert registry.commands["page"].words == ("page",)


def test_many_may_hear_of_the_same_event():
    own = Registry()
    for function in (HOST, OTHER, HOST):
        own.add_event_handler("pin_added", function)
    assert own.events["pin_added"] == [HOST, OTHER]


def test_what_is_registered_inside_isolated_is_forgotten():
    before = {name: dict(getattr(registry, name)) for name in ("commands", "actions", "modals")}
    pins = list(registry.events["pin_added"])
    with registry.isolated():
        decorators.incident_command(["page"])(HOST)
        decorators.action_handler("page")(HOST)
        decorators.modal_handler("page")(HOST)
        decorators.modal_opener("open")(HOST)
        decorators.slack_event("pin_added")(HOST)
        decorators.slack_event("emoji_changed")(HOST)
        decorators.headline_post_action(order=5)(HOST)
        decorators.remove_action_handler("close-incident-button")
        assert registry.commands["page"].handler is HOST
    for name, table in before.items():
        assert getattr(registry, name) == table
    assert registry.events["pin_added"] == pins
    assert "emoji_changed" not in registry.events
    assert HOST not in [make for _order, make in registry.headline_actions]


def test_isolation_ends_with_an_error_too():
    with contextlib.suppress(ZeroDivisionError), registry.isolated():
        decorators.action_handler("page")(HOST)
        raise ZeroDivisionError
    assert "page" not in registry.actions


@pytest.mark.parametrize(
    "decorator",
    [
        decorators.incident_command(["page"]),
        decorators.slack_event("pin_added"),
        decorators.action_handler("page"),
        decorators.modal_opener("page"),
        decorators.modal_handler("page"),
        decorators.headline_post_action(),
    ],
)
def test_every_decorator_gives_the_function_back(handlers, decorator):
    assert decorator(HOST) is HOST
