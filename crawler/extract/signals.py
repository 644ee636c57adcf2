"""Collecting the signals of one page: what its markup says about being a post, a listing, or neither."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.records import Link, LinkContext, ParsedPost
from bloghound.urls import host_of
from crawler.extract.dateformats import parse_machine_date, parse_written_date
from crawler.extract.links import COMMENT_AREAS, is_same_site, node_ids, text_length
from crawler.extract.metadata import PageMetadata, refresh_target, resolve
from crawler.extract.paths import is_date_archive, is_paging, path_of
from crawler.parsed import PostSignals

_ENTRIES = (
    "article, .hentry, .h-entry, .post-preview, .post-entry, .post-item, .post-summary, .blog-post, li.post, div.post"
)
_ENTRY_HEADINGS = """h1 a[href], h2 a[href], h3 a[href], h4 a[href], .entry-title a[href], .post-title a[href],
.post-link, .read-more[href], .more-link"""
_NEIGHBOURS = """a[rel~=prev], a[rel~=next], .nav-previous a, .nav-next a, [class*=post-nav] a, [class*=post_nav] a,
[class*=postnav] a, [class*=prev-post], [class*=next-post], [class*=paginat] a[class*=prev],
[class*=paginat] a[class*=next]"""
_SHOP = """[itemtype*="schema.org/Product"], .add-to-cart, .add_to_cart_button, form[action*="/cart"],
.woocommerce-Price-amount, [class*=product-price], .price-item"""
_COMMENTS = f"""{COMMENT_AREAS}, .giscus, .utterances, #commento, #isso-thread, #remark42, #cusdis_thread,
#gitalk-container, #vcomments, #waline"""

