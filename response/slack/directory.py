"""The people of the workspace whom we have not met, for those who name one through the API."""

from __future__ import annotations

import re

from response.core.models import ExternalUser
from response.core.people import DirectoryAwayError
from response.slack import people
from response.slack.client import DIRECT_TIMEOUT, configured_client
from response.slack.errors import SlackError, SlackRefused

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


class SlackDirectory:
    """Slack's directory as ``response.core.people.Directory``: asked once, for two seconds."""

    def by_id(self, external_id: str) -> ExternalUser | None:
        """The person with this Slack id (users.info).

        Where Slack cannot be asked they are taken at their id, and looked up later.
        """
        if not _USER_ID.fullmatch(external_id):
            return None
        try:
            return _found("users.info", user=external_id)
        except DirectoryAwayError:
            return people.person(external_id)

    def by_email(self, email: str) -> ExternalUser | None:
        """The person with this address (users.lookupByEmail)."""
        return _found("users.lookupByEmail", email=email)


def _found(method: str, **whom: str) -> ExternalUser | None:
    try:
        answer = configured_client().with_timeout(DIRECT_TIMEOUT).api_call(method, **whom)
    except SlackRefused as refused:
        if refused.slack_error in _NOBODY:
            return None
        raise DirectoryAwayError(str(refused)) from None
    except SlackError as error:
        raise DirectoryAwayError(str(error)) from None
    member = answer.get("user")
    if not isinstance(member, dict) or not member.get("id"):
        raise DirectoryAwayError(f"Slack answered {method} with nobody")
    return people.met(member)
