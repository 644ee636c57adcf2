"""Is this page a post? Pure decisions over stored signals: first from the page alone, then with its whole site known.

A post is a dated entry of a site. The evidence is added up: each weight below is how strongly the sign tells posts from
other pages in 8,000 pages of 90 real blogs (rounded; a page is a post from ``POST_SCORE`` on). Knowing the site adds
the two strongest signs: its feed lists the page, or the page's address has the shape that its known posts share.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from urllib.parse import urlsplit

from crawler.extract.dates import ARTICLE_TYPES
from crawler.extract.paths import (
    address_pattern,
    date_in_path,
    is_date_archive,
    is_draft,
    is_listing_path,
    is_mirrored_query,
    is_page_name,
    is_paging,
    is_term_path,
    path_of,
)
from crawler.extract.site_context import SiteContext
from crawler.parsed import PageKind, ParsedFeed, PostSignals

POST_SCORE = 2.5
_BY_FORM = 0.9
"""Confidence of a decision by form alone: nine in ten of them agree with a reader's on the corpus."""
_LOOKS_SCORE = 1.5
"""From here a page counts when the shapes of the posts' addresses are learnt: a date alone reaches it."""
MIN_POST_WORDS = 50
"""Below this a page needs its feed's word: captions, stubs and placeholders are as short."""

