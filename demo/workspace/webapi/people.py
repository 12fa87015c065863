"""users.*, usergroups.*, team.info and auth.test"""

from __future__ import annotations

from django.conf import settings

from .. import shapes
from ..models import Person, UserGroup
from ..refusals import Refusal
from .call import Call, Json, method
from .paging import page


@method("auth.test")
def auth_test(call: Call) -> Json:
    bot = call.bot
    return {
        **{"url": f"{settings.SITE_URL.rstrip('/')}/workspace/", "team": call.workspace.name},
        **{"user": bot.handle, "team_id": call.workspace.team_id, "user_id": bot.user_id},
        **{"bot_id": bot.bot_id, "is_enterprise_install": False},
    }


@method("api.test")
def api_test(call: Call) -> Json:
    if call.has("error"):
        raise Refusal(call.text("error"), args=call.arguments)
    return {"args": call.arguments}


@method("team.info", scopes=["team:read"])
def team_info(call: Call) -> Json:
    team = {
        **{"id": call.workspace.team_id, "name": call.workspace.name},
        **{"domain": call.workspace.domain, "email_domain": "example.com", "icon": {}},
        "url": f"{settings.SITE_URL.rstrip('/')}/workspace/",
    }
    return {"team": team}


def _shape(call: Call, person: Person) -> Json:
    with_email = "users:read.email" in call.workspace.scopes
    return shapes.person(person, call.workspace, with_email=with_email)


@method("users.list", scopes=["users:read"])
def users_list(call: Call) -> Json:
    everyone = list(Person.objects.order_by("pk"))
    found, metadata = page(call, everyone, default=1000, most=1000)
    return {"members": [_shape(call, one) for one in found], "cache_ts": 0, **metadata}


@method("users.info", scopes=["users:read"])
def users_info(call: Call) -> Json:
    return {"user": _shape(call, call.person(call.text("user")))}


@method("users.profile.get", scopes=["users.profile:read", "users:read"])
def users_profile_get(call: Call) -> Json:
    user_id = call.text("user", call.bot.user_id)
    return {"profile": _shape(call, call.person(user_id))["profile"]}


@method("users.lookupByEmail", scopes=["users:read.email"])
def users_lookup_by_email(call: Call) -> Json:
    # A deactivated person is not found either.
    person = Person.objects.filter(email__iexact=call.text("email"), deleted=False).first()
    if person is None:
        raise Refusal("users_not_found")
    return {"user": _shape(call, person)}


@method("users.conversations", scopes=["channels:read", "groups:read", "im:read"])
def users_conversations(call: Call) -> Json:
    person = call.person(call.text("user", call.bot.user_id))
    types = call.words("types", "public_channel")
    mine = list(person.channels.order_by("pk").select_related("creator"))
    found, metadata = page(call, mine, default=100, most=999)
    shown = [
        one
        for one in found
        if ("im" if one.is_dm else "private_channel" if one.is_private else "public_channel")
        in types
        and not (one.is_archived and call.flag("exclude_archived"))
    ]
    listed = [shapes.channel(one, call.workspace, call.bot) for one in shown]
    return {"channels": listed, **metadata}


@method("usergroups.list", scopes=["usergroups:read"])
def usergroups_list(call: Call) -> Json:
    users, count = call.flag("include_users"), call.flag("include_count")
    return {
        "usergroups": [
            shapes.group(one, call.workspace, users=users, count=count)
            for one in UserGroup.objects.order_by("pk")
        ]
    }


@method("usergroups.users.list", scopes=["usergroups:read"])
def usergroups_users_list(call: Call) -> Json:
    group = UserGroup.objects.filter(group_id=call.text("usergroup")).first()
    if group is None:
        raise Refusal("no_such_subteam")
    people = group.people.all()
    if not call.flag("include_disabled"):
        people = people.filter(deleted=False)
    return {"users": [one.user_id for one in people]}