# Words of the classes that themes give the frame of a page, in the order in which they are believed.
_HINT_WORDS = (
    ("error", r"error-?404|page-?404|not-found"),
    (
        "listing",
        r"archive|category|tag|tags|categories|search-results|paged|taxonomy|list|terms?|author|index|blog-index",
    ),
    ("home", r"home|home-template|front-page|homepage|frontpage"),
    ("post", r"single|single-post|post-template|postid-\d+|item-view|post-page|layout-?-?post|article-page"),
    ("page", r"page|page-template|page-id-\d+|layout-?-?page"),
)
_HINTS = tuple((hint, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for hint, words in _HINT_WORDS)
_HINT_CHARS = 400
_TITLE_CHARS = 80


def collect_signals(
    tree: LexborHTMLParser,
    metadata: PageMetadata,
    root: LexborNode | None,
    post: ParsedPost | None,
    text_hash: str,
    platform: str | None,
) -> PostSignals:
    """The signals of a page; ``post`` is its content as a post, or None where it has no text."""
    links = post.links if post is not None else ()
    external = _external_hosts(links, metadata.url)
    return PostSignals(
        words=post.words if post is not None else 0,
        text_hash=text_hash,
        title=(post.title if post is not None else metadata.head_title)[:_TITLE_CHARS],
        published=post.published.date().isoformat() if post is not None and post.published is not None else None,
        date_source=post.date_source if post is not None else None,
        og_type=(metadata.first("og:type") or "").lower()[:40],
        schema_types=_schema_types(tree, metadata),
        body_hint=_body_hint(tree),
        entries=_count_entries(tree),
        heading_links=_count_heading_links(tree, metadata),
        dated_items=_count_dates(tree),
        link_share=_link_share(root),
        external_links=len(external),
        external_hosts=len(set(external)),
        has_author=post is not None and post.author is not None,
        has_comments=bool(tree.css(_COMMENTS)),
        has_neighbours=_has_neighbours(tree, metadata),
        has_shop_markup=bool(tree.css(_SHOP)),
        has_paging=is_paging(metadata.url),
        redirects=refresh_target(metadata) is not None,
        noindex="noindex" in (metadata.first("robots") or "").lower(),
        canonical_url=_other_canonical(metadata),
        permalink=entry_permalink(tree, metadata),
        platform=platform or "",
    )


def canonical_address(metadata: PageMetadata) -> str | None:
    """The address that the page calls its own: ``rel=canonical``, else ``og:url``."""
    declared = metadata.linked("canonical")
    return declared[0] if declared else resolve(metadata.first("og:url"), metadata.base_url)


def _other_canonical(metadata: PageMetadata) -> str | None:
    canonical = canonical_address(metadata)
    if canonical is None or (is_same_site(canonical, metadata.url) and path_of(canonical) == path_of(metadata.url)):
        return None
    return canonical[:300]


def _schema_types(tree: LexborHTMLParser, metadata: PageMetadata) -> tuple[str, ...]:
    scopes = (node.attributes.get("itemtype") or "" for node in tree.css("[itemtype]")[:40])
    micro = (scope.rstrip("/").rpartition("/")[2].lower() for scope in scopes)
    ignored = {
        "",
        "imageobject",
        "person",
        "organization",
        "listitem",
        "breadcrumblist",
        "thing",
        "searchaction",
        "entrypoint",
    }
    return tuple(name[:30] for name in dict.fromkeys((*metadata.schema_types, *micro)) if name not in ignored)[:6]


def _body_hint(tree: LexborHTMLParser) -> str:
    words = [
        value
        for selector in ("html", "body", "main")
        if (node := tree.css_first(selector)) is not None
        for name in ("class", "id", "data-page-type")
        if (value := node.attributes.get(name))
    ]
    text = " ".join(words)[:_HINT_CHARS]
    return next((hint for hint, pattern in _HINTS if pattern.search(text)), "")


def _count_entries(tree: LexborHTMLParser) -> int:
    """Post-like blocks that are not inside each other and hold more than a label; related posts count too."""
    elsewhere = node_ids(
        tree, "aside, footer, nav, .related, [class*=related], [class*=recent], .comments, #comments", "article"
    )
    inner = node_ids(tree, "article, .hentry, .h-entry", "article")
    nodes = {node.mem_id: node for node in tree.css(_ENTRIES)[:200]}
    return sum(1 for key, node in nodes.items() if key not in elsewhere and key not in inner and text_length(node) > 60)


def _count_heading_links(tree: LexborHTMLParser, metadata: PageMetadata) -> int:
    elsewhere = node_ids(
        tree, "body > header, nav, footer, aside, [class*=related], [class*=recent], [class*=sidebar]", "a[href]"
    )
    own = path_of(metadata.url)
    found = set()
    for node in tree.css(_ENTRY_HEADINGS)[:300]:
        if node.mem_id in elsewhere or (node.attributes.get("href") or "#").startswith("#"):
            continue
        url = resolve(node.attributes.get("href"), metadata.base_url)
        if url is not None and is_same_site(url, metadata.url) and path_of(url) not in {own, ""}:
            found.add(path_of(url))
    return len(found)


def _count_dates(tree: LexborHTMLParser) -> int:
    elsewhere = node_ids(tree, f"{COMMENT_AREAS}, aside, footer", "time")
    days = set()
    for node in tree.css("time")[:200]:
        if node.mem_id in elsewhere:
            continue
        date = parse_machine_date(node.attributes.get("datetime")) or parse_written_date((node.text() or "")[:60])
        if date is not None:
            days.add(date.date())
    for node in tree.css("li")[:300]:
        text = node.text() or ""
        if len(text) <= 200:
            date = parse_written_date(text)
            if date is not None:
                days.add(date.date())
    return len(days)


def entry_permalink(tree: LexborHTMLParser, metadata: PageMetadata) -> str | None:
    """The entry's own address, where a date archive shows exactly one entry and its title links deeper; else None."""
    if not is_date_archive(metadata.url) or _count_entries(tree) != 1:
        return None
    own = path_of(metadata.url)
    targets = {resolve(node.attributes.get("href"), metadata.base_url) for node in tree.css(_ENTRY_HEADINGS)[:50]}
    below = [
        url
        for url in targets
        if url is not None and is_same_site(url, metadata.url) and path_of(url).startswith(own + "/")
    ]
    return below[0] if len(below) == 1 else None


def _link_share(root: LexborNode | None) -> float:
    if root is None:
        return 0.0
    total = text_length(root)
    linked = sum(text_length(node) for node in root.css("a[href]"))
    return round(min(1.0, linked / total), 2) if total else 0.0


def _external_hosts(links: tuple[Link, ...], url: str) -> list[str]:
    return [
        host_of(link.target_url)
        for link in links
        if link.context is LinkContext.CONTENT and not is_same_site(link.target_url, url)
    ]


def _has_neighbours(tree: LexborHTMLParser, metadata: PageMetadata) -> bool:
    return bool(metadata.linked("prev") or metadata.linked("next") or tree.css(_NEIGHBOURS)) and not is_paging(
        metadata.url
    )
