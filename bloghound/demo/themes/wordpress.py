"""Pages in the markup of WordPress with one of its block themes: dated permalinks, ``comment-list``, JSON-LD."""

from html import escape

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.discussion import Comment
from bloghound.demo.themes.base import (
    Listing,
    Theme,
    anchor,
    anchors,
    counted,
    me_link,
    slug_of,
    stamp,
    words_of,
)
from bloghound.demo.themes.metadata import article_json_ld, open_graph


class WordPress(Theme):
    """WordPress 6."""

    feed_path = "/feed/"
    generator = "WordPress 6.7.1"
    monthly_archives = True

    def tag_path(self, tag: str) -> str:
        """``/tag/espresso/``."""
        return f"/tag/{slug_of(tag)}/"

    def post(self, site: Site, post: BlogPost) -> str:
        """``single.php``."""
        head = open_graph(site, post) + article_json_ld(site, post)
        main = (
            f'<article id="post-{post_number(post)}" class="post type-post status-publish format-standard hentry">'
            f'{_header(site, post, link=False)}<div class="entry-content wp-block-post-content">'
            f"{site.html(post.body)}</div>{self._footer(post)}</article>{_comments(site, post)}"
        )
        return self._document(site, post.title, main, head, "single single-post")

    def listing(self, site: Site, listing: Listing) -> str:
        """``index.php`` and ``archive.php``."""
        title = f'<header class="page-header"><h1 class="page-title">{escape(listing.title)}</h1></header>'
        items = "".join(_summary(site, post) for post in listing.posts)
        words = words_of(site)
        older = listing.older and f'<div class="nav-previous">{anchor(listing.older, words.older)}</div>'
        newer = listing.newer and f'<div class="nav-next">{anchor(listing.newer, words.newer)}</div>'
        paging = (
            f'<nav class="navigation posts-navigation"><div class="nav-links">{older or ""}{newer or ""}</div></nav>'
        )
        main = (title if listing.title else "") + items + paging
        return self._document(site, listing.title, main, "", "archive" if listing.title else "home blog")

    def text_page(self, site: Site, title: str, content: str) -> str:
        """``page.php``."""
        main = (
            '<article class="page type-page hentry"><header class="entry-header"><h1 class="entry-title">'
            f'{escape(title)}</h1></header><div class="entry-content">{content}</div></article>'
        )
        return self._document(site, title, main, "", "page")

    def _footer(self, post: BlogPost) -> str:
        tags = ", ".join(anchor(self.tag_path(tag), tag, ' rel="tag"') for tag in post.tags)
        return f'<footer class="entry-footer"><span class="tags-links">{tags}</span></footer>'

    def _document(self, site: Site, title: str, main: str, head: str, body_class: str) -> str:
        blog = site.blog
        full_title = f"{title} – {blog.title}" if title else f"{blog.title} – {blog.tagline}"
        feed = (
            f'<link rel="alternate" type="application/rss+xml" title="{escape(blog.title)} &raquo; Feed"'
            f' href="{site.origin}{self.feed_path}">'
        )
        return f"""<!DOCTYPE html>
<html lang="{blog.language}">
<head><meta charset="UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(full_title)}</title><meta name="generator" content="{self.generator}">{feed}{me_link(site)}{head}</head>
<body class="{body_class} wp-embed-responsive">
<a class="skip-link screen-reader-text" href="#content">Skip to content</a>
<header id="masthead" class="site-header"><p class="site-title">
<a href="{site.origin}/" rel="home">{escape(blog.title)}</a></p>
<p class="site-description">{escape(blog.tagline)}</p>
<nav class="main-navigation"><ul><li><a href="/">Home</a></li>
<li>{anchor(self.about_path, words_of(site).about)}</li></ul></nav></header>
<main id="content" class="site-main">{main}</main>
{self._sidebar(site)}
<footer id="colophon" class="site-footer">
<p>{words_of(site).rights}</p>{_footer_links(site)}<p>Proudly powered by WordPress.</p></footer>
</body></html>
"""

    def _sidebar(self, site: Site) -> str:
        words, posts = words_of(site), site.blog.posts
        recent = anchors((post.title, site.url(post)) for post in posts[:3])
        months = sorted({post.published.strftime("%Y/%m") for post in posts}, reverse=True)
        archive = anchors((month, f"/{month}/") for month in months)
        roll = (
            f'<section class="widget widget_links"><h2 class="widget-title">{words.roll}</h2>'
            f'<ul class="xoxo blogroll">{anchors(site.roll)}</ul></section>'
        )
        return f"""<aside id="secondary" class="widget-area">
<section class="widget widget_recent_entries"><ul>{recent}</ul></section>
<section class="widget widget_archive"><h2 class="widget-title">{words.archive}</h2><ul>{archive}</ul></section>
{roll if site.roll else ""}</aside>"""


