"""docs/operations.md: what it has people copy does what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def block(beginning: str) -> str:
    """The Python block of the page that begins so."""
    found = re.search(rf"^```python\n({beginning}.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, beginning
    return found[1]


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
