"""Who may import whom in Response, read from the source.

The table is the one of docs/layout.md. Imports inside functions count as well: a rule that an
import can step around by moving down a few lines is none. Imports for annotations only
(``if TYPE_CHECKING:``) do not.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import global_settings

ROOT = Path(__file__).resolve().parent.parent

WORK = {"delivery", "background", "upkeep", "foundation"}
EVERYTHING = {*WORK, "core", "slack", "ui", "composition"}
MAY_IMPORT = {
    "foundation": {"foundation"},
    "delivery": {"delivery", "foundation"},
    "background": {"background", "delivery", "foundation"},
    "upkeep": {"upkeep", "delivery", "foundation"},
    "core": {"core", "foundation"},
    "slack": {"slack", "core", *WORK},
    "ui": {"ui", "core", "foundation"},
    "composition": EVERYTHING,
    "testing": {"testing", *EVERYTHING},
}
PART_OF = {
    **dict.fromkeys(["conf", "exceptions", "checks", "telemetry"], "foundation"),
    **dict.fromkeys(["transactions", "doors"], "foundation"),
    **dict.fromkeys(["delivery", "background", "upkeep", "core", "slack", "ui", "testing"]),
    "templatetags": "ui",
    **dict.fromkeys(["apps", "models", "admin", "urls", "management", "migrations"], "composition"),
    "monitoring": "composition",
}

SLACK_EFFECTS = {
    f"response.slack.{name}"
    for name in (
        *("client", "web_call", "headline", "channels", "people", "prompts", "receivers"),
        *("schedule", "dispatch", "views", "handlers"),
    )
}
MODELS = {"response.models", "response.core.models", "response.slack.models"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of Response by its dotted name, parsed."""
    found = {}
    for path in sorted((ROOT / "response").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return found


def part_of(module: str) -> str:
    """The row of the table that a module of ours stands in; the package itself is foundation."""
    _, _, rest = module.partition(".")
    if not rest:
        return "foundation"
    first = rest.split(".")[0]
    assert first in PART_OF, f"{module} has no place in the table of docs/layout.md"
    return PART_OF[first] or first


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those that exist for annotations only."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if is_type_checking(child):
            for alternative in child.orelse:
                yield from walk(alternative)
        else:
            yield from walk(child)


@cache
def imports_of(module: str) -> frozenset[str]:
    """The dotted names a module imports; ``from package import module`` names the module."""
    is_package = (ROOT / Path(*module.split(".")) / "__init__.py").exists()
    package = module if is_package else module.rpartition(".")[0]
    names = set()
    for node in walk(modules()[module]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                origin = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                submodule = f"{origin}.{alias.name}"
                names.add(submodule if submodule in modules() else origin)
    return frozenset(names)


def our_imports_of(module: str) -> set[str]:
    return {name for name in imports_of(module) if name in modules()}


def test_each_part_imports_only_what_the_table_allows():
    assert [
        f"{module} imports {imported}"
        for module in modules()
        for imported in our_imports_of(module)
        if part_of(imported) not in MAY_IMPORT[part_of(module)]
    ] == []


def test_the_foundation_needs_nothing_but_django():
    third_party = {
        f"{module} imports {imported}"
        for module in modules()
        if part_of(module) == "foundation"
        for imported in imports_of(module)
        if imported.split(".")[0] not in {"django", "response", *sys.stdlib_module_names}
    }
    assert third_party == set()


def test_only_the_web_call_and_socket_mode_speak_to_slack():
    assert [
        module
        for module in modules()
        if any(name.split(".")[0] == "slack_sdk" for name in imports_of(module))
        and module not in {"response.slack.web_call", "response.slack.socket_mode"}
    ] == []


def test_slack_models_import_neither_the_client_nor_effects():
    """Their methods, such as ``post_in_channel``, write down what Slack is owed."""
    assert [
        f"{module} imports {imported}"
        for module in modules()
        if within(module, {"response.slack.models"})
        for imported in our_imports_of(module)
        if within(imported, SLACK_EFFECTS)
    ] == []


def test_only_the_app_imports_the_built_in_handlers():
    handlers = {"response.slack.handlers"}
    assert [
        f"{module} imports {imported}"
        for module in modules()
        for imported in our_imports_of(module)
        if within(imported, handlers) and not within(module, handlers) and module != "response.apps"
    ] == []


@pytest.mark.parametrize("module", ["response.slack.decorators", "response.slack.registry"])
def test_decorators_and_registry_reach_no_models(module):
    reached: set[str] = set()
    pending = {module}
    while pending:
        name = pending.pop()
        reached.add(name)
        pending |= our_imports_of(name) - reached
    assert {name for name in reached if within(name, MODELS)} == set()


@pytest.mark.parametrize("module", ["response.slack.decorators", "response.slack.client"])
def test_what_hosts_import_early_needs_no_settings(module):
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    importing = subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert importing.returncode == 0, importing.stderr


def test_response_settings_are_read_through_conf_alone():
    """Django's own settings (AUTH_USER_MODEL, USE_TZ…) may be read where Django has them."""
    djangos = {name for name in dir(global_settings) if name.isupper()}
    read_elsewhere = [
        f"{module} reads settings.{node.attr}"
        for module, tree in modules().items()
        if module != "response.conf" and "django.conf" in imports_of(module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "settings"
        and node.attr not in djangos
    ]
    assert read_elsewhere == []


def test_the_app_imports_neither_its_tests_nor_its_demo():
    assert [
        f"{module} imports {imported}"
        for module in modules()
        for imported in imports_of(module)
        if imported.split(".")[0] in {"tests", "demo", "workspace"}
    ] == []
