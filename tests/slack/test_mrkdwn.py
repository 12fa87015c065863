"""Slack's markup: what is understood, what is sent, and what nobody can do with it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from response.core.text import Form
from response.slack import mrkdwn

PEOPLE = {"U1": "Ana", "W2": "Ben *Bold* _B_", "U3": ""}

#: Texts as hostile people write them: pieces of Slack's markup in any order.
PIECES = st.sampled_from(
    [
        *("<", ">", "&", "|", "@", "#", "!", "^", "`", "```", "\\", "[", "]", "(", ")", "\n", " "),
        *("&lt;", "&gt;", "&amp;", "U1", "<@U1>", "<!channel>", "<!here|here>", "<@U1|x>", "<#C1|"),
        *("<!subteam^S1|@ops>", "<http://evil.example|bank>", "<mailto:a@b.example>", "<!date^1^"),
        *("javascript:", "http://", "label", "\x00", "\ud800", "\u202e", "*", "_", "~"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))

REFERENCES = [
    ("<@U1>", "@Ana"),
    ("<@W2>", "@Ben *Bold* _B_"),
    ("<@U1|old name>", "@Ana"),
    ("<@U9|Cy>", "@Cy"),
    ("<@U9>", "@U9"),
    ("<@U3>", "@U3"),
    ("<#C1|incidents>", "#incidents"),
    ("<#C1>", "#C1"),
    ("<#C1|>", "#C1"),
    ("<!subteam^S1|@ops>", "@ops"),
    ("<!subteam^S1>", "@S1"),
    ("<!here>", "@here"),
    ("<!channel>", "@channel"),
    ("<!everyone|@everyone>", "@everyone"),
    ("<!date^1392734382^{date_short}^https://x.example|18 Feb 2014>", "18 Feb 2014"),
    ("<!date^1392734382^{date_short}>", "1392734382"),
    ("<https://x.example/a?b=1&c=2>", "https://x.example/a?b=1&c=2"),
    ("<https://x.example|the graph>", "the graph (https://x.example)"),
    ("<http://x.example|x.example>", "x.example"),
    ("<mailto:ana@x.example|ana@x.example>", "ana@x.example"),
    ("<mailto:ana@x.example|Ana>", "Ana (mailto:ana@x.example)"),
    ("<slack://open|open it>", "open it (slack://open)"),
    ("<javascript:alert(1)|press>", "press (javascript:alert(1))"),
]

NO_REFERENCES = [
    "latency < 5ms and > 2ms",
    "a <b>bold</b> claim",
    "List<String> and Map<K, V>",
    "<std::string>",
    "<>",
    "<@>",
    "<@bob>",
    "<!doctype html>",
    "<#fragment>",
    "<@U1",
    "A & B &amp; C &lt;",
]


@pytest.mark.parametrize(("written", "readable"), REFERENCES)
def test_every_reference_is_readable_as_plain_text(written: str, readable: str) -> None:
    text = f"see {written}, please"
    assert mrkdwn.humanise(text, people=PEOPLE, form=Form.PLAIN) == f"see {readable}, please"


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("text", NO_REFERENCES)
def test_what_only_looks_like_a_reference_is_left_alone(text: str, form: Form) -> None:
    assert mrkdwn.humanise(text, people=PEOPLE, form=form) == text


@pytest.mark.parametrize(
    ("written", "in_markdown"),
    [
        ("<@W2>", r"@Ben \*Bold\* \_B\_"),
        ("<#C1|my_own_channel>", r"\#my\_own\_channel"),
        ("<https://x.example|the *graph*>", r"[the \*graph\*](https://x.example)"),
        ("<https://x.example>", r"[https://x\.example](https://x.example)"),
        ("<https://x.example/a_(b)|x>", "[x](https://x.example/a_%28b%29)"),
        ("<https://x.example|](https://evil.example)>", None),
        ("<javascript:alert(1)|press>", r"press \(javascript:alert\(1\)\)"),
        ("`<@W2>`", "`@Ben *Bold* _B_`"),
        ("so: ```one\ntwo```", "so: \n```\none\ntwo\n```\n"),
        ("```\none\n```", "```\none\n```"),
        ("```python\none\n```", "```python\none\n```"),
    ],
)
def test_in_markdown_what_came_from_slack_cannot_act_as_markup(
    written: str, in_markdown: str | None
) -> None:
    result = mrkdwn.humanise(written, people=PEOPLE, form=Form.MARKDOWN)
    if in_markdown is None:
        assert result == r"[\]\(https://evil\.example\)](https://x.example)"
    else:
        assert result == in_markdown


@given(TEXTS, st.sampled_from(Form))
def test_making_a_text_readable_never_fails(text: str, form: Form) -> None:
    mrkdwn.humanise(text, people=PEOPLE, form=form)


@pytest.mark.parametrize("unit", ["<", "<@", "<http://", "`", "`` ` ``` ", "<a|", "|>", "&", "\\`"])
@pytest.mark.parametrize("form", Form)
def test_a_hundred_kilobytes_of_markup_come_back_whole(unit: str, form: Form) -> None:
    text = unit * (100_000 // len(unit))
    assert mrkdwn.humanise(text, people={}, form=form).count("`") >= text.count("`")


@pytest.mark.parametrize(
    ("wire", "written"),
    [
        ("A &amp; B", "A & B"),
        ("latency &lt; 5ms", "latency < 5ms"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;", "&amp;"),
        ("<@U1> &gt; <!here>", "<@U1> > <!here>"),
        ("&quot;&#39;", "&quot;&#39;"),
    ],
)
def test_text_from_slack_is_unescaped_once(wire: str, written: str) -> None:
    assert mrkdwn.unescape(wire) == written


@given(TEXTS)
def test_escaping_can_be_undone(text: str) -> None:
    assert mrkdwn.unescape(mrkdwn.escape(text)) == text


def test_everyone_mentioned_is_found() -> None:
    texts = ["<@U1> and <@W2|ben>", "<@U1>, <#C1>, <@bob>, U7", "", "`<@U5>`"]
    assert mrkdwn.user_ids(texts) == {"U1", "W2", "U5"}


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("<@U1> close", ("U1", "close")),
        ("  <@W2|incident>   severity major ", ("W2", "severity major")),
        ("<@U1>", ("U1", "")),
        ("<@U1>: lead <@U2>", ("U1", "lead <@U2>")),
        ("<@U1>, close", ("U1", "close")),
        ("<@U1> :tada: done", ("U1", ":tada: done")),
        ("<@U1> summary one\ntwo\n\nthree", ("U1", "summary one\ntwo\n\nthree")),
        ("<@U1>\nhelp", ("U1", "help")),
        ("close <@U1>", None),
        ("<@bob> close", None),
        ("", None),
    ],
)
def test_a_command_is_split_from_the_mention_before_it(
    text: str, split: tuple[str, str] | None
) -> None:
    assert mrkdwn.leading_mention(text) == split


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("<!channel> look", "@channel look"),
        ("<@U1> and <!subteam^S1|@ops>", "@Ana and @ops"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
        ("<https://evil.example|bank.example>", "bank.example (https://evil.example)"),
        ("<!date^1^{date}^https://evil.example|today>", "today"),
        ("<<!channel>>", "&lt;@channel&gt;"),
        ("<!<!here>channel>", "&lt;!@herechannel&gt;"),
        ("latency < 5ms & *bold*", "latency &lt; 5ms &amp; *bold*"),
        ("one\ntwo", "one\ntwo"),
        ("half a pair \ud83d, NUL \x00", "half a pair \ufffd, NUL \ufffd"),
        ("", ""),
    ],
)
def test_what_people_wrote_goes_out_readable_and_harmless(written: str, wire: str) -> None:
    assert mrkdwn.outgoing(written, PEOPLE) == wire


@given(TEXTS)
@example("<@U2>")
def test_nothing_a_person_writes_is_markup_in_the_bots_message(text: str) -> None:
    # The names of people are as hostile as what they write.
    wire = mrkdwn.outgoing(text, {"U1": text, "U2": "<!channel>"})
    assert "<" not in wire
    assert ">" not in wire
    assert re.sub("&(amp|lt|gt);", "", wire).count("&") == 0


@given(TEXTS, st.integers(min_value=0, max_value=60))
def test_a_shortened_text_keeps_the_limit_and_cuts_no_entity(text: str, limit: int) -> None:
    wire = mrkdwn.outgoing(text, limit=limit)
    assert len(wire) <= limit
    assert re.sub("&(amp|lt|gt);", "", wire).count("&") == 0


@pytest.mark.parametrize(
    ("text", "limit", "wire"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("ab<def", 6, "ab…"),
        ("ab<def", 7, "ab&lt;…"),
        ("a; b & c", 9, "a; b…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_a_long_text_ends_in_an_ellipsis(text: str, limit: int, wire: str) -> None:
    assert mrkdwn.outgoing(text, limit=limit) == wire


def test_mentions_and_channel_links_are_made_of_ids_only() -> None:
    assert mrkdwn.mention("U012AB3CD") == "<@U012AB3CD>"
    assert mrkdwn.mention("W1") == "<@W1>"
    assert mrkdwn.mention("U1> <!channel") == "@U1&gt; &lt;!channel"
    assert mrkdwn.channel_link("C1") == "<#C1>"
    assert mrkdwn.channel_link("C1|x> <!here") == "#C1|x&gt; &lt;!here"


@pytest.mark.parametrize(
    ("url", "label", "wire"),
    [
        ("https://x.example/1/", "Incident 1", "<https://x.example/1/|Incident 1>"),
        ("https://x.example/?a=1&b=2", "A & B", "<https://x.example/?a=1&amp;b=2|A &amp; B>"),
        ("https://x.example", "x> <!channel>\n", "<https://x.example|x&gt; &lt;!channel&gt;>"),
        ("https://x.example/|b> <!here>", "x", "<https://x.example/%7Cb%3E%20%3C!here%3E|x>"),
        ("https://x.example", "", "<https://x.example>"),
        ("mailto:ana@x.example", "Ana", "<mailto:ana@x.example|Ana>"),
        ("javascript:alert(1)", "press", "press (javascript:alert(1))"),
        ("!channel", "x", "x (!channel)"),
    ],
)
def test_a_label_cannot_break_out_of_its_link(url: str, label: str, wire: str) -> None:
    assert mrkdwn.link(url, label) == wire


@given(TEXTS, TEXTS)
def test_a_link_is_one_link_whatever_it_is_made_of(address: str, label: str) -> None:
    wire = mrkdwn.link(f"https://x.example/{address}", label)
    assert re.fullmatch(r"<https://x\.example/[^<>| \t\r\n]*(\|[^<>]*)?>", wire)
