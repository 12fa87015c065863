"""The manifest of the Slack app: what this installation does, and nothing else."""

from __future__ import annotations

import ast
import json
import re
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

import response
from response.slack import client, scopes
from response.slack.decorators import shortcut_handler, slack_event

ADDRESS = "https://incidents.example"
ROOT = Path(response.__file__).parent


def made(**options):
    """The manifest as the command prints it."""
    out = StringIO()
    call_command("response_manifest", stdout=out, stderr=StringIO(), **options)
    return yaml.safe_load(out.getvalue())


def bot_scopes(manifest):
    return manifest["oauth_config"]["scopes"]["bot"]


def bot_events(manifest):
    return manifest["settings"]["event_subscriptions"]["bot_events"]


def test_it_has_the_addresses_of_this_installation(settings):
    settings.SITE_URL = ADDRESS
    manifest = made()
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == "/incident"
    assert command["should_escape"] is True
    assert command["url"] == f"{ADDRESS}/slack/slash_command"
    assert manifest["settings"]["event_subscriptions"]["request_url"] == f"{ADDRESS}/slack/event"
    assert manifest["settings"]["interactivity"] == {
        "is_enabled": True,
        "request_url": f"{ADDRESS}/slack/action",
    }
    assert manifest["settings"]["socket_mode_enabled"] is False


@pytest.mark.parametrize("url", ["https://other.example", "https://other.example/"])
def test_another_address_may_be_named(url):
    (command,) = made(url=url)["features"]["slash_commands"]
    assert command["url"] == "https://other.example/slack/slash_command"


def test_json_says_the_same_as_yaml():
    out = StringIO()
    call_command("response_manifest", "--format", "json", stdout=out)
    assert json.loads(out.getvalue()) == made()


def test_what_people_read_in_it_is_yaml_in_blocks():
    out = StringIO()
    call_command("response_manifest", stdout=out)
    assert "    - app_mentions:read\n" in out.getvalue()
    assert "!!" not in out.getvalue()
    assert "{" not in out.getvalue()


def test_with_socket_mode_there_are_no_addresses(settings):
    settings.SITE_URL = ""
    manifest = made(socket_mode=True)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(manifest)
    assert bot_events(manifest)
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}


def test_an_installation_that_has_the_token_uses_socket_mode(settings):
    settings.SLACK_APP_TOKEN = "xapp-1"
    assert made()["settings"]["socket_mode_enabled"] is True
    assert made(socket_mode=False)["settings"]["socket_mode_enabled"] is False


def test_an_address_that_is_named_is_one_for_http(settings):
    settings.SLACK_APP_TOKEN = "xapp-1"
    manifest = made(url=ADDRESS)
    assert manifest["settings"]["socket_mode_enabled"] is False
    (command,) = manifest["features"]["slash_commands"]
    assert command["url"] == f"{ADDRESS}/slack/slash_command"
    assert made(url=ADDRESS, socket_mode=True)["settings"]["socket_mode_enabled"] is True


# Slack's limits are those of its page "App manifest reference".


def test_slack_takes_it():
    manifest = made()
    assert manifest["_metadata"]["major_version"] in (1, 2)
    assert len(manifest["display_information"]["name"]) <= 35
    assert len(manifest["display_information"]["description"]) <= 140
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", manifest["features"]["bot_user"]["display_name"])
    for command in manifest["features"]["slash_commands"]:
        assert command["command"].startswith("/")
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    for shortcut in manifest["features"]["shortcuts"]:
        assert shortcut["type"] in ("message", "global")
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    for listed in (bot_scopes(manifest), bot_events(manifest)):
        assert listed == sorted(set(listed))
    assert all(re.fullmatch(r"[a-z_.]+(:[a-z_.]+)*", scope) for scope in bot_scopes(manifest))


def test_it_asks_for_what_the_built_in_handlers_need():
    manifest = made()
    assert [one["callback_id"] for one in manifest["features"]["shortcuts"]] == [
        "add-to-timeline",
        "declare-incident",
    ]
    assert {
        *("channels:join", "im:write", "reactions:read", "pins:read", "app_mentions:read"),
        *("channels:history", "groups:history", "commands", "users:read.email"),
    } <= set(bot_scopes(manifest))
    assert {
        *("reaction_added", "reaction_removed", "member_joined_channel", "channel_archive"),
        *("channel_unarchive", "channel_id_changed", "app_mention", "message.channels"),
    } <= set(bot_events(manifest))


def test_it_follows_the_handlers_of_a_host(handlers):
    @slack_event("link_shared")
    def unfurl(incident, event): ...

    @slack_event("message_changed")
    def follow(incident, event): ...

    @shortcut_handler("page-someone", "Page somebody", "Wake who is on call", kind="global")
    def page(context): ...

    manifest = made()
    assert "link_shared" in bot_events(manifest)
    assert "links:read" in bot_scopes(manifest)
    assert "message_changed" not in bot_events(manifest)
    assert {
        "name": "Page somebody",
        "type": "global",
        "callback_id": "page-someone",
        "description": "Wake who is on call",
    } in manifest["features"]["shortcuts"]


def test_without_a_handler_nothing_is_asked_for(handlers):
    for event in ("pin_added", "pin_removed", "reaction_added", "reaction_removed"):
        del handlers.events[event]
    del handlers.shortcuts["declare-incident"]

    manifest = made()
    assert {"pin_added", "reaction_added"} & set(bot_events(manifest)) == set()
    assert {"pins:read", "reactions:read"} & set(bot_scopes(manifest)) == set()
    assert len(manifest["features"]["shortcuts"]) == 1


