"""Where the pages of this site are, for those who are elsewhere: in Slack, or in a file."""

from __future__ import annotations

from django.conf import settings
from django.urls import get_script_prefix

from response.conf import conf


def on_site(path: str, site: str = "") -> str:
    """The whole address of a path that ``reverse`` gave, below ``site`` (default: SITE_URL).

    A project may be mounted under a path, the script name. Django puts that in front in requests
    and commands, and not in the threads that speak to Slack; the address is the same in all of
    them. Where ``site`` has a path, that is the place, and nothing is put in front twice.
    """
    site = (site or str(conf.SITE_URL)).rstrip("/")
    return f"{site}{'' if _has_path(site) else _script_name()}{within_project(path)}"


def within_project(path: str) -> str:
    """A path as the project's URLconf knows it, without the script name."""
    prefix = get_script_prefix()
    return f"/{path.removeprefix(prefix)}" if path.startswith(prefix) else path


def missing_script_name() -> str:
    """The script name that this request came by, where no other thread can know of it; else ""."""
    is_known = settings.FORCE_SCRIPT_NAME or _has_path(str(conf.SITE_URL).rstrip("/"))
    return "" if is_known else _script_name()


def _has_path(site: str) -> bool:
    return "/" in site.partition("://")[2]


def _script_name() -> str:
    return get_script_prefix().rstrip("/") or (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
