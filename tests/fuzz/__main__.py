"""Ask the REST API everything that its description allows, and much that it does not.

    make fuzz                       # as the checks do
    make fuzz SEED=7 EXAMPLES=500   # other requests, and more of them

schemathesis makes the requests from the description, sends them to a real server, and holds every
answer to what is described: no 500, no status and no body that is not in there. The seed is
printed; with the same one the requests are the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from response.testing import FakeSlack  # noqa: E402
from tests.fuzz.seed import SECRET  # noqa: E402
from tests.servers import installed  # noqa: E402

CONFIG = Path(__file__).with_name("schemathesis.toml")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--examples", type=int, default=50, help="for each operation")
    options, more = parser.parse_known_args()
    print(f"seed {options.seed}, {options.examples} examples for each operation", flush=True)  # noqa: T201
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, FakeSlack() as slack:
        slack.add_user("U3CLEO", "cleo")
        with installed(Path(folder), slack, "fuzz") as site:
            site.environment |= {
                "TEST_RUNNER": "response.testing.runners.NothingRunsByItself",
                "TEST_SWEEP": "0",
            }
            site.manage("shell", "--no-imports", "-c", "from tests.fuzz import seed; seed.fill()")
            site.start(workers=1)
            address = f"{site.url}/core/schema/"
            status = _schemathesis(address, options, more, folder=folder)
    print(f"{time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
    return status


def _schemathesis(
    address: str, options: argparse.Namespace, more: list[str], *, folder: str
) -> int:
    return subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG)),
            *("run", address, "--header", f"Authorization: Bearer {SECRET}"),
            *("--seed", str(options.seed), "--max-examples", str(options.examples)),
            "--no-color",
            *more,
        ],
        cwd=folder,  # where it may leave what it keeps
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
