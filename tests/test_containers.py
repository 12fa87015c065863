"""What the files of the containers promise; that they work is what ``make container`` shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
STEPS = (ROOT / ".ci" / "container").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
OURS = ("web", "worker")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def environment(service: str) -> dict[str, str | None]:
    return dict(COMPOSE["services"][service]["environment"])


@pytest.mark.parametrize("command", instructions("RUN"))
def test_what_the_image_is_built_with_is_run_without_an_engine_too(command):
    steps = [line.split() for line in STEPS.splitlines()]
    # Paths and owner differ, the program and its other options do not.
    wanted = {
        word for word in shlex.split(command) if not word.startswith(("/", "--owner", "--group"))
    }
    assert any(wanted <= {word.strip("()") for word in step} for step in steps)


@pytest.mark.parametrize(
    "command",
    [
        *(yaml.safe_load(line) for line in instructions("CMD")),
        COMPOSE["services"]["worker"]["command"],
    ],
    ids=" ".join,
)
def test_what_a_container_starts_is_started_without_an_engine_too(command):
    assert " ".join(command) in STEPS


def test_both_are_given_the_same_files():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    allowed = re.findall(r"^!([^/\n]+)/?$", ignored, re.MULTILINE)
    _, _, listed = STEPS.partition("git ls-files ")
    assert sorted(listed.partition(" -- ")[2].partition("|")[0].split()) == sorted(allowed)


def test_the_container_runs_as_nobody_who_could_write_to_the_app():
    (user,) = instructions("USER")
    assert user == "10001:10001"
    assert "--owner=10001" in DOCKERFILE


def test_nothing_is_published_beyond_this_machine():
    published = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}
    assert published == {"postgres": [], "web": ["127.0.0.1:8000:8000"], "worker": []}


def test_the_database_is_on_a_network_without_a_way_out():
    assert COMPOSE["services"]["postgres"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_the_sweep_is_the_workers_alone():
    assert environment("web")["RESPONSE_SWEEP"] == "0"
    assert "response_worker" in COMPOSE["services"]["worker"]["command"]


@pytest.mark.parametrize("service", OURS)
def test_without_a_token_it_is_the_practice_workspace(service):
    assert environment(service)["SLACK_TOKEN"] == "${SLACK_TOKEN:-}"
    # Else a token of Slack's would be refused beside it.
    assert "SLACK_API_URL" not in environment(service)


@pytest.mark.parametrize("name", sorted(set(environment("web")) | set(environment("worker"))))
def test_every_variable_is_one_that_the_demo_reads(name):
    described = (ROOT / "demo" / "README.md").read_text(encoding="utf-8")
    by_id = re.sub(r"_ID$", "_NAME", name)
    assert f"`{name}`" in described or f"`{by_id}` or `_ID`" in described


@pytest.mark.parametrize("service", OURS)
def test_what_your_own_slack_needs_is_passed_on_socket_mode_too(service):
    passed = set(environment(service))
    assert {"SLACK_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"} <= passed
    assert "SOCKET" in passed, "start.py then keeps response_socket beside the web server"


def test_every_container_says_whether_it_is_healthy():
    assert instructions("HEALTHCHECK")
    assert "healthcheck" in COMPOSE["services"]["postgres"]
    assert COMPOSE["services"]["worker"]["healthcheck"]["test"][-1] == "worker"
