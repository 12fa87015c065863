"""Who may enter Slack's doors: those who sign as Slack does ("Verifying requests from Slack")."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import logging
import time

import pytest
import time_machine

from response.slack.signing import is_signed
from response.testing.payloads import SIGNING_SECRET, Request, sign, slash_command, url_verification

NOW = 1_700_000_000
BODY = b"text=CANARY-BODY&trigger_id=1"
FORM = "application/x-www-form-urlencoded"
DOORS = ["/slack/slash_command", "/slack/action", "/slack/event"]


def _signature(timestamp: str | int = NOW, body: bytes = BODY, secret: str = SIGNING_SECRET) -> str:
    return sign(secret, timestamp, body)["X-Slack-Signature"]


GOOD = _signature()
HEX = GOOD.removeprefix("v0=")

# The time stands in the signed text, so each of these is signed for the time it names.
TIMESTAMPS = {
    "empty": "",
    "a word": "abc",
    "a float": f"{NOW}.0",
    "a float with an exponent": "1.7e9",
    "not a number": "nan",
    "infinite": "inf",
    "negative": f"-{NOW}",
    "with a plus": f"+{NOW}",
    "with a space before": f" {NOW}",
    "with a space after": f"{NOW} ",
    "with a tab": f"{NOW}\t",
    "with a newline": f"{NOW}\n",
    "with underscores": "1_700_000_000",
    "with a comma": "1,700,000,000",
    "hexadecimal": hex(NOW),
    "in Arabic digits": "".join(chr(0x660 + int(digit)) for digit in str(NOW)),
    "in full-width digits": "".join(chr(0xFF10 + int(digit)) for digit in str(NOW)),
    "superscript": "¹" * 10,
    "nine digits": str(NOW)[:-1],
    "eleven digits": f"{NOW}0",
    "with a leading zero": f"0{NOW}",
    "twenty digits": "9" * 20,
    "five thousand digits": "9" * 5000,
    "milliseconds": f"{NOW}000",
    "two of them": f"{NOW},{NOW}",
    "two of them and a space": f"{NOW}, {NOW}",
    "zero": "0",
    "ten zeros": "0" * 10,
    "NUL in it": f"{NOW}\x00",
    "non-ASCII": f"{NOW}é",
    "301 seconds old": str(NOW - 301),
    "301 seconds ahead": str(NOW + 301),
    "an hour old": str(NOW - 3600),
    "a day ahead": str(NOW + 86_400),
    "a year old": str(NOW - 31_536_000),
}

SIGNATURES = {
    "empty": "",
    "only the version": "v0=",
    "no version": HEX,
    "version 1": f"v1={HEX}",
    "version in capitals": f"V0={HEX}",
    "hex in capitals": f"v0={HEX.upper()}",
    "a space before": f" {GOOD}",
    "a space after": f"{GOOD} ",
    "a newline after": f"{GOOD}\n",
    "truncated": GOOD[:-1],
    "half of it": GOOD[: len(GOOD) // 2],
    "one digit more": f"{GOOD}0",
    "first digit wrong": f"v0={'0' if HEX[0] != '0' else '1'}{HEX[1:]}",
    "last digit wrong": f"{GOOD[:-1]}{'0' if GOOD[-1] != '0' else '1'}",
    "two of them": f"{GOOD},{GOOD}",
    "two of them and a space": f"{GOOD}, {GOOD}",
    "non-ASCII": f"v0={'é' * 64}",
    "in full-width digits": f"v0={'０' * 64}",
    "an emoji": "v0=🔥",
    "NUL in it": f"{GOOD}\x00",
    "half a character": f"v0={HEX[:-1]}\ud800",
    "100 kB": "v0=" + "a" * 100_000,
    "of no body": _signature(body=b""),
    "of another body": _signature(body=b"text=else"),
    "of another second": _signature(NOW + 1),
    "with another secret": _signature(secret="another"),
    "with an empty secret": _signature(secret=""),
    "in base64": "v0=" + HEX[:44],
    "with SHA-1": "v0=" + hmac.new(SIGNING_SECRET.encode(), BODY, hashlib.sha1).hexdigest(),
    "without the version in what is signed": "v0="
    + hmac.new(SIGNING_SECRET.encode(), f"{NOW}:".encode() + BODY, hashlib.sha256).hexdigest(),
}

BODIES = {
    "one byte else": BODY.replace(b"CANARY", b"CANARZ"),
    "one byte more": BODY + b" ",
    "one byte less": BODY[:-1],
    "reordered": b"trigger_id=1&text=CANARY-BODY",
    "encoded again": b"text=CANARY%2DBODY&trigger_id=1",
    "empty": b"",
    "invalid UTF-8": b"text=\xff\xfe",
    "compressed": gzip.compress(BODY, mtime=0),
    "twice": BODY + BODY,
}


def _accepts(timestamp: str = str(NOW), signature: str = GOOD, body: bytes = BODY, **how) -> bool:
    how = {"secrets": [SIGNING_SECRET], "now": NOW, **how}
    return is_signed(body, timestamp, signature, **how)


def test_what_slack_signed_is_accepted():
    assert _accepts()


@pytest.mark.parametrize("seconds", [0, 1, 299, 300, -1, -299, -300])
def test_a_signature_holds_for_five_minutes_either_way(seconds):
    assert _accepts(now=NOW + seconds)


@pytest.mark.parametrize("timestamp", TIMESTAMPS.values(), ids=TIMESTAMPS.keys())
def test_no_other_time_is_accepted_though_it_is_signed(timestamp):
    signature = _signature(timestamp)
    assert not _accepts(timestamp, signature)


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_no_other_signature_is_accepted(signature):
    assert not _accepts(signature=signature)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_other_body_is_accepted(body):
    assert not _accepts(body=body)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", "é🔥".encode(), gzip.compress(b"x", mtime=0)]
)
def test_the_bytes_are_signed_whatever_they_mean(body):
    assert _accepts(signature=_signature(body=body), body=body)


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_an_empty_secret_signs_nothing(secrets):
    assert not _accepts(signature=_signature(secret=""), secrets=secrets)


def test_a_secret_is_replaced_without_a_moment_in_which_none_holds():
    for secret in ("old", "new"):
        assert _accepts(signature=_signature(secret=secret), secrets=["old", "new"])
    assert not _accepts(signature=_signature(secret="old"), secrets=["new"])


# At the doors

# What a header can carry at all: WSGI gives each byte as one character.
_CARRIED = {
    f"{what}: {name}": headers
    for what, cases in (("timestamp", TIMESTAMPS), ("signature", SIGNATURES))
    for name, value in cases.items()
    if value.isascii() or max(map(ord, value)) < 256
    for headers in (
        {"X-Slack-Request-Timestamp": value}
        if what == "timestamp"
        else {"X-Slack-Signature": value},
    )
}


@pytest.mark.parametrize("headers", _CARRIED.values(), ids=_CARRIED.keys())
def test_promise_18_hostile_headers_are_refused_with_403(client, caplog, headers):
    given = {**sign(SIGNING_SECRET, int(time.time()), BODY), **headers}

    answer = client.post("/slack/event", data=BODY, content_type=FORM, headers=given)

    assert answer.status_code == 403
    assert answer.content == b""
    (line,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert "CANARY" not in caplog.text
    assert line.exc_info is None


@pytest.mark.parametrize("path", DOORS)
def test_every_door_refuses_who_does_not_sign(client, path):
    assert client.post(path, data=BODY, content_type=FORM).status_code == 403


@pytest.mark.parametrize("missing", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
def test_a_missing_header_is_refused(client, missing):
    given = sign(SIGNING_SECRET, int(time.time()), BODY)
    del given[missing]

    answer = client.post("/slack/event", data=BODY, content_type=FORM, headers=given)

    assert answer.status_code == 403


@pytest.mark.parametrize("age", [302, -302])
def test_a_replay_after_five_minutes_is_refused(slack_sends, age):
    assert slack_sends(url_verification(), now=time.time() - age).status_code == 403


def test_a_wrong_clock_is_told_once_a_minute_however_much_slack_sends(slack_sends, caplog):
    with time_machine.travel(NOW, tick=False) as ours:
        for _second in range(130):
            answer = slack_sends(url_verification(), now=time.time() + 600)
            assert answer.status_code == 403
            ours.shift(1)
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(lines) == 3, "at once, and after one and two minutes"
    assert all("600 seconds from now" in line and "clock is wrong" in line for line in lines)


def test_a_clock_that_is_wrong_is_not_told_by_who_cannot_sign(slack_sends, caplog):
    slack_sends(url_verification(), secret="another", now=time.time() + 600)
    assert "clock" not in caplog.text


def test_a_refusal_costs_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.post("/slack/event", data=BODY, content_type=FORM)


def test_a_signed_form_may_say_that_it_is_compressed(slack, slack_sends, db):
    answer = slack_sends(slash_command("x"), headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 200


def test_promise_18_without_a_secret_every_request_is_refused(slack_sends, settings):
    settings.SLACK_SIGNING_SECRET = ""
    assert slack_sends(url_verification(), secret="").status_code == 403


def test_the_secret_is_read_when_a_request_comes(slack_sends, settings):
    settings.SLACK_SIGNING_SECRET = ["old", "new"]
    assert slack_sends(url_verification(), secret="new").status_code == 200
    settings.SLACK_SIGNING_SECRET = "newest"
    assert slack_sends(url_verification(), secret="new").status_code == 403


def test_cookies_and_csrf_tokens_open_no_door(admin_client):
    assert admin_client.post("/slack/event", data=BODY, content_type=FORM).status_code == 403


def test_a_signature_does_not_carry_over_to_another_body(client):
    one = Request("/slack/event", BODY, FORM)
    headers = sign(SIGNING_SECRET, int(time.time()), one.body)
    answer = client.post("/slack/event", data=BODY + b"&x=1", content_type=FORM, headers=headers)
    assert answer.status_code == 403
