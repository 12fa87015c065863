"""The people of the workspace, as far as we know them.

Somebody's id is enough to go on with. What they are called is asked of Slack afterwards, and once
a day for everyone; a page never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q

from response.core.actors import Actor
from response.core.models import ExternalUser
from response.core.models.user_external import SLACK
from response.core.text import Form
from response.delivery import calls
from response.delivery.errors import Refused
from response.delivery.mirrors import Work
from response.slack import mrkdwn, pages, wants
from response.transactions import atomic

_LONGEST_NAME = 80  # longer than any that Slack takes


def person(user_id: str, name: str = "") -> ExternalUser:
    """The person with this Slack id; one we meet for the first time is looked up later.

    ``name`` is what Slack called them in passing, shown until then.
    """
    known, is_new = ExternalUser.objects.get_or_create_slack(
        external_id=user_id, defaults={"display_name": name or user_id}
    )
    if is_new:
        wants.person(known.pk)
    return known


def met(member: Mapping[str, Any]) -> ExternalUser:
    """The person whom Slack describes so (users.info), known from now on."""
    with atomic():
        user, _ = ExternalUser.objects.get_or_create_slack(
            external_id=str(member["id"]), defaults={"display_name": str(member["id"])}
        )
        _store(user, member)
    return user


def slack_actor(user: ExternalUser) -> Actor:
    """Somebody who does something in Slack."""
    return Actor(kind=SLACK, id=user.external_id, name=user.name, source=SLACK)


def meant_by(text: str) -> list[ExternalUser]:
    """Whom somebody means: the one they mention, else those who are ``called`` that."""
    named = mrkdwn.leading_mention(text)
    return [person(named[0])] if named is not None else called(text)


def called(name: str) -> list[ExternalUser]:
    """Those who go by a name, a few at most: their display name, their full name, or where nobody
    has that, the first word of it; whatever its capitals."""
    name = name.strip().removeprefix("@")
    if not name or len(name) > _LONGEST_NAME:
        return []
    here = ExternalUser.objects.filter(app_id=SLACK, deleted=False)
    exactly = Q(display_name__iexact=name) | Q(full_name__iexact=name)
    first = Q(full_name__istartswith=f"{name} ")
    found = list(here.filter(exactly | first)[:50])
    wanted = name.casefold()
    return [
        user
        for user in found
        if wanted in {user.display_name.casefold(), (user.full_name or "").casefold()}
    ] or found


def mention(user: ExternalUser | None) -> str:
    """A person as a message shows them: a mention, or a dash for nobody."""
    if user is None:
        return "—"
    if user.app_id == SLACK:
        return mrkdwn.mention(user.external_id)
    return mrkdwn.outgoing(user.name)


def sync_person(work: Work) -> None:
    """Ask Slack what one person is called."""
    user = ExternalUser.objects.filter(pk=work.object_id).first()
    if user is None:
        return
    try:
        member = calls.call("users.info", {"user": user.external_id})["user"]
    except Refused as refused:
        if refused.code not in {"user_not_found", "user_not_visible", "users_not_found"}:
            raise
        return
    with work.settled():
        _store(user, member)


def sync_directory(work: Work) -> None:
    """Ask Slack for everyone in the workspace, 200 at a time (users.list).

    Slack answers about twenty pages a minute; where it asks us to wait, this goes on afterwards
    from the page it was at.
    """
    cursor = str(work.shown.get("cursor") or "")
    try:
        for page, following in pages.pages_from(cursor, "users.list", "members"):
            _take_over(page)
            work.keep(cursor=following)
    except Refused as refused:
        if refused.code == "invalid_cursor":
            # It is not good for long; the next try is from the start.
            work.keep()
        raise


def _take_over(page: Iterable[Mapping[str, Any]]) -> None:
    members = {
        str(member["id"]): member for member in page if member.get("id") and not _is_program(member)
    }
    known = ExternalUser.objects.filter(app_id=SLACK, external_id__in=members)
    with atomic():
        users = {user.external_id: user for user in known}
        for user_id, member in sorted(members.items()):
            # Whom we do not know may say something, and so be known, just now.
            user = (
                users.get(user_id)
                or ExternalUser.objects.get_or_create_slack(
                    external_id=user_id, defaults={"display_name": user_id}
                )[0]
            )
            _store(user, member)


def names(user_ids: Iterable[str]) -> dict[str, str]:
    """What the people with these Slack ids are called, in one query; unknown ids are left out."""
    ids = set(user_ids)
    if not ids:
        return {}
    users = ExternalUser.objects.filter(app_id=SLACK, external_id__in=ids)
    return {user.external_id: user.name for user in users}


def outgoing(text: str, *, limit: int | None = None) -> str:
    """What people wrote as a message of the bot's may show it: ``mrkdwn.outgoing``, with the names
    of those it mentions."""
    return mrkdwn.outgoing(text, names(mrkdwn.user_ids([text])), limit=limit)


def plain(text: str) -> str:
    """What people wrote, readable where Slack formats nothing: in a menu, or a link's label."""
    return mrkdwn.humanise(text, people=names(mrkdwn.user_ids([text])), form=Form.PLAIN)


def humaniser(texts: Iterable[str]) -> Callable[[str, Form], str]:
    """Make Slack's markup readable, with people's names: for ``core.text.register_humaniser``."""
    people = names(mrkdwn.user_ids(texts))
    return lambda text, form: mrkdwn.humanise(text, people=people, form=form)


def _is_program(member: Mapping[str, Any]) -> bool:
    return bool(member.get("is_bot")) or member.get("id") == "USLACKBOT"


def _store(user: ExternalUser, member: Mapping[str, Any]) -> None:
    """Store what Slack says of a person, and nothing that others may have stored meanwhile."""
    profile = member.get("profile") or {}
    full_name = profile.get("real_name") or member.get("real_name") or ""
    said = {
        "display_name": profile.get("display_name") or member.get("name") or full_name,
        "full_name": full_name or None,
        "email": profile.get("email") or user.email,
        "deleted": bool(member.get("deleted")),
        "time_zone": _time_zone(member) or user.time_zone,
    }
    said = {name: value[:255] if isinstance(value, str) else value for name, value in said.items()}
    if all(getattr(user, name) == value for name, value in said.items()):
        return
    for name, value in said.items():
        setattr(user, name, value)
    user.save(update_fields=said)


def _time_zone(member: Mapping[str, Any]) -> str:
    """The time zone that a person has set in Slack ("Europe/Amsterdam"), or nothing."""
    said = member.get("tz")
    return said if isinstance(said, str) and len(said) <= 64 else ""
