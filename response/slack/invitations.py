"""Who is invited into the comms channel: those whom the incident concerns, and those whom the host
wants there each time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from response.conf import conf
from response.core.models import ExternalUser, Incident
from response.core.models.user_external import SLACK
from response.delivery import calls
from response.delivery.errors import Refused
from response.delivery.mirrors import Work
from response.slack.models import CommsChannel

logger = logging.getLogger(__name__)

# Slack's page of conversations.invite names a hundred, and a thousand; the smaller is safe.
_AT_ONCE = 100

# Refusals of an invitation that will not change by asking again.
_CANNOT_INVITE = frozenset(
    {
        *("already_in_channel", "cant_invite", "cant_invite_self", "org_user_not_in_team"),
        *("user_is_restricted", "user_is_ultra_restricted", "user_not_found", "users_not_found"),
    }
)

# Those that would meet whoever else is invited.
_NOBODY_CAN_BE = frozenset(
    {
        *("channel_not_found", "is_archived", "not_in_channel"),
        *("missing_scope", "no_permission", "restricted_action", "method_not_supported"),
    }
)


def sync(work: Work) -> None:
    """Invite those who were not invited yet."""
    channel = (
        CommsChannel.objects.select_related("incident__lead", "incident__reporter")
        .filter(incident_id=work.object_id)
        .first()
    )
    if channel is None:
        return
    shown = work.shown
    wanted = [*_concerned(channel.incident)]
    if not shown.get("always"):
        wanted += _always()
    invited = list(shown.get("invited", []))
    missing = [user_id for user_id in dict.fromkeys(wanted) if user_id not in invited]
    # Slack refused them together, as one of them cannot be invited, and would do so again.
    alone = [user_id for user_id in missing if user_id in shown.get("alone", [])]
    together = [user_id for user_id in missing if user_id not in alone]
    for start in range(0, len(together), _AT_ONCE):
        batch = together[start : start + _AT_ONCE]
        done = alone if _refusal(channel.channel_id, batch) else invited
        done += batch
        work.keep(**{**shown, "invited": invited, "alone": alone})
    refusals = []
    for user_id in alone:
        if refusal := _refusal(channel.channel_id, [user_id]):
            refusals.append(refusal)
            continue
        invited.append(user_id)
        work.keep(**{**shown, "invited": invited, "alone": alone})
    if refusals:
        # Nobody knows whether that lasts; those who could be invited are.
        raise refusals[0]
    with work.settled(invited=invited, always=True):
        pass


def _refusal(channel_id: str, user_ids: list[str]) -> Refused | None:
    """Invite these people. Why that has to be tried again, of each alone; None where it is done."""
    try:
        calls.call("conversations.invite", {"channel": channel_id, "users": ",".join(user_ids)})
    except Refused as refused:
        if refused.code in _NOBODY_CAN_BE:
            raise
        if len(user_ids) > 1 or refused.code not in _CANNOT_INVITE:
            return refused
    return None


def _concerned(incident: Incident) -> Iterator[str]:
    for user in (incident.reporter, incident.lead):
        if isinstance(user, ExternalUser) and user.app_id == SLACK:
            yield user.external_id


def _always() -> list[str]:
    """The people of RESPONSE_CHANNEL_INVITE; what Slack does not know of it is left out."""
    found: list[str] = []
    for who in conf.RESPONSE_CHANNEL_INVITE:
        try:
            found += _people_of(str(who).strip())
        except Refused as refused:
            logger.warning("RESPONSE_CHANNEL_INVITE: %s cannot be invited: %s", who, refused)
    return found


def _people_of(who: str) -> Iterable[str]:
    if who.startswith(("U", "W")) and who.isalnum():
        return [who]
    if who.startswith("S") and who.isalnum():
        return _members(who)
    if "@" in who[1:]:
        return [str(calls.call("users.lookupByEmail", {"email": who})["user"]["id"])]
    handle = who.removeprefix("@")
    for group in calls.call("usergroups.list", {}).get("usergroups") or []:
        if group.get("handle") == handle:
            return _members(str(group["id"]))
    raise Refused(f"There is no group @{handle}.", "no_such_subteam")


def _members(group_id: str) -> list[str]:
    return list(calls.call("usergroups.users.list", {"usergroup": group_id}).get("users") or [])
