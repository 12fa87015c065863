"""What a stranger gets: the wheel, installed into a clean environment, set up as the README says.

The README's own snippets are applied: each Python block whose first line names a file of the
project is appended to that file.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

import response
from response.testing import FakeSlack
from response.testing.payloads import (
    ANA,
    INCIDENTS,
    app_mention,
    block_action,
    chosen,
    person,
    slash_command,
    typed,
    view_submission,
)
from response.testing.signing import SIGNING_SECRET, HttpAnswer, Request, deliver_http

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPET = re.compile(
    r"^```python\n# (?P<file>\S+\.py)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)

PASSWORD = "a password for tests"
NOT_SOURCE = shutil.ignore_patterns(
    *(".git", ".venv", ".state", "__pycache__", "*.egg-info", "build", "dist", ".*_cache")
)


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command away from this checkout and give what it printed; fail with that otherwise."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV")
    }
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the source distribution of this tree is, and the wheel that is built from that.

    It is built from a copy: a stale build directory must not help.
    """
    directory = tmp_path_factory.mktemp("built")
    source = shutil.copytree(ROOT, directory / "source", ignore=NOT_SOURCE)
    run(sys.executable, "-m", "build", "--outdir", directory / "dist", source, cwd=directory)
    return directory / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def files_in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtual environment that has the wheel and what it requires."""
    directory = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", directory / "venv", cwd=directory)
    python = directory / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=directory)
    return python


def test_the_wheel_carries_everything_the_app_needs_at_run_time(files_in_wheel):
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "response").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours - files_in_wheel == set()
    for kind in ("templates/response/", "static/response/", "migrations/0001_initial.py"):
        assert any(name.startswith(f"response/{kind}") for name in files_in_wheel)


def test_the_wheel_says_that_it_carries_types(files_in_wheel):
    assert "response/py.typed" in files_in_wheel


def test_the_package_index_would_take_both(built):
    distributions = sorted(built.iterdir())
    assert [path.suffix for path in distributions] == [".whl", ".gz"]
    run(sys.executable, "-m", "twine", "check", "--strict", *distributions, cwd=built)


def test_the_wheel_is_put_together_as_wheels_are(wheel):
    check = Path(sys.executable).with_name("check-wheel-contents")
    configuration = ("--config", ROOT / "pyproject.toml")
    assert ": OK" in run(check, *configuration, wheel, cwd=wheel.parent)


def test_the_wheel_carries_nothing_but_the_app(files_in_wheel):
    outside = {
        name
        for name in files_in_wheel
        if not name.startswith("response/") and ".dist-info/" not in name
    }
    assert outside == set()


def test_the_metadata_say_what_it_is(metadata):
    assert metadata["Name"] == "django-incident-response"
    assert metadata["Version"] == response.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra")) >= {"demo", "postgres", "test"}


@dataclass(frozen=True)
class Project:
    """A project made by the README's steps, with the environment its settings read."""

    python: Path
    directory: Path
    environment: dict[str, str]

    def manage(self, *arguments: str, **environment: str) -> str:
        changed = self.environment | environment
        return run(self.python, "manage.py", *arguments, cwd=self.directory, **changed)


@dataclass(frozen=True)
class Site:
    """The project while it is being served."""

    url: str

    def deliver(self, request: Request) -> HttpAnswer:
        """What the project answers to a request of Slack's, signed."""
        return deliver_http(self.url, request, SIGNING_SECRET)

    def get(self, path: str, *, accept: str, signed_in: bool = True) -> tuple[str, str]:
        """Where a GET ends after redirects, and what it shows there."""
        request = urllib.request.Request(self.url + path, headers={"Accept": accept})
        if signed_in:
            credentials = base64.b64encode(f"ana:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {credentials}")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=10) as answer:
            return answer.url, answer.read().decode()

    def incidents(self) -> list[dict[str, Any]]:
        _, body = self.get("/core/incidents/", accept="application/json")
        listed: list[dict[str, Any]] = json.loads(body)["results"]
        return listed


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        yield fake


