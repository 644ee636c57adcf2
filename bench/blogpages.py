"""The pages of made-up blogs, each written from its address alone. Central names: :class:`Served`, :func:`answer`."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

from bloghound.demo.exchange import Document, Request, html_document, problem

SUFFIX = "bench.test"
POSTS_PER_LISTING = 20
"""As many as blogs commonly show on one page and in their feed."""
_NEWEST = date(2026, 5, 1)
_ROUND = 8
"""Blogs that a blogroll names: those whose numbers follow."""

_SUBJECTS = (
    "The gardener|My neighbour|A friend from work|The old baker|Our teacher|The ferry pilot|A cyclist|The potter"
)
_DEEDS = "repaired|painted|looked for|wrote about|carried home|photographed|forgot|sold|borrowed|measured"
_THINGS = "a wooden boat|the green kettle|some apple trees|an old radio|the garden wall|two letters|a map of the coast"
_PLACES = "behind the station|near the harbour|in the attic|at the market|beside the river|under the bridge"
_TIMES = "last Sunday|before breakfast|in the rain|after the concert|when the shops had closed|for the third time"
_PARTS = tuple(tuple(words.split("|")) for words in (_SUBJECTS, _DEEDS, _THINGS, _PLACES, _TIMES))
_WORDS_PER_SENTENCE = 13
_SENTENCES_PER_PARAGRAPH = 5


@dataclass(frozen=True, slots=True)
class Served:
    """What is served: so many blogs of so many posts, and how large a page is."""

    blogs: int = 96
    posts: int = 40
    words: int = 160
    """Of a post's text."""
    surrounding_links: int = 0
    """Links around the text: navigation, recent posts, archives, a blogroll; 0 for a page with none of them."""

    @property
    def listings(self) -> int:
        """Pages of one blog that list posts, its home page among them."""
        return -(-self.posts // POSTS_PER_LISTING)


SMALL = Served()
"""Small pages show what the crawler itself costs: 2 kB."""
FULL = replace(SMALL, words=550, surrounding_links=80)
"""The weight of real ones: the median page of 90 real blogs has 14 kB, and the mean one 80 links."""


def answer(served: Served, request: Request) -> Document:
    """What one of the blogs answers to a request."""
    name = request.host.removesuffix(f".{SUFFIX}").removeprefix("blog")
    if not name.isdecimal() or int(name) >= served.blogs:
        return problem(404)
    number, path = int(name), request.path
    if path == "/feed.xml":
        return Document(_feed(served, request).encode(), "application/rss+xml")
    if path == "/sitemap.xml":
        return Document(_sitemap(served, request).encode(), "application/xml")
    kind, _, place = path.strip("/").partition("-")
    if path == "/" or (kind == "page" and place.isdecimal() and 1 < int(place) <= served.listings):
        return html_document(_listing(served, number, int(place or 1)))
    if kind == "post" and place.isdecimal() and int(place) < served.posts:
        return html_document(_post(served, number, int(place)))
    return problem(404)


def _post(served: Served, number: int, place: int) -> str:
    chance = random.Random(number * 1_000_003 + place)  # noqa: S311 - nothing here is a secret
    day = _day(place)
    sentences = [_sentence(chance) for _ in range(-(-served.words // _WORDS_PER_SENTENCE))]
    starts = range(0, len(sentences), _SENTENCES_PER_PARAGRAPH)
    text = "".join(f"<p>{' '.join(sentences[start : start + _SENTENCES_PER_PARAGRAPH])}</p>\n" for start in starts)
    title = _title(number, place)
    return _document(
        served,
        number,
        title,
        f'<article class="post h-entry"><header><h1 class="entry-title">{title}</h1>\n'
        f'<time class="published" datetime="{day}T08:00:00+00:00">{day:%B %d, %Y}</time>'
        f' by <span class="author">Sam {number}</span></header>\n<div class="entry-content">{text}'
        f'<p>More of this is at <a href="{_home(served, number + 1)}">a friend\'s</a>.</p></div></article>',
        f'<meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="{day}T08:00:00+00:00">',
    )


def _listing(served: Served, number: int, page: int) -> str:
    items = "".join(
        f'<li><time datetime="{_day(place)}">{_day(place)}</time> <a href="/post-{place}/">{_title(number, place)}</a>'
        "</li>\n"
        for place in _listed(served, page)
    )
    older = f'<a rel="next" href="/page-{page + 1}/">Older posts</a>' if page < served.listings else ""
    head = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    return _document(served, number, f"Notes of blog {number}", f"<ul>{items}</ul>{older}", head)


def _document(served: Served, number: int, title: str, body: str, head: str) -> str:
    around = "".join(_around(served, number)) if served.surrounding_links else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>\n'
        f"<body><main>{body}</main>\n{around}</body></html>"
    )


def _around(served: Served, number: int) -> Iterator[str]:
    """Navigation, recent posts, archives by page and a blogroll, with the classes and attributes of common themes."""
    for place in range(served.surrounding_links - _ROUND):
        post = place % served.posts
        yield (
            f'<li class="menu-item menu-item-type-post_type menu-item-{place}"><a class="menu-link widget-link" '
            f'title="{_title(number, post)}" href="/post-{post}/">{_title(number, post)}</a></li>\n'
        )
    yield '<aside class="widget blogroll"><ul>'
    for other in range(number + 1, number + 1 + _ROUND):
        yield f'<li><a href="{_home(served, other)}">Notes of blog {other % served.blogs}</a></li>\n'
    yield "</ul></aside>"


def _feed(served: Served, request: Request) -> str:
    base = f"http://{request.headers['host']}"
    number = int(request.host.removesuffix(f".{SUFFIX}").removeprefix("blog"))
    items = "".join(
        f"<item><title>{_title(number, place)}</title><link>{base}/post-{place}/</link>"
        f"<pubDate>{_rfc_date(place)}</pubDate></item>\n"
        for place in _listed(served, 1)
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Notes of blog {number}</title>'
        f"<link>{base}/</link>{items}</channel></rss>"
    )


def _sitemap(served: Served, request: Request) -> str:
    base = f"http://{request.headers['host']}"
    urls = "".join(f"<url><loc>{base}/post-{place}/</loc></url>\n" for place in range(served.posts))
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def _listed(served: Served, page: int) -> range:
    return range((page - 1) * POSTS_PER_LISTING, min(page * POSTS_PER_LISTING, served.posts))


def _home(served: Served, number: int) -> str:
    return f"http://blog{number % served.blogs}.{SUFFIX}/"


def _title(number: int, place: int) -> str:
    things = _PARTS[2]
    return f"On {things[(number + place) % len(things)]}, part {place + 1}"


def _sentence(chance: random.Random) -> str:
    who, deed, what, where, when = (chance.choice(words) for words in _PARTS)
    return f"{who} {deed} {what} {where} {when}, {chance.randrange(2, 900)} steps away."


def _day(place: int) -> date:
    return _NEWEST - timedelta(days=place)


def _rfc_date(place: int) -> str:
    return format_datetime(datetime.combine(_day(place), datetime.min.time(), UTC), usegmt=True)
