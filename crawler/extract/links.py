"""The links of a page: where they stand, what they are marked as, and which of them lead to feeds and more posts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.records import Link, LinkContext
from bloghound.urls import host_of
from crawler.extract.encoding import one_line
from crawler.extract.metadata import PageMetadata, resolve
from crawler.extract.paths import is_date_archive, is_feed_path, is_listing_path, is_paging, path_of

MAX_LINKS = 2_000
"""Links kept of one page: the longest real archive pages have some 1,500; more is a trap or a link farm."""
MAX_ANCHOR_CHARS = 200

FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json"}
)

# Where the themes of WordPress, Ghost, Blogger, Hugo, Jekyll, Hexo and Pelican put these parts of a page.
BOILERPLATE = """nav, footer, aside, body > header, #header, #footer, #sidebar, #nav, #menu, [role=navigation],
[role=banner], [role=contentinfo], [role=complementary], [class*=sidebar], [class*=navbar], [class*=breadcrumb],
[class*=pagination], [class*=pager], [class*=share], [class*=social], [class*=related],
[class*=widget]:not(.Blog),
[class*=post-nav], [class*=site-header], [class*=site-footer], [class*=masthead], [class*=post-meta],
[class*=entry-meta], [class*=tags], [class*=author-box], [class*=toc], [id*=toc]"""
COMMENT_AREAS = """#comments, .comments, #disqus_thread, .comment-list, .commentlist, .comments-area, #respond,
.post-comments, .p-comment, .webmentions, [id^=comment-], [class^=comment-body]"""
_BLOGROLL = """[class*=blogroll], [id*=blogroll], [class*=linkcat], [class*=widget_links], [class*=friend-link],
[class*=friends], #LinkList1, .BlogList, [class*=recommendations]"""
_BLOGROLL_HEADING = re.compile(
    r"^\W*(blog\s?roll|(other |our )?blogs (i|we) (read|like|follow)|friends|neighbou?rs|recommended blogs|"
    r"wij lezen( ook)?|ik lees( ook)?|wir lesen( auch)?|ich lese( auch)?|blogeja,? joita luen|luemme myös|"
    r"blogs que (leo|leemos)|blogs amis|友情链接|友链|링크)\W*$",
    re.IGNORECASE,
)
_OLDER = re.compile(
    r"^\W*(older|next|previous|more posts|weiter|ältere|volgende|oudere|suivant|précédent|plus ancien|siguiente|"
    r"anterior|vanhemmat|seuraava|下一页|次へ|前へ|다음|이전|»|›|→)",
    re.IGNORECASE,
)
# What themes and formats call the element that holds a post's words and nothing else.
_BODIES = (
    "[itemprop~=articleBody]", ".e-content", ".entry-content", ".post-content", ".post-body", ".article-content",
    ".post__content", ".gh-content",
)  # fmt: skip
_ROOTS = (*_BODIES, "article", "[role=main]", "main", "#content", ".content", ".post", "#main")
_MIN_ROOT_CHARS = 200
_SHORT_ROOT_CHARS = 40
"""A container with less than 200 characters is taken only where no other has more: the post is short."""
_FRAME = frozenset({"html", "body", "main"})
"""Elements that hold the whole page: their classes ("has-sidebar") say what stands beside the content."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """The links of one page, and the addresses among them that lead on."""

    links: tuple[Link, ...]
    feed_urls: tuple[str, ...]
    next_urls: tuple[str, ...]


def read_links(tree: LexborHTMLParser, metadata: PageMetadata, root: LexborNode | None, max_links: int) -> PageLinks:
    """Every http(s) link of the page with rel, anchor and context, in page order, at most ``max_links``."""
    contexts = _link_contexts(tree, root)
    links: dict[tuple[str, LinkContext], Link] = {}
    for node in tree.css("a[href], area[href]"):
        url = resolve(node.attributes.get("href"), metadata.base_url)
        if url is None:
            continue
        context = contexts.get(node.mem_id, LinkContext.BOILERPLATE)
        if (url, context) not in links:
            links[url, context] = _as_link(node, url, context)
        if len(links) >= max_links:
            break
    found = tuple(links.values())
    return PageLinks(found, _feed_urls(metadata, found), _next_urls(metadata, found))


def content_root(tree: LexborHTMLParser) -> LexborNode | None:
    """The element that holds the page's own content: the best known container with some text, else ``<body>``."""
    found = [max(nodes[:50], key=text_length) for selector in _ROOTS if (nodes := tree.css(selector))]
    for least in (_MIN_ROOT_CHARS, _SHORT_ROOT_CHARS):
        for node in found:
            if text_length(node) >= least:
                return node
    return tree.body


