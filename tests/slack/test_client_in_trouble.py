"""What the client makes of every way in which a call to Slack can fail, on real sockets."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from response.exceptions import ResponseError
from response.slack.client import (
    SlackClient,
    SlackError,
    SlackInDoubt,
    SlackNotReached,
    SlackRateLimited,
    SlackRefused,
)
from response.testing import FakeSlack
from response.testing.payloads import GENERAL


@pytest.fixture
def client(slack: FakeSlack) -> SlackClient:
    return SlackClient(slack.token, base_url=slack.url)


@contextlib.contextmanager
def wire(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that takes one connection, reads the request and then does whatever ``talk``
    says. Gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError), listener.accept()[0] as connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(65536)
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/"


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answering(raw: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(raw)


# Slack says no


def test_a_refusal_carries_slacks_code_and_its_details(slack: FakeSlack, client: SlackClient):
    errors = [{"user": "U1", "ok": False, "error": "user_is_restricted"}]
    slack.refuse("conversations.invite", "user_is_restricted", errors=errors)
    with pytest.raises(SlackRefused) as caught:
        client.invite_user_to_channel("U1", GENERAL)
    assert caught.value.slack_error == "user_is_restricted"
    assert caught.value.details["errors"] == errors
    assert isinstance(caught.value, ResponseError)


def test_a_missing_scope_is_named(slack: FakeSlack, client: SlackClient):
    slack.refuse("pins.add", "missing_scope", needed="pins:write", provided="chat:write")
    with pytest.raises(SlackRefused, match="pins:write"):
        client.api_call("pins.add", channel=GENERAL, timestamp="1.1")


def test_a_wrong_token_is_refused(slack: FakeSlack):
    with pytest.raises(SlackRefused) as caught:
        SlackClient("xoxb-another", base_url=slack.url).api_call("auth.test")
    assert caught.value.slack_error == "invalid_auth"


def test_without_a_token_nothing_is_asked(slack: FakeSlack):
    with pytest.raises(SlackRefused, match="SLACK_TOKEN") as caught:
        SlackClient("", base_url=slack.url).api_call("auth.test")
    assert caught.value.slack_error == "not_authed"
    assert slack.calls == []


def test_each_call_makes_one_try(slack: FakeSlack, client: SlackClient):
    for trouble in (
        lambda: slack.refuse("auth.test", "fatal_error", times=1),
        lambda: slack.status(500, times=1),
        lambda: slack.rate_limit("auth.test", None, times=1),
        lambda: slack.drop_answers(times=1),
    ):
        slack.calls.clear()
        trouble()
        with pytest.raises(SlackError):
            client.api_call("auth.test")
        assert len(slack.calls) == 1


# Slack says later


def test_a_rate_limit_keeps_its_seconds(slack: FakeSlack, client: SlackClient):
    slack.rate_limit("chat.postMessage", 17)
    with pytest.raises(SlackRateLimited) as caught:
        client.send_message(GENERAL, "x")
    assert caught.value.retry_after == 17
    assert slack.messages(GENERAL) == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param(["Retry-After: 5"], 5, id="as Slack says it"),
        pytest.param(["retry-after: 0"], 0, id="lower case"),
        pytest.param(["Retry-After: 2.5"], 2.5, id="fraction"),
        pytest.param([], 30, id="missing"),
        pytest.param(["Retry-After: "], 30, id="empty"),
        pytest.param(["Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"], 30, id="a date"),
        pytest.param(["Retry-After: -1"], 30, id="negative"),
        pytest.param(["Retry-After: nan"], 30, id="not a number"),
        pytest.param(["Retry-After: inf"], 30, id="infinite"),
        pytest.param(["Retry-After: " + "9" * 400], 30, id="more than a float holds"),
        pytest.param(["Retry-After: 999999999"], 3600, id="years"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"slow down", b"[]", b'{"ok": false, "error": "x"}'])
def test_every_429_has_a_number_of_seconds_to_wait(headers, seconds, body):
    raw = http(body, "429 Too Many Requests", *headers)
    with wire(answering(raw)) as url, pytest.raises(SlackRateLimited) as caught:
        SlackClient("x", base_url=url).api_call("auth.test")
    assert caught.value.retry_after == seconds


def test_ratelimited_in_an_answer_of_status_200_is_a_rate_limit_too():
    body = b'{"ok": false, "error": "ratelimited"}'
    raw = http(body, "200 OK", "Retry-After: 7")
    with wire(answering(raw)) as url, pytest.raises(SlackRateLimited) as caught:
        SlackClient("x", base_url=url).api_call("auth.test")
    assert caught.value.retry_after == 7


# Nobody answers


def test_a_refused_connection_did_nothing(slack: FakeSlack, client: SlackClient):
    slack.unreachable()
    with pytest.raises(SlackNotReached):
        client.send_message(GENERAL, "x")
    slack.recover()
    assert client.send_message(GENERAL, "x")["ok"]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://slack.invalid/api/", id="no such host"),
        pytest.param(f"http://{'a' * 70}.invalid/api/", id="no possible host"),
        pytest.param("http://127.0.0.1:port/api/", id="no port"),
        pytest.param("http://127.0.0.1:9/a b/", id="blank in the path"),
        pytest.param("slack.com/api/", id="no scheme"),
        pytest.param("file:///etc/", id="a file"),
        pytest.param("ftp://127.0.0.1/", id="another scheme"),
    ],
)
def test_an_address_that_leads_nowhere_did_nothing(url):
    with pytest.raises(SlackNotReached):
        SlackClient("x", base_url=url, timeout=1).api_call("auth.test")


def test_a_server_without_tls_did_nothing(slack: FakeSlack):
    url = slack.url.replace("http://", "https://")
    with pytest.raises(SlackNotReached):
        SlackClient(slack.token, base_url=url, timeout=2).api_call("auth.test")
    assert slack.calls == []


@pytest.mark.parametrize("token", ["xoxb-line\r\nX-Other: 1", "xoxb-\u2028", "xoxb-é\0"])
def test_a_token_that_no_header_can_carry_is_not_shown(slack: FakeSlack, token):
    with pytest.raises(SlackError) as caught:
        SlackClient(token, base_url=slack.url).api_call("auth.test")
    assert "xoxb" not in f"{caught.value}{caught.value.__cause__}"
    assert slack.calls_to("auth.test") == [] or caught.value.slack_error == "invalid_auth"


# Nobody knows


def test_a_connection_reset_is_in_doubt(slack: FakeSlack, client: SlackClient):
    slack.down()
    with pytest.raises(SlackInDoubt) as caught:
        client.send_message(GENERAL, "x")
    assert not caught.value.timed_out


def test_a_lost_answer_is_in_doubt_though_slack_did_it(slack: FakeSlack, client: SlackClient):
    slack.drop_answers()
    with pytest.raises(SlackInDoubt) as caught:
        client.send_message(GENERAL, "x")
    assert not caught.value.timed_out
    assert len(slack.messages(GENERAL)) == 1


def test_silence_is_in_doubt_and_slack_may_do_it_later(slack: FakeSlack, client: SlackClient):
    slack.hang(30)
    with pytest.raises(SlackInDoubt) as caught:
        client.with_timeout(0.2).send_message(GENERAL, "x")
    assert caught.value.timed_out
    assert slack.messages(GENERAL) == []
    slack.recover()
    assert slack.wait_for(lambda fake: fake.messages(GENERAL))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_server_error_is_in_doubt(slack: FakeSlack, client: SlackClient, status):
    slack.status(status)
    with pytest.raises(SlackInDoubt, match=str(status)) as caught:
        client.api_call("auth.test")
    assert not caught.value.timed_out


@pytest.mark.parametrize(
    "code", ["fatal_error", "internal_error", "request_timeout", "service_unavailable"]
)
def test_an_error_on_slacks_side_is_in_doubt(slack: FakeSlack, client: SlackClient, code):
    slack.refuse(error=code)
    with pytest.raises(SlackInDoubt) as caught:
        client.send_message(GENERAL, "x")
    assert caught.value.slack_error == code


ANSWER = json.dumps({"ok": True, "user_id": "U1"}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(http(b""), id="empty"),
        pytest.param(http(b"<html>ok</html>"), id="a page"),
        pytest.param(http(b"[]"), id="a list"),
        pytest.param(http(b"null"), id="null"),
        pytest.param(http(b"true"), id="a word"),
        pytest.param(http(b"{}"), id="nothing in it"),
        pytest.param(http(b'{"ok": false}'), id="no code"),
        pytest.param(http(b'{"ok": false, "error": {"a": 1}}'), id="code of another type"),
        pytest.param(http(b'{"ok": "no'), id="half of it"),
        pytest.param(http(b"\xff\xfe{"), id="not UTF-8"),
        pytest.param(http(b'{"a":' * 50_000), id="deep"),
        pytest.param(http(b'{"ok": true, "n": ' + b"9" * 10_000 + b"}"), id="a long number"),
        pytest.param(http(ANSWER, "201 Created"), id="another status"),
        pytest.param(http(ANSWER, "302 Found", "Location: http://127.0.0.1:9/"), id="redirect"),
        pytest.param(http(b"no", "404 Not Found"), id="somebody else's 404"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + ANSWER[:9], id="cut off"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="head cut off"),
        pytest.param(b"SSH-2.0-OpenSSH_9\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", id="many headers"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="bad chunks"
        ),
    ],
)
def test_an_answer_that_makes_no_sense_is_in_doubt(raw):
    with wire(answering(raw)) as url, pytest.raises(SlackInDoubt) as caught:
        SlackClient("x", base_url=url, timeout=5).api_call("auth.test")
    assert not caught.value.timed_out


@pytest.mark.parametrize("body", [b"{}", b'{"user": {}}', b'{"user": "U1"}', b'{"user": []}'])
def test_an_answer_without_what_was_asked_for_is_in_doubt(body):
    answer = json.dumps({**json.loads(body), "ok": True}).encode()
    with wire(answering(http(answer))) as url, pytest.raises(SlackInDoubt, match="user"):
        SlackClient("x", base_url=url).get_user_profile("U1")


def test_a_charset_nobody_knows_does_not_matter():
    raw = http(ANSWER, "200 OK", "Content-Type: application/json; charset=klingon")
    with wire(answering(raw)) as url:
        assert SlackClient("x", base_url=url).get_slack_token_owner() == "U1"


@pytest.mark.parametrize("start", [0, len(http(ANSWER)) - len(ANSWER)], ids=["head", "body"])
def test_an_answer_that_trickles_in_does_not_stretch_the_time(start):
    """The whole answer would come, but each byte later than the one before."""
    raw = http(ANSWER)
    pace = threading.Event()
    gave_up = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.sendall(raw[:start])
        try:
            for byte in raw[start:]:
                connection.sendall(bytes([byte]))
                pace.wait(0.05)
        except OSError:
            gave_up.set()

    with wire(trickle) as url:
        with pytest.raises(SlackInDoubt) as caught:
            SlackClient("x", base_url=url, timeout=0.3).api_call("auth.test")
        assert gave_up.wait(10)
    assert caught.value.timed_out


def test_a_redirect_does_not_take_the_token_elsewhere(slack: FakeSlack):
    raw = http(b"", "307 Temporary Redirect", f"Location: {slack.url}auth.test")
    with wire(answering(raw)) as url, pytest.raises(SlackInDoubt):
        SlackClient(slack.token, base_url=url).api_call("auth.test")
    assert slack.calls == []


# On the way


def test_a_proxy_is_used_where_the_environment_names_one(monkeypatch: pytest.MonkeyPatch):
    with wire(answering(http(ANSWER))) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        client = SlackClient("x", base_url="http://slack.invalid/api/")
        assert client.get_slack_token_owner() == "U1"


def test_a_proxy_is_not_used_where_the_environment_says_so(
    slack: FakeSlack, client: SlackClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert client.api_call("auth.test")["ok"]
