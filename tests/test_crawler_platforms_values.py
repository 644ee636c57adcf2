"""Words and links out of strangers' HTML, also where it is made to hold the reader up."""

import time

import pytest

from bloghound.errors import ParseError
from crawler.platforms.comment_listing import words_in
from crawler.platforms.values import MAX_NESTING, MAX_TEXT_CHARS, check_fragment, content_links, moment, plain_text

DEEP = "<blockquote>" * 2_500 + "a " * 35_000


def test_every_block_is_a_line_and_nested_ones_are_read_once() -> None:
    assert plain_text("<blockquote><p>een</p><ul><li>twee</li></ul></blockquote><p>drie<br>vier</p>vijf") == (
        "een\ntwee\ndrie\nvier\nvijf"
    )
    quoted = f"{'<blockquote>' * MAX_NESTING}<p>diep</p>{'</blockquote>' * MAX_NESTING}<p>daarna</p>"
    assert plain_text(quoted) == "diep\ndaarna"


def test_absurd_nesting_has_no_words_and_no_links() -> None:
    with pytest.raises(ParseError, match="nested more than"):
        check_fragment(DEEP)
    assert (plain_text(DEEP), content_links(f"{DEEP}<a href='https://b.example/'>x</a>", "https://a.example/")) == (
        "",
        (),
    )
    assert words_in(DEEP) is None


@pytest.mark.parametrize("html", ["<p>een<br>twee" * 200, "<p><em>een</em><br>twee</p>" * 200])
def test_many_paragraphs_are_no_nesting(html: str) -> None:
    assert plain_text(html).split("\n") == ["een", "twee"] * 200


def test_endings_of_other_elements_hide_no_nesting() -> None:
    with pytest.raises(ParseError, match="nested more than"):
        check_fragment("<b></i>" * (MAX_NESTING + 1))


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "ooit", 7, None])
def test_a_time_that_no_calendar_holds_is_unknown(value: object) -> None:
    assert moment(value) is None


def test_markup_that_would_hold_up_the_parser_is_passed_over() -> None:
    bomb = "<p " + "".join(f"a{n} " for n in range(15_000)) + ">x</p>"
    assert len(bomb) < MAX_TEXT_CHARS
    assert (plain_text(bomb), plain_text("<p>x</p>")) == ("", "x")


HOSTILE = {
    "nested": DEEP,
    "endless tag": "<p " * 33_000,
    "markers": "".join(f"<b c={n}><object></b></object>" for n in range(3_300)),
    "reopened": "".join(f"<b c={n}>" for n in range(95)) + "<p>x" * 24_000,
    "paragraphs": "<p>" * 33_000,
    "links": "<a href='https://x.example/1'>x</a> " * 2_700,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_holds_the_reader_up(name: str) -> None:
    html, began = HOSTILE[name][:MAX_TEXT_CHARS], time.process_time()
    assert len(plain_text(html)) + len(content_links(html, "https://a.example/")) <= len(html)
    assert time.process_time() - began < 3
