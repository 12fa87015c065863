"""docs/settings.md tells the truth about response/conf.py."""

from __future__ import annotations

import re

from response.conf import SETTINGS, conf
from scripts import settings_page


def test_the_page_says_what_conf_says():
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), (
        "run python scripts/settings_page.py"
    )


def test_every_setting_that_is_declared_is_used_and_no_other():
    app = settings_page.REPOSITORY / "response"
    code = {module: module.read_text(encoding="utf-8") for module in app.rglob("*.py")}
    del code[app / "conf.py"]
    everything = "\n".join(code.values())

    assert set(re.findall(r"\bconf\.([A-Z][A-Z_]+)\b", everything)) <= set(SETTINGS)
    assert {name for name in SETTINGS if name not in everything} == set()


def test_a_setting_of_the_host_wins_and_is_read_when_it_is_used(settings):
    settings.SITE_URL = "https://one.example"
    assert conf.SITE_URL == "https://one.example"

    settings.SITE_URL = "https://two.example"
    assert conf.SITE_URL == "https://two.example"
