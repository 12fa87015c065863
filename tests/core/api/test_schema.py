"""The API described: whole, without a warning, and without anybody else's server."""

import importlib.util
import io
import re
from contextlib import redirect_stderr

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import get_script_prefix

from response.core.api import schema

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _described_anew():
    schema._described.cache_clear()
    yield
    schema._described.cache_clear()


@pytest.fixture
def described(reader):
    answer = reader.get("schema/")
    assert answer.status_code == 200
    return answer.json()


def operations(described):
    return {
        (path, method): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def test_it_is_openapi_3_1_and_valid(described):
    from drf_spectacular.validation import validate_schema

    assert described["openapi"].startswith("3.1.")
    validate_schema(described)


def test_drf_spectacular_has_nothing_to_warn_of():
    said = io.StringIO()
    with redirect_stderr(said):
        schema._described(None, get_script_prefix())
    assert said.getvalue() == ""


def test_every_operation_has_words_a_name_and_its_refusals(described):
    found = operations(described)
    assert len(found) == 32
    assert len({operation["operationId"] for operation in found.values()}) == 32
    for operation in found.values():
        assert operation["summary"]
        assert {"401", "403", "503"} <= set(operation["responses"])
        assert all(
            answer["description"]
            for code, answer in operation["responses"].items()
            if code >= "400"
        )


def test_what_is_asked_and_answered_is_said(described):
    found = operations(described)
    declare = found["/core/incidents/", "post"]
    assert {parameter["name"] for parameter in declare["parameters"]} == {"Idempotency-Key"}
    assert set(declare["responses"]["201"]["headers"]) == {"ETag", "Location"}
    assert {"400", "409", "413", "415"} <= set(declare["responses"])
    change = found["/core/incidents/{id}/", "patch"]
    assert "If-Match" in {parameter["name"] for parameter in change["parameters"]}
    assert "412" in change["responses"]
    listed = {parameter["name"] for parameter in found["/core/incidents/", "get"]["parameters"]}
    assert {"search", "status", "severity", "lead", "ordering", "limit", "offset"} <= listed
    events = {parameter["name"] for parameter in found["/core/events/", "get"]["parameters"]}
    assert {"after", "from", "to", "event_type", "incident"} <= events
    assert not any(
        method != "get" for path, method in found if "/events/" in path and "timeline" not in path
    )
    incident = described["components"]["schemas"]["Incident"]
    assert set(incident["required"]) == set(incident["properties"])


@pytest.mark.parametrize(
    "theirs",
    [
        {"OAS_VERSION": "3.0.3", "TITLE": "Theirs", "CAMELIZE_NAMES": True},
        {"POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums"]},
    ],
)
def test_the_host_s_own_settings_change_nothing(described, reader, theirs):
    from drf_spectacular.settings import patched_settings

    schema._described.cache_clear()
    with patched_settings(theirs):
        assert reader.get("schema/").json() == described


# The page


def test_the_page_loads_nothing_from_elsewhere(api):
    if not apps.is_installed(schema.SIDECAR):
        pytest.fail(f"The tests' project is to have {schema.SIDECAR}.")
    page = api.get("/core/schema/page/", headers={"accept": "text/html"})
    assert page.status_code == 200
    html = page.content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(loaded) >= 4
    assert all(address.startswith("/") for address in loaded)
    for address in loaded:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
    assert "<script>" not in html
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "script-src 'self';" in page["Content-Security-Policy"]
    assert 'data-schema="/core/schema/"' in html


def test_who_is_not_signed_in_is_led_to_the_sign_in():
    page = Client().get("/core/schema/page/")
    assert page.status_code == 302
    assert page["Location"] == "/accounts/login/?next=/core/schema/page/"


@pytest.mark.parametrize("missing", ["drf_spectacular", "drf_spectacular_sidecar"])
def test_without_the_extra_everything_else_works(reader, api, incident, settings, missing):
    with without(missing, settings):
        page = api.get("/core/schema/page/", headers={"accept": "text/html"})
        assert page.status_code == 404
        assert reader.get("incidents/").json()["count"] == 1
        if missing == "drf_spectacular":
            answer = reader.get("schema/")
            assert answer.status_code == 404
            assert "pip install" in answer.json()["detail"]


class without:  # noqa: N801
    """Python and Django, as they are where a package is not installed."""

    def __init__(self, package, settings):
        self.package, self.settings = package, settings

    def __enter__(self):
        self.find_spec = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *more: (
            None if name == self.package else self.find_spec(name, *more)
        )
        self.settings.INSTALLED_APPS = [
            app for app in self.settings.INSTALLED_APPS if app != self.package
        ]

    def __exit__(self, *error):
        importlib.util.find_spec = self.find_spec
