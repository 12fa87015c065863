"""Who may use the REST API."""

from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class SignedIn(BasePermission):
    """For people (and programs) who said who they are; the host's DRF settings say how.

    What they may see of an incident is decided by ``Incident.objects.visible_to``.
    """

    message = "Sign in to use this API."

    def has_permission(self, request: Request, view: APIView) -> bool:
        # A host may have set UNAUTHENTICATED_USER to None, which has no such attribute.
        return bool(getattr(request.user, "is_authenticated", False))
