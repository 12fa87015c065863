"""What people wrote is shown as they meant it, and can do nothing on the page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.template import Context, Template
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from response.core import markdown
from response.core.text import (
    Form,
    Humaniser,
    isolated_humanisers,
    reader,
    register_humaniser,
)

SITE = "https://response.example"
REL = 'rel="noopener noreferrer nofollow"'
ALLOWED_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("img", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead"),
    *("tr", "ul"),
}
# What a browser takes for a scheme (the URL Standard, "basic URL parser").
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
IGNORED = dict.fromkeys(map(ord, "\t\n\r"))
CONTROLS = "".join(map(chr, range(0x21)))
ALLOWED_ATTRIBUTES = {"href", "src", "alt", "title", "rel", "start"}

PIECES = st.sampled_from(
    [
        *("[", "]", "(", ")", "![", "](", "`", "```", "~~", "*", "**", "_", ">", "> ", "- ", "1. "),
        *("#", "# ", "|", "|-|-|\n", "\n", "\n\n", "\t", "    ", "\\", "&", "&lt;", "&#106;", ";"),
        *("<script>", "</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:x'>"),
        *(
            "<style>",
            "<!--",
            "-->",
            "<",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example",
        ),
        *("https://evil.example/x.gif", "/local.png", '"', "'", " onclick=", "style=x", ":tada:"),
        *("<@U1>", "\x00", "\ud800", "\ufdd0", "\ufdd1", "\u202e", "word", " ", "]: x", "[a]: /x"),
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join))


@pytest.fixture(autouse=True)
def _site(settings) -> None:
    settings.SITE_URL = SITE


@pytest.fixture(autouse=True)
def _no_humanisers() -> Iterator[None]:
    """Only the humanisers that a test registers itself take part."""
    with isolated_humanisers():
        yield


def html(written: str | None) -> SafeString:
    return reader([written]).html(written)


def assert_harmless(shown: str) -> None:
    """As a browser would take it: known elements and attributes, and no address that acts."""
    for element in BeautifulSoup(shown, "html.parser").find_all(True):
        assert element.name in ALLOWED_TAGS
        assert set(element.attrs) <= ALLOWED_ATTRIBUTES
        if element.name == "a":
            assert element["rel"] == ["noopener", "noreferrer", "nofollow"]
        if "href" in element.attrs:
            scheme = SCHEME.match(str(element["href"]).translate(IGNORED).lstrip(CONTROLS))
            assert scheme is None or scheme[1].lower() in ("http", "https", "mailto")
        if element.name == "img":
            source = urlsplit(str(element["src"]))
            assert (source.scheme, source.netloc) in [("", ""), ("https", "response.example")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (None, ""),
        ("", ""),
        (" \n ", ""),
        ("A & B", "<p>A &amp; B</p>"),
        ("A &amp; B &lt;", "<p>A &amp;amp; B &amp;lt;</p>"),
        ("latency < 5ms, throughput > 3", "<p>latency &lt; 5ms, throughput &gt; 3</p>"),
        ("List<String>", "<p>List&lt;String&gt;</p>"),
        ("<b>not bold</b>", "<p>&lt;b&gt;not bold&lt;/b&gt;</p>"),
        ("<!-- seen -->", "<p>&lt;!-- seen --&gt;</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\r\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n\n<p>two</p>"),
        ("**b** _i_ ~~s~~", "<p><strong>b</strong> <em>i</em> <s>s</s></p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        ("#incidents is a channel", "<p>#incidents is a channel</p>"),
        ("# Heading", "<h1>Heading</h1>"),
        ("[INFO]: started", "<p>[INFO]: started</p>"),
        ("Steps:\n- a\n- b", "<p>Steps:</p>\n\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'),
        ("`a < b && c`", "<p><code>a &lt; b &amp;&amp; c</code></p>"),
        ("```\na < b\n\n  c\n```", "<pre><code>a &lt; b\n\n  c\n</code></pre>"),
        ("```python\nif a < b:\n```", "<pre><code>if a &lt; b:\n</code></pre>"),
        ("> said", "<blockquote>\n  <p>said</p>\n</blockquote>"),
        ("NUL \x00, half \ud800, \ufdd0", "<p>NUL \ufffd, half \ufffd, \ufffd</p>"),
    ],
)
def test_markdown_is_rendered_and_nothing_typed_is_lost(written: str | None, shown: str) -> None:
    assert html(written) == shown
    assert isinstance(html(written), SafeString)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "[x](https://a.example/?a=1&b=2)",
            f'<a href="https://a.example/?a=1&amp;b=2" {REL}>x</a>',
        ),
        ("[x](/incident/1/)", f'<a href="/incident/1/" {REL}>x</a>'),
        ("[x](mailto:ana@a.example)", f'<a href="mailto:ana@a.example" {REL}>x</a>'),
        ("https://a.example.", f'<a href="https://a.example" {REL}>https://a.example</a>.'),
        (
            "(https://a.example/_x_(y))",
            f'(<a href="https://a.example/_x_(y)" {REL}>https://a.example/_x_(y)</a>)',
        ),
        ("`https://a.example`", "<code>https://a.example</code>"),
        ("[x](javascript:alert(1))", "x"),
        ("[x](data:text/html,y)", "x"),
        ("https://", "https://"),
        ("a.example.com", "a.example.com"),
    ],
)
def test_links_are_clickable_and_lead_only_to_addresses(written: str, shown: str) -> None:
    assert html(written) == f"<p>{shown}</p>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("![a](/static/a.png)", '<img src="/static/a.png" alt="a">'),
        (f"![a]({SITE}/a.png)", f'<img src="{SITE}/a.png" alt="a">'),
        ("![a](https://evil.example/a.gif)", f'<a href="https://evil.example/a.gif" {REL}>a</a>'),
        ("![](https://evil.example/a)", f'<a href="https://evil.example/a" {REL}>https://evil.example/a</a>'),
        ("![a](//evil.example/a.gif)", f'<a href="//evil.example/a.gif" {REL}>a</a>'),
        ("![a](///evil.example/a.gif)", f'<a href="///evil.example/a.gif" {REL}>a</a>'),
        (f"![a]({SITE}.evil.example/a)", f'<a href="{SITE}.evil.example/a" {REL}>a</a>'),
        (f"![a]({SITE}@evil.example/a)", f'<a href="{SITE}@evil.example/a" {REL}>a</a>'),
        ("[![a](https://evil.example/a)](/b)", f'<a href="/b" {REL}>a</a>'),
        ("![a](javascript:alert(1))", "a"),
    ],
)  # fmt: skip
def test_an_image_is_loaded_from_this_site_only(written: str, shown: str) -> None:
    assert html(written) == f"<p>{shown}</p>"


@hypothesis_settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_no_text_can_act_on_the_page(written: str) -> None:
    texts = reader([written])
    assert_harmless(texts.html(written))
    assert "<" not in texts.line(written)
    assert len(texts.line(written).splitlines()) <= 1
    texts.plain(written).encode()


@pytest.mark.parametrize(
    "written",
    [
        "[" * 40_000,
        "[a](" * 5_000,
        "> " * 400 + "x",
        ">" * 3_000,
        "\t" * 3_000 + "x",
        "- " * 500 + "x",
        "`" * 20 + "` ``" * 4_000,
        "|" * 10_000,
        "*a **b" * 3_000,
        " " * 1_000 + "x",
        "x\n" * 5_000,
        "* a\n" * 700,
        "\t<" * 5_000,
        "https://x.y/ " * 1_500,
        "|-|-|\n" * 500,
        "-" * 19_000 + "x\n" * 601,
        "> x\n\n" * 290 + "> " * 300,
        "]|-|-|\n# " * 700,
        "word " * 200_000,
    ],
)
def test_text_that_would_take_long_is_shown_plain(written: str) -> None:
    shown = html(written)
    assert shown == markdown.plain_to_html(written)
    assert_harmless(shown)


def test_plain_text_keeps_its_lines_and_links() -> None:
    written = "<b> & one\nhttps://a.example/\n\n" + "[" * 5_000
    shown = html(written)
    link = f'<a href="https://a.example/" {REL}>https://a.example/</a>'
    assert shown.startswith(f"<p>&lt;b&gt; &amp; one<br>{link}</p>")


def test_an_ordinary_long_write_up_is_rendered() -> None:
    section = (
        "## What happened\n\nAt 10:15 *checkout* on `web_1` answered 502, see [graph](/g/).\n\n"
        "- rolled back\n- asked **Ben**\n\n```\nkubectl rollout undo\n```\n\n"
    )
    assert html(section * 20).count("<h2>") == 20


@pytest.mark.parametrize(
    ("tags", "attributes"),
    [
        (
            ["script", "style", "iframe", "form", "svg", "p", "a"],
            ["onclick", "style", "rel", "src"],
        ),
        (("p", "a"), {"a": ["onclick"], "*": ["style"]}),
        ({"p", "a"}, {"a": lambda tag, name, value: True}),
        (["P", "a", "p"], None),
    ],
)
def test_a_whitelist_widens_only_within_what_is_safe(settings, tags, attributes) -> None:
    settings.MARKDOWN_FILTER_WHITELIST_TAGS = tags
    settings.MARKDOWN_FILTER_WHITELIST_ATTRIBUTES = attributes
    assert html("**b** [x](/y) <script>") == f'<p>b <a href="/y" {REL}>x</a> &lt;script&gt;</p>'


def test_a_narrower_whitelist_keeps_the_words(settings) -> None:
    assert "<em>" in html("*i* ![a](/a.png)")
    settings.MARKDOWN_FILTER_WHITELIST_TAGS = ["p"]
    assert html("*i* ![a](/a.png) https://a.example") == "<p>i a https://a.example</p>"


def test_an_empty_whitelist_leaves_the_words(settings) -> None:
    settings.MARKDOWN_FILTER_WHITELIST_TAGS = []
    assert html("# *i* <b>") == "i &lt;b&gt;"


@pytest.mark.parametrize("site_url", ["", None, "http://[", "not an address"])
def test_a_wrong_site_url_does_not_make_pages_fail(settings, site_url: str | None) -> None:
    settings.SITE_URL = site_url
    assert "<img" not in html("![a](https://evil.example/a)")


# Emoji

SHORT_NAMES = json.loads(
    Path(__file__).with_name("slack_short_names.json").read_text(encoding="utf-8")
)["names"]


def plain(written: str) -> str:
    return reader([written]).plain(written)


def test_every_short_name_of_slack_is_known() -> None:
    def without_presentation(characters: str) -> str:
        return characters.replace("\ufe0f", "")

    assert len(SHORT_NAMES) == 1972
    wrong = {
        name: shown
        for name, character in SHORT_NAMES.items()
        if without_presentation(shown := plain(f":{name}:")) != without_presentation(character)
    }
    assert not wrong


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (":tada:", "🎉"),
        ("done :tada::+1:!", "done 🎉👍!"),
        ("(:tada:), :tada:.", "(🎉), 🎉."),
        ("完了:tada:です", "完了🎉です"),
        (":wave::skin-tone-2:", "👋🏻"),
        (":wave::skin-tone-3:", "👋🏼"),
        (":wave::skin-tone-6: :wave:", "👋🏿 👋"),
        (":male-doctor::skin-tone-5:", "👨🏾\u200d⚕️"),
        (":point_up::skin-tone-4:", "☝🏽"),
        (":tada::skin-tone-3:", "🎉🏼"),
    ],
)
def test_emoji_are_shown_as_characters(written: str, shown: str) -> None:
    assert plain(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        *("a:b:c", "12:30:45", "12:100:45", "http://x:80/y:z", "https://x.example/:id:/:tada:"),
        *(":no_such_emoji_here:", "main.py:100: error", ":", "::", ": tada :", ":Tada:"),
        *("`:tada:`", "``x ` :tada:``", "```\n:tada:\n```", "```:tada:```", "`a` `:tada:`"),
    ],
)  # fmt: skip
def test_what_is_no_emoji_stays_as_typed(written: str) -> None:
    assert plain(written) == written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("it`s :tada:", "it`s 🎉"),
        ("`open\n\n:tada:`", "`open\n\n🎉`"),
        (r"\`:tada:\`", r"\`🎉\`"),
        ("`x` :tada: `x`", "`x` 🎉 `x`"),
        ("``` :tada:", "``` 🎉"),
    ],
)
def test_a_lone_backtick_does_not_make_the_rest_code(written: str, shown: str) -> None:
    assert plain(written) == shown


@given(TEXTS)
def test_cutting_out_code_loses_nothing(written: str) -> None:
    assert "".join(part for part, _ in markdown.split_code(written)) == written


@given(st.text(alphabet="\\`*_{}[]()#+-.!>~ab1 "))
def test_escaped_markdown_is_shown_as_typed(written: str) -> None:
    shown = BeautifulSoup(html(f"x {markdown.escape(written)} x"), "html.parser").get_text()
    if "~~" not in written:
        assert shown.split() == f"x {written} x".split()


# Readers


def shouting(lookups: list[list[str]]) -> Humaniser:
    """A humaniser that writes <!x> as X!, and notes what it was asked to look up."""

    def factory(texts: Iterable[str]) -> Callable[[str, Form], str]:
        lookups.append(list(texts))
        marks = {Form.PLAIN: "!", Form.MARKDOWN: r"\!"}
        return lambda written, form: written.replace("<!x>", f"X{marks[form]}")

    return factory


def test_references_are_looked_up_once_for_all_texts() -> None:
    lookups: list[list[str]] = []
    register_humaniser(shouting(lookups))
    texts = reader(["a <!x>", None, "", "b"])
    for written in ("a <!x>", "b", "not announced <!x>"):
        texts.plain(written)
        texts.html(written)
    assert lookups == [["a <!x>", "b"]]
    assert texts.plain("a <!x>") == "a X!"
    assert texts.html("not announced <!x>") == "<p>not announced X!</p>"


def test_a_generator_of_texts_is_read_once_for_several_humanisers() -> None:
    first: list[list[str]] = []
    second: list[list[str]] = []
    register_humaniser(shouting(first))
    register_humaniser(shouting(second))

    def texts() -> Iterator[str]:
        yield "a"

    reader(texts())
    assert first == second == [["a"]]


def test_registering_a_humaniser_twice_changes_nothing() -> None:
    lookups: list[list[str]] = []
    factory = shouting(lookups)
    assert register_humaniser(register_humaniser(factory)) is factory
    reader(["a"])
    assert lookups == [["a"]]


def test_a_text_shown_plain_has_no_backslashes_of_the_humanisers() -> None:
    register_humaniser(shouting([]))
    assert "X!" in html("<!x> " + "[" * 10_000)


def test_a_title_is_one_escaped_line() -> None:
    register_humaniser(shouting([]))
    texts = reader([])
    assert texts.line("<b> & <!x>\n# :tada:  *x*") == "&lt;b&gt; &amp; X! # 🎉 *x*"
    assert texts.line(None) == ""
    assert texts.plain(None) == ""


def test_templates_show_a_single_text() -> None:
    template = Template(
        "{% load response_text %}{{ t|markdown_html }} {{ t|plain }} {{ t|line }} {{ none|line }}"
    )
    shown = template.render(Context({"t": "<i> *:tada:*", "none": None}))
    assert shown == "<p>&lt;i&gt; <em>🎉</em></p> &lt;i&gt; *🎉* &lt;i&gt; *🎉* "
