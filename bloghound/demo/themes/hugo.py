"""Pages in the markup of a Hugo site with a common theme: static HTML, OpenGraph, comments by script or by git."""

from html import escape

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.markup import excerpt, plain
from bloghound.demo.themes.base import Listing, Theme, anchor, anchors, counted, me_link, slug_of, stamp, words_of
from bloghound.demo.themes.metadata import open_graph

_WORDS_PER_MINUTE = 212  # Hugo's own figure for .ReadingTime


class Hugo(Theme):
    """Hugo."""

    feed_path = "/index.xml"
    generator = "Hugo 0.139.0"

    def tag_path(self, tag: str) -> str:
        """``/tags/espresso/``."""
        return f"/tags/{slug_of(tag)}/"

    def post(self, site: Site, post: BlogPost) -> str:
        """``single.html``."""
        tags = anchors((tag, self.tag_path(tag)) for tag in post.tags)
        main = (
            '<article class="post-single"><header class="post-header"><h1 class="post-title">'
            f'{escape(post.title, quote=False)}</h1><div class="post-meta">{_meta(site, post)}</div></header>'
            f'<div class="post-content">{site.html(post.body)}</div><footer class="post-footer">'
            f'<ul class="post-tags">{tags}</ul></footer>{_comments(site, post)}</article>'
        )
        return self._document(site, post.title, main, open_graph(site, post))

    def listing(self, site: Site, listing: Listing) -> str:
        """``list.html``."""
        words = words_of(site)
        title = f'<header class="page-header"><h1>{escape(listing.title)}</h1></header>' if listing.title else ""
        entries = "".join(_entry(site, post) for post in listing.posts)
        newer = anchor(listing.newer, f"« {words.newer}", ' class="prev"') if listing.newer else ""
        older = anchor(listing.older, f"{words.older} »", ' class="next"') if listing.older else ""
        paging = f'<footer class="page-footer"><nav class="pagination">{newer}{older}</nav></footer>'
        return self._document(site, listing.title, title + entries + paging, "")

    def text_page(self, site: Site, title: str, content: str) -> str:
        """``page.html``."""
        main = (
            f'<article class="post-single"><header class="post-header"><h1 class="post-title">{escape(title)}'
            f'</h1></header><div class="post-content">{content}</div></article>'
        )
        return self._document(site, title, main, "")

    def _document(self, site: Site, title: str, main: str, head: str) -> str:
        blog, words = site.blog, words_of(site)
        roll = f'<nav class="blogroll"><h2>{words.roll}</h2><ul>{anchors(site.roll)}</ul></nav>' if site.roll else ""
        return f"""<!DOCTYPE html>
<html lang="{blog.language}" dir="auto">
<head><meta charset="utf-8"><meta name="generator" content="{self.generator}">
<title>{escape(f"{title} | {blog.title}" if title else blog.title)}</title>
<meta name="description" content="{escape(blog.tagline)}">
<link rel="alternate" type="application/rss+xml" href="{site.origin}{self.feed_path}">{me_link(site)}{head}</head>
<body class="list" id="top"><header class="header"><nav class="nav"><div class="logo">
<a href="{site.origin}/">{escape(blog.title)}</a></div>
<ul id="menu"><li><a href="/about/">{words.about}</a></li></ul></nav></header>
<main class="main">{main}</main>{roll}
<footer class="footer"><span>{words.rights}</span> <span>Powered by Hugo</span></footer></body></html>
"""


def _meta(site: Site, post: BlogPost) -> str:
    minutes = max(1, round(len(plain(post.body).split()) / _WORDS_PER_MINUTE))
    day = words_of(site).date(post.published)
    return (
        f'<time datetime="{stamp(post.published)}">{day}'
        f'</time>&nbsp;·&nbsp;{minutes} min&nbsp;·&nbsp;<span class="author">{escape(site.blog.author)}</span>'
    )


def _entry(site: Site, post: BlogPost) -> str:
    title, summary = escape(post.title, quote=False), escape(excerpt(post.body), quote=False)
    return (
        f'<article class="post-entry"><header class="entry-header"><h2>{title}</h2></header>'
        f'<div class="entry-content"><p>{summary}</p></div><footer class="entry-footer">{_meta(site, post)}'
        f'</footer><a class="entry-link" aria-label="{escape(post.title)}" href="{site.url(post)}"></a>'
        "</article>"
    )


def _comments(site: Site, post: BlogPost) -> str:
    words = words_of(site)
    if site.blog.comments == "hidden":
        return (
            '<section id="isso-thread" data-title="comments">'
            "<noscript>Javascript needs to be activated to view comments.</noscript></section>"
        )
    if site.blog.comments == "closed":
        return ""
    items = "".join(
        f'<article class="static-comment" id="comment-{comment.number}"><header><strong>'
        f'{_name(comment.name, comment.home)}</strong> <time datetime="{stamp(comment.written)}">'
        f"{words.date(comment.written)}</time></header><p>{escape(comment.text, quote=False)}</p>"
        "</article>"
        for comment in site.discussion(post)
    )
    return f'<section id="comments" class="comments"><h3>{counted(words, post.comments)}</h3>{items}</section>'


def _name(name: str, home: str | None) -> str:
    return anchor(home, name, ' rel="nofollow ugc"') if home else escape(name)