@pytest.fixture(scope="module", params=[True, False], ids=["USE_TZ", "no USE_TZ"])
def project(
    request: pytest.FixtureRequest,
    python: Path,
    slack: FakeSlack,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    directory = tmp_path_factory.mktemp("project")
    run(python, "-m", "django", "startproject", "mysite", directory, cwd=directory)
    run(python, "manage.py", "startapp", "oncall", cwd=directory)

    settings = directory / "mysite" / "settings.py"
    made = settings.read_text()
    assert "USE_TZ = True" in made
    settings.write_text(made.replace("USE_TZ = True", f"USE_TZ = {request.param}"))

    snippets = list(SNIPPET.finditer(README))
    for snippet in snippets:
        with (directory / snippet["file"]).open("a", encoding="utf-8") as file:
            file.write(snippet["code"])
    assert [snippet["file"] for snippet in snippets] == [
        "mysite/settings.py",
        "mysite/settings.py",
        "mysite/urls.py",
        "oncall/response_handlers.py",
    ]
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'INSTALLED_APPS += ["oncall"]\nSLACK_API_URL = "{slack.url}"\n')

    slack.reset()
    project = Project(
        python,
        directory,
        {
            "SLACK_TOKEN": slack.token,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "INCIDENT_CHANNEL_ID": INCIDENTS,
        },
    )
    project.manage("migrate")
    project.manage(
        *("createsuperuser", "--noinput", "--username=ana", "--email=ana@example.com"),
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    return project


@pytest.fixture(scope="module")
def site(project: Project) -> Iterator[Site]:
    """The project under Django's own server, on a port of its choice."""
    with (
        (project.directory / "server.log").open("w") as log,
        subprocess.Popen(
            [project.python, "manage.py", "runserver", "--noreload", "127.0.0.1:0"],
            cwd=project.directory,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"} | project.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        try:
            for line in server.stdout:
                if started := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield Site(started[0])
                    break
            else:
                pytest.fail((project.directory / "server.log").read_text())
        finally:
            server.terminate()


def test_check_passes_in_a_project_made_by_the_readme(project):
    assert "response.E" not in project.manage("check")


def test_check_names_what_is_missing_and_lets_the_project_go_on(project):
    said = project.manage("check", SLACK_TOKEN="", SLACK_SIGNING_SECRET="", INCIDENT_CHANNEL_ID="")
    assert "response.W" in said
    assert "SLACK_TOKEN" in said
    assert "SLACK_SIGNING_SECRET" in said
    assert "INCIDENT_CHANNEL_ID" in said


def test_a_host_needs_no_migration_of_its_own(project):
    assert "No changes detected" in project.manage("makemigrations", "--check", "--dry-run")


def test_an_incident_is_declared_worked_on_and_read(site, slack):
    """The one way through everything, so that the steps can follow each other."""
    # Declared by the form.
    assert site.deliver(slash_command("Checkout is failing", user=ANA)).status == 200
    (form,) = slack.views
    assert form["callback_id"] == "incident-report-dialog"
    submitted = site.deliver(
        view_submission(
            "incident-report-dialog",
            {
                "report": typed("Checkout is failing"),
                "incident_type": chosen(None),
                "summary": typed("Payments time out"),
                "impact": typed(None),
                "lead": person(ANA),
                "severity": chosen("2", "major"),
            },
            private_metadata=form.get("private_metadata", ""),
        )
    )
    assert (submitted.status, submitted.body) == (200, b"")

    (incident,) = site.incidents()
    assert incident["report"] == "Checkout is failing"
    assert incident["summary"] == "Payments time out"
    assert incident["severity"] == "2"
    assert incident["lead"]["external_id"] == ANA

    # Its headline, and a channel by the headline's button.
    assert slack.wait_for(lambda slack: slack.messages(INCIDENTS))
    (headline,) = slack.messages(INCIDENTS)
    assert "Checkout is failing" in headline.text
    known = set(slack.channels)
    pressed = block_action(
        "create-comms-channel-button", str(incident["id"]), message_ts=headline.ts
    )
    assert site.deliver(pressed).status == 200
    assert slack.wait_for(lambda slack: set(slack.channels) - known)
    (channel,) = set(slack.channels) - known

    def linked_on_the_headline(slack: FakeSlack) -> bool:
        return any(channel in str(message.blocks) for message in slack.messages(INCIDENTS))

    assert slack.wait_for(linked_on_the_headline)

    # The command that the README adds.
    ts = slack.say(channel, "@incident runbook")
    assert site.deliver(app_mention("runbook", channel=channel, ts=ts)).status == 200

    def answered(slack: FakeSlack) -> bool:
        return any("The runbooks are at" in said.text for said in slack.messages(channel))

    assert slack.wait_for(answered)
    assert len(slack.messages(INCIDENTS)) == 1


def test_the_api_can_be_browsed_without_further_apps(site):
    _, page = site.get("/core/incidents/", accept="text/html")
    assert page.lstrip().lower().startswith("<!doctype html>")


def test_the_pages_lead_to_a_sign_in_that_exists(site):
    address, page = site.get("/", accept="text/html", signed_in=False)
    assert "/admin/login/?next=/" in address
    assert 'name="password"' in page
