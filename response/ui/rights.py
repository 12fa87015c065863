"""What a Django user may do on the pages."""

from __future__ import annotations

from typing import Any

from response.conf import conf


def may_read(user: Any) -> bool:
    """Whether the pages are open to a Django user, signed in or anonymous.

    What a reader may see of private incidents is decided by ``Incident.objects.visible_to``.
    """
    if not conf.RESPONSE_LOGIN_REQUIRED:
        return True
    if not user.is_authenticated:
        return False
    return not conf.RESPONSE_REQUIRE_PERMISSIONS or user.has_perm("response.view_incident")


def may_change(user: Any) -> bool:
    """Whether a Django user may change what they can see: never anonymously."""
    if not user.is_authenticated:
        return False
    return not conf.RESPONSE_REQUIRE_PERMISSIONS or user.has_perm("response.change_incident")


def may_remove(user: Any) -> bool:
    """Whether a Django user may take away actions and notes as well. Where the host asks for
    permissions, that is another one than changing, as it is by the API."""
    if not may_change(user):
        return False
    return not conf.RESPONSE_REQUIRE_PERMISSIONS or user.has_perm("response.delete_incident")
