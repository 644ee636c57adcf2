"""Pages in the markup of Ghost's default theme: short addresses, cards, JSON-LD, server-rendered comments."""

from html import escape

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.markup import excerpt
from bloghound.demo.themes.base import Listing, Theme, anchor, anchors, counted, me_link, slug_of, stamp, words_of
from bloghound.demo.themes.metadata import article_json_ld, open_graph


class Ghost(Theme):
    """Ghost 5."""

    feed_path = "/rss/"
    generator = "Ghost 5.87"

    def tag_path(self, tag: str) -> str:
        """``/tag/espresso/``."""
        return f"/tag/{slug_of(tag)}/"

    def post(self, site: Site, post: BlogPost) -> str:
        """``post.hbs``."""
        words = words_of(site)
        tags = "".join(anchor(self.tag_path(tag), tag, ' class="gh-article-tag"') for tag in post.tags[:1])
        byline = (
            f'<h4 class="gh-article-author-name">{anchor("/about/", site.blog.author)}</h4>'
            '<div class="gh-article-meta-content">'
            f'<time class="gh-article-meta-date" datetime="{stamp(post.published)}">'
            f"{words.date(post.published)}</time></div>"
        )
        main = (
            f'<article class="gh-article post"><header class="gh-article-header gh-canvas">{tags}'
            f'<h1 class="gh-article-title is-title">{escape(post.title, quote=False)}</h1>'
            f'<div class="gh-article-meta">{byline}</div></header>'
            f'<section class="gh-content gh-canvas is-body">{site.html(post.body)}</section></article>'
            f"{_comments(site, post)}{_next(site, post)}"
        )
        return self._document(
            site, post.title, main, open_graph(site, post) + article_json_ld(site, post), "post-template"
        )

    def listing(self, site: Site, listing: Listing) -> str:
        """``index.hbs`` and ``tag.hbs``."""
        words = words_of(site)
        title = f'<h1 class="gh-article-title">{escape(listing.title)}</h1>' if listing.title else ""
        cards = "".join(_card(site, post) for post in listing.posts)
        older = anchor(listing.older, words.older, ' class="older-posts"') if listing.older else ""
        newer = anchor(listing.newer, words.newer, ' class="newer-posts"') if listing.newer else ""
        main = f'{title}<div class="gh-feed">{cards}</div><nav class="pagination">{newer}{older}</nav>'
        return self._document(site, listing.title, main, "", "tag-template" if listing.title else "home-template")

    def text_page(self, site: Site, title: str, content: str) -> str:
        """``page.hbs``."""
        main = (
            f'<article class="gh-article page"><h1 class="gh-article-title">{escape(title)}</h1>'
            f'<section class="gh-content">{content}</section></article>'
        )
        return self._document(site, title, main, "", "page-template")

    def _document(self, site: Site, title: str, main: str, head: str, body_class: str) -> str:
        blog, words = site.blog, words_of(site)
        roll = (
            f'<section class="gh-recommendations"><h4 class="gh-sidebar-title">{words.roll}</h4>'
            f'<ul class="recommendations">{anchors(site.roll)}</ul></section>'
        )
        feed = "" if blog.feed == "none" else _feed_link(site)
        return f"""<!DOCTYPE html>
<html lang="{blog.language}">
<head><meta charset="utf-8"><title>{escape(f"{title} - {blog.title}" if title else blog.title)}</title>
<meta name="description" content="{escape(blog.tagline)}"><meta name="generator" content="{self.generator}">
{feed}{me_link(site)}{head}</head>
<body class="{body_class}"><div class="gh-viewport">
<header id="gh-navigation" class="gh-navigation">
<a class="gh-navigation-logo" href="{site.origin}">{escape(blog.title)}</a>
<nav class="gh-navigation-menu"><ul class="nav"><li class="nav-home"><a href="{site.origin}/">Home</a></li>
<li class="nav-about"><a href="{site.origin}/about/">{words.about}</a></li></ul></nav></header>
<main class="gh-main">{main}</main>
{roll if site.roll and body_class == "home-template" else ""}
<footer class="gh-footer"><div class="gh-footer-copyright">{words.rights}</div>Powered by Ghost</footer>
</div></body></html>
"""


def _feed_link(site: Site) -> str:
    if site.blog.feed == "json":
        kind, path = "application/feed+json", "/feed.json"
    else:
        kind, path = "application/rss+xml", Ghost.feed_path
    return f'<link rel="alternate" type="{kind}" title="{escape(site.blog.title)}" href="{site.origin}{path}">'


def _card(site: Site, post: BlogPost) -> str:
    words = words_of(site)
    return (
        f'<article class="gh-card post"><a class="gh-card-link" href="{site.url(post)}">'
        f'<h3 class="gh-card-title is-title">{escape(post.title, quote=False)}</h3></a>'
        f'<p class="gh-card-excerpt">{escape(excerpt(post.body), quote=False)}</p>'
        f'<footer class="gh-card-meta"><span class="gh-card-author">{words.by} {escape(site.blog.author)}'
        f'</span><time class="gh-card-date" datetime="{stamp(post.published)}">{words.date(post.published)}'
        "</time></footer></article>"
    )


def _next(site: Site, post: BlogPost) -> str:
    others = [other for other in site.blog.posts if other is not post][:3]
    return f'<aside class="gh-read-more"><ul>{anchors((other.title, site.url(other)) for other in others)}</ul></aside>'


def _comments(site: Site, post: BlogPost) -> str:
    if site.blog.comments == "hidden":
        return '<section class="gh-comments"><div id="ghost-comments-root"></div></section>'
    if site.blog.comments == "closed":
        return ""
    words = words_of(site)
    items = "".join(
        f'<div class="comment" id="c{comment.number}"'
        ' itemprop="comment" itemscope itemtype="https://schema.org/Comment">'
        f'<span class="comment-author" itemprop="author">{_name(comment.name, comment.home)}</span>'
        f' <time itemprop="dateCreated" datetime="{stamp(comment.written)}">{words.date(comment.written)}'
        f'</time><div class="comment-text" itemprop="text"><p>{escape(comment.text, quote=False)}</p>'
        "</div></div>"
        for comment in site.discussion(post)
    )
    return (
        '<section id="comments" class="gh-comments gh-canvas"><h2 class="gh-comments-title">'
        f"{counted(words, post.comments)}</h2>{items}</section>"
    )


def _name(name: str, home: str | None) -> str:
    return anchor(home, name, ' rel="nofollow ugc"') if home else escape(name)
