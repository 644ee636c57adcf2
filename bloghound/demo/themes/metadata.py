"""What pages tell machines in their head: OpenGraph, and schema.org as JSON-LD."""

import json
from html import escape

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.markup import excerpt
from bloghound.demo.themes.base import stamp


def open_graph(site: Site, post: BlogPost) -> str:
    """The canonical address and the OpenGraph tags of a post."""
    properties = {
        "og:type": "article",
        "og:title": post.title,
        "og:description": excerpt(post.body, words=25),
        "og:url": site.url(post),
        "og:site_name": site.blog.title,
        "article:published_time": stamp(post.published),
    }
    tags = (f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items())
    return f'<link rel="canonical" href="{escape(site.url(post))}">' + "".join(tags)


def article_json_ld(site: Site, post: BlogPost) -> str:
    """A schema.org BlogPosting; the count of comments is in it only where the blog shows comments at all."""
    fields: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": post.title,
        "datePublished": stamp(post.published),
        "inLanguage": site.blog.language,
        "author": {"@type": "Person", "name": site.blog.author, "url": f"{site.origin}/about/"},
        "mainEntityOfPage": site.url(post),
        "keywords": ", ".join(post.tags),
    }
    if site.blog.comments == "open":
        fields["commentCount"] = post.comments
    # "</" would end the script element, whatever stands around it.
    script = json.dumps(fields, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{script}</script>'
