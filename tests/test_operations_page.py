"""docs/operations.md: what it has people copy does what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.conf import settings as host
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def block(beginning: str) -> str:
    """The Python block of the page that begins so."""
    found = re.search(rf"^( *)```python\n(\1{beginning}.*?)^\1```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, beginning
    return textwrap.dedent(found[2])


def test_the_logging_that_it_shows_silences_nobody(tmp_path):
    # As the README's settings do, these make the client before Django configures the log.
    settings = f"from tests.settings import *\n{block('LOGGING = ')}"
    (tmp_path / "settings_with_logging.py").write_text(settings, encoding="utf-8")
    program = """if True:
        import json, logging, django
        django.setup()
        names = list(logging.root.manager.loggerDict)
        print(json.dumps({name: logging.getLogger(name).disabled for name in names}))
    """
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings_with_logging",
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    disabled = json.loads(done.stdout)
    assert {"django.request", "django.server", "response.transactions"} <= set(disabled)
    assert [name for name, silent in disabled.items() if silent] == []


def signs_in_from_a_proxy(**passed: str) -> int:
    """The status of a sign-in that a browser sends to SITE_URL, and a proxy passes on by HTTP."""
    client = Client(enforce_csrf_checks=True, headers={"host": "incidents.example", **passed})
    token = client.get("/admin/login/").cookies["csrftoken"].value
    form = {"username": "ana", "password": "wrong", "csrfmiddlewaretoken": token}
    return client.post("/admin/login/", form, headers={"origin": host.SITE_URL}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "passed"),
    [
        ("SECURE_PROXY_SSL_HEADER", {"x-forwarded-proto": "https"}),
        ("CSRF_TRUSTED_ORIGINS", {}),
    ],
)
def test_behind_a_proxy_forms_are_taken_with_the_setting_that_it_shows(settings, setting, passed):
    assert signs_in_from_a_proxy(**passed) == 403

    shown = {"SITE_URL": host.SITE_URL}
    exec(block(f"{setting} = "), shown)  # noqa: S102
    setattr(settings, setting, shown[setting])

    assert signs_in_from_a_proxy(**passed) == 200
