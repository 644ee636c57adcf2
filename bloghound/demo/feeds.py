"""The machine-readable faces of a blog: RSS 2.0, Atom, JSON Feed, sitemaps and robots.txt. Pure functions."""

from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.exchange import JSON, Document, json_document
from bloghound.demo.markup import excerpt

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_RSS_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
)
_ATOM_NAMESPACES = 'xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"'


def newest(site: Site) -> datetime:
    """When the blog last changed."""
    return site.blog.posts[0].published


def xml_document(text: str, content_type: str, modified: datetime) -> Document:
    """An XML answer."""
    return Document((_XML + text).encode(), content_type, modified=modified)


def rss(site: Site, path: str, generator: str) -> Document:
    """RSS 2.0; WordPress and Ghost give the whole text, Hugo a summary."""
    blog, whole = site.blog, not generator.startswith("Hugo")
    items = "".join(_rss_item(site, post, whole=whole) for post in blog.posts)
    text = f"""<rss version="2.0" {_RSS_NAMESPACES}><channel><title>{escape(blog.title)}</title>
<atom:link href="{site.origin}{path}" rel="self" type="application/rss+xml"/><link>{site.origin}/</link>
<description>{escape(blog.tagline)}</description><language>{blog.language}</language><generator>{generator}</generator>
<lastBuildDate>{format_datetime(newest(site))}</lastBuildDate>
{items}</channel></rss>
"""
    return xml_document(text, "application/rss+xml; charset=UTF-8", newest(site))


def _rss_item(site: Site, post: BlogPost, *, whole: bool) -> str:
    url, summary = site.url(post), escape(excerpt(post.body))
    content = f"<content:encoded><![CDATA[{site.html(post.body)}]]></content:encoded>" if whole else ""
    counts = site.blog.comments == "open" and site.blog.theme == "wordpress"
    comments = f"<comments>{url}#comments</comments><slash:comments>{post.comments}</slash:comments>" if counts else ""
    tags = "".join(f"<category><![CDATA[{tag}]]></category>" for tag in post.tags)
    return (
        f'<item><title>{escape(post.title)}</title><link>{url}</link><guid isPermaLink="true">{url}</guid>'
        f"<dc:creator><![CDATA[{site.blog.author}]]></dc:creator><pubDate>{format_datetime(post.published)}</pubDate>"
        f"{tags}<description>{summary}</description>{content}{comments}</item>\n"
    )


def atom(site: Site, path: str, generator: str) -> Document:
    """Atom with the whole text and, where comments are shown, their number (RFC 4685 ``thr:total``)."""
    blog = site.blog
    entries = "".join(_atom_entry(site, post) for post in blog.posts)
    text = f"""<feed {_ATOM_NAMESPACES}><id>tag:{blog.name}.demo.test,2025:blog</id><title>{escape(blog.title)}</title>
<subtitle>{escape(blog.tagline)}</subtitle><updated>{newest(site).isoformat()}</updated><generator>{generator}</generator>
<link rel="self" type="application/atom+xml" href="{site.origin}{path}"/>
<link rel="alternate" type="text/html" href="{site.origin}/"/><author><name>{escape(blog.author)}</name></author>
{entries}</feed>
"""
    return xml_document(text, "application/atom+xml; charset=UTF-8", newest(site))


def _atom_entry(site: Site, post: BlogPost) -> str:
    url, moment = site.url(post), post.published.isoformat()
    tags = "".join(f'<category term="{escape(tag)}"/>' for tag in post.tags)
    total = f"<thr:total>{post.comments}</thr:total>" if site.blog.comments == "open" else ""
    return (
        f"<entry><id>tag:{site.blog.name}.demo.test,2025:{post.slug}</id><published>{moment}</published>"
        f'<updated>{moment}</updated><title type="text">{escape(post.title)}</title>'
        f'<link rel="alternate" type="text/html" href="{url}"/>{tags}'
        f'<content type="html">{escape(site.html(post.body))}</content>{total}</entry>\n'
    )


def json_feed(site: Site, path: str, generator: str) -> Document:  # noqa: ARG001 - one signature for all three formats
    """JSON Feed 1.1."""
    blog = site.blog
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": blog.title,
        "description": blog.tagline,
        "home_page_url": f"{site.origin}/",
        "feed_url": f"{site.origin}{path}",
        "language": blog.language,
        "authors": [{"name": blog.author, "url": f"{site.origin}/about/"}],
        "items": [_json_item(site, post) for post in blog.posts],
    }
    return json_document(value, content_type=JSON.replace("json", "feed+json"))


def _json_item(site: Site, post: BlogPost) -> dict[str, object]:
    return {
        "id": site.url(post),
        "url": site.url(post),
        "title": post.title,
        "content_html": site.html(post.body),
        "date_published": post.published.isoformat(),
        "tags": list(post.tags),
    }


FORMATS: dict[str, Callable[[Site, str, str], Document]] = {"rss": rss, "atom": atom, "json": json_feed}
"""Feed writers by the name a blog's data file uses; ``none`` is absent on purpose."""


def urlset(addresses: Sequence[tuple[str, datetime]]) -> Document:
    """A sitemap of addresses and when each last changed."""
    rows = "".join(
        f"<url><loc>{escape(url)}</loc><lastmod>{day.isoformat()}</lastmod></url>\n" for url, day in addresses
    )
    return _sitemap("urlset", rows, max(day for _, day in addresses))


def sitemap_index(addresses: Sequence[str], modified: datetime) -> Document:
    """A sitemap of sitemaps."""
    rows = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>\n" for url in addresses)
    return _sitemap("sitemapindex", rows, modified)


def _sitemap(element: str, rows: str, modified: datetime) -> Document:
    text = f'<{element} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</{element}>\n'
    return xml_document(text, "application/xml; charset=UTF-8", modified)
