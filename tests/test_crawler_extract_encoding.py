"""Which encoding a document has, and which characters may not go further."""

import pytest

from bloghound.errors import ParseError
from crawler.extract.encoding import clean_characters, decode_markup, one_line
from crawler.extract.prescan import MAX_BODY_BYTES, MAX_TAG_BYTES, check_markup


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>koffie Brühkaffee</p>".encode(), "text/html; charset=utf-8"),
        ("<p>koffie Brühkaffee</p>".encode("latin-1"), "text/html; charset=iso-8859-1"),
        (b'<meta charset="iso-8859-1">' + "<p>koffie Brühkaffee</p>".encode("latin-1"), "text/html"),
        ("\ufeff<p>koffie Brühkaffee</p>".encode("utf-16"), None),
        ("<p>koffie Brühkaffee</p>".encode(), None),
    ],
)
def test_header_mark_declaration_and_guess_are_understood(body: bytes, content_type: str | None) -> None:
    assert "koffie Brühkaffee" in decode_markup(body, content_type)


def test_undeclared_chinese_is_guessed() -> None:
    text = "今天我们去山里走路，看到了很多花，也喝了一杯很好的咖啡。" * 5
    assert text in decode_markup(f"<p>{text}</p>".encode("gb18030"), "text/html")


def test_a_byte_order_mark_beats_the_header() -> None:
    assert "é" in decode_markup(b"\xef\xbb\xbf" + "<p>é</p>".encode(), "text/html; charset=iso-8859-1")


def test_forbidden_characters_go_and_others_stay() -> None:
    assert clean_characters("a\x00b\ud800c\ufffed\x85e\tf\ng") == "abcde\tf\ng"


def test_one_line_folds_and_cuts() -> None:
    assert one_line("  one \n\t two  ") == "one two"
    assert one_line("word " * 10, limit=9) == "word word"
    assert one_line(None) == ""


def test_a_body_over_the_cap_is_refused() -> None:
    check_markup(b"x" * MAX_BODY_BYTES, is_html=True)
    with pytest.raises(ParseError, match="larger than"):
        check_markup(b"x" * (MAX_BODY_BYTES + 1), is_html=True)


def test_an_attribute_bomb_is_refused() -> None:
    bomb = b"<p>hello</p><a " + b" ".join(b'a%d=""' % n for n in range(50_000)) + b">"
    with pytest.raises(ParseError, match="tag of more than"):
        check_markup(bomb, is_html=True)


@pytest.mark.parametrize("opening", [b'<a b=c="', b'<a ="', b"<a x=y' z='", b'<a x=">" '])
def test_attributes_cannot_hide_behind_a_stray_quote(opening: bytes) -> None:
    bomb = opening + b" ".join(b"a%d" % n for n in range(20_000)) + b">"
    if opening.endswith(b"z='"):
        check_markup(bomb, is_html=True)  # here the browser, too, reads one long value
        return
    with pytest.raises(ParseError):
        check_markup(bomb, is_html=True)


def test_an_inline_image_is_no_bomb() -> None:
    check_markup(b'<img alt="x" src="data:image/png;base64,' + b"QUJD" * (MAX_TAG_BYTES // 2) + b'">', is_html=True)


def test_long_text_is_no_tag() -> None:
    check_markup(b"<pre>" + b"a < b and so on " * 5000, is_html=True)


def test_a_long_script_is_no_tag_but_may_not_hide_one() -> None:
    script = b"for(i=0;i<n;i++){a(i)}" * 2000
    check_markup(b"<script>" + script + b"</script><p>x</p>", is_html=True)
    bomb = b"<a " + b" ".join(b"a%d" % n for n in range(20_000)) + b">"
    for hidden in (b"<script></script>" + bomb, b"<svg><style>" + bomb, b"<!-->" + bomb):
        with pytest.raises(ParseError):
            check_markup(hidden, is_html=True)


def test_in_xml_a_script_is_markup() -> None:
    bomb = b"<script><a " + b" ".join(b"a%d" % n for n in range(20_000)) + b"></script>"
    check_markup(bomb, is_html=True)
    with pytest.raises(ParseError):
        check_markup(bomb, is_html=False)
