"""What the three doors answer, apart from what is behind them."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import urllib.parse

import pytest
from django.core.handlers.asgi import ASGIHandler

from response.core.models import ExternalUser
from response.delivery.models import Inbox
from response.slack.signing import LARGEST_BODY
from response.testing.payloads import (
    SIGNING_SECRET,
    Request,
    block_action,
    event,
    sign,
    url_verification,
    view_submission,
)

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
DOORS = ["/slack/slash_command", "/slack/action", "/slack/event"]


def _action(payload: str) -> Request:
    body = urllib.parse.urlencode({"payload": payload}, errors="surrogatepass").encode()
    return Request("/slack/action", body, FORM)


def _event(body: bytes | str) -> Request:
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return Request("/slack/event", raw, JSON)


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_doors_take_posts_only(client, path, method):
    answer = getattr(client, method)(path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", DOORS)
def test_what_is_too_large_is_refused_before_its_signature_is_looked_at(client, path):
    answer = client.post(path, data=b"x" * (LARGEST_BODY + 1), content_type=FORM)
    assert answer.status_code == 413


def test_the_largest_body_is_read(slack_sends):
    padded = json.dumps({"type": "unknown", "padding": ""}).encode()
    padded = padded.replace(b'""', b'"' + b"x" * (LARGEST_BODY - len(padded)) + b'"')
    assert slack_sends(_event(padded)).status_code == 200


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 5000, "٣", "1e3", ""])
def test_a_length_that_is_none_is_no_error_of_ours(client, length):
    answer = client.post("/slack/event", data=b"{}", content_type=JSON, CONTENT_LENGTH=length)
    assert answer.status_code == (403 if length == "" else 413)


def test_a_body_that_does_not_say_how_long_it_is_is_measured():
    """ASGI servers hand on bodies that come in chunks, without a length."""
    headers = sign(SIGNING_SECRET, int(time.time()), body := b"x" * (LARGEST_BODY + 1))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/slack/event",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()]
        + [(b"host", b"testserver")],
    }
    sent = []

    async def serve():
        chunks = iter([{"type": "http.request", "body": body}])
        over = asyncio.Event()

        async def receive():
            return next(chunks, None) or await over.wait()

        async def send(message):
            sent.append(message)

        await ASGIHandler()(scope, receive, send)

    asyncio.run(serve())
    assert sent[0]["status"] == 413


# Signed, and yet nonsense

DEEP = "[" * 100_000
GARBAGE = {
    "nothing": "",
    "no JSON": "CANARY{",
    "half of an object": '{"type": "event_callback"',
    "a list": "[]",
    "a string": '"CANARY"',
    "a number": "1",
    "null": "null",
    "100,000 brackets": DEEP,
    "100,000 brackets closed": DEEP + "]" * 100_000,
    "50,000 braces": '{"a":' * 50_000,
    "10,000 digits": '{"type": ' + "9" * 10_000 + "}",
    "NaN": '{"type": NaN}',
    "Infinity": '{"type": Infinity}',
    "-Infinity": '{"type": -Infinity}',
    "a number beyond floats": '{"type": "event_callback", "event": {"type": 1e999}}',
    "a byte-order mark": "\ufeff{}",
    "an event without its id": '{"type": "event_callback", "event": {"type": "message"}}',
    "an event without an event": '{"type": "event_callback", "event_id": "Ev1"}',
    "an event that is a list": '{"type": "event_callback", "event_id": "Ev1", "event": []}',
    "an event id that is a number": '{"type": "event_callback", "event_id": 1, "event": {}}',
    "an event id longer than a key": '{"type": "event_callback", "event_id": "%s", '
    '"event": {"type": "message", "channel": "C1", "user": "U1"}}' % ("E" * 300),
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_promise_18_signed_garbage_is_answered_with_400(slack_sends, db, caplog, body):
    answer = slack_sends(_event(body))

    assert answer.status_code == 400
    assert "CANARY" not in caplog.text
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1


@pytest.mark.parametrize("depth", [90, 101, 150, 240, 330, 470, 500, 700, 950, 990, 1100, 5000])
def test_depth_that_no_one_can_store_is_garbage(slack_sends, channel, depth):
    nested = '{"a":' * depth + "1" + "}" * depth
    body = (
        '{"type": "event_callback", "event_id": "Ev-deep", "event": {"type": "pin_added",'
        f'"channel_id": "{channel.channel_id}", "user": "U1", "item": {nested}}}}}'
    )
    assert slack_sends(_event(body)).status_code == (200 if depth < 95 else 400)


INTERACTIONS = {
    **{name: body for name, body in GARBAGE.items() if "event" not in name},
    "a click without actions": '{"type": "block_actions"}',
    "a click with no action": '{"type": "block_actions", "actions": []}',
    "a click with an action that is none": '{"type": "block_actions", "actions": [1]}',
    "a click of nobody": '{"type": "block_actions", "actions": [{"action_id": "a"}], '
    '"trigger_id": "1"}',
    "a click without its trigger": '{"type": "block_actions", "actions": [{"action_id": "a"}], '
    '"user": {"id": "U1"}}',
    "a form without a view": '{"type": "view_submission", "user": {"id": "U1"}}',
    "a form without its id": '{"type": "view_submission", "view": {}, "user": {"id": "U1"}}',
    "a form of nobody": '{"type": "view_submission", "view": {"id": "V1"}}',
}


@pytest.mark.parametrize("payload", INTERACTIONS.values(), ids=INTERACTIONS.keys())
def test_promise_18_garbage_in_an_interaction_is_answered_with_400(slack_sends, db, payload):
    assert slack_sends(_action(payload)).status_code == 400


BODIES = {
    "nothing": b"",
    "no payload": b"other=1",
    "two payloads": b"payload=%7B%7D&payload=%7B%7D",
    "invalid UTF-8": b"payload=\xff\xfe",
    "invalid UTF-8, encoded": b"payload=%ff%fe",
    "half a character": b"payload=%ed%a0%80",
    "NUL": b"payload=%00",
    "10,000 fields": b"&".join(b"f%d=" % number for number in range(10_000)),
    "JSON": b'{"payload": "{}"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_form_that_is_none_is_answered_with_400(slack_sends, db, body):
    assert slack_sends(Request("/slack/action", body, FORM)).status_code == 400


@pytest.mark.parametrize("body", [b"", b"text=x", b"text=\xff", b"trigger_id=&text=x"])
def test_a_command_that_nobody_typed_is_answered_with_400(slack_sends, body):
    assert slack_sends(Request("/slack/slash_command", body, FORM)).status_code == 400


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_what_no_database_keeps_is_left_out_at_the_door(
    slack_sends, slack, work_is_done, channel, text
):
    request = event(
        "pin_added",
        {
            "user": "U0000000ANA",
            "channel_id": channel.channel_id,
            "item": {"message": {"ts": "1700000000.000200", "text": text, "user": "U0000000ANA"}},
        },
    )
    assert slack_sends(request).status_code == 200
    work_is_done()
    pin = channel.incident.timeline_events().get(event_type="slack_pin")
    assert pin.text == "ab"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_the_content_type_decides_nothing(slack_sends, content_type):
    request = Request("/slack/event", url_verification("abc").body, content_type)
    assert slack_sends(request).json() == {"challenge": "abc"}


# What is answered without anything being done


def test_slack_is_told_that_the_event_door_is_ours(slack_sends):
    answer = slack_sends(url_verification("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"))
    assert answer.json() == {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}


def test_a_check_of_the_certificate_opens_no_form(slack, slack_sends):
    probe = Request("/slack/slash_command", b"ssl_check=1&token=deprecated", FORM)
    assert slack_sends(probe).status_code == 200
    assert slack.calls == []


UNKNOWN = {
    "an event": (event("emoji_changed", {"subtype": "add"}), "@slack_event('emoji_changed')"),
    "a button": (block_action("a-host-s-button"), "@action_handler('a-host-s-button')"),
    "a form": (view_submission("a-host-s-form"), "@modal_handler('a-host-s-form')"),
}


@pytest.mark.parametrize(("request_", "decorator"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_nobody_answers_names_the_decorator_to_write(
    slack_sends, db, caplog, request_, decorator
):
    caplog.set_level(logging.INFO, logger="response")

    assert slack_sends(request_).status_code == 200

    assert decorator in caplog.text
    assert not Inbox.objects.exists()
    assert not ExternalUser.objects.exists()


@pytest.mark.parametrize(
    "request_",
    [_action('{"type": "view_closed"}'), _action("{}"), _event('{"type": "app_rate_limited"}')],
)
def test_other_types_are_taken_note_of(slack_sends, request_):
    assert slack_sends(request_).status_code == 200


def test_a_host_that_asks_everyone_for_a_login_still_hears_slack(slack_sends, db, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    answer = slack_sends(url_verification("a challenge"))

    assert answer.status_code == 200
    assert answer.json() == {"challenge": "a challenge"}