def post_body(tree: LexborHTMLParser) -> LexborNode | None:
    """The element that the page marks as a post's words, where it marks exactly one and there is some text in it."""
    marked = next((nodes for selector in _BODIES if (nodes := tree.css(selector))), [])
    return marked[0] if len(marked) == 1 and text_length(marked[0]) >= _MIN_ROOT_CHARS else None


def text_length(node: LexborNode) -> int:
    """Characters of the text below ``node``."""
    return len(node.text() or "")


def node_ids(tree: LexborHTMLParser | LexborNode, areas: str, descendant: str) -> set[int]:
    """Ids of the nodes that match ``descendant`` inside any of the ``areas``, the page's frame left out."""
    return {
        node.mem_id
        for area in tree.css(areas)
        if area.tag not in _FRAME
        for node in area.css(descendant)
        if node.mem_id != area.mem_id
    }


def _link_contexts(tree: LexborHTMLParser, root: LexborNode | None) -> dict[int, LinkContext]:
    """The context of each link by node id; links outside the content are boilerplate and left out."""
    contexts: dict[int, LinkContext] = {}
    if root is not None:
        frame = {node.mem_id for node in _with_ancestors(root)}
        areas = [area for area in tree.css(BOILERPLATE) if area.mem_id not in frame]
        boilerplate = {node.mem_id for area in areas for node in area.css("a[href]")}
        inside = {node.mem_id for node in root.css("a[href], area[href]")} - boilerplate
        contexts.update(dict.fromkeys(inside, LinkContext.CONTENT))
    blogroll = node_ids(tree, _BLOGROLL, "a[href]") | _headed_blogroll(tree)
    contexts.update(dict.fromkeys(blogroll, LinkContext.BLOGROLL))
    contexts.update(dict.fromkeys(node_ids(tree, COMMENT_AREAS, "a[href]"), LinkContext.COMMENT))
    return contexts


def _with_ancestors(node: LexborNode) -> Iterator[LexborNode]:
    """``node`` and all it stands in: a wrapper called "with-sidebar" is no sidebar."""
    current: LexborNode | None = node
    while current is not None:
        yield current
        current = current.parent


def _headed_blogroll(tree: LexborHTMLParser) -> set[int]:
    """Links of the list that follows a heading such as "Blogroll"."""
    found: set[int] = set()
    for heading in tree.css("h2, h3, h4, h5"):
        if text_length(heading) > 40 or not _BLOGROLL_HEADING.match(heading.text() or ""):
            continue
        sibling = heading.next
        while sibling is not None and not sibling.is_element_node:
            sibling = sibling.next
        if sibling is not None:
            found.update(node.mem_id for node in sibling.css("a[href]"))
    return found


def _as_link(node: LexborNode, url: str, context: LinkContext) -> Link:
    anchor = one_line(node.text(), MAX_ANCHOR_CHARS)
    if not anchor:
        image = node.css_first("img[alt]")
        anchor = one_line(image.attributes.get("alt"), MAX_ANCHOR_CHARS) if image is not None else ""
    return Link(url, context, tuple(one_line(node.attributes.get("rel"), 100).lower().split()), anchor)


def _feed_urls(metadata: PageMetadata, links: Iterable[Link]) -> tuple[str, ...]:
    declared = [
        element.url
        for element in metadata.link_elements
        if ("alternate" in element.rel and element.media_type in FEED_TYPES - {"application/json"})
        or "feed" in element.rel
    ]
    host = host_of(metadata.url)
    anchors = [link.target_url for link in links if is_feed_path(link.target_url) and host_of(link.target_url) == host]
    return tuple(dict.fromkeys((*declared, *anchors)))


def _next_urls(metadata: PageMetadata, links: Iterable[Link]) -> tuple[str, ...]:
    """Paging links first, then index pages; only on the page's own host."""
    host = host_of(metadata.url)
    own = [link for link in links if host_of(link.target_url) == host and path_of(link.target_url)]
    paging = [link.target_url for link in own if is_paging(link.target_url) or "next" in link.rel]
    older = [link.target_url for link in own if len(link.anchor) <= 40 and _OLDER.match(link.anchor)]
    listings = [link.target_url for link in own if is_listing_path(link.target_url) or is_date_archive(link.target_url)]
    declared = [url for url in metadata.linked("next") if host_of(url) == host]
    found = dict.fromkeys((*declared, *paging, *older, *listings))
    return tuple(url for url in found if not is_feed_path(url) and url != metadata.url)


def is_same_site(url: str, other: str) -> bool:
    """True when both addresses are on one host, a leading ``www.`` apart."""
    return _bare_host(url) == _bare_host(other)


def _bare_host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
