"""Ordinary pages for ad-hoc blogs, and pages that say something wrong, odd or forbidding about themselves."""

import asyncio
from dataclasses import dataclass, field
from html import escape

from bloghound.demo.exchange import HTML, Document, Request, html_document, response_head
from tests.mockweb.web import Content

_SENTENCE = "On day {day} we counted {count} swallows above the old gasworks and wrote the number on the door. "


def page(title: str, body: str = "", head: str = "") -> str:
    """A small whole HTML page."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}</head>'
        f"<body>{body}</body></html>"
    )


def post_page(title: str, day: int, head: str = "", links: str = "") -> str:
    """A post's page: an article with a date in May 2026 and some 160 words that differ by day."""
    text = "".join(_SENTENCE.format(day=day, count=day * 7 + line) for line in range(10))
    return page(
        title,
        f'<article><h1>{escape(title)}</h1><time datetime="2026-05-{day:02}">May {day}, 2026</time>'
        f'<p>By <span class="author">Sam</span></p><p>{text}</p>{links}</article>',
        f'<meta property="article:published_time" content="2026-05-{day:02}T08:00:00+00:00">{head}',
    )


def small_blog(posts: int = 3, title: str = "Swallow count") -> dict[str, Content]:
    """Home, feed and ``posts`` dated posts at ``/post-1/`` and so on; a place to hang one misbehaviour into."""
    items = "".join(f'<li><a href="/post-{day}/">Swallows, day {day}</a></li>' for day in range(1, posts + 1))
    feed_link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    entries = "".join(
        f"<item><title>Swallows, day {day}</title><link>/post-{day}/</link>"
        f"<pubDate>{day:02} May 2026 08:00:00 +0000</pubDate></item>"
        for day in range(1, posts + 1)
    )
    feed = f'<rss version="2.0"><channel><title>{escape(title)}</title>{entries}</channel></rss>'
    pages: dict[str, Content] = {
        "/": page(title, f"<h1>{escape(title)}</h1><ul>{items}</ul>", feed_link),
        "/feed.xml": Document(feed.encode(), "application/rss+xml"),
    }
    return pages | {f"/post-{day}/": post_page(f"Swallows, day {day}", day) for day in range(1, posts + 1)}


def BadCharset() -> Document:  # noqa: N802 - resources are named like classes, whatever makes them
    """Declares UTF-8 in the header, an unknown charset in the page, and is Latin-1."""
    text = page("Café", "<p>Crème brûlée à la carte</p>").replace('charset="utf-8"', 'charset="x-klingon"')
    return Document(text.encode("latin-1"), HTML)


def MalformedFeed() -> Document:  # noqa: N802
    """RSS with a bare ampersand, an open element and a wrong date in the first entry, and a good second entry."""
    feed = (
        '<rss version="2.0"><channel><title>Bread & Butter</title>'
        "<item><title>Broken <b>one</title><link>/broken/</link><pubDate>yesterday-ish</pubDate></item>"
        "<item><title>Good</title><link>/good/</link><pubDate>02 May 2026 08:00:00 +0000</pubDate></item>"
    )
    return Document(feed.encode(), "application/rss+xml")


def MetaRefresh(target: str) -> Document:  # noqa: N802
    """Sends the reader on by a meta element, with status 200."""
    return html_document(page("Moved", "", f'<meta http-equiv="refresh" content="0; url={escape(target)}">'))


def CanonicalElsewhere(url: str, day: int = 1) -> Document:  # noqa: N802
    """A post that calls an address on some other host its canonical one."""
    return html_document(post_page("Ours", day, f'<link rel="canonical" href="{escape(url)}">'))


def SharedCanonical(path: str, days: range = range(1, 4)) -> dict[str, Content]:  # noqa: N802
    """Several different posts that all name the same canonical address, as broken themes do."""
    head = f'<link rel="canonical" href="{escape(path)}">'
    return {f"/shared-{day}/": post_page(f"Shared, day {day}", day, head) for day in days}


def NoIndex(by: str = "meta") -> Document:  # noqa: N802
    """Asks by a meta element or by a ``header`` not to be kept."""
    if by == "header":
        return Document(post_page("Private", 1).encode(), HTML, headers=(("X-Robots-Tag", "noindex, nofollow"),))
    return html_document(post_page("Private", 1, '<meta name="robots" content="noindex, nofollow">'))


def TdmReserved(by: str = "meta") -> Document:  # noqa: N802
    """Reserves text and data mining (TDMRep) by a meta element or by a ``header``."""
    if by == "header":
        return Document(post_page("Reserved", 2).encode(), HTML, headers=(("tdm-reservation", "1"),))
    return html_document(post_page("Reserved", 2, '<meta name="tdm-reservation" content="1">'))


def WrongContentType() -> Document:  # noqa: N802
    """Calls a picture's bytes HTML."""
    return Document(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, HTML)


@dataclass
class CookieSetter:
    """Sets a new cookie at every visit; ``returned`` holds the cookies that clients sent back."""

    returned: list[str] = field(default_factory=list)
    _visits: int = 0

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        self._visits += 1
        if "cookie" in request.headers:
            self.returned.append(request.headers["cookie"])
        body = page("Biscuits", "<p>Have one.</p>").encode()
        headers = (("Content-Type", HTML), ("Content-Length", str(len(body))), ("Set-Cookie", f"id={self._visits}"))
        writer.write(response_head(200, headers) + body)
        return True