def post_number(post: BlogPost) -> int:
    """WordPress numbers its posts; the day counted from year 1 is as unique within one blog."""
    return post.published.toordinal() - 735_000


def comment_number(post: BlogPost, comment: Comment) -> int:
    """WordPress numbers the comments of a blog: here by post, and by place below it."""
    return post_number(post) * 1000 + comment.number


def _header(site: Site, post: BlogPost, *, link: bool) -> str:
    words = words_of(site)
    title = anchor(site.url(post), post.title, ' rel="bookmark"') if link else escape(post.title, quote=False)
    level = "h2" if link else "h1"
    author = anchor(f"{site.origin}/about/", site.blog.author, ' class="url fn n"')
    return (
        f'<header class="entry-header"><{level} class="entry-title">{title}</{level}><div class="entry-meta">'
        f'<span class="posted-on"><time class="entry-date published" datetime="{stamp(post.published)}">'
        f'{words.date(post.published)}</time></span> <span class="byline">'
        f'{words.by} <span class="author vcard">'
        f"{author}</span></span></div>"
        "</header>"
    )


def _summary(site: Site, post: BlogPost) -> str:
    first = post.body.strip().split("\n\n")[0]
    more = anchor(site.url(post) + "#more", "…", ' class="more-link"')
    replies = ""
    if site.blog.comments == "open":
        replies = (
            '<span class="comments-link">'
            f"{anchor(site.url(post) + '#comments', counted(words_of(site), post.comments))}</span>"
        )
    return (
        f'<article class="post type-post hentry">{_header(site, post, link=True)}<div class="entry-summary">'
        f"{site.html(first)}{more}</div>{replies}</article>"
    )


def _comments(site: Site, post: BlogPost) -> str:
    words = words_of(site)
    if site.blog.comments != "open":
        return f'<p class="no-comments">{words.closed}</p>'
    comments = site.discussion(post)
    if not comments:
        return '<div id="comments" class="comments-area"><div id="respond" class="comment-respond"></div></div>'
    threads = "".join(_thread(site, post, comment, comments) for comment in comments if comment.answers is None)
    title = f"{counted(words, len(comments))} – “{escape(post.title)}”"
    return (
        f'<div id="comments" class="comments-area"><h2 class="comments-title">{title}</h2>'
        f'<ol class="comment-list">{threads}</ol><div id="respond" class="comment-respond"></div></div>'
    )


def _thread(site: Site, post: BlogPost, comment: Comment, comments: tuple[Comment, ...]) -> str:
    answers = [other for other in comments if other.answers == comment.number]
    children = "".join(f"{_comment(site, post, answer, 'bypostauthor depth-2')}</li>" for answer in answers)
    nested = f'<ol class="children">{children}</ol>' if children else ""
    return f"{_comment(site, post, comment, 'depth-1')}{nested}</li>"


def _comment(site: Site, post: BlogPost, comment: Comment, kind: str) -> str:
    words, number = words_of(site), comment_number(post, comment)
    name = (
        anchor(comment.home, comment.name, ' class="url" rel="ugc external nofollow"') if comment.home else comment.name
    )
    own = anchor(f"{site.url(post)}#comment-{number}", words.date(comment.written))
    reply = anchor(
        f"{site.url(post)}?replytocom={number}#respond", words.reply, ' rel="nofollow" class="comment-reply-link"'
    )
    return (
        f'<li id="comment-{number}" class="comment {kind}"><article class="comment-body">'
        f'<footer class="comment-meta"><div class="comment-author vcard"><b class="fn">{name}</b>'
        f' <span class="says">{words.says}</span></div><div class="comment-metadata">'
        f'<time datetime="{stamp(comment.written)}">{own}</time></div></footer><div class="comment-content">'
        f'<p>{escape(comment.text, quote=False)}</p></div><div class="reply">{reply}</div></article>'
    )


def _footer_links(site: Site) -> str:
    links = anchors((place, site.atlas.resolve(place)) for place in site.blog.footer_links)
    return f'<ul class="footer-links">{links}</ul>' if links else ""
