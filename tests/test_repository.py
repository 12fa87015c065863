"""What must hold for the files of this repository: documents that tell the truth, pages that need
nobody else's server."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LAYOUT = (ROOT / "docs" / "layout.md").read_text(encoding="utf-8")

# A folder's section: its heading in backticks, up to the next heading.
SECTION = re.compile(r"^### `(?P<folder>[\w/.]+)/`.*\n(?P<text>(?:(?!^#).*\n)*)", re.MULTILINE)
# The first column of its table: one or more names in backticks.
NAMED = re.compile(r"^\| (?P<names>`[^|]+`) \|", re.MULTILINE)

LINK = re.compile(r"\]\((?!https?:|#)(?P<target>[^)#]+)")
# An address of another host where a browser loads it by itself; a link to follow is no such place.
LOADED = re.compile(
    r"""(?:<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']|url\(["']?|@import\s+["'])"""
    r"(?:https?:)?//",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository, and those about to be added, that match git's patterns."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def named_in_layout(folder: str) -> set[str]:
    for section in SECTION.finditer(LAYOUT):
        if section["folder"] == folder:
            rows = NAMED.findall(section["text"])
            return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    raise AssertionError(f"docs/layout.md has no section `{folder}/`")


def entries(folder: Path) -> set[str]:
    """What a folder holds, as layout.md writes it: modules, and folders with a slash."""
    names = set()
    for path in tracked(folder.as_posix()):
        first, *deeper = path.relative_to(ROOT / folder).parts
        if first != "__init__.py":
            names.add(f"{first}/" if deeper else first)
    return names


@pytest.mark.parametrize(
    "folder",
    [
        *("response", "response/core", "response/core/models", "response/slack"),
        "response/core/api",
        *(
            "response/slack/models",
            "response/slack/handlers",
            "response/slack/doctor",
            "response/delivery",
            "response/background",
            "response/upkeep",
            "response/ui",
        ),
        "response/testing",
    ],
)
def test_the_layout_page_names_what_is_there_and_nothing_else(folder):
    assert named_in_layout(folder) == entries(Path(folder))


@pytest.mark.parametrize("document", tracked("*.md"), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document):
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_what_goes_into_the_environment_is_read_by_the_settings_of_the_readme():
    page = (ROOT / "docs" / "slack-app.md").read_text(encoding="utf-8")
    read = set(re.findall(r'^([A-Z_]+) = os\.environ\.get\("\1", ', README, re.MULTILINE))
    copied = set(re.findall(r"^\| `(SLACK_\w+)` \|", page, re.MULTILINE))
    assert copied == {"SLACK_SIGNING_SECRET", "SLACK_TOKEN", "SLACK_APP_TOKEN"}
    assert copied | {"SITE_URL", "INCIDENT_CHANNEL_ID"} == read


@pytest.mark.parametrize(
    "page", tracked("*.html", "*.css"), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_pages_load_nothing_from_another_host(page):
    assert LOADED.findall(page.read_text(encoding="utf-8")) == []


#: A file to take away, which has to bring its style along; it carries a policy of its own.
TAKEN_AWAY = ROOT / "response/templates/response/export.html"


@pytest.mark.parametrize(
    "page",
    [page for page in tracked("*.html") if page != TAKEN_AWAY],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_pages_work_under_a_policy_without_inline_script_or_style(page):
    assert INLINE.findall(page.read_text(encoding="utf-8")) == []
