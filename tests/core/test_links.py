"""Links to this site from elsewhere, where the project is mounted under a path of its host."""

from __future__ import annotations

import pytest
from django.urls import get_script_prefix, set_script_prefix

from response.core.export import address_of
from response.core.models import Incident
from response.slack.channels import declare_url, document_url
from response.slack.manifest import manifest

INCIDENT = Incident(pk=7)


@pytest.fixture
def in_a_request():
    """Django puts the script name in front of every path there, and not in our own threads."""
    before = get_script_prefix()
    set_script_prefix("/ops/")
    yield
    set_script_prefix(before)


def every_link():
    made = manifest("https://incidents.example", socket_mode=False)
    door = made["settings"]["interactivity"]["request_url"]
    return document_url(INCIDENT), declare_url("x"), address_of(INCIDENT), door


MOUNTED = (
    "https://incidents.example/ops/incident/7/",
    "https://incidents.example/ops/declare/?report=x",
    "https://incidents.example/ops/incident/7/",
    "https://incidents.example/ops/slack/action",
)


def test_the_links_of_a_thread_lead_below_the_script_name(settings):
    settings.SITE_URL, settings.FORCE_SCRIPT_NAME = "https://incidents.example", "/ops"
    assert every_link() == MOUNTED


def test_the_links_of_a_request_lead_there_as_well(settings, in_a_request):
    settings.SITE_URL, settings.FORCE_SCRIPT_NAME = "https://incidents.example", "/ops"
    assert every_link() == MOUNTED


@pytest.mark.parametrize(
    "site", ["https://incidents.example/ops", "https://incidents.example/ops/"]
)
@pytest.mark.parametrize("script_name", [None, "/ops"])
def test_a_path_in_site_url_is_not_put_in_front_twice(settings, site, script_name):
    settings.SITE_URL, settings.FORCE_SCRIPT_NAME = site, script_name
    in_a_thread = document_url(INCIDENT)
    before = get_script_prefix()
    set_script_prefix("/ops/")
    in_a_request = document_url(INCIDENT)
    set_script_prefix(before)
    assert in_a_thread == in_a_request == "https://incidents.example/ops/incident/7/"


@pytest.mark.parametrize("site", ["https://incidents.example", "https://incidents.example/"])
def test_where_the_project_is_at_the_root_links_begin_with_site_url(settings, site):
    settings.SITE_URL = site
    assert document_url(INCIDENT) == "https://incidents.example/incident/7/"