# A date that the page's own markup gives is strong evidence; one read from text may be of something else.
_DATE_WEIGHTS = {
    "json_ld": 2.0, "meta": 1.5, "microdata": 2.0, "h_entry": 2.0, "time": 2.0, "url": 2.5, "byline": 1.5,
    "url_month": 1.5,
}  # fmt: skip
_MARKED_DATES = frozenset({"json_ld", "meta", "microdata", "h_entry"})
_LISTING_TYPES = frozenset({"collectionpage", "searchresultspage", "profilepage"})
_PAGE_TYPES = frozenset({"aboutpage", "contactpage", "product", "faqpage"})
_ERROR_TITLE = re.compile(
    r"^\W*(404|error 404|page not found|not found|seite nicht gefunden|页面不存在)\b", re.IGNORECASE
)
# Titles of the sample content that themes and generators ship with.
_DEMO_TITLE = re.compile(
    r"^\W*(hello,? world!?|welcome to jekyll!?|sample (page|post)|markdown (syntax( guide)?|cheat ?sheet)|rich content|"
    r"emoji support|placeholder text|math typesetting|lorem ipsum.*|goisforlovers|creating a new theme|"
    r"migrate from jekyll|\(hu\)go template primer|getting started with hugo|my first post|"
    r"test(ing)? ?(page|post)?)\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageDecision:
    """What a page is, how sure that is (0 to 1), and the main reason in words."""

    kind: PageKind
    confidence: float
    reason: str


def decide_page(url: str, signals: PostSignals, context: SiteContext | None) -> PageDecision:
    """What the page at ``url`` is: provisional with ``context`` None, final with the whole site known."""
    in_feed = context is not None and context.lists(url)
    fixed = _decide_by_form(url, signals, context, in_feed=in_feed)
    if fixed is not None:
        return fixed
    evidence = _page_evidence(signals) + _site_evidence(url, signals, context, in_feed=in_feed)
    score = sum(weight for weight, _ in evidence)
    confidence = 1 / (1 + exp(-abs(score - POST_SCORE)))
    if score >= POST_SCORE:
        return PageDecision(PageKind.POST, confidence, max(evidence)[1])
    if _shows_many_entries(signals):
        return PageDecision(PageKind.LISTING, confidence, "shows several entries")
    return PageDecision(PageKind.PAGE, confidence, min(evidence)[1] if evidence else "nothing marks it as a post")


def is_demo_title(title: str) -> bool:
    """True for the titles of the sample posts that come with themes."""
    return bool(_DEMO_TITLE.match(title))


def _decide_by_form(
    url: str, signals: PostSignals, context: SiteContext | None, *, in_feed: bool
) -> PageDecision | None:
    """What needs no weighing: the first rule that holds, from errors and redirects to pages known by their name."""
    is_home = (path_of(url) == "" and not urlsplit(url).query) or (context is not None and context.is_home(url))
    is_repeated = context is not None and signals.text_hash in context.repeated_hashes
    is_archive = is_date_archive(url) and not _is_single_entry(signals)
    is_error = signals.body_hint == "error" or bool(_ERROR_TITLE.match(signals.title))
    is_named = is_page_name(url) and date_in_path(url) is None and not (in_feed and "/" in path_of(url))
    rules = (
        (signals.redirects, PageKind.OTHER, "redirects elsewhere"),
        (is_error, PageKind.OTHER, "is an error page"),
        (is_home, PageKind.HOME, "is the site's home"),
        (signals.words == 0, PageKind.OTHER, "has no text"),
        (is_paging(url) or is_term_path(url), PageKind.LISTING, "has the address of a listing"),
        (is_mirrored_query(url), PageKind.OTHER, "is a copy left by a mirroring tool"),
        (is_listing_path(url) and not in_feed, PageKind.LISTING, "has the address of a listing"),
        (is_archive and not in_feed, PageKind.LISTING, "has the address of a date archive"),
        (is_repeated and not in_feed, PageKind.OTHER, "has the same text as many other pages"),
        (is_draft(url) and not in_feed, PageKind.PAGE, "is an unpublished draft"),
        (is_named, PageKind.PAGE, "has the name of a standard page"),
    )
    return next((PageDecision(kind, _BY_FORM, reason) for holds, kind, reason in rules if holds), None)


def _page_evidence(signals: PostSignals) -> list[tuple[float, str]]:
    """Signs on the page itself, as (weight, words)."""
    weighed = (
        (_DATE_WEIGHTS.get(signals.date_source or "", 0.0), f"is dated ({signals.date_source})"),
        (1.0 * bool(ARTICLE_TYPES.intersection(signals.schema_types)), "declares itself an article"),
        (0.5 * (signals.og_type == "article"), "is of type article"),
        (0.5 * (signals.og_type == "article" and signals.date_source in _MARKED_DATES), "is a dated article"),
        (1.0 * (signals.body_hint == "post"), "has the markup of a single post"),
        (0.5 * (signals.entries == 1), "holds one entry"),
        (0.5 * signals.has_author, "names its author"),
        (0.5 * signals.has_neighbours, "links to the previous and next posts"),
        (0.5 * signals.has_comments, "can be commented on"),
        (0.5 * (signals.words >= 300), "is a long text"),
        (_many_entries_weight(signals), "shows several entries"),
        (-1.0 * (signals.body_hint in {"listing", "home"} and signals.entries != 1), "has the markup of a listing"),
        (-1.5 * (signals.link_share > 0.6 and signals.date_source not in _MARKED_DATES), "consists of links"),
        (-3.0 * bool(_LISTING_TYPES.intersection(signals.schema_types)), "declares itself a listing"),
        (-2.0 * bool(_PAGE_TYPES.intersection(signals.schema_types)), "declares itself a page of another kind"),
        (-2.0 * signals.has_shop_markup, "offers products"),
        (-1.0 * (signals.og_type in {"website", "profile", "product"} and not signals.date_source), "is no article"),
    )
    return [(weight, words) for weight, words in weighed if weight]


def _site_evidence(
    url: str, signals: PostSignals, context: SiteContext | None, *, in_feed: bool
) -> list[tuple[float, str]]:
    """Signs that only the rest of the site can give."""
    if context is None:
        return [(-1.5, "is very short")] if signals.words < MIN_POST_WORDS else []
    share = context.post_share(address_pattern(url))
    short = signals.words < min(MIN_POST_WORDS, context.median_words / 2) and not in_feed
    undated = not in_feed and signals.published is None and context.dated_share > 0.8
    weighed = (
        (3.0 * in_feed, "is listed in the site's feed"),
        (2.5 * share, "has an address like the site's posts"),
        (-2.0 * undated, "has no date, as the site's posts have"),
        (-3.5 * short, "is very short"),
        (-0.5 * (signals.title in context.repeated_titles), "has no title of its own"),
        (-2.0 * is_demo_title(signals.title), "is sample content of a theme"),
    )
    return [(weight, words) for weight, words in weighed if weight]


def _shows_many_entries(signals: PostSignals) -> bool:
    """Several linked entries, or a list of dated links."""
    return (
        (signals.heading_links >= 3 and signals.entries != 1)
        or (signals.entries >= 4 and signals.heading_links >= 2)
        or (signals.dated_items >= 5 and signals.link_share > 0.3)
        or (signals.entries >= 5 and signals.dated_items >= 5)
    )


def _many_entries_weight(signals: PostSignals) -> float:
    """Posts show cards of related posts as well, but only posts have a date of their own in their metadata."""
    if not _shows_many_entries(signals):
        return 0.0
    return -0.5 if signals.date_source in {"json_ld", "meta"} and signals.words >= MIN_POST_WORDS else -3.0


def learn_site(
    pages: Sequence[tuple[str, PostSignals]], feed_posts: Sequence[str], home_url: str | None = None
) -> SiteContext:
    """What the whole site tells: its feeds' posts, the shapes of its posts' addresses, how its posts are dated.

    ``feed_posts`` are the addresses that the site's own feeds give (:func:`feed_post_urls`). Patterns are learnt from
    the pages that a feed lists, and from those that look like posts by their own signs.
    """
    base = SiteContext.from_feeds(
        feed_posts, [signals for url, signals in pages if not (is_listing_path(url) or is_date_archive(url))], home_url
    )
    judged = [(url, signals, _looks_like_post(url, signals, base)) for url, signals in pages]
    return base.with_posts(
        [(address_pattern(url), looks) for url, _, looks in judged if path_of(url)],
        [signals for _, signals, looks in judged if looks],
    )


def feed_post_urls(feed: ParsedFeed) -> tuple[str, ...]:
    """Addresses of the posts in a feed: none in a comment feed, and no undated entry where others have dates.

    Hugo's main feed lists every page of a site, undated "about" and project pages included.
    """
    if feed.is_comment_feed:
        return ()
    dated = [entry.post.url for entry in feed.entries if entry.post.published is not None]
    return tuple(dict.fromkeys(dated or [entry.post.url for entry in feed.entries]))


def _is_single_entry(signals: PostSignals) -> bool:
    """True where an archive shows one entry in full, or the page declares itself an article after all."""
    declared = signals.og_type == "article" or bool(ARTICLE_TYPES.intersection(signals.schema_types))
    return signals.permalink is not None or (declared and signals.entries == 1 and signals.heading_links == 0)


def _looks_like_post(url: str, signals: PostSignals, base: SiteContext) -> bool:
    in_feed = base.lists(url)
    if _decide_by_form(url, signals, base, in_feed=in_feed) is not None or _many_entries_weight(signals) < -1:
        return False
    return in_feed or sum(weight for weight, _ in _page_evidence(signals)) >= _LOOKS_SCORE
