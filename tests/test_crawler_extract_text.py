"""What belongs to an article's text and what does not: headings, lists, link lists, captions, broken markup."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.extract.article import article_text
from crawler.extract.links import content_root, post_body
from crawler.extract.metadata import resolve
from crawler.extract.text import extract_text, plain_text

FIRST = "Oolong stands between green and black tea, and this is how I brew it every day of the week. " * 3
SECOND = "The leaves open slowly, so the second cup is better than the first, and the third is often best. " * 3
LIST = "<ul><li>a pot of red clay</li><li>water from the rain</li><li>ten quiet minutes</li></ul>"
LINKS = """<ul><li><a href="/a">The potter of Yixing</a></li><li><a href="/b">Rain in barrels</a></li>
<li><a href="/c">Clocks without hands</a></li></ul>"""
BODY = f"<p>{FIRST}</p><h2>What is needed</h2>{LIST}<p>{SECOND}</p>"


def text_of(html: str, title: str = "") -> list[str]:
    tree = LexborHTMLParser(html)
    return extract_text(html, tree, content_root(tree), title).split("\n")


@pytest.mark.parametrize("tag", ["div", "span"])
def test_lists_and_headings_are_kept_where_no_container_has_a_known_name(tag: str) -> None:
    """Named by no class that themes share, as on sites that are written by hand."""
    html = f"<html><body><div id=x7><a href=/>Home</a></div><{tag} id=q1>{BODY}</{tag}></body></html>"
    assert text_of(html) == [
        FIRST.strip(),
        "What is needed",
        "- a pot of red clay",
        "- water from the rain",
        "- ten quiet minutes",
        SECOND.strip(),
    ]


def test_an_article_that_lies_in_the_body_itself_is_read_whole() -> None:
    assert "- water from the rain" in text_of(f"<html><body>{BODY}</body></html>")


def test_a_first_line_that_repeats_the_title_is_left_out() -> None:
    html = f"<html><body><article><h1>Oolong: brewing it</h1>{BODY}<p>Oolong: brewing it</p></article></body></html>"
    assert text_of(html, "Oolong, brewing it")[0] == FIRST.strip()
    assert text_of(html, "Another title")[0] == "Oolong: brewing it"
    assert text_of(html, "Oolong, brewing it")[-1] == "Oolong: brewing it"


def test_a_post_with_little_but_its_title_keeps_it() -> None:
    html = "<html><body><article><h1>Harbour, early morning</h1><p>Film, 1987.</p></article></body></html>"
    assert "Harbour, early morning" in text_of(html, "Harbour, early morning")


def test_lists_of_links_belong_to_a_marked_post_and_captions_do_not() -> None:
    figure = "<figure><img src=p.jpg><figcaption>My pot</figcaption></figure>"
    html = f"<html><body><main><div class=e-content>{BODY}{LINKS}{figure}</div><p>{SECOND}</p></main></body></html>"
    lines = text_of(html)
    assert "The potter of Yixing" in lines
    assert "My pot" not in lines
    assert lines.count(SECOND.strip()) == 1


def test_boxes_inside_a_marked_post_are_left_out() -> None:
    box = f'<div class="related-posts"><p>You may also like</p>{LINKS}</div>'
    assert "You may also like" not in text_of(f"<html><body><div class=entry-content>{BODY}{box}</div></body></html>")


def test_a_mark_that_stands_twice_or_on_a_teaser_is_no_mark() -> None:
    entry = f"<div class=entry-content><p>{FIRST}</p></div>"
    assert post_body(LexborHTMLParser(entry * 2)) is None
    assert post_body(LexborHTMLParser("<div class=entry-content><p>More inside.</p></div>")) is None
    assert post_body(LexborHTMLParser(entry)) is not None


def test_nothing_to_read_is_an_empty_text() -> None:
    assert article_text("") == ""
    assert article_text("<html><body></body></html>") == ""


def test_plain_text_leaves_out_what_it_is_told() -> None:
    assert plain_text("<p>Tea</p><p class=ad>Buy</p><nav>Home</nav>", without=".ad") == "Tea"


@pytest.mark.parametrize(
    ("href", "base", "expected"),
    [
        ("/about", "https://tea.nl/a/b?c=1", "https://tea.nl/about"),
        ("/about", "http://other.nl:8080/", "http://other.nl:8080/about"),
        ("//cdn.nl/x", "https://tea.nl/a", "https://cdn.nl/x"),
        ("//cdn.nl/x", "http://tea.nl/a", "http://cdn.nl/x"),
        ("more", "https://tea.nl/a/b", "https://tea.nl/a/more"),
        ("http://localhost:4000/a", "https://tea.nl/b/", "https://tea.nl/a"),
        ("http://localhost:4000/a", "https://milk.nl/b/", "https://milk.nl/a"),
        ("https://", "https://tea.nl/a", "https://tea.nl/a"),
        ("https://[", "https://tea.nl/a", None),
    ],
)
def test_addresses_are_resolved_against_their_own_page(href: str, base: str, expected: str | None) -> None:
    """Twice, since what was resolved before is remembered by host."""
    assert (resolve(href, base), resolve(href, base)) == (expected, expected)
