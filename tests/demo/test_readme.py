"""demo/README.md says what is there."""

from __future__ import annotations

import re

from .conftest import ROOT

README = (ROOT / "demo" / "README.md").read_text()
WORKSPACE = ROOT / "demo" / "workspace"


def test_every_method_of_the_web_api_is_listed() -> None:
    listed = README[README.index("### Its Web API") : README.index("Not there:")]
    group = ""
    documented = set()
    for name in re.findall(r"`([\w.]+)`", listed):
        group = group if name.startswith(".") else name.rpartition(".")[0]
        documented.add(f"{group}{name}" if name.startswith(".") else name)
    sources = "".join(file.read_text() for file in (WORKSPACE / "webapi").glob("*.py"))
    assert documented == set(re.findall(r'@method\(\s*"([^"]+)"', sources))


def test_every_request_of_the_control_interface_is_listed() -> None:
    rows = [line for line in README.splitlines() if re.match(r"\| (GET|POST)", line)]
    documented = {path for row in rows for path in re.findall(r"`([^`]+)`", row.split("|")[1])}
    urls = (WORKSPACE / "control" / "urls.py").read_text()
    routed = {
        path.replace("<str:view_id>", "ID") for path in re.findall(r'(?m)^ +path\("([^"]+)"', urls)
    }
    for name in re.findall(r're_path\(r"\^(\w+)/', urls):
        routed |= {f"{name}/add", f"{name}/remove"}
    assert documented == routed


def test_every_variable_of_the_environment_is_listed() -> None:
    settings = (ROOT / "demo" / "demo" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings)) | {"DEMO_PASSWORD", "HOST"}
    missing = {name for name in read if name.replace("_ID", "_NAME") not in README}
    assert missing == set()
