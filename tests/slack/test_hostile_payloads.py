"""Promise 18 at every place of every payload: parts that are missing, or of another type.

What Slack sends is taken apart and put together wrong. Whatever comes of it is answered 200 or
400, and never ends in an error of ours, at the door or behind it.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from response.delivery.models import Inbox
from response.testing.payloads import (
    ANA,
    BEN,
    Request,
    app_mention,
    block_action,
    channel_rename,
    chosen,
    member_joined,
    message,
    person,
    pin_added,
    pin_removed,
    radio,
    slash_command,
    typed,
    view_submission,
)

HERE = "C0000000HERE"  # the id of the incident's channel in these tests
TS = "1700000000.000200"
ALL = {
    "report": typed("Checkout"),
    "summary": typed("x"),
    "impact": typed(None),
    "lead": person(BEN),
    "severity": chosen("2"),
    "incident_type": radio("live"),
}
FILE = {
    "id": "F1",
    "name": "a.png",
    "title": "a",
    "mimetype": "image/png",
    "mode": "hosted",
    "is_external": False,
    "alt_txt": "x",
    "permalink": "https://x.slack.com/F1",
    "thumb_960_w": 960,
    "thumb_960_h": 600,
    "original_w": 9,
    "original_h": 6,
}
PAYLOADS = {
    "report": view_submission("incident-report-dialog", ALL, private_metadata='{"channel": "C1"}'),
    "edit": view_submission("incident-edit-dialog", ALL, private_metadata='{"incident": 1}'),
    "summary form": view_submission(
        "update-summary-dialog", {"summary": typed("x")}, private_metadata='{"incident": 1}'
    ),
    "create channel": block_action("create-comms-channel-button", "1"),
    "edit button": block_action("edit-incident-button", "1"),
    "close": block_action("close-incident-button", "1"),
    "set summary": block_action("set-new-summary-action", '{"text": "x"}', channel=HERE),
    "menu": block_action("close-incident-button", action={"type": "static_select",
        "action_id": "close-incident-button", "selected_option": {"value": "1"}}),
    "message": message("hello", channel=HERE),
    "edited": message("x", channel=HERE, subtype="message_changed",
                      message={"user": ANA, "text": "y", "ts": TS, "files": [FILE]}),
    "mention": app_mention("severity major", channel=HERE),
    "lead": app_mention(f"lead <@{BEN}>", channel=HERE),
    "pin": pin_added("x", message_ts=TS, channel=HERE, files=[FILE]),
    "unpin": pin_removed("x", message_ts=TS, channel=HERE),
    "rename": channel_rename(HERE, "inc-x"),
    "joined": member_joined(BEN, HERE),
}  # fmt: skip

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        ["", "0", "-1", "1e999", "\x00", "\ud800", "\u202e", "<!channel>", "U1", "C1", "x" * 5000,
         "9" * 40, "{", '{"incident": 1}', '{"text": null}', "[" * 2000, "1.1", TS, "nan", "<@U1>"]
    ),
    st.sampled_from([[], {}, [[]], [None], {"": None}, [{}], {"id": {}}, 10**400, -0.0]),
)  # fmt: skip


def places(value, path=()):
    """Every place in a payload, by the keys that lead there."""
    yield path
    children = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield from places(child, (*path, key))


@st.composite
def broken(draw):
    """One of the payloads, with some of its parts removed, replaced or moved."""
    request = PAYLOADS[draw(st.sampled_from(sorted(PAYLOADS)))]
    payload = copy.deepcopy(request.data)
    for _number in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(places(payload))[1:] or [("type",)]))
        parent = payload
        for key in way:
            parent = parent[key]
        if draw(st.booleans()) and isinstance(parent, dict):
            parent.pop(last, None)
        else:
            parent[last] = draw(ODD)
    return _request(request, payload)


def _request(like, payload):
    body = json.dumps(payload)
    if like.path == "/slack/action":
        body = urllib.parse.urlencode({"payload": body})
    return Request(like.path, body.encode(), like.content_type)


@pytest.fixture
def answers(slack, slack_sends, work_is_done, channel, caplog):
    """Deliver a request and do what follows; gives the status."""
    channel.channel_id = HERE
    channel.save()

    def status_of(request):
        caplog.clear()
        # Nothing of one example is left for the next.
        Inbox.objects.all().delete()
        status = slack_sends(request).status_code
        work_is_done()
        failed = [
            record
            for record in caplog.records
            if record.levelno >= logging.ERROR and not _is_slacks_refusal(record)
        ]
        assert not failed, [record.getMessage() for record in failed]
        assert not Inbox.objects.exclude(state=Inbox.State.DONE).exists()
        return status

    return status_of


def _is_slacks_refusal(record):
    # The fake Slack does not know every message and person that is made up here.
    return "Slack refused" in record.getMessage()


HARD = settings(
    max_examples=int(os.environ.get("TEST_EXAMPLES", "60")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@HARD
@given(request=broken())
def test_promise_18_whatever_is_missing_or_odd_is_answered(answers, request):
    assert answers(request) in {200, 400}


@pytest.mark.parametrize("name", PAYLOADS)
def test_promise_18_each_part_may_be_missing(answers, name):
    payload = PAYLOADS[name].data
    for path in list(places(payload))[1:]:
        if not isinstance(path[-1], str):
            continue
        without = copy.deepcopy(payload)
        parent = without
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]
        assert answers(_request(PAYLOADS[name], without)) in {200, 400}, path


@HARD
@given(fields=st.dictionaries(
    st.sampled_from([*slash_command("x").data, "ssl_check", "payload"]), st.text(max_size=40)
))  # fmt: skip
def test_promise_18_any_command_is_answered(answers, fields):
    body = urllib.parse.urlencode(fields, errors="replace").encode()
    request = Request("/slack/slash_command", body, "application/x-www-form-urlencoded")
    assert answers(request) in {200, 400}


@HARD
@given(body=st.binary(max_size=200))
def test_promise_18_any_bytes_are_answered(answers, body):
    for path in ("/slack/slash_command", "/slack/action", "/slack/event"):
        assert answers(Request(path, body, "application/json")) in {200, 400}


@HARD
@given(text=st.text(max_size=60))
def test_any_text_after_the_mention_is_answered(answers, text):
    assert answers(app_mention(text.encode(errors="ignore").decode(), channel=HERE)) == 200
