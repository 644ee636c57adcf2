"""Pages in the markup of Blogger's simple template: ``hentry``, ``#comments``, the archive widget, paging by date."""

from html import escape
from urllib.parse import urlencode

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.themes.base import Listing, Theme, anchor, anchors, counted, me_link, stamp, words_of


class Blogger(Theme):
    """Blogger."""

    about_path = "/p/about.html"
    feed_path = "/feeds/posts/default"
    generator = "blogger"
    monthly_archives = True

    def tag_path(self, tag: str) -> str:
        """``/search/label/espresso``, which Blogger's robots.txt keeps crawlers out of."""
        return f"/search/label/{tag.replace(' ', '%20')}"

    def page_path(self, path: str, number: int, first: BlogPost) -> str:
        """``/search?updated-max=…``: everything before a moment, just after the page's newest post."""
        if number == 1:
            return path
        query = urlencode({"updated-max": stamp(first.published), "max-results": self.page_size})
        return f"{'/search' if path == '/' else path}?{query}"

    def post(self, site: Site, post: BlogPost) -> str:
        """An item page."""
        canonical = f'<link rel="canonical" href="{site.url(post)}">'
        main = self._entry(site, post) + _comments(site, post)
        return self._document(site, post.title, main, canonical, "item-view")

    def listing(self, site: Site, listing: Listing) -> str:
        """An index, label or archive page: whole posts, as Blogger shows them."""
        words = words_of(site)
        entries = "".join(self._entry(site, post) for post in listing.posts)
        older = anchor(listing.older, words.older, ' class="blog-pager-older-link"') if listing.older else ""
        newer = anchor(listing.newer, words.newer, ' class="blog-pager-newer-link"') if listing.newer else ""
        pager = f'<div class="blog-pager" id="blog-pager">{newer}{older}</div>'
        return self._document(site, listing.title, entries + pager, "", "index-view")

    def text_page(self, site: Site, title: str, content: str) -> str:
        """A static page."""
        main = (
            f'<div class="post hentry"><h3 class="post-title entry-title">{escape(title)}</h3>'
            f'<div class="post-body entry-content">{content}</div></div>'
        )
        return self._document(site, title, main, "", "static-view")

    def _entry(self, site: Site, post: BlogPost) -> str:
        words = words_of(site)
        labels = ", ".join(anchor(self.tag_path(tag), tag, ' rel="tag"') for tag in post.tags)
        replies = anchor(site.url(post) + "#comments", counted(words, post.comments), ' class="comment-link"')
        footer = (
            '<div class="post-footer"><span class="post-author vcard">'
            f'{words.by} <span class="fn" itemprop="author">{escape(site.blog.author)}</span></span>'
            f' <span class="post-timestamp"><a class="timestamp-link" href="{site.url(post)}" rel="bookmark">'
            f'<abbr class="published" itemprop="datePublished" title="{stamp(post.published)}">'
            f'{post.published:%H:%M}</abbr></a></span> {replies} <span class="post-labels">{labels}</span>'
            "</div>"
        )
        return (
            f'<div class="date-outer"><h2 class="date-header"><span>{words.date(post.published)}</span></h2>'
            '<div class="date-posts">'
            '<div class="post hentry" itemscope itemtype="https://schema.org/BlogPosting">'
            f'<h3 class="post-title entry-title" itemprop="name">{anchor(site.url(post), post.title)}</h3>'
            f'<div class="post-body entry-content" itemprop="description articleBody">{site.html(post.body)}'
            f'<div style="clear: both;"></div></div>{footer}</div></div></div>'
        )

    def _document(self, site: Site, title: str, main: str, head: str, body_class: str) -> str:
        blog, words = site.blog, words_of(site)
        full_title = f"{blog.title}: {title}" if title else blog.title
        feed = (
            f'<link rel="alternate" type="application/atom+xml" title="{escape(blog.title)} - Atom"'
            f' href="{site.origin}{self.feed_path}">'
        )
        months = sorted({post.published.strftime("%Y/%m") for post in blog.posts}, reverse=True)
        return f"""<!DOCTYPE html>
<html dir="ltr" lang="{blog.language}">
<head><meta content="text/html; charset=UTF-8" http-equiv="Content-Type">
<meta content="{self.generator}" name="generator">
<title>{escape(full_title)}</title>{feed}{me_link(site)}{head}</head>
<body class="{body_class}"><div class="content-outer">
<header><div class="header section" id="header"><h1 class="title"><a href="{site.origin}/">{escape(blog.title)}</a>
</h1><p class="description"><span>{escape(blog.tagline)}</span></p></div></header>
<div class="main-outer"><div class="main section" id="main"><div class="widget Blog" id="Blog1">
<div class="blog-posts hfeed">{main}</div></div></div>
<aside><div class="sidebar section" id="sidebar-right">
<div class="widget PageList"><ul><li><a href="/">Home</a></li><li><a href="{self.about_path}">{words.about}</a></li>
</ul></div>
<div class="widget BlogList" id="BlogList1"><h2 class="title">{words.roll}</h2>
<div class="widget-content"><div class="blog-list-container" id="BlogList1_container">
<ul id="BlogList1_blogs">{anchors(site.roll, ' target="_blank"')}</ul></div></div></div>
<div class="widget BlogArchive" id="BlogArchive1"><h2>{words.archive}</h2>
<ul class="hierarchy">{anchors((month, f"/{month}/") for month in months)}</ul></div>
</div></aside></div><footer><div class="footer section">{words.rights} Powered by Blogger.</div></footer></div>
</body></html>
"""


def _comments(site: Site, post: BlogPost) -> str:
    words = words_of(site)
    if site.blog.comments != "open":
        return f'<div class="comments" id="comments"><p class="comment-footer">{words.closed}</p></div>'
    items = "".join(
        f'<dt class="comment-author" id="c{comment.number}">'
        f'{_name(comment.name, comment.home)} {words.says}</dt><dd class="comment-body"><p>'
        f'{escape(comment.text, quote=False)}</p></dd><dd class="comment-footer">'
        '<span class="comment-timestamp">'
        f"{anchor(f'{site.url(post)}#c{comment.number}', words.date(comment.written))}</span></dd>"
        for comment in site.discussion(post)
    )
    return (
        f'<div class="comments" id="comments"><h4>{counted(words, post.comments)}:</h4>'
        f'<div id="comments-block-wrapper"><dl class="avatar-comment-indent" id="comments-block">{items}</dl>'
        "</div></div>"
    )


def _name(name: str, home: str | None) -> str:
    return anchor(home, name, ' rel="nofollow"') if home else escape(name)
