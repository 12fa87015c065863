"""``Authorization: Bearer rsp_…``: the tokens that are made in the admin."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.settings import api_settings

from response.core.models import ApiToken
from response.core.models.api_token import PREFIX, digest_of


class TokenAuthentication(BaseAuthentication):
    """Knows our own tokens; a bearer token of anything else is left to the host's classes."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        secret = secret.strip()
        if scheme.lower() != b"bearer" or not secret.startswith(PREFIX.encode()):
            return None
        digest = digest_of(secret.decode("latin-1"))
        token = ApiToken.objects.select_related("user").filter(digest=digest).first()
        if token is None:
            raise AuthenticationFailed("This token is not known. It may have been deleted.")
        if token.has_expired():
            raise AuthenticationFailed("This token has expired. Make another one in the admin.")
        if not token.user.is_active:
            raise AuthenticationFailed("The user of this token may not sign in any more.")
        token.note_use()
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def authenticators() -> list[BaseAuthentication]:
    """Ours, and those of the host's DRF settings: sessions always, basic where the host has it."""
    classes: list[Any] = list(api_settings.DEFAULT_AUTHENTICATION_CLASSES)
    if not any(issubclass(each, SessionAuthentication) for each in classes):
        classes.insert(0, SessionAuthentication)
    return [TokenAuthentication(), *(each() for each in classes)]
