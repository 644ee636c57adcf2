"""One HTML page, read once: metadata, links, text, and what it would be as a post."""

from datetime import UTC, datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.errors import ParseError
from bloghound.records import Link, LinkContext, ParsedPost, PostSource, Statement
from crawler.extract.author import find_author
from crawler.extract.classify import decide_page
from crawler.extract.comment_items import CommentContext, find_comments
from crawler.extract.comments import read_engagement
from crawler.extract.contact import find_statements
from crawler.extract.dates import find_date
from crawler.extract.disclosure import find_disclosures
from crawler.extract.encoding import decode_markup
from crawler.extract.identity import read_identities
from crawler.extract.language import detect_language, normalize_tag
from crawler.extract.links import MAX_LINKS, content_root, read_links
from crawler.extract.metadata import PageMetadata, read_metadata, refresh_target
from crawler.extract.platforms import find_platform
from crawler.extract.reservations import read_reservations
from crawler.extract.signals import canonical_address, collect_signals, entry_permalink
from crawler.extract.text import extract_text, hash_text
from crawler.extract.title import find_site_name, find_title
from crawler.parsed import Document, ParsedPage

MIN_POST_CHARS = 20
"""Pages with less text are never a post: a caption, a "loading" notice."""


def parse_page(document: Document, max_links: int = MAX_LINKS, *, collect_contacts: bool = False) -> ParsedPage:
    """Everything a page holds. ``kind`` is provisional: decided from this page alone. Raises ParseError.

    What it states for contact is read with ``collect_contacts`` only, and never from a page that reserves itself.
    """
    html = decode_markup(document.body, document.content_type)
    if not html.strip():
        raise ParseError("The page is empty.")
    tree = LexborHTMLParser(html)
    metadata = read_metadata(tree, document.url)
    root = content_root(tree)
    found = read_links(tree, metadata, root, max_links)
    title = find_title(tree, metadata)
    text = extract_text(html, tree, root, title)
    post = _as_post(tree, metadata, root, title, text, found.links, document)
    text_hash = hash_text(text)
    platform = find_platform(metadata.first("generator"), html)
    signals = collect_signals(tree, metadata, root, post, text_hash, platform)
    decision = decide_page(document.url, signals, None)
    reservations = read_reservations(document, metadata.meta)
    statements: tuple[Statement, ...] | None = None
    if collect_contacts:
        is_closed = reservations.noindex or reservations.tdm_reserved
        statements = () if is_closed else find_statements(tree, document.url, decision.kind, title)
    return ParsedPage(
        url=document.url,
        canonical_url=canonical_address(metadata),
        title=title,
        site_name=find_site_name(tree, metadata),
        language=post.language if post is not None else _declared_language(metadata),
        kind=decision.kind,
        post=post,
        signals=signals,
        links=found.links,
        feed_urls=found.feed_urls,
        next_urls=found.next_urls,
        identities=read_identities(tree, metadata),
        reservations=reservations,
        refresh_url=refresh_target(metadata),
        generator=metadata.first("generator"),
        platform=platform,
        text_hash=text_hash,
        reason=decision.reason,
        statements=statements,
    )


def _as_post(
    tree: LexborHTMLParser,
    metadata: PageMetadata,
    root: LexborNode | None,
    title: str,
    text: str,
    links: tuple[Link, ...],
    document: Document,
) -> ParsedPost | None:
    """The page's content as a post, or None where there is too little of it."""
    if len(text) < MIN_POST_CHARS:
        return None
    language = detect_language(text, _declared_language(metadata))
    latest = document.fetched_at or datetime.now(UTC)
    date = find_date(tree, metadata, root, latest, language)
    author = find_author(tree, metadata)
    comments = find_comments(tree, metadata, CommentContext(author, language, latest))
    permalink = entry_permalink(tree, metadata)
    kept = tuple(link for link in links if link.context is not LinkContext.BOILERPLATE)
    content = tuple(link for link in kept if link.context is LinkContext.CONTENT)
    return ParsedPost(
        url=permalink or document.url,
        title=title,
        text=text,
        source=PostSource.PAGE,
        published=date.value if date is not None else None,
        date_source=date.source if date is not None else None,
        author=author,
        language=language,
        links=kept,
        engagement=read_engagement(tree, metadata, comments),
        comments=comments.comments,
        disclosures=find_disclosures(title, text, content),
        addresses=(document.url,) if permalink is None else (permalink, document.url),
    )


def _declared_language(metadata: PageMetadata) -> str | None:
    declared = metadata.html_language or metadata.first("content-language", "language", "og:locale")
    return normalize_tag(declared)
