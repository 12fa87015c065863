"""docs/upgrading.md: what it says of settings, imports, decorators and addresses is so."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import NoReverseMatch, get_resolver, reverse

from response.conf import SETTINGS
from response.slack import decorators
from response.slack.client import SlackClient

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")

# What projects on 0.5.1 have in their code.
DECORATORS = {
    *("incident_command", "keyword_handler", "slack_event", "action_handler"),
    *("remove_action_handler", "dialog_handler", "remove_dialog_handler"),
    *("headline_post_action", "recurring_notification", "single_notification"),
}
METHODS_OF_THE_CLIENT = {
    *("api_call", "send_message", "send_ephemeral_message", "send_or_update_message_block"),
    *("add_reaction", "remove_reaction", "get_channel_id", "get_channel_name", "rename_channel"),
    *("get_or_create_channel", "create_channel", "join_channel", "leave_channel"),
    *("invite_user_to_channel", "set_channel_topic", "unarchive_channel", "get_user_id"),
    *("get_user_profile", "get_user_profile_by_email", "get_paginated_users"),
    *("get_usergroup_id", "get_usergroup_users", "get_slack_token_owner"),
}
SETTINGS_OF_THEIRS = {
    *("SLACK_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT", "SITE_URL", "INCIDENT_CHANNEL_ID"),
    *("INCIDENT_REPORT_CHANNEL_ID", "INCIDENT_BOT_ID", "INCIDENT_EVENT_HANDLER_CLASS"),
    *("ACTION_EVENT_HANDLER_CLASS", "RESPONSE_LOGIN_REQUIRED", "RESPONSE_SANITIZE_USER_INPUT"),
    *("MARKDOWN_FILTER_WHITELIST_TAGS", "MARKDOWN_FILTER_WHITELIST_ATTRIBUTES"),
    "MARKDOWN_FILTER_WHITELIST_STYLES",
}


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def in_backticks(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def test_every_setting_of_theirs_is_explained_and_every_one_named_is_read():
    named = {name for name in in_backticks(section("Settings")) if re.fullmatch("[A-Z_]+", name)}
    assert named - {"INSTALLED_APPS", "USE_TZ"} <= set(SETTINGS)
    assert named >= SETTINGS_OF_THEIRS


def test_every_import_that_is_promised_works():
    modules = [name for name in in_backticks(section("Imports")) if name.startswith("response.")]
    assert len(modules) == 7
    for name in modules:
        importlib.import_module(name)
    for name in ("incident", "action", "event", "timeline", "user_external"):
        importlib.import_module(f"response.core.models.{name}")
    slack_models = importlib.import_module("response.slack.models")
    for name in ("CommsChannel", "HeadlinePost", "Notification", "PinnedMessage", "UserStats"):
        assert getattr(slack_models, name) is apps.get_model("response", name)
    assert {name for name in METHODS_OF_THE_CLIENT if not hasattr(SlackClient, name)} == set()


def test_every_decorator_is_there_and_named():
    assert set(in_backticks(section("Decorators"))) >= DECORATORS
    assert {name for name in DECORATORS if not hasattr(decorators, name)} == set()


def rows_of(text: str) -> list[tuple[list[str], list[str]]]:
    cells = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    return [(in_backticks(was), in_backticks(now)) for was, now in cells if in_backticks(was)]


def test_every_name_of_an_address_has_the_successor_that_is_named():
    known = get_resolver()
    renamed = rows_of(section("Addresses"))
    assert len(renamed) == 4
    for was, now in renamed:
        for name in was:
            with pytest.raises(NoReverseMatch):
                reverse(name)
        for name in now:
            namespace, _, view = name.partition(":")
            inner = known.namespace_dict[namespace][1]
            assert view in inner.reverse_dict, name


def test_every_path_that_is_promised_leads_somewhere():
    for path in ("slack/slash_command", "slack/cron_minute", "core/incidents/", "", "incident/1/"):
        assert get_resolver().resolve(f"/{path}")
    for door in ("slash_command", "action", "event", "cron_minute", "cron_daily"):
        assert reverse(f"response_slack:{door}") == f"/slack/{door}"
        assert f"`slack/{door}`" in PAGE


def test_the_commands_it_names_are_there():
    for name in re.findall(r"manage\.py (response_\w+)", PAGE):
        importlib.import_module(f"response.management.commands.{name}")
