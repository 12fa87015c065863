"""Who may use the REST API, and on whose behalf they do.

Everything is closed to those who have not said who they are. Reading and changing is for everyone
signed in, as on the pages; deleting is for staff and holders of ``response.delete_incident``. With
RESPONSE_REQUIRE_PERMISSIONS each needs its permission. A token can do no more than its user, nor
than its scope. What somebody may see of an incident is decided by
``Incident.objects.visible_to``.
"""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from response.conf import conf
from response.core.actors import Actor
from response.core.models import ApiToken

Scope = ApiToken.Scope

_PERMISSIONS = {
    Scope.READ: "response.view_incident",
    Scope.WRITE: "response.change_incident",
    Scope.ADMIN: "response.delete_incident",
}
_VERBS = {Scope.READ: "read", Scope.WRITE: "change", Scope.ADMIN: "delete"}


class MayAct(BasePermission):
    """For people and programs that said who they are, as far as their rights and scope go."""

    message = "Sign in, or send a token, to use this API."

    def has_permission(self, request: Request, view: APIView) -> bool:
        # A host may have set UNAUTHENTICATED_USER to None, which has no such attribute.
        if not getattr(request.user, "is_authenticated", False):
            return False
        needed = needed_for(request, view)
        if needed is None:
            return True
        token = request.auth if isinstance(request.auth, ApiToken) else None
        if token is not None and not token.allows(needed):
            self.message = (
                f"This token may not {_VERBS[needed]}: its scope is {token.scope}, and that "
                f"needs {needed.value}. Make another one in the admin."
            )
            return False
        if not holds(request.user, needed):
            self.message = (
                f"You may not {_VERBS[needed]} here: that needs the permission "
                f"{_PERMISSIONS[needed]}. Ask those who look after this site."
            )
            return False
        return True


def needed_for(request: Request, view: APIView) -> ApiToken.Scope | None:
    """What a request needs; None where the address does not know the method, which is said next."""
    if request.method in SAFE_METHODS:
        return Scope.READ
    if getattr(view, "action", None) is None:
        return None
    return Scope.ADMIN if request.method == "DELETE" else Scope.WRITE


def holds(user: Any, right: ApiToken.Scope) -> bool:
    """Whether a signed-in user may do what ``right`` stands for, tokens aside."""
    if conf.RESPONSE_REQUIRE_PERMISSIONS:
        return bool(user.has_perm(_PERMISSIONS[right]))
    if right is Scope.ADMIN:
        return bool(user.is_staff or user.has_perm(_PERMISSIONS[right]))
    return True


def actor_of(request: Request) -> Actor:
    """The caller, as the timeline names them."""
    user = request.user
    return Actor(kind="user", id=str(user.pk), name=user.get_username(), source="api")
