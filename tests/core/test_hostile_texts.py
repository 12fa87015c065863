"""What people could store to act on others, through every way in which text is shown."""

import pytest
from markdown_it import MarkdownIt

from response.core import drafting, markdown
from response.core.addresses import hide_addresses
from response.core.embedding import block, line
from response.core.text import reader
from tests.core.test_embedding import check_block, check_item, check_line
from tests.core.test_text import assert_harmless
from tests.hostile_texts import TEXTS

pytestmark = pytest.mark.django_db


def test_there_are_as_many_as_were_collected():
    assert len(TEXTS) == len(set(TEXTS)) >= 400


@pytest.mark.parametrize("text", TEXTS)
def test_it_does_nothing_where_it_is_shown(text):
    texts = reader([text])
    assert_harmless(texts.html(text))
    assert_harmless(markdown.plain_to_html(text))
    assert_harmless(drafting.rendered(text * 80, texts))
    assert "<" not in texts.line(text)


@pytest.mark.parametrize("text", TEXTS)
def test_it_stays_in_its_place_in_a_markdown_file(text):
    written = reader([text]).markdown(text)
    check_block(written)
    check_item(written)
    check_line(reader([text]).plain(text))


def test_all_of_them_together_stay_in_their_place_too():
    text = "\n\n".join(TEXTS)
    html = MarkdownIt("commonmark").render(f"# {line(text)}\n\n{block(text)}\n")
    assert_harmless(reader([text]).html(text))
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ask ana@example.com.", "Ask ana@….",),
        ("<mailto:a.b+c@x.example.co.uk|write>", "<mailto:a.b+c@…|write>"),
        ("a@b.example, c@d.example", "a@…, c@…"),
        ("ana%40example.com", "ana%40…"),
        ("ana\\@example\\.com", "ana\\@…"),
        ("o'brien@example.com", "o'brien@…"),
        ("@here and @ana", "@here and @ana"),
        ("ana@localhost", "ana@localhost"),
        ("https://x.example/@ana/1.2", "https://x.example/@ana/1.2"),
        ("5 @ 3.50", "5 @ 3.50"),
    ],
)  # fmt: skip
def test_addresses_are_hidden_from_who_is_not_to_see_them(text, shown):
    assert hide_addresses(text) == shown


@pytest.mark.parametrize("long", ["a@" * 50_000, "a." * 50_000, "a@b." * 25_000, "@" * 100_000])
def test_hiding_addresses_leaves_what_is_none(long):
    assert hide_addresses(f"{long} ana@example.com").endswith("ana@…")
