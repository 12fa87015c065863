"""What people wrote within a larger Markdown document, read by a parser that is not ours."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from response.core.embedding import block, indented, line

BITS = [
    *("#", "##", "# ", "### x", "=", "===", "-", "---", "- ", "* ", "+ ", "1. ", "1) ", "> ", ">"),
    *("`", "``", "```", "````", "~~~", "~~~~", "```py", "\\", "\\`", "\\<", "|", "||", "| --- |"),
    *("<", "<b>", "<script>", "</p>", "<!--", "-->", "<?", "<![CDATA[", "<a href='", "<https://x>"),
    *("[", "]", "](", "](/u)", "]:", "[x]: /evil", "[x]", "![", "![a](/i)", "![a][x]", "(", ")"),
    *(" ", "  ", "    ", "\t", "\n", "\n\n", "\r", "\r\n", "\x0b", "\x0c", "\u2028", "\x85"),
    *("a", "word", "*", "**", "_", "&lt;", "&#33;", "&", ":", '"', "'", "@x", "[x]", "\x00"),
]
texts = st.lists(st.sampled_from(BITS), max_size=24).map("".join)

HOSTILE = [
    "<script>alert(1)</script>",
    "<!-- all that follows is a comment",
    "\\<script>",
    "`\n- <script>`",
    "` `` <b> `` `x",
    "| a | `\n| --- | --- |\n| `b | <i>` |",
    "- a\n  ```\n<b>",
    "~~~\n```\n~~~\n<b>\n```",
    "1. ```\n<b>\n   ```",
    "> ~~~\n<b>",
    "```\nnever closed",
    "~~~ `tick`\nnever closed",
    "```x`\n<b>",
    "Title\n===\nand\n---",
    "# One\n## Two\n### Three",
    "[x]: https://evil.example\n\n- [x] not a link",
    "![](https://tracker.example/1.gif)",
    "\\![](https://tracker.example/1.gif)",
    "![a][i]\n\n[i]: https://tracker.example/1.gif",
    "<https://example.com/?<b>>",
    "a\x0b# b\x0c# c\u2028# d\x85# e\r# f",
    "    <b>\n\t<i>",
    "[foo`]: /url'`'",
]


def read(document):
    """The tokens of a document, with those inside lines; and the links it defines."""
    environment = {}
    tokens = (
        MarkdownIt("commonmark", {"maxNesting": 1000})
        .enable(["table", "strikethrough"])
        .parse(document, environment)
    )
    inline = [child for token in tokens for child in token.children or ()]
    return tokens, inline, environment


def headings(tokens):
    """(tag, text) of the headings that stand in no list and no quote."""
    return [
        (opening.tag, inside.content)
        for opening, inside in pairwise(tokens)
        if opening.type == "heading_open" and opening.level == 0
    ]


def check_block(text):
    tokens, inline, environment = read(f"## Before\n\n{block(text, below=2)}\n\n## After\n")
    assert [one for one in headings(tokens) if one[0] in ("h1", "h2")] == [
        ("h2", "Before"),
        ("h2", "After"),
    ]
    check_harmless(tokens, inline)
    assert not [label for label in environment.get("references", {}) if "`" not in label.lower()]


def check_item(text):
    item = f"- head\n\n{indented(block(text), 2)}\n\n"
    tokens, inline, _ = read(f"## Before\n\n{item}- tail\n\n## After\n")
    assert headings(tokens) == [("h2", "Before"), ("h2", "After")]
    lists = [t.type for t in tokens if t.level == 0 and t.type.endswith("list_open")]
    items = [t.type for t in tokens if t.level == 1 and t.type == "list_item_open"]
    assert (lists, len(items)) == (["bullet_list_open"], 2)
    check_harmless(tokens, inline)


def check_harmless(tokens, inline):
    kinds = {token.type for token in [*tokens, *inline]}
    assert kinds.isdisjoint({"html_block", "html_inline", "image"})


def check_line(text):
    tokens, inline, _ = read(f"# {line(text)}\n\n| x{line(text)} |\n| --- |\n")
    assert [tag for tag, _ in headings(tokens)] == ["h1"]
    assert {token.type for token in inline} <= {"text", "text_special"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_in_its_place(text):
    check_block(text)
    check_item(text)
    check_line(text)


@given(texts)
@settings(max_examples=300, deadline=None)
def test_any_text_stays_in_its_place(text):
    check_block(text)
    check_item(text)
    check_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "The *checkout* is **down**, see [the graph](https://example.com/g)",
        "latency < 5ms & rising",
        "`List<String>` is `<null>`",
        "```\n<b>\n```",
        "- one\n- two\n    - three",
        "> said Ana",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
    ],
)
def test_markdown_that_people_write_stays_as_it_is(text):
    assert block(text, below=2) == text


def test_headings_stand_below_the_one_they_are_under():
    assert block("# Cause\n###### Deep", below=2) == "### Cause\n###### Deep"
    assert block("## Cause\n### Deep", below=2) == "### Cause\n#### Deep"
    assert block("#### Already there", below=2) == "#### Already there"


def test_a_line_reads_as_it_was_written():
    [inline] = [t for t in read(f"# {line('a *b* <i> &amp; `c` [d](e) #f')}")[0] if t.children]
    assert "".join(one.content for one in inline.children) == "a *b* <i> &amp; `c` [d](e) #f"
