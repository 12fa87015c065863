"""What ``make demo`` starts, and what it refuses to start."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from .conftest import ROOT, free_port, stop

REAL_LOOKING = "xoxb-" + "123456789012-" * 2 + "abcdefghijkl"


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "SECRET_KEY": "only-for-tests",
        "DEMO_PASSWORD": "only-for-tests",
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "PRACTICE_DATABASE": str(folder / "workspace.sqlite3"),
        **more,
    }


@pytest.mark.parametrize("token", [REAL_LOOKING, "xoxp" + REAL_LOOKING[4:], "xoxe.xoxb-1-abc"])
def test_a_real_token_is_never_sent_to_a_practice_workspace(tmp_path: Path, token: str) -> None:
    refused = subprocess.run(
        [sys.executable, str(ROOT / "demo" / "start.py")],
        env=environment(
            tmp_path, SLACK_TOKEN=token, SLACK_API_URL="http://127.0.0.1:8000/workspace/api/"
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert "looks like a real one" in refused.stderr
    assert token not in refused.stderr + refused.stdout


WORKER = ("manage.py", "response_worker", "--once")


def outcome(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a command of the demo that ends by itself."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT / "demo",
        env=environment(folder, PYTHONPATH=str(ROOT), **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", [("start.py",), WORKER], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_URL", "https://incidents.example.com"),
        ("SITE_URL", "incidents.example.com"),
        ("SITE_URL", "http://192.0.2.7:8000"),
        ("SLACK_SIGNING_SECRET", "0123456789abcdef"),
        ("SLACK_APP_TOKEN", "xapp-1-A0123-456-abc"),
    ],
)
def test_what_is_meant_for_slack_is_refused_without_a_token(
    tmp_path: Path, name: str, value: str, command: tuple[str, ...]
) -> None:
    refused = outcome(
        tmp_path,
        *command,
        **{"SLACK_TOKEN": "", "DEMO_ALLOW_REMOTE_WORKSPACE": "1", "SOCKET": "1", name: value},
    )
    assert refused.returncode == 1
    assert f"{name} is" in refused.stderr
    assert "Set SLACK_TOKEN" in refused.stderr
    assert f"unset {name}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "0123" not in refused.stderr + refused.stdout
    assert list(tmp_path.iterdir()) == []


def test_no_other_server_offers_the_practice_workspace_to_the_world(tmp_path: Path) -> None:
    refused = outcome(
        tmp_path,
        *("-c", "import demo.wsgi"),
        DJANGO_SETTINGS_MODULE="demo.settings",
        SITE_URL="https://incidents.example.com",
    )
    assert refused.returncode == 1
    assert "Set SLACK_TOKEN" in refused.stderr


def test_the_manifest_is_printed_before_there_is_a_token(tmp_path: Path) -> None:
    printed = outcome(
        tmp_path, "manage.py", "response_manifest", SITE_URL="https://incidents.example.com"
    )
    assert printed.returncode == 0, printed.stderr
    assert "https://incidents.example.com/slack/slash_command" in printed.stdout


@pytest.mark.parametrize(
    "more",
    [
        {"SITE_URL": "http://localhost:8000"},
        {"SITE_URL": "http://127.0.0.1:8000/"},
        {"SITE_URL": "http://[::1]:8000"},
        {"SITE_URL": "http://demo.localhost:8000"},
        {"HOST": "0.0.0.0", "SOCKET": "1"},
        {"SLACK_SIGNING_SECRET": "practice-workspace-signing-secret"},
        {"SLACK_APP_TOKEN": "xapp-practice-workspace-only"},
        {"SLACK_TOKEN": "xoxb-1-2", "SITE_URL": "https://incidents.example.com"},
    ],
    ids=str,
)
def test_practising_on_this_machine_and_ones_own_slack_are_not_refused(
    tmp_path: Path, more: dict[str, str]
) -> None:
    asked = "from demo.environment import why_not_to_start; print(repr(why_not_to_start()))"
    assert outcome(tmp_path, "-c", asked, **more).stdout == "''\n"


def test_with_a_token_there_is_no_practice_workspace(tmp_path: Path) -> None:
    port = free_port()
    nothing_listens_here = f"http://127.0.0.1:{free_port()}/api/"
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "demo" / "start.py")],
        env=environment(
            tmp_path,
            PORT=str(port),
            SLACK_TOKEN=REAL_LOOKING,
            SLACK_SIGNING_SECRET="x",
            SLACK_API_URL=nothing_listens_here,
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if "Listening at" in line:
                break
        assert "Practice workspace" not in said
        assert REAL_LOOKING not in said
        for path in ("workspace/", "workspace/api/auth.test", "workspace/control/state"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=20)
            assert refused.value.code == 404
    finally:
        stop(process)


def test_the_sign_in_and_the_addresses_are_printed(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "demo" / "start.py")],
        env=environment(tmp_path, PORT=str(port), DEMO_PASSWORD="a password of my own"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if "Listening at" in line:
                break
        assert f"http://localhost:{port}/workspace/" in said
        assert "demo / a password of my own" in said
        login = f"http://127.0.0.1:{port}/accounts/login/"
        with urllib.request.urlopen(login, timeout=20) as page:
            assert "Sign in" in page.read().decode()
    finally:
        stop(process)
