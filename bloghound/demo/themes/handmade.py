"""Pages as somebody writes them in a text editor: no article element, no metadata but a date in words."""

from html import escape

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.themes.base import Listing, Theme, anchor, anchors, words_of


class Handmade(Theme):
    """No system at all."""

    page_size = 100  # everything fits on one page
    about_path = "/about.html"
    feed_path = ""
    generator = ""

    def tag_path(self, tag: str) -> str:
        """A hand-made list by subject."""
        return f"/{tag.replace(' ', '_')}.html"

    def post(self, site: Site, post: BlogPost) -> str:
        """One measured thing."""
        day = words_of(site).date(post.published)
        tags = ", ".join(anchor(self.tag_path(tag), tag) for tag in post.tags)
        about = anchor(self.about_path, "about page")
        main = (
            f"<h1>{escape(post.title, quote=False)}</h1>\n"
            f"<p><i>Written on {day} by {escape(site.blog.author)}.</i></p>\n{site.html(post.body)}\n"
            f"<hr><p>Comments by post or mail only, see the {about}."
            f" Filed under {tags}.</p>"
        )
        return self._document(site, post.title, main)

    def listing(self, site: Site, listing: Listing) -> str:
        """A plain list."""
        words = words_of(site)
        items = "".join(
            f"<li>{words.date(post.published)}: {anchor(site.url(post), post.title)}</li>" for post in listing.posts
        )
        intro = "" if listing.title else site.html(site.blog.about)
        return self._document(
            site, listing.title, f"<h1>{escape(listing.title or site.blog.title)}</h1>{intro}<ul>{items}</ul>"
        )

    def text_page(self, site: Site, title: str, content: str) -> str:
        """A page without a date."""
        return self._document(site, title, f"<h1>{escape(title)}</h1>{content}")

    def _document(self, site: Site, title: str, main: str) -> str:
        blog = site.blog
        return f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN">
<html lang="{blog.language}"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>{escape(f"{blog.title}: {title}" if title else blog.title)}</title></head>
<body bgcolor="#fffef8"><p>
<a href="/">{escape(blog.title)}</a> | <a href="/about.html">about</a> | <a href="/private/notebook.html">notebook</a>
</p>
{main}
<hr><p><b>Neighbours:</b></p><ul>{anchors(site.roll)}</ul>
</body></html>
"""
