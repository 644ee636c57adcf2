"""Whom a page gives as the same person: rel=me, h-card and JSON-LD, and what on it does not count."""

import json

import pytest

from bloghound.records import ClaimKind
from crawler.extract.identity import MAX_IDENTITIES
from crawler.extract.page import parse_page
from crawler.parsed import Document

HOME = "https://tea.test-blog.nl/"
SOCIAL, CODE = "https://social.test-blog.nl/@ann", "https://code.test-blog.nl/ann"


def claims_of(body: str, *, url: str = HOME, head: str = "") -> list[tuple[str, str]]:
    html = f"<html><head><title>Tea</title>{head}</head><body>{body}</body></html>"
    page = parse_page(Document(url, html.encode(), "text/html; charset=utf-8"))
    return [(claim.kind.value, claim.url) for claim in page.identities]


def linked(*nodes: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@graph": nodes})}</script>'


# Links that say "me"


def test_rel_me_counts_in_the_head_and_in_the_page_once_each() -> None:
    body = f'<a rel="nofollow ME noopener" href="{CODE}">code</a><a rel=me href="{CODE}">again</a>'
    assert claims_of(body, head=f'<link rel="me" href="{SOCIAL}">') == [("rel_me", SOCIAL), ("rel_me", CODE)]


@pytest.mark.parametrize("rel", ["", "author", "meh", "me ugc", "me sponsored", "me friend", "contact me", "me spouse"])
def test_links_that_mean_somebody_else_do_not_count(rel: str) -> None:
    assert claims_of(f'<a rel="{rel}" href="{SOCIAL}">x</a>') == []


@pytest.mark.parametrize("href", ["", "mailto:ann@test-blog.nl", "javascript:x", "#me", "https://[bad"])
def test_what_is_no_web_address_does_not_count(href: str) -> None:
    assert claims_of(f'<a rel="me" href="{href}">x</a>') == []


@pytest.mark.parametrize(
    "area",
    [
        '<div id="comments">{}</div>',
        '<ol class="comment-list"><li>{}</li></ol>',
        '<div class="webmentions"><div class="h-cite">{}</div></div>',
        "<article><h2>One</h2>{}</article><article><h2>Two</h2></article>",
        '<div class="h-entry">{}</div><div class="h-entry"></div>',
    ],
)
def test_what_readers_and_guests_wrote_does_not_count(area: str) -> None:
    assert claims_of(area.format(f'<a rel="me" href="{SOCIAL}">me</a>')) == []


def test_the_one_article_that_a_page_is_counts() -> None:
    assert claims_of(f'<article><p>I am Ann.</p><a rel="me" href="{SOCIAL}">me</a></article>') == [("rel_me", SOCIAL)]


def test_a_hostile_page_has_a_bound() -> None:
    body = "".join(f'<a rel="me" href="https://n{number}.test-blog.nl/">x</a>' for number in range(MAX_IDENTITIES + 50))
    assert len(claims_of(body)) == MAX_IDENTITIES


# h-card: microformats.org/wiki/representative-h-card-parsing


def card(*links: str, root: str = "div") -> str:
    return f'<{root} class="h-card">{"".join(links)}</{root}>'


def u_url(url: str, more: str = "") -> str:
    return f'<a class="u-url {more}" href="{url}">Ann</a>'


@pytest.mark.parametrize(
    "body",
    [
        card(u_url("/", "u-uid"), u_url(SOCIAL)) + card(u_url("https://bo.test-blog.nl/"), u_url(CODE)),
        card(u_url(CODE)) + card(u_url("/", "u-uid"), u_url(SOCIAL)),
        card(u_url(HOME), u_url(SOCIAL)),
    ],
    ids=["uid and url", "uid and url, second", "the only one, with the page's url"],
)
def test_the_card_that_stands_for_the_page_counts(body: str) -> None:
    assert claims_of(body) == [("h_card", SOCIAL)]


def test_a_card_whose_address_is_also_rel_me_counts() -> None:
    body = card(u_url("https://bo.test-blog.nl/")) + card(u_url(SOCIAL, '" rel="me'), u_url(CODE))
    assert claims_of(body) == [("rel_me", SOCIAL), ("h_card", SOCIAL), ("h_card", CODE)]


@pytest.mark.parametrize(
    "body",
    [
        card(u_url(SOCIAL)),
        card(u_url(HOME), u_url(SOCIAL)) + card(u_url(CODE)),
        f'<div id="comments">{card(u_url(HOME, "u-uid"), u_url(SOCIAL))}</div>',
        f'<a class="h-card" href="{SOCIAL}">Ann</a>',
        card(u_url(HOME), f'<div class="h-card">{u_url(SOCIAL)}</div>'),
    ],
    ids=["another's", "one of two", "in a comment", "a mere link", "within another"],
)
def test_other_cards_do_not_count(body: str) -> None:
    assert claims_of(body) == []


# JSON-LD


ANN = {"@id": "#ann", "@type": "Person", "name": "Ann", "sameAs": [SOCIAL, CODE, 7, "mailto:ann@test-blog.nl"]}
BOTH = [("same_as", SOCIAL), ("same_as", CODE)]


@pytest.mark.parametrize(
    "nodes",
    [
        [{"@type": "WebSite", "url": HOME, "publisher": ANN}],
        [{"@type": "WebSite", "publisher": {"@id": "#ann"}}, ANN],
        [{"@type": ["Blog", "Thing"], "author": [ANN]}],
        [{"@type": "ProfilePage", "mainEntity": ANN}],
        [ANN | {"url": HOME}],
        [ANN | {"@type": ["Organization"], "url": [HOME]}],
    ],
)
def test_same_as_of_whoever_the_site_is_counts(nodes: list[object]) -> None:
    assert claims_of("", head=linked(*nodes)) == BOTH


@pytest.mark.parametrize(
    "nodes",
    [
        [ANN],
        [ANN | {"url": "https://elsewhere.test-blog.nl/"}],
        [{"@type": "BlogPosting", "author": ANN}],
        [{"@type": "BlogPosting", "author": ANN | {"url": HOME}}],
        [{"@type": "WebSite", "url": "https://elsewhere.test-blog.nl/", "publisher": ANN}],
        [{"@type": "WebPage", "mentions": ANN}, {"@type": "WebPage", "about": ANN}],
        [{"@type": "WebSite", "publisher": ANN | {"@type": "Place"}}],
        [{"@type": "WebSite", "publisher": "#ann"}, {"@type": "WebSite", "publisher": {"@id": "#bo"}}, ANN],
    ],
)
def test_same_as_of_others_does_not_count(nodes: list[object]) -> None:
    assert claims_of("", head=linked(*nodes)) == []


def test_the_host_of_many_is_not_the_site_of_one() -> None:
    host = {"@type": "WebSite", "url": "https://medium.com/", "publisher": ANN}
    assert claims_of("", url="https://medium.com/@bo", head=linked(host)) == []
    assert claims_of("", url="https://medium.com/@bo", head=linked(host | {"url": "https://medium.com/@bo"})) == BOTH


def test_the_kinds_are_those_of_the_records() -> None:
    body = f'<a rel="me" href="{SOCIAL}">x</a>' + card(u_url("/"), u_url(SOCIAL))
    kinds = [kind for kind, _ in claims_of(body, head=linked(ANN | {"url": HOME, "sameAs": SOCIAL}))]
    assert kinds == [ClaimKind.REL_ME, ClaimKind.H_CARD, ClaimKind.SAME_AS]