def test_a_shortcut_without_a_name_is_called_after_its_callback_id(handlers):
    @shortcut_handler("page_the-person-who-is-on-call")
    def page(context): ...

    shown = {one["callback_id"]: one for one in made()["features"]["shortcuts"]}
    assert shown["page_the-person-who-is-on-call"]["name"] == "Page the person who is o"


def test_a_host_s_shortcut_of_a_built_in_s_id_is_shown_as_the_host_says(handlers):
    @shortcut_handler("declare-incident", "Something is wrong")
    def declare(context): ...

    shown = {one["callback_id"]: one for one in made()["features"]["shortcuts"]}
    assert shown["declare-incident"]["name"] == "Something is wrong"


@pytest.mark.parametrize(
    ("invite", "is_asked_for"),
    [
        ([], False),
        (["U0000000ANA", "ana@example.com"], False),
        (["@on-call"], True),
        (["on-call"], True),
        (["S0000000001"], True),
    ],
)
def test_groups_are_asked_for_where_a_setting_names_one(settings, invite, is_asked_for):
    settings.RESPONSE_CHANNEL_INVITE = invite
    assert ("usergroups:read" in bot_scopes(made())) is is_asked_for


def test_scopes_of_a_host_s_own_calls_are_added(settings):
    settings.RESPONSE_SLACK_SCOPES = ["files:write", "chat:write"]
    assert "files:write" in bot_scopes(made())
    assert bot_scopes(made()).count("chat:write") == 1


def test_an_event_of_which_nothing_is_known_is_subscribed_to_and_named(handlers):
    @slack_event("a_brand_new_event")
    def hear(incident, event): ...

    err = StringIO()
    call_command("response_manifest", stdout=StringIO(), stderr=err)
    assert "a_brand_new_event" in bot_events(made())
    assert "'a_brand_new_event'" in err.getvalue()
    assert "RESPONSE_SLACK_SCOPES" in err.getvalue()


def test_the_page_about_the_app_explains_every_scope(settings):
    page = (ROOT.parent / "docs" / "slack-app.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z_.:`, ]+`) \|", page, re.MULTILINE)
    explained = {scope for row in rows for scope in re.findall(r"`([^`]+)`", row)}
    settings.RESPONSE_CHANNEL_INVITE = ["@on-call"]
    assert explained == set(bot_scopes(made()))


# What is wrong is said plainly


@pytest.mark.parametrize(
    "url", ["", "incidents.example", "http://incidents.example", "https://", "https://[::1"]
)
def test_an_address_that_slack_cannot_reach_is_told_of(settings, url):
    settings.SITE_URL = url
    with pytest.raises(CommandError, match=r"https alone.*--url.*--socket-mode"):
        made()


def test_a_project_that_does_not_mount_the_doors_is_told_so(settings):
    settings.ROOT_URLCONF = "response.ui.urls"
    with pytest.raises(CommandError, match=r"does not include response\.slack\.urls"):
        made()
    assert made(socket_mode=True)


def test_a_name_that_no_bot_can_have_is_told_of(settings):
    settings.INCIDENT_BOT_NAME = "Incident Bot"
    with pytest.raises(CommandError, match="INCIDENT_BOT_NAME"):
        made()
    settings.INCIDENT_BOT_NAME = "@fire-bot"
    assert made()["features"]["bot_user"]["display_name"] == "fire-bot"


def test_more_than_slack_takes_is_told_of(handlers):
    for number in range(9):
        shortcut_handler(f"shortcut-{number}")(lambda context: None)
    with pytest.raises(CommandError, match="10 shortcuts of an app, and here are 11"):
        made()


@pytest.mark.parametrize(
    ("name", "description", "wrong"),
    [("n" * 25, "", "name"), ("Fine", "d" * 151, "description")],
)
def test_a_shortcut_that_slack_would_refuse_is_named(handlers, name, description, wrong):
    shortcut_handler("too-long", name, description)(lambda context: None)
    with pytest.raises(CommandError, match=f"The {wrong} of the shortcut 'too-long'"):
        made()


def test_no_other_setting_is_needed_to_make_the_app(settings):
    for name in ("SLACK_TOKEN", "SLACK_SIGNING_SECRET", "INCIDENT_CHANNEL_ID"):
        setattr(settings, name, "")
    settings.SLACK_CLIENT = None
    assert made(url=ADDRESS)


# The table of methods cannot fall behind the code


def constants_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def methods_of_the_client() -> dict[str, set[str]]:
    """What each method of SlackClient calls; helpers of its own included by name."""
    tree = ast.parse(Path(client.__file__).read_text(encoding="utf-8"))
    (cls,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "SlackClient"]
    return {
        function.name: {
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Constant) and METHOD.fullmatch(str(node.value))
        }
        for function in cls.body
        if isinstance(function, ast.FunctionDef)
    }


FAMILIES = "auth|bookmarks|chat|conversations|files|pins|reactions|team|usergroups|users|views"
METHOD = re.compile(rf"({FAMILIES})(\.[a-zA-Z]+)+")


def test_every_method_that_is_called_stands_in_the_table():
    sources = [
        path
        for folder in ("slack", "delivery")
        for path in (ROOT / folder).rglob("*.py")
        if path.name not in ("already_so.py", "client.py", "scopes.py")
    ]
    wrappers = methods_of_the_client()
    called: set[str] = set()
    for path in sources:
        called |= {text for text in constants_of(path) if METHOD.fullmatch(text)}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called |= wrappers.get(node.func.attr, set())
    assert set(scopes.METHODS) == called
