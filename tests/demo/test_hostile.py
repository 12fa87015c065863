"""Whatever is sent, the workspace answers in its own words and never with a server error."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import TOKEN, Workspace

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(
        [
            *("C02INCIDENTS", "C01GENERAL", "U01ANA", "U00INCIDENT", "1.000000", "\0", "\ud800"),
            *("{", "[]", "x" * 5000, "modal", "home", "section", "input", "plain_text", "button"),
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "text", "blocks", "elements", "element", "label", "options"])
            | st.sampled_from(["value", "title", "submit", "fields", "accessory", "action_id"])
            | st.sampled_from(["block_id", "initial_option", "confirm", "event_type", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
METHODS = [
    *("chat.postMessage", "chat.update", "chat.delete", "chat.postEphemeral"),
    *("chat.getPermalink", "conversations.create", "conversations.list", "conversations.info"),
    *("conversations.members", "conversations.history", "conversations.replies"),
    *("conversations.join", "conversations.invite", "conversations.rename"),
    *("conversations.setTopic", "conversations.open", "users.list", "users.info"),
    *("users.lookupByEmail", "reactions.add", "pins.add", "pins.list", "bookmarks.add"),
    *("views.open", "views.update", "views.publish", "usergroups.list", "no.such"),
]
ARGUMENTS = [
    *("channel", "text", "blocks", "ts", "thread_ts", "metadata", "attachments", "user", "users"),
    *("name", "topic", "limit", "cursor", "oldest", "types", "timestamp", "view", "trigger_id"),
    *("view_id", "user_id", "channel_id", "link", "title", "type", "email", "is_private"),
]
REQUESTS = [
    *("messages", "messages/edit", "messages/delete", "reactions/add", "pins/add", "press"),
    *("views/V0/submit", "channels", "people", "trouble", "trouble/clear", "settings"),
    *("deliveries/repeat", "time-passes", "shortcuts", "read", "direct-message"),
]
FIELDS = [
    *("as", "channel", "text", "ts", "emoji", "action_id", "values", "name", "handle", "kind"),
    *("seconds", "times", "method", "error", "scopes", "event_id", "full_name", "id", "files"),
]
PATIENT = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def send(url: str, body: bytes, content_type: str = "application/json") -> tuple[int, Any]:
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@PATIENT
@given(
    method=st.sampled_from(METHODS),
    arguments=st.dictionaries(st.sampled_from(ARGUMENTS), JUNK, max_size=5),
)
def test_any_arguments_of_the_web_api_get_an_answer(
    workspace: Workspace, method: str, arguments: dict[str, Any]
) -> None:
    status, answer = send(f"{workspace.url}/workspace/api/{method}", json.dumps(arguments).encode())
    assert status == 200, answer
    assert answer["ok"] or answer["error"]
    if answer["ok"]:
        page = f"{workspace.url}/workspace/as/ana/C02INCIDENTS/"
        with urllib.request.urlopen(page, timeout=20) as response:
            assert response.status == 200


@PATIENT
@given(
    path=st.sampled_from(REQUESTS),
    fields=st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=6),
)
def test_any_fields_of_the_control_interface_get_an_answer(
    workspace: Workspace, path: str, fields: dict[str, Any]
) -> None:
    body = json.dumps(fields | {"seconds": 0}).encode()
    status, answer = send(f"{workspace.url}/workspace/control/{path}", body)
    assert status in (200, 400), answer
    workspace.do("start-over")


@pytest.mark.parametrize("path", ["api/chat.postMessage", "control/messages", "response/nothing"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"{", b"[" * 100_000, b'"x"', b"payload=%ff", b"payload={", b"null"],
)
def test_a_broken_body_is_no_server_error(
    workspace: Workspace, path: str, content_type: str, body: bytes
) -> None:
    status, _ = send(f"{workspace.url}/workspace/{path}", body, content_type)
    assert status in (200, 400, 404)
